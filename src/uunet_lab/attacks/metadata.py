"""What does a published file still tell of its source, beside pictures and sound?"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from uunet import EncodeSettings, Options, Tools, deidentify
from uunet.audit.traces import Trace, left, traces
from uunet.video import Codec
from uunet_lab.attacks.finding import AttackError, Finding, named
from uunet_lab.attacks.planting import Image, plant_image, plant_video

_FRAMES = 12
_PLANTED: tuple[tuple[str, str, Codec], ...] = (
    ("a.mp4", "a-public.mp4", "h264"),
    ("a.mp4", "a-public.mkv", "hevc"),
    ("a.mp4", "a-av1.mp4", "av1"),
    ("b.mov", "b-public.mov", "h264"),
    ("c.mkv", "c-public.mkv", "ffv1"),
    ("d.ts", "d-public.ts", "h264"),
    ("e.jpg", "e-public.jpg", "jpeg"),
    ("f.png", "f-public.png", "png"),
)
"""What is planted in, what it is published as."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one public file tells.

    Attributes:
        source, public: names of the files.
        planted: all that the source tells.
        remains: those of them that the public file still holds.
        own: what the public file tells that its source did not.
    """

    source: str
    public: str
    planted: tuple[Trace, ...]
    remains: tuple[Trace, ...]
    own: tuple[Trace, ...]

    def row(self) -> dict[str, Any]:
        """Plain values, for the results."""
        return {
            "source": self.source,
            "public": self.public,
            "told_by_source": len(self.planted),
            "of_kind": dict(sorted(Counter(trace.kind for trace in self.planted).items())),
            "left_in_public": len(self.remains),
            "left": [trace.shown() for trace in self.remains],
            "told_by_public_alone": [trace.shown() for trace in self.own],
        }


def compare(original: Path, public: Path) -> Told:
    """What a public file tells, against its source.

    Raises:
        AttackError: one of them can't be read.
    """
    planted = _once(traces(original))
    remains = left(planted, public)
    own = [trace for trace in _once(traces(public)) if trace not in remains]
    return Told(original.name, public.name, tuple(planted), tuple(remains), tuple(own))


def metadata(original: Path, public: Path | None = None) -> Finding:
    """Compare a source with what was published of it; or plant all that files can tell, and publish that.

    Args:
        original: a video or an image.
        public: what was published of it; None plants traces in files that show the first pictures of
            `original`, and publishes them.

    Raises:
        AttackError: a file can't be read.
        UUNetError: what was planted can't be published.
    """
    told = [compare(original, public)] if public else list(_planted(original))
    what = f"{original.name} and {public.name}" if public else f"traces planted beside {original.name}"
    rows = [row.row() for row in told]
    total, remain = sum(len(t.planted) for t in told), sum(len(t.remains) for t in told)
    return Finding(
        "what published files still tell beside pictures and sound",
        f"{what}; {named(len(told), 'file')}",
        {"files": rows, "told_by_sources": total, "left_in_public": remain},
        verdict_on(told),
    )


def _planted(clip: Path) -> Iterator[Told]:
    pictures, tools = _pictures(clip), Tools()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source, public, codec in _PLANTED:
            original, target = folder / source, folder / public
            if not original.exists():
                still = original.suffix in (".jpg", ".png")
                _ = plant_image(original, pictures[0]) if still else plant_video(original, pictures)
            options = Options(seed=1, encode=EncodeSettings(codec))
            deidentify(original, target, options, tools=tools)
            yield compare(original, target)


def _pictures(clip: Path) -> list[Image]:
    """The first frames of a clip, RGB, of even width and height."""
    try:
        with av.open(str(clip)) as source:
            found = [frame.to_ndarray(format="rgb24") for frame in islice(source.decode(video=0), _FRAMES)]
    except (av.FFmpegError, OSError, IndexError) as error:
        raise AttackError(f"{clip} can't be read: {error}", "give a video") from error
    return [np.asarray(p[: len(p) // 2 * 2, : p.shape[1] // 2 * 2], np.uint8) for p in found]


def _once(found: Sequence[Trace]) -> list[Trace]:
    return list(dict.fromkeys(found))


def verdict_on(told: Sequence[Told]) -> str:
    """What the table says, in plain words."""
    total = sum(len(t.planted) for t in told)
    remains = [trace for t in told for trace in t.remains]
    if not total:
        return "The sources tell nothing beside pictures and sound, so that nothing could remain."
    files = named(len(told), "public file")
    said = f"Of {named(total, 'thing')} that the sources of {files} told, {len(remains)} remain"
    listed = ", ".join(
        f"{what} ({count})" for what, count in Counter(map(Trace.shown, remains)).most_common(5)
    )
    said += f" in what was published: {listed}." if remains else " in what was published."
    own = sorted({trace.shown() for t in told for trace in t.own})
    if own:
        said += " Of themselves the public files tell: " + ", ".join(own[:5]) + "."
    return said
