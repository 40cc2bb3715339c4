"""Sets by name: a packed one by its folder, any other as KIND:PATH, which is packed beside it once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.packing import is_packed, pack
from uunet_lab.datasets.registry import KINDS, Kind, load

SUFFIX = ".packed"


def packed(name: str, tell: Callable[[str], None]) -> Path:
    """The folder of a packed set.

    Args:
        name: the folder; or KIND:PATH of a set in the layout of its publishers, like `mars:/data/MARS`. That
            is packed to PATH.packed first, where personal data of this set lie anyway, and kept there.
        tell: is told, before it takes long.

    Raises:
        DatasetError: there is no such kind, or PATH is no set of it.
    """
    kind, source = _parts(name)
    if kind is None:
        return source
    folder = source.with_name(source.name + SUFFIX)
    if not is_packed(folder):
        tell(f"packing {source} to {folder}, once; it shows faces: keep it as you keep the set")
        pack(load(kind, source), folder, source=f"{kind} {source.name}")
    return folder


def called(folder: Path) -> str:
    """What a packed set is called in results."""
    return folder.resolve().name.removesuffix(SUFFIX)


def _parts(name: str) -> tuple[Kind | None, Path]:
    before, colon, path = name.partition(":")
    kind = next((kind for kind in KINDS if kind == before), None)
    if kind is None or not colon:
        if len(before) > 1 and colon and not is_packed(Path(name)):  # c:/faces is a folder
            raise DatasetError(f"{name}: there is no kind {before!r} of set", f"there are {', '.join(KINDS)}")
        return None, Path(name)
    if not path:
        raise DatasetError(f"{name} names no folder", f"give {kind}:PATH")
    return kind, Path(path).resolve()
