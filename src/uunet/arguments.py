"""What is typed on the command line, as values: times, track numbers, codecs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

from uunet.errors import UUNetError

MOST_CUSTODIANS = 16
_LONGEST_CASE = 200  # characters

_TIME = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d*)?|\.\d+)")


class UsageError(UUNetError):
    """The command line contradicts itself or has a value that can't be read."""

    exit_code: ClassVar[int] = 2


class CodecName(StrEnum):
    """What a video can be encoded with; the values are those of `video.Codec` without image files."""

    h264 = "h264"
    hevc = "hevc"
    av1 = "av1"
    ffv1 = "ffv1"
    h264_lossless = "h264-lossless"


class EvidenceName(StrEnum):
    """How originals are sealed; the values are those of `evidence.Mode`."""

    exact = "exact"
    visual = "visual"
    none = "none"


_X264 = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
)
_PRESETS = {
    CodecName.h264: _X264,
    CodecName.h264_lossless: _X264,
    CodecName.hevc: _X264,
    CodecName.av1: tuple(map(str, range(14))),
}
_BEST_TO_WORST = {CodecName.h264: 51, CodecName.hevc: 51, CodecName.av1: 63}


def usual_codec(output: Path) -> CodecName:
    """What an output is encoded with where nobody says it: all players know H.264; WebM can't hold it."""
    return CodecName.av1 if output.suffix.lower() == ".webm" else CodecName.h264


def check_threshold(threshold: float | None) -> None:
    """Refuse a --threshold that no score can reach or miss.

    Raises:
        UsageError: it is not between 0 and 1.
    """
    if threshold is not None and not 0 < threshold < 1:
        raise UsageError(
            f"--threshold {threshold:g} can't be used",
            "scores lie between 0 and 1, both excluded; a lower one finds more faces",
        )


def check_quality(codec: CodecName, crf: int | None, preset: str | None) -> None:
    """Refuse a --crf or --preset that the codec does not have.

    Raises:
        UsageError: the codec is lossless, or the number is beyond its scale; an unknown preset.
    """
    presets = _PRESETS.get(codec, ())
    if preset is not None and preset not in presets:
        known = ", ".join(presets)
        raise UsageError(
            f"{codec} has no preset {preset!r}", f"choose from {known}" if presets else "leave --preset out"
        )
    if crf is None:
        return
    if codec not in _BEST_TO_WORST:
        raise UsageError(f"--crf has no meaning for {codec}, which is lossless", "leave --crf out")
    worst = _BEST_TO_WORST[codec]
    if not 0 <= crf <= worst:
        raise UsageError(f"--crf {crf} is not on the scale of {codec}", f"choose 0 (best) to {worst}")


def parse_time(text: str | None) -> Fraction | None:
    """Seconds, exactly, from `12.5`, `1:02.5` or `1:00:02`; None stays None.

    Raises:
        UsageError: it is no time; minutes or seconds after a colon are not below 60.
    """
    if text is None:
        return None
    match = _TIME.fullmatch(text.strip())
    hours, minutes, seconds = match.groups(default="0") if match else ("0", "0", "0")
    whole = Fraction(seconds.rstrip("."))
    if not match or (":" in text and whole >= 60) or int(minutes) >= 60:
        raise UsageError(
            f"{text!r} is not a time", "write seconds (12.5) or [hours:]minutes:seconds (1:02.5)"
        )
    return int(hours) * 3600 + int(minutes) * 60 + whole


def check_span(begin: Fraction | None, end: Fraction | None) -> None:
    """Refuse a span of time without a moment in it.

    Raises:
        UsageError: --from is not before --to.
    """
    if begin is not None and end is not None and begin >= end:
        raise UsageError("--from is not before --to", "give a span that has frames")


def parse_tracks(texts: Iterable[str], *, modulo: bool = True) -> frozenset[int] | None:
    """Track numbers from `3` or `3,5`; None where nothing is said.

    Args:
        texts: as typed.
        modulo: whether they are those of messages, 0 to 63; evidence has full numbers.

    Raises:
        UsageError: not such a number.
    """
    parts = [part.strip() for text in texts for part in text.split(",")]
    for part in parts:
        if not (part.isascii() and part.isdigit() and len(part) < 10 and (int(part) < 64 or not modulo)):
            known = (
                "tracks have the numbers 0 to 63, which `uunet inspect` lists"
                if modulo
                else "`uunet verify` lists the tracks of which there is evidence"
            )
            raise UsageError(f"{part!r} is not a track", known)
    return frozenset(map(int, parts)) or None


def parse_case(text: str | None) -> str:
    """What keys are used for, as it stands in the record: one short line.

    Raises:
        UsageError: nothing is said, or what can't stand in a line.
    """
    case = (text or "").strip()
    if not case:
        raise UsageError(
            "--case is missing" if text is None else "--case is empty",
            "say what for: it stands in the record of openings",
        )
    # attack: a line feed in a case makes one entry look like two where somebody prints the record
    strange = next((sign for sign in case if not sign.isprintable()), None)
    if strange is not None:
        raise UsageError(
            f"--case has a character that can't be shown: {strange!r}", "write it in one line of plain text"
        )
    if len(case) > _LONGEST_CASE:
        raise UsageError(
            f"--case has {len(case)} characters",
            f"write a number or a name, of up to {_LONGEST_CASE} characters",
        )
    return case


def refuse_typed_passphrase(more: Sequence[str]) -> None:
    """Refuse arguments of `keygen`, which has none; they are not repeated.

    Raises:
        UsageError: there are some.
    """
    if more:
        # attack: what is typed behind --passphrase stands in the shell's history and in lists of processes
        raise UsageError(
            "keygen takes options alone, and something else was given",
            "if it was a passphrase, others may know it now: take another one, which --passphrase asks for",
        )


def parse_threshold(text: str | None) -> tuple[int, int]:
    """Needed and all custodians from `2-of-3`; one of one where nothing is said.

    Raises:
        UsageError: it is no such thing.
    """
    if text is None:
        return 1, 1
    match = re.fullmatch(r"(\d{1,2})-of-(\d{1,2})", text.strip())
    if not match or not 1 <= int(match[1]) <= int(match[2]) <= MOST_CUSTODIANS:
        raise UsageError(
            f"{text!r} is not a threshold",
            f"write 2-of-3: up to {MOST_CUSTODIANS} custodians, of whom 2 must act",
        )
    return int(match[1]), int(match[2])
