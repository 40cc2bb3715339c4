"""What a folder of results holds: experiments, attacks, other measurements, contact sheets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.paper.reading import EXPERIMENTS, Figures, Measured, read

_PICTURES = (".png", ".jpg")
_ABOUT = ("title", "metric", "about", "data", "commit", "command", "commands", "seconds", "metrics")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One file of results.

    Attributes:
        name: its path in the folder.
        content: as it is.
    """

    name: str
    content: dict[str, Any]

    @property
    def title(self) -> str:
        """What was measured."""
        return str(
            next((self.content[key] for key in ("title", "metric", "about") if key in self.content), "")
        )

    @property
    def data(self) -> str:
        """On what; nothing where the file does not say."""
        return str(self.content.get("data", ""))

    @property
    def commit(self) -> str:
        """By which code."""
        return str(self.content.get("commit", "not said"))

    @property
    def commands(self) -> list[str]:
        """How it is made again."""
        return list(self.content.get("commands", [self.content.get("command", "not said")]))

    @property
    def seconds(self) -> float | None:
        """How long it took, if it says so."""
        return self.content.get("seconds")

    @property
    def figures(self) -> Figures:
        """What was found, without the verdict."""
        found = self.content.get("metrics")
        if not isinstance(found, dict):
            found = {key: value for key, value in self.content.items() if key not in _ABOUT}
        return Figures(Path(self.name), {key: value for key, value in found.items() if key != "verdict"})

    @property
    def verdict(self) -> str | None:
        """What an attack says of itself; None of other files."""
        found = self.content.get("metrics")
        return found.get("verdict") if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """A folder of results.

    Attributes:
        experiments: of the paper.
        attacks: files with a verdict, by name.
        others: all others, by name.
        sheets: pictures beside them, by name.
        figures: where `paper` has drawn these same results; None: figures are drawn anew.
        left_out: attacks that were not tried, or failed, and why.
    """

    experiments: list[Measured]
    attacks: list[Source]
    others: list[Source]
    sheets: list[Path]
    figures: Path | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    def drawn(self, place: Path) -> Path | None:
        """Where a figure of this place lies, if it is drawn."""
        return None if self.figures is None else self.figures / place.with_suffix(".svg")

    @property
    def commits(self) -> set[str]:
        """By which versions of the program they were made, as far as they say."""
        files = (*self.attacks, *self.others)
        return {one.commit for one in self.experiments} | {one.commit for one in files}

    @property
    def count(self) -> int:
        """How many files of results."""
        return len(self.experiments) + len(self.attacks) + len(self.others)


def gather(folder: Path) -> Results:
    """All that is in a folder.

    Raises:
        MeasuringError: there are no results of experiments, or a file is damaged.
    """
    experiments = read(folder)
    taken = {path for name in EXPERIMENTS for path in folder.glob(f"*/*/{name}.json")}
    files = [_load(path, folder) for path in sorted(set(folder.rglob("*.json")) - taken)]
    return Results(
        experiments,
        [file for file in files if file.verdict is not None],
        [file for file in files if file.verdict is None],
        sorted(path for path in folder.rglob("*") if path.suffix in _PICTURES),
    )


def _load(path: Path, folder: Path) -> Source:
    try:
        content = json.loads(path.read_text("utf-8"), object_hook=partial(Figures, path))
    except (OSError, ValueError) as error:
        raise MeasuringError(f"{path} can't be read: {error}", "measure it again") from error
    if not isinstance(content, dict) or not ("command" in content or "commands" in content):
        raise MeasuringError(f"{path} does not say how it was made", "measure it again")
    return Source(path.relative_to(folder).as_posix(), content)
