"""Every kind of set that can be loaded, by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, assert_never

from uunet_lab.datasets.biodi import biodi
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.lfw import lfw
from uunet_lab.datasets.mars import mars
from uunet_lab.datasets.pdestre import pdestre
from uunet_lab.datasets.records import STILL_SIDE, FaceRecord, stills
from uunet_lab.datasets.youtube import youtube_faces

Kind = Literal["shards", "lfw", "p-destre", "mars", "biodi", "youtube-faces"]
KINDS: dict[Kind, str] = {
    "shards": "what `dataset build` writes, or any tar of face images with its CSV",
    "lfw": "Labelled Faces in the Wild, as a tar with its CSV",
    "p-destre": "pedestrians from a drone",
    "mars": "pedestrians before six cameras",
    "biodi": "people before surveillance cameras",
    "youtube-faces": "celebrities in videos",
}
"""Every kind, and what it is in a few words."""

_SHARDS = "a tar with a CSV of the same name beside it, or a folder of such pairs"


def load(kind: Kind, path: Path, side: int = STILL_SIDE) -> Iterator[FaceRecord]:
    """The faces of a set, one after the other.

    Args:
        kind: one of KINDS.
        path: a folder; for `shards` also one tar; for `lfw` the tar.
        side: of the images, pixels.

    Raises:
        DatasetError: there is nothing, something else, or something damaged; raised at the latest when the
            records are read.
    """
    match kind:
        case "shards":
            return (record for archive in _archives(path) for record in stills(*archive, side))
        case "lfw":
            [(archive, table), *others] = _archives(path)
            if others:
                raise DatasetError(f"{path} holds several archives", "name the one of LFW")
            return lfw(archive, table, side)
        case "p-destre":
            return pdestre(path, side)
        case "mars":
            return mars(path, side)
        case "biodi":
            return biodi(path, side)
        case "youtube-faces":
            return youtube_faces(path, side)
    assert_never(kind)


def _archives(path: Path) -> list[tuple[Path, Path]]:
    """Every tar with its CSV; each must have one, so that a half-written shard is not overlooked."""
    if not path.exists():
        raise DatasetError(f"{path} does not exist", f"expected {_SHARDS}")
    archives = sorted(path.glob("*.tar")) if path.is_dir() else [path]
    lonely = [archive.name for archive in archives if not archive.with_suffix(".csv").exists()]
    if lonely or not archives:
        what = f"no CSV beside {', '.join(lonely)}" if lonely else f"no tar in {path}"
        raise DatasetError(what, f"expected {_SHARDS}")
    return [(archive, archive.with_suffix(".csv")) for archive in archives]
