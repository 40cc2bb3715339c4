"""New files: nothing is overwritten, and there is no half of one."""

from __future__ import annotations

import os
from pathlib import Path


def write_new(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that is not there yet.

    Raises:
        FileExistsError: something has this name, be it a link that leads nowhere.
        OSError: it can't be written; nothing is left of it.
    """
    # attack: between making a file and closing it to others, somebody opens it: the mode comes with it
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)  # half a key is none
        raise
