"""Labels that people give to the tracklets of their own videos: one CSV for a whole folder of shards."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.records import COLUMNS

DROP = "-"
"""As `identity`: the tracklet is none, or of nobody; it is left out."""

_MOST_NAMED = 8
_HINT = "columns: video (or path), optionally sequence and identity; every other column is a label"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the CSV: about one tracklet, or about all of a video where `sequence` is empty.

    Attributes:
        line: its number in the file.
        video: the file's name, or its end, such as `day1/door.mp4`.
        sequence: the number on the contact sheet.
        said: identity and labels.
    """

    line: int
    video: str
    sequence: str
    said: dict[str, str]

    def is_of(self, video: str) -> bool:
        """Whether a path ends with the parts of this row's video."""
        name = Path(self.video)
        return Path(video).parts[-len(name.parts) :] == name.parts


@dataclass(frozen=True, slots=True)
class Labels:
    """What a CSV says.

    Attributes:
        path: the CSV.
        rows: its rows.
    """

    path: Path
    rows: tuple[Row, ...]

    def of(self, video: str, sequence: str) -> dict[str, str]:
        """What is said of a tracklet: the video's rows, overlaid by the tracklet's own.

        Args:
            video: its path.
            sequence: the number on the contact sheet.
        """
        said: dict[str, str] = {}
        for wanted in ("", sequence):
            for row in self.rows:
                if row.sequence == wanted and row.is_of(video):
                    said |= row.said
        return said

    def about(self, video: str) -> list[Row]:
        """The rows of one video."""
        return [row for row in self.rows if row.is_of(video)]

    def about_none(self, videos: Collection[str]) -> list[Row]:
        """The rows that are about none of these."""
        return [row for row in self.rows if not any(row.is_of(video) for video in videos)]


def listed(names: Sequence[str]) -> str:
    """Names in a message: a table may have thousands of rows."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def read_labels(path: Path) -> Labels:
    """Read a CSV of labels. Lines without any text are left out, as spreadsheets write them.

    Raises:
        DatasetError: it can't be read; a column is missing, unknown or used twice; or a row has no video, or
            more cells than there are columns.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            table = csv.reader(handle)
            names = [name.strip() for name in next(table, [])]
            header = ["video" if name == "path" else name for name in names]
            lines = [(table.line_num, [cell.strip() for cell in cells]) for cells in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"the labels {path} can't be read: {error}", _HINT) from error
    own = sorted((set(COLUMNS) - {"identity", "sequence"}) & set(header))
    if "video" not in header or len(set(header)) < len(header) or own:
        raise DatasetError(f"the labels {path} have the columns {', '.join(header) or 'of nothing'}", _HINT)
    return Labels(path, tuple(_row(path, line, header, cells) for line, cells in lines if any(cells)))


def _row(path: Path, line: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    said = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
    if "" in said or any(cells[len(header) :]):
        raise DatasetError(f"{path}, line {line}, has a cell in no column", "quote cells with commas")
    video, sequence = said.pop("video", ""), said.pop("sequence", "")
    if not video:
        raise DatasetError(f"{path}, line {line}, names no video", _HINT)
    return Row(line, video, f"{int(sequence):04d}" if sequence.isdecimal() else sequence, said)
