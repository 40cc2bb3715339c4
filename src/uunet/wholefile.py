"""Small files that appear under their name whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file for its owner alone, in the place of one that is there. A link is replaced, not followed.

    Raises:
        OSError: it can't be written; what was there still is, and nothing else.
    """
    # attack: in a folder of several users somebody lays a link under the name of the unfinished file
    number, partial = tempfile.mkstemp(".partial", f".{path.name}.", path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
