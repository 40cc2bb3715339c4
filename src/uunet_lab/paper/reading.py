"""What `evaluate run` wrote: DIR/<set>/<model>/<experiment>.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.names import Name

Experiment = Literal[Name, "ablations", "resolution"]
EXPERIMENTS: tuple[Experiment, ...] = get_args(Experiment)

_FIELDS = ("title", "data", "commit", "command", "metrics")


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One file of results.

    Attributes:
        experiment: which.
        faces: name of the set.
        model: name of the pair.
        data: what was measured, in words.
        commit, command: how.
        metrics: figures by name.
    """

    experiment: Experiment
    faces: str
    model: str
    data: str
    commit: str
    command: str
    metrics: dict[str, Any]

    @property
    def name(self) -> str:
        """Set and model, for people."""
        return f"{self.faces}, {self.model}"


class Figures(dict[str, Any]):
    """An object of a file of results. A figure that is not there is an error that names the file: it was
    measured before the figure was.

    Args:
        path: of the file.
        values: of the object.
    """

    def __init__(self, path: Path, values: dict[str, Any]) -> None:
        super().__init__(values)
        self._path = path

    def __missing__(self, name: str) -> Any:
        raise MeasuringError(
            f"{self._path} has no figure {name!r}: an older version measured it",
            "measure it again with the command that it names",
        )


def read(folder: Path) -> list[Measured]:
    """Every file of results of an experiment, by experiment, set and model.

    Raises:
        MeasuringError: there is none, or one lacks its command, commit or figures.
    """
    found = [
        _read(path, experiment)
        for experiment in EXPERIMENTS
        for path in sorted(folder.glob(f"*/*/{experiment}.json"))
    ]
    if not found:
        raise MeasuringError(f"there are no results in {folder}", "`uunet-lab evaluate run` writes them")
    return found


def _read(path: Path, experiment: Experiment) -> Measured:
    try:
        content = json.loads(path.read_text("utf-8"), object_hook=partial(Figures, path))
        lacking = [field for field in _FIELDS if not content.get(field)]
    except (OSError, ValueError, AttributeError) as error:
        raise MeasuringError(f"{path} can't be read: {error}", "measure it again") from error
    if lacking:
        raise MeasuringError(f"{path} lacks {', '.join(lacking)}", "measure it again with `evaluate run`")
    return Measured(
        experiment,
        path.parts[-3],
        path.parts[-2],
        content["data"],
        content["commit"],
        content["command"],
        content["metrics"],
    )


def of(results: Sequence[Measured], experiment: Experiment) -> list[Measured]:
    """Those of one experiment."""
    return [result for result in results if result.experiment == experiment]
