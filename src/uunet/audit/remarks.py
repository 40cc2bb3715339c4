"""What is to be said of an audit, and whether a person has to look at something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from uunet.audit.events import WORST_FIRST, Event
from uunet.audit.examination import Audit
from uunet.audit.originals import Kept
from uunet.audit.traces import Trace
from uunet.audit.words import KINDS, many
from uunet.shown import visible
from uunet.wording import WHY

TO_LOOK_AT = 3
"""Exit code: the audit was done, and a person has to look at something."""

_MOST_NAMED = 5  # things told
_ALIKE = 0.5  # share of replaced faces that a recogniser may take for their person before it is remarked


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence for people: `look` asks for a decision of theirs, `know` does not."""

    level: Literal["look", "know"]
    text: str


def exit_code(audit: Audit) -> int:
    """0 if nobody has to look at anything; 4 if a file breaks off."""
    if audit.damage is not None:
        return audit.damage.exit_code
    return TO_LOOK_AT if any(remark.level == "look" for remark in remarks(audit)) else 0


def verdict(audit: Audit) -> str:
    """In one sentence."""
    count = sum(remark.level == "look" for remark in remarks(audit))
    if not count:
        return "Nothing was found that a person would have to look at."
    none = _none(audit)
    first = f"{none}. " if none else ""
    return f"{first}A person has to look at {many(count, 'thing')} before this file is published."


def remarks(audit: Audit) -> list[Remark]:
    """All that is to be said, what asks for a person first."""
    said = [*_of_faces(audit), *_of_messages(audit), *_of_models(audit), *_of_the_rest(audit)]
    return sorted(said, key=lambda remark: remark.level != "look")


def _of_faces(audit: Audit) -> Iterator[Remark]:
    if none := _none(audit):
        how = f"{_untouched(audit):,} of {audit.faces:,}, counted anew in each frame, are as they were"
        same = len(set(audit.digests)) == 1
        what = "this file is the original, bit for bit." if same else "is this what is to be published?"
        yield Remark("look", f"{none}: {how}; {what}")
    for kind in WORST_FIRST:
        if events := [event for event in audit.events if event.kind == kind]:
            short, meaning = KINDS[kind]
            yield Remark("look", f"{_followed(events)}, {short}: {meaning}.")
    if not audit.faces and not audit.presence.regions:
        yield Remark("look", "No face was found in either file: look at the video before you rely on that.")
    found = audit.likeness and audit.likeness.recognised
    if found and found.own > _ALIKE:
        yield Remark(
            "look", f"A recogniser takes {found.own:.0%} of the replaced faces for the person replaced."
        )


def _untouched(audit: Audit) -> int:
    return audit.fates.get("bare", 0) + audit.fates.get("unchanged", 0)


def _none(audit: Audit) -> str:
    """What is to be said before all else where no face was replaced, else nothing."""
    untouched = _untouched(audit)
    if audit.fates.get("replaced") or untouched * 2 <= audit.faces:
        return ""  # faces that changed may be replaced, in a file whose messages can't be read
    known = "was" if untouched == audit.faces else "is known to be"
    return f"No face of the original {known} replaced"


def _followed(events: Sequence[Event]) -> str:
    """How many faces, each followed from frame to frame, and how many if each frame counts, as in figures."""
    faces, frames = len(events), sum(event.frames_of_kind for event in events)
    if faces == frames:
        return f"{many(faces, 'face')}, {'' if faces == 1 else 'each '}in one frame"
    anew = "counted anew in each frame"
    return f"{many(faces, 'face')}, followed from frame to frame ({frames:,} {anew})"


def _of_messages(audit: Audit) -> Iterator[Remark]:
    inspection = audit.inspection
    silent = inspection.frames - inspection.readable
    if silent:
        verdicts = sum((window.verdicts for window in inspection.windows), Counter[str]())
        why = "; ".join(WHY[name] for name in verdicts if name not in ("OK", "INCOMPLETE"))
        yield Remark(
            "look",
            f"The message of {many(silent, 'frame')} of {inspection.frames} can't be read ({why}): nobody "
            "can restore them, and which of their faces are replaced is not known here.",
        )
    if inspection.incomplete:
        yield Remark("look", f"In {many(inspection.incomplete, 'frame')} {WHY['INCOMPLETE']}.")
    if audit.damage is not None:
        yield Remark("look", f"{audit.damage}: what comes after that was not looked at.")


def _of_models(audit: Audit) -> Iterator[Remark]:
    card = audit.card
    regions = audit.presence.regions
    if regions and card is not None and card.demonstration:
        yield Remark(
            "look",
            f"{audit.model} is of a demonstration pair, whose private model everybody has: everybody can "
            "restore these faces.",
        )
    elif regions:
        yield Remark(
            "know",
            "Whoever holds the private model of the pair can restore the faces: that is what it is for.",
        )
    if regions and card is None:
        yield Remark(
            "know",
            "The models of this file are not at hand (--model): regions that are filled with one colour "
            "count as replaced here, and their borders as bare.",
        )
    if audit.kept is not None:
        yield Remark("know", _KEPT[audit.kept].format(size=f"{audit.evidence / 1000:,.0f} kB"))
    if audit.filled:
        yield Remark("know", f"{many(audit.filled, 'region')} filled with one colour: no model restores it.")


_KEPT: dict[Kept, str] = {
    "exact": "The file holds {size} of sealed originals and signatures: whoever holds a key gets the faces "
    "back, bit for bit. `uunet verify` checks the signatures.",
    "visual": "The file holds {size} of sealed originals and signatures: whoever holds a key gets the faces "
    "back, in a small encode. `uunet verify` checks the signatures.",
    "closed": "The file holds {size} of sealed originals, but not what opens them: nobody can. "
    "`uunet verify` checks the signatures.",
    "signed": "The file holds {size} of signatures, and no sealed originals. `uunet verify` checks them.",
}


def _of_the_rest(audit: Audit) -> Iterator[Remark]:
    kinds = Counter(stream.kind for stream in audit.inspection.info.streams)
    for kind, why in (("audio", "sound: voices identify people"), ("subtitle", "subtitles: read them")):
        if kinds[kind]:
            yield Remark("look", f"The public file has {why}.")
    if audit.remains:
        yield Remark(
            "look",
            f"The public file still tells {many(len(audit.remains), 'thing')} of the original beside the "
            f"picture: {_named(audit.remains)}.",
        )
    yield Remark(
        "know",
        "A face that the detector does not find in the original is not found here either; clothes, hair, "
        "gait, company, place and time stay as they were.",
    )


def _named(traces: Sequence[Trace]) -> str:
    """Which things a file tells, without what they say: that stands on the page."""
    names = [visible(f"{trace.kind} {trace.name}".strip()) for trace in traces[:_MOST_NAMED]]
    rest = len(traces) - len(names)
    return ", ".join(names) + (f" and {rest:,} more" if rest else "")
