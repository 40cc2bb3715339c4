"""Raw video → shards of tracklets in one folder, one shard per video, resumable.

Everything in the folder shows faces: it is personal data, as the videos are. Nothing is written elsewhere.

```
DIR/door.tar    the crops as PNG, 0007/000123.png: tracklet 7, frame 123
DIR/door.csv    file, identity, sequence, frame, camera, labels …
DIR/door.jpg    contact sheet: a row per tracklet, with its number
DIR/door.json   what was kept, dropped and why: a video that has it is done
```
"""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path

from uunet.track import Tracker, TrackSettings
from uunet.types import FaceDetector, Window
from uunet.video import RawReader
from uunet_lab.datasets.crops import Cropper
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.labels import DROP, Labels, listed
from uunet_lab.datasets.packing import is_packed
from uunet_lab.datasets.records import shard_writer, write_table
from uunet_lab.datasets.sheet import Sheet
from uunet_lab.datasets.tracklets import Gatherer, TrackletRules

_FORMAT, _VERSION = "uunet-tracklets", 1


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one video.

    Attributes:
        camera: the name of its shard.
        video: the file.
        size: of the file in bytes: a file of another size is another video.
        rules: what was asked for.
        frames: of the video.
        tracklets, crops: kept.
        covered: region × frame that the tracker followed, of which the crops are a part.
        cuts: tracklets ended by dHash.
        dropped: crops by reason, see `Gatherer`; `unseen` were never cropped.
        damage: why the video ended early; empty if it did not.
    """

    camera: str
    video: str
    size: int
    rules: dict[str, float]
    frames: int
    tracklets: int
    crops: int
    covered: int
    cuts: int
    dropped: dict[str, int] = field(default_factory=dict)
    damage: str = ""


def build(  # noqa: PLR0917
    video: Path,
    folder: Path,
    detector: FaceDetector,
    rules: TrackletRules,
    labels: Labels | None = None,
    listen: Callable[[int], None] = lambda _: None,
) -> tuple[Built, bool]:
    """The tracklets of one video as a shard. A video that is done is not decoded again; it is labelled again.

    Args:
        video: whatever `RawReader` reads.
        folder: of the shards; made.
        detector: finds the faces.
        rules: what is kept.
        labels: what people say of the tracklets.
        listen: is told how many frames are done.

    Returns:
        What became of it, and whether that was done before.

    Raises:
        InputError: the video can't be read.
        DatasetError: it was built with other rules, labels contradict the tracklets, or `folder` holds a
            packed set.
    """
    _refuse_packed(folder)
    folder.mkdir(parents=True, exist_ok=True)
    camera = _camera(video, folder)
    done = _read(folder / f"{camera}.json")
    if done is not None:
        if done.rules != asdict(rules):
            raise DatasetError(
                f"{video.name} was built with other rules in {folder}",
                f"choose another folder, or remove {camera}.json there to build it again",
            )
        label(folder, done, labels)
        return done, True
    (folder / f"{camera}.csv").unlink(missing_ok=True)  # of a build whose .json was removed
    built = _follow(video, folder, camera, detector, rules, listen)
    about = {"format": _FORMAT, "version": _VERSION} | asdict(built)
    partial = folder / f"{camera}.json.partial"
    partial.write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    partial.rename(folder / f"{camera}.json")
    label(folder, built, labels)
    return built, False


def summary(folder: Path) -> list[Built]:
    """What became of all videos of a folder, by name of the shard; nothing where there is no folder yet.

    Raises:
        DatasetError: a shard's summary is damaged, or `folder` holds a packed set.
    """
    _refuse_packed(folder)
    found = (_read(path) for path in sorted(folder.glob("*.json")))
    return [built for built in found if built is not None]


def _follow(  # noqa: PLR0917
    video: Path,
    folder: Path,
    camera: str,
    detector: FaceDetector,
    rules: TrackletRules,
    listen: Callable[[int], None],
) -> Built:
    gatherer, sheet = Gatherer(rules), Sheet()
    tracklets = crops = frames = 0
    with RawReader(video) as reader, shard_writer(folder / f"{camera}.tar") as add:
        cropper = Cropper(reader.info.rotation)
        tracker = Tracker(detector, TrackSettings.at(float(reader.info.average_rate)))

        def windows() -> Iterator[Window]:
            nonlocal frames
            for window in tracker.windows(reader, reader.info.rotation):
                yield window
                frames += len(window.frames)
                listen(frames)

        for tracklet in gatherer.tracklets(cropper.crops(windows())):
            for crop, image in zip(tracklet.crops, tracklet.images, strict=True):
                add(f"{tracklets:04d}/{crop.frame:06d}.png", image)
            sheet.add(f"{tracklets:04d}", tracklet.images)
            tracklets, crops = tracklets + 1, crops + len(tracklet.crops)
        damage = str(reader.damage or "")
    sheet.write(folder / f"{camera}.jpg")
    dropped = Counter(gatherer.dropped)
    dropped["unseen"] = cropper.covered - crops - dropped.total()
    return Built(
        camera=camera,
        video=str(video.resolve()),
        size=_size(video),
        rules=asdict(rules),
        frames=frames,
        tracklets=tracklets,
        crops=crops,
        covered=cropper.covered,
        cuts=gatherer.cuts,
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
        damage=damage,
    )


def label(folder: Path, built: Built, labels: Labels | None) -> None:
    """Write the shard's table; identity is the tracklet where nobody says who it is.

    Without `labels` a table that is there stays as it is.

    Raises:
        DatasetError: the labels name a tracklet that there is not, or one person twice in a frame.
    """
    if labels is None and (folder / f"{built.camera}.csv").exists():
        return
    frames: dict[str, list[str]] = {}
    with tarfile.open(folder / f"{built.camera}.tar") as tar:
        for name in tar.getnames():
            frames.setdefault(name.split("/")[0], []).append(name)
    if labels is not None:
        _refuse_unknown(built, labels, frames)
    said = {number: labels.of(built.video, number) if labels else {} for number in frames}
    _refuse_doubles(built, {n: s["identity"] for n, s in said.items() if "identity" in s}, frames)
    rows = []
    for number, names in frames.items():
        if said[number].get("identity") == DROP:
            continue
        sequence = f"{built.camera}/{number}"
        own = {"identity": sequence, "sequence": sequence, "camera": built.camera} | said[number]
        rows += [{"file": name, "frame": str(_frame(name))} | own for name in names]
    write_table(folder / f"{built.camera}.csv", rows)


def _refuse_packed(folder: Path) -> None:
    """Shards among the files of a packed set: nobody could tell which of the two the folder is."""
    if is_packed(folder):
        raise DatasetError(
            f"{folder} is a packed set, not a folder of shards",
            "choose another folder; `uunet-lab dataset pack` makes a packed set of it",
        )


def _refuse_unknown(built: Built, labels: Labels, frames: Collection[str]) -> None:
    """A mistyped number leaves the tracklet that was meant as it is: in the set, though it should be out."""
    unknown = [row for row in labels.about(built.video) if row.sequence and row.sequence not in frames]
    if unknown:
        named = listed([f"{row.sequence} (line {row.line})" for row in unknown])
        there = f"it has {min(frames)} to {max(frames)}: see {built.camera}.jpg" if frames else "it has none"
        raise DatasetError(
            f"{labels.path} names tracklets that {Path(built.video).name} has not: {named}",
            f"{there}; if another video is meant, give more of its path, like day1/door.mp4",
        )


def _refuse_doubles(built: Built, identity: dict[str, str], frames: dict[str, list[str]]) -> None:
    """Nobody is in two places at once: an identity given to a whole video may be wrong for some tracklets."""
    for (a, person), (b, other) in combinations(identity.items(), 2):
        common = {_frame(name) for name in frames[a]} & {_frame(name) for name in frames[b]}
        if person == other != DROP and common:
            raise DatasetError(
                f"tracklets {a} and {b} of {built.camera} are both {person!r} and share frame {min(common)}",
                "name tracklets by their number on the contact sheet, in a column `sequence`; "
                f"identity {DROP} leaves one out",
            )


def _frame(name: str) -> int:
    return int(Path(name).stem)


def _size(video: Path) -> int:
    return video.stat().st_size if video.is_file() else 0  # a pattern of images is no file


def _camera(video: Path, folder: Path) -> str:
    """The name of a video's shard: its stem, with a number if another video has that."""
    stem = video.stem.replace("%", "_")
    number = 1
    while True:
        name = stem if number == 1 else f"{stem}-{number}"
        found = _read(folder / f"{name}.json")
        if found is None or (found.video, found.size) == (str(video.resolve()), _size(video)):
            return name
        number += 1


def _read(path: Path) -> Built | None:
    """What was built, if this is finished."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} is damaged: {error}", "remove it to build the video again") from error
    if not isinstance(data, dict) or (data.pop("format", ""), data.pop("version", 0)) != (_FORMAT, _VERSION):
        return None
    return Built(**data)
