"""Labels that people give to the tracklets of their own videos: one CSV for a whole folder of shards."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.records import COLUMNS

DROP = "-"
"""As `identity`: the tracklet is none, or of nobody; it is left out."""

_HINT = "columns: video (or path), optionally sequence and identity; every other column is a label"


@dataclass(frozen=True, slots=True)
class Labels:
    """What a CSV says. A row is about one tracklet, or about all of a video where `sequence` is empty.

    Attributes:
        path: the CSV.
        rows: its rows.
    """

    path: Path
    rows: tuple[dict[str, str], ...]

    def of(self, video: str, sequence: str) -> dict[str, str]:
        """What is said of a tracklet: the video's row, overlaid by the tracklet's own.

        Args:
            video: the file's name, or its end, such as `day1/door.mp4`.
            sequence: the number on the contact sheet.
        """
        said: dict[str, str] = {}
        for wanted in ("", sequence):
            for row in self.rows:
                if row["sequence"] == wanted and _is(video, row["video"]):
                    said |= {name: value for name, value in row.items() if value}
        return {name: value for name, value in said.items() if name not in ("video", "sequence")}


def read_labels(path: Path) -> Labels:
    """Read a CSV of labels.

    Raises:
        DatasetError: it can't be read, or a column is missing, unknown or used twice.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            table = csv.DictReader(handle, restval="")
            header = ["video" if name == "path" else name for name in table.fieldnames or ()]
            rows = [dict(zip(header, row.values(), strict=False)) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"the labels {path} can't be read: {error}", _HINT) from error
    own = sorted((set(COLUMNS) - {"identity", "sequence"}) & set(header))
    if "video" not in header or len(set(header)) < len(header) or own:
        raise DatasetError(f"the labels {path} have the columns {', '.join(header) or 'of nothing'}", _HINT)
    for row in rows:
        row["sequence"] = row.get("sequence", "").strip()
        if row["sequence"].isdecimal():
            row["sequence"] = f"{int(row['sequence']):04d}"
    return Labels(path, tuple(rows))


def _is(video: str, name: str) -> bool:
    """Whether a path ends with these parts."""
    return Path(video).parts[-len(Path(name).parts) :] == Path(name).parts
