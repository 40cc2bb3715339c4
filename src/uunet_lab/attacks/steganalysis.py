"""How well does somebody tell video that carries the mark from video that does not?

Three analysts look at the same clips, encoded alike with and without the mark. Two know SPEC.md but no pair
id: they look at the difference of frames where windows meet, and at the spectrum of a window's mean. The
third has read the pair id in a file's header, and with it K_roi.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet.conceal import SpreadMark, grid, spread
from uunet.conceal.grid import Thumbnail
from uunet.conceal.mark import mean_thumbnail
from uunet.message import pack_compact, roi_key
from uunet.models import shipped_pair
from uunet.types import WINDOW, RawFrame, Segment
from uunet.video import RawReader, RawWriter, VideoInfo
from uunet_lab.attacks.finding import AttackError, Finding, named
from uunet_lab.measuring.agreement import auc_interval

WINDOWS = 3
"""Windows of each clip; shorter clips are played forwards and backwards until they have so many frames."""

ANALYSTS = {
    "border": "how much more the still parts of the picture change where windows meet than around",
    "spectrum": "how much stronger the frequencies that a mark uses are than those just above",
    "key": "the lattice statistic of SPEC.md, section 7, with the public K_roi",
}
_REGIONS = 3  # that the message of a window names
_NEAR = 8  # transitions on each side with which one is compared
_LEAST = WINDOW // 4  # frames of a clip, so that the turns of its playing don't look like windows


@dataclass(frozen=True, slots=True)
class Score:
    """What one analyst makes of one window: higher is more like a mark."""

    analyst: str
    clip: int
    marked: bool
    value: float


def steganalysis(clips: Sequence[Path], seed: int = 1) -> Finding:
    """Let the analysts score all windows of all clips, with and without the mark.

    Args:
        clips: videos, raw or published; nothing is masked, since only the mark matters here.
        seed: of the messages.

    Raises:
        AttackError: a clip has fewer than 12 frames.
        UUNetError: a clip can't be read.
    """
    rng = np.random.default_rng(seed)
    scores = [score for i, clip in enumerate(clips) for score in _scores(clip, i, rng)]
    metrics: dict[str, Any] = {
        "clips": len(clips),
        "analysts": {name: {"looks_at": what} | auc_of(scores, name) for name, what in ANALYSTS.items()},
    }
    setting = f"each played to and fro up to {WINDOWS} windows; the gentlest mark; nothing masked; H.264"
    data = f"{named(len(clips), 'clip')}: {', '.join(clip.name for clip in clips)}; {setting}"
    return Finding("can the mark in the pixels be noticed?", data, metrics, verdict_on(metrics["analysts"]))


def auc_of(scores: Sequence[Score], analyst: str) -> dict[str, Any]:
    """How often a window with the mark scores above one without; the interval is over clips."""
    here = [score for score in scores if score.analyst == analyst]
    clip = np.array([score.clip for score in here])
    found = auc_interval(
        np.array([score.value for score in here]), np.array([score.marked for score in here]), clip, clip
    )
    windows, clips = found.pop("pairs"), found.pop("people")
    if "no_interval" in found:
        found["no_interval"] = found["no_interval"].replace("people", "clips")
    return found | {"windows": windows, "clips": clips}


def _scores(clip: Path, number: int, rng: np.random.Generator) -> list[Score]:
    key = roi_key(shipped_pair())
    with RawReader(clip, codec="h264") as reader:
        frames, info = list(islice(reader, WINDOWS * WINDOW)), reader.info
    if len(frames) < _LEAST:
        raise AttackError(f"{clip} has {len(frames)} frames", f"give clips of at least {_LEAST}")
    windows = played(frames)
    found = []
    for marked in (False, True):
        shown = [_with_mark(window, i, rng, key) for i, window in enumerate(windows)] if marked else windows
        thumbnails = _through_encoder(info, shown)
        for analyst, values in {
            "border": borders(thumbnails),
            "spectrum": [spectrum(mean) for mean in _means(thumbnails)],
            "key": [spread.score(mean, key) for mean in _means(thumbnails)],
        }.items():
            found += [Score(analyst, number, marked, value) for value in values]
    return found


def played(frames: Sequence[RawFrame]) -> list[list[RawFrame]]:
    """WINDOWS windows of a clip that is played forwards and backwards, with times of their own."""
    last = len(frames) - 1
    order = [last - abs(last - k % (2 * last)) for k in range(WINDOWS * WINDOW)]
    again = [RawFrame(frames[place].picture, k, k) for k, place in enumerate(order)]
    return [again[begin : begin + WINDOW] for begin in range(0, len(again), WINDOW)]


def _with_mark(
    window: Sequence[RawFrame], number: int, rng: np.random.Generator, key: bytes
) -> list[RawFrame]:
    """A window with a message of regions that are drawn, as gently marked as `deidentify` begins."""
    at = rng.integers(0, 2048, (_REGIONS, 2)).tolist()
    segments = [Segment(i, 0, len(window) - 1, x, y, x, y, 300, 300) for i, (x, y) in enumerate(at)]
    message = pack_compact(number, rng.bytes(8), segments, key, frames=len(window))
    mark = SpreadMark(message, key, window[0].picture.size)
    depth = window[0].picture.layout.depth
    change = mark.change((frame.picture.luma for frame in window), depth, 0)
    return [RawFrame(change(frame.picture), frame.index, frame.pts) for frame in window]


def _through_encoder(info: VideoInfo, windows: Sequence[Sequence[RawFrame]]) -> list[Thumbnail]:
    """The frames, small, as they come out of a file that is encoded as public files are by default."""
    step = max(round(1 / info.average_rate / info.time_base), 1)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "clip.mkv"
        with RawWriter(path, info, copy_streams=False) as writer:
            for window in windows:
                writer.write([RawFrame(f.picture, f.index, f.pts * step) for f in window])
            writer.commit()
        with RawReader(path) as reader:
            return [grid.thumbnail(f.picture.luma, f.picture.layout.depth) for f in reader]


def _means(thumbnails: Sequence[Thumbnail]) -> list[Thumbnail]:
    return [mean_thumbnail(thumbnails[begin : begin + WINDOW]) for begin in range(0, len(thumbnails), WINDOW)]


def borders(thumbnails: Sequence[Thumbnail]) -> list[float]:
    """For each place where windows meet: log of how much the still parts of the picture change there in low
    frequencies, over the median of the changes around.
    """
    changes = np.array([_still_change(after - before) for before, after in pairwise(thumbnails)])
    found = []
    for place in range(WINDOW - 1, len(changes), WINDOW):
        around = np.delete(changes[max(place - _NEAR, 0) : place + _NEAR + 1], min(place, _NEAR))
        found.append(float(np.log((changes[place] + 1e-3) / (np.median(around) + 1e-3))))
    return found


def _still_change(difference: Thumbnail) -> float:
    """The median over the picture, which what moves in less than half of it does not touch; grey levels."""
    low = grid.coefficients(difference)
    low[_USED:] = 0
    return float(np.median(np.abs(grid.picture(low))))


_USED = 832  # coefficients of a message of three regions: 2 · 8 · (48 + 4)


def spectrum(mean: npt.NDArray[np.float32]) -> float:
    """Log of the energy of the frequencies that a short mark uses, over that of as many above them."""
    c = grid.coefficients(mean)
    return float(np.log(np.mean(c[_USED // 2 : _USED] ** 2) / np.mean(c[_USED : 2 * _USED] ** 2)))


def verdict_on(analysts: dict[str, Any]) -> str:
    """What the table says, in plain words."""
    said = []
    for name, who in (("border", "where windows meet"), ("spectrum", "at the spectrum")):
        said.append(f"who looks {who} tells a marked window from another with AUC {analysts[name]['auc']}")
    without = max(analysts[name]["auc"] for name in ("border", "spectrum"))
    covert = "easily noticed" if without >= 0.9 else "noticed" if without >= 0.6 else "hardly noticed"
    with_key = analysts["key"]["auc"]
    secret = "with it there is no secret" if with_key >= 0.9 else "even with it hardly better"
    return (
        f"Without any key, {', '.join(said)}; with the public K_roi {with_key}. "
        f"Without a key the mark is {covert} in single windows, {secret}."
    )
