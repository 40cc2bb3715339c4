"""What a run is asked for, and what it says at its end."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from uunet.job import Options, sound_note
from uunet.types import Layout
from uunet.video import EncodeSettings, StreamInfo, VideoInfo


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("audio", Options(), True),
        ("subtitle", Options(), False),
        ("audio", Options(keep_sound=False), False),
        ("audio", Options(encode=EncodeSettings(codec="png")), False),
    ],
)
def test_voices_that_are_published_are_named(kind: str, options: Options, said: bool) -> None:
    layout = Layout("yuv420p", 8, 2, 2, True, False, "bt709")
    of_video = (Path("camera.mp4"), "mov", "h264", "yuv420p", (64, 64), layout, Fraction(1, 25), Fraction(25))
    info = VideoInfo(*of_video, streams=(StreamInfo(1, kind, ""),))
    assert bool(sound_note(info, options)) == said
