"""The figures of an audit, with what each means in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from uunet.audit.copies import Copy
from uunet.audit.examination import Audit
from uunet.audit.faces import COVERED
from uunet.audit.likeness import Likeness
from uunet.audit.remarks import remarks, verdict
from uunet.audit.words import clock, many, percent

_LONG = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: what it is, its value, what that means, in words."""

    name: str
    value: str
    meaning: str


def figures(audit: Audit) -> list[Figure]:
    """The numbers, with what each means."""
    presence, seconds = audit.presence, audit.seconds
    rows = [
        Figure(
            "frames",
            f"{audit.inspection.frames:,} in {clock(seconds)}; looked at {audit.looked:,}",
            "Faces were looked for in both files in these frames, in every pixel, without tracking.",
        ),
        Figure(
            "faces in the original",
            f"{audit.faces:,}, counted anew in each frame looked at",
            "A face that is seen in 100 frames counts 100 times. A detector may take other things for faces.",
        ),
        Figure(
            "of these replaced",
            f"{audit.fates.get('replaced', 0):,}{percent(audit.fates.get('replaced', 0), audit.faces)}",
            f"At least {COVERED:.0%} lies where a region replaces or fills the picture, and it changed.",
        ),
        Figure(
            "tracks",
            f"{presence.tracks:,}{_per_hour(presence.tracks, seconds)}",
            "Faces that were followed from frame to frame, as `uunet inspect` numbers them. A person who "
            "goes away and comes back is several tracks.",
        ),
        Figure(
            "regions",
            f"{presence.regions:,}, counted anew in each frame; {audit.filled:,} filled with one colour",
            "Places that the public file says are replaced. They may overlap: one face can lie in several.",
        ),
        Figure(
            "… with a face in the original",
            f"{presence.seen:,}{percent(presence.seen, presence.regions)}, faint ones too",
            "These may be more than the faces above: one face can lie in several regions, and here faces "
            f"count too of which the detector was less sure (a score below {audit.settings.threshold:g}).",
        ),
        Figure(
            "… without one: in between; at the ends",
            f"{presence.bridged:,}; {presence.coasted:,}",
            "No face was seen there: between two frames in which one was seen on the same track; before the "
            "first or after the last. They are covered to be on the safe side.",
        ),
        Figure(
            "faces found in regions of the public file",
            f"{audit.still_found:,}",
            "Replacements that look like faces to a detector: whoever counts people still can.",
        ),
    ]
    rows += [] if audit.likeness is None else _alike(audit.likeness)
    return rows + [_of_copy(copy, first=copy is audit.copies[0]) for copy in audit.copies]


def _of_copy(copy: Copy, *, first: bool) -> Figure:
    quality = "" if copy.psnr is None else f"; restored {copy.psnr:.1f} dB, {many(copy.regions, 'region')}"
    return Figure(
        f"after {copy.way}",
        f"messages of {copy.readable:,} of {many(copy.frames, 'frame')}{quality}",
        "The beginning of the public file, encoded again as a service would, which strips what stands beside "
        "the pictures: in how many frames it still says where the faces are, and how near they come back."
        if first
        else "The same, encoded otherwise.",
    )


def _per_hour(count: int, seconds: float) -> str:
    """Of seconds nobody can tell how many an hour has."""
    return f", {count * 3600 / seconds:,.0f} in an hour" if seconds >= _LONG else ""


def _alike(found: Likeness) -> list[Figure]:
    others = found.correlation_others
    beside = "" if others is None else f"; of faces of two tracks {others:.2f}"
    what = f"of {many(found.regions, 'region')} of {many(found.tracks, 'track')}, drawn at random"
    rows = [
        Figure(
            "correlation of face and replacement",
            f"{found.correlation:.2f}{beside}",
            f"Of the pixels in the middle, median {what}: 1 is the same picture. Pose and light stay on "
            "purpose, so that it is not 0; it says nothing about who recognises whom.",
        ),
        Figure(
            "difference of face and replacement",
            f"{found.psnr_published:.1f} dB",
            "Peak signal to noise ratio of the same pixels; 30 and more would look nearly the same.",
        ),
    ]
    if found.psnr_restored is not None:
        rows.append(
            Figure(
                "difference of face and restored face",
                f"{found.psnr_restored:.1f} dB",
                "The same, of what the private model restores from this very file.",
            )
        )
    known = found.recognised
    if known is None:
        return [
            *rows,
            Figure(
                "recogniser",
                "not asked",
                'How alike they are for a face recogniser needs dlib: pip install "uunet[judge]".',
            ),
        ]
    told = [f"{known.own:.0%} of faces and their replacements"]
    told += [] if known.others is None else [f"{known.others:.0%} of faces and replacements of other tracks"]
    told += [] if known.raw is None else [f"{known.raw:.0%} of two images of one track, unreplaced"]
    told += [] if known.restored is None else [f"{known.restored:.0%} of faces and their restoration"]
    beside = "" if known.auc is None else f"; AUC {known.auc:.2f}, where .5 is chance"
    return [
        *rows,
        Figure(
            "one person, for a recogniser",
            ", ".join(told) + beside,
            "dlib's, at its own threshold; it took no part in training. The second figure is what it says of "
            "strangers, the third whether it works on such images at all. Other recognisers may do better.",
        ),
    ]


def table(audit: Audit) -> Table:
    """The figures and remarks, for the terminal."""
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(style="bold", no_wrap=True)
    drawn.add_column(overflow="fold")
    rows = [(figure.name, figure.value) for figure in figures(audit)]
    rows += [("look" if remark.level == "look" else "know", remark.text) for remark in remarks(audit)]
    for row in [*rows, ("verdict", verdict(audit))]:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn
