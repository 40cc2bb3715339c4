"""What is to be said of a run that lacks something, or refused where it lacks everything."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from uunet.errors import DetectionError, EvidenceError, InputError, MessageError, TruncatedError
from uunet.job import Selection, Summary
from uunet.ledger import Ledger
from uunet.types import TRACKS

_NOT_MEANT = {"WRONG_KEY_OR_CONTEXT", "NEED_SHARES", "OTHER_PUBLISHER", "OTHER_VIDEO"}
"""Verdicts of evidence that is whole, and that the keys, or the publisher that was asked for, don't fit."""


def refuse_nothing(
    summary: Summary,
    ledger: Ledger,
    tracks: Collection[int | None],
    selection: Selection,
    damage: TruncatedError | None,
    *,
    estimating: bool,
) -> None:
    """Raises if nothing that was asked for could be restored; or if keys were given and opened nothing,
    though there is something to open: an estimate is not what was asked for then.
    """
    nothing = not summary.frames or (bool(ledger.labels) and not ledger.restored)
    if nothing and damage is not None:  # what is asked for may lie behind it
        raise InputError(str(damage), "what lies behind the damage can't be reached: use a whole copy")
    if not summary.frames or (summary.frames == summary.silent and not ledger.restored):
        raise _nothing_read(summary)
    missing = not_shown(selection, tracks)
    if missing and not tracks and not summary.unnamed:
        raise MessageError(missing, "`uunet inspect` lists the tracks and their times")
    opened = ledger.labels["exact"] + ledger.labels["visual"]
    if (nothing and not estimating) or (not opened and _NOT_MEANT & set(ledger.refusals)):
        raise _nothing_opened(ledger)


def refuse_faceless(source: Path, summary: Summary) -> None:
    """Raises if no face was found: where nobody looks, a detector that sees nothing would publish it all."""
    if summary.faceless:
        raise DetectionError(
            f"no face was found in {source}",
            "look at it: if it shows nobody, do it by itself without --require-faces; else try a lower "
            "--threshold",
        )


def _nothing_opened(ledger: Ledger) -> EvidenceError:
    words = sorted(ledger.hints, key=lambda word: word != "NEED_SHARES")
    if not words and ledger.windows["SHREDDED"]:
        return EvidenceError(
            "nothing could be opened: the evidence was taken away on purpose",
            "use a copy that has it",
            "SHREDDED",
        )
    if not words:
        return EvidenceError(
            "nothing could be opened: there is no sealed evidence of it",
            "`uunet verify` says what is sealed, and what became of it",
            "NO_EVIDENCE",
        )
    said, hint = ledger.hints[words[0]]
    if words[0] == "WRONG_KEY_OR_CONTEXT" and ledger.refusals[words[0]] > 1:
        said = f"none of the keys and grants opens any of {ledger.refusals[words[0]]} pieces of evidence"
    return EvidenceError(f"nothing could be opened: {said}", hint, words[0])


def not_shown(selection: Selection, tracks: Collection[int | None]) -> str:
    """What is to be said of chosen tracks that no frame shows; nothing where there are none."""
    missing = sorted(track for track in selection.tracks or () if track % TRACKS not in tracks)
    return f"no frame shows track {', '.join(map(str, missing))}" if missing else ""


def of_a_copy(summary: Summary) -> str:
    """What is to be said where nothing but the pixels spoke."""
    if not summary.of_a_copy:
        return ""
    return (
        "this copy was stripped or encoded again since it was published: only its pixels speak, and after a "
        "poor encode faces come back blurred"
    )


def of_a_lossy_output(ledger: Ledger) -> str:
    """What is to be said where exact originals go into a file that does not keep every bit."""
    if not ledger.labels["exact"] or ledger.lossless:
        return ""
    return (
        "exact originals were opened, and the restored file is a lossy encode of them: to keep every bit "
        "write .mkv with --codec ffv1"
    )


def _nothing_read(summary: Summary) -> MessageError:
    if not summary.frames:
        return MessageError("no frame lies in the chosen time", "choose --from and --to inside the video")
    reasons = ", ".join(sorted({run.verdict for run in summary.silent_frames}))
    return MessageError(
        f"no message could be read in any frame ({reasons})",
        "the video is none of uunet's, or of another pair of models, or was cropped or encoded too poorly",
    )
