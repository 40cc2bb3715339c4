"""What is typed, as values."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

from uunet.arguments import (
    CodecName,
    UsageError,
    check_quality,
    parse_case,
    parse_time,
    parse_tracks,
    usual_codec,
)
from uunet.video import Codec


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("12.5", Fraction(25, 2)),
        ("90", 90),
        (".25", Fraction(1, 4)),
        ("7.", 7),
        ("1:02.5", Fraction(125, 2)),
        ("0:59", 59),
        ("1:00:02.1", 3600 + Fraction(21, 10)),
        ("100:00:00", 360_000),
    ],
)
def test_times_are_exact(text: str, seconds: Fraction | int) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "-1", "1:60", "1:99:00", "1:2:3:4", "a", "1,5", ".", "1e3", "inf", "0x1", "1:", ":1"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time") as caught:
        parse_time(text)
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_no_time_stays_none() -> None:
    assert parse_time(None) is None


def test_tracks() -> None:
    assert parse_tracks([]) is None
    assert parse_tracks(["3", "5,0"]) == frozenset({0, 3, 5})
    for wrong in ("64", "-1", "x", "", "1,", "²"):
        with pytest.raises(UsageError, match="is not a track"):
            parse_tracks([wrong])


def test_cases() -> None:
    assert parse_case(" Äz. 17/2026 [a] ") == "Äz. 17/2026 [a]"
    for wrong, said in ((None, "missing"), (" ", "empty"), ("a\nb", "can't be shown"), ("x" * 201, "201")):
        with pytest.raises(UsageError, match=said) as caught:
            parse_case(wrong)
        assert caught.value.hint


def test_codecs_are_those_of_the_writer() -> None:
    assert {str(name) for name in CodecName} == set(get_args(Codec)) - {"png", "jpeg"}


def test_quality() -> None:
    for codec in CodecName:
        check_quality(codec, None, None)
    check_quality(CodecName.av1, 63, "9")
    with pytest.raises(UsageError, match="scale"):
        check_quality(CodecName.h264, 52, "slow")
    with pytest.raises(UsageError, match="lossless"):
        check_quality(CodecName.ffv1, 10, None)
    for codec, preset in ((CodecName.h264, "bogus"), (CodecName.av1, "fast"), (CodecName.ffv1, "slow")):
        with pytest.raises(UsageError, match="no preset"):
            check_quality(codec, None, preset)


def test_the_usual_codec_is_the_one_that_the_container_holds() -> None:
    assert usual_codec(Path("public.WEBM")) == "av1"
    assert usual_codec(Path("public.mkv")) == usual_codec(Path("folder")) == "h264"
