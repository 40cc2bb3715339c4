"""What the loaders of published sets share: looking at a tree, and saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from uunet.errors import UUNetError
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.records import Image, decode

IMAGES = (".jpg", ".jpeg", ".png", ".bmp")


def images_below(folder: Path) -> Iterator[Path]:
    """All images below a folder, in one order on every computer: by path, folder by folder."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from images_below(path)
        elif path.suffix.lower() in IMAGES and not path.name.startswith("."):
            yield path


def folder_of(root: Path, expected: str) -> Path:
    """The folder, if it is one.

    Raises:
        DatasetError: it is not.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise DatasetError(f"{root} {what}", f"expected a folder: {expected}")
    return root


def wrong_layout(root: Path, expected: str, found: Path | str | None = None) -> DatasetError:
    """The error for a tree of another layout: what was expected, and what is there."""
    if found is None:
        names = [path.name + "/" * path.is_dir() for path in sorted(root.iterdir())]
        found = ", ".join(names[:5] + ["…"] * (len(names) > 5)) or "an empty folder"
    elif isinstance(found, Path):
        found = str(found.relative_to(root))
    return DatasetError(f"{root} has another layout: found {found}", f"expected {expected}")


def read(path: Path) -> Image:
    """An image file as uint8 RGB (h, w, 3).

    Raises:
        DatasetError: it can't be read or is no image.
    """
    try:
        return decode(path.read_bytes(), str(path))
    except UUNetError:
        raise
    except OSError as error:
        raise DatasetError(
            f"{path} can't be read: {error.strerror}", "copy it again or take it out"
        ) from error


def centre_square(image: Image) -> Image:
    """The largest square in the middle."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


def square(image: Image, cx: float, cy: float, side: float) -> Image | None:
    """A square round a centre, shifted into the image; None if it is larger than that or below 2 pixels."""
    length = round(side)
    height, width = image.shape[:2]
    if not 2 <= length <= min(height, width):
        return None
    left = min(max(round(cx - side / 2), 0), width - length)
    top = min(max(round(cy - side / 2), 0), height - length)
    return image[top : top + length, left : left + length]
