"""The loop that every training shares: steps, checkpoints, resuming, stopping."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric

from uunet_lab.training.errors import TrainingError
from uunet_lab.training.journal import Journal

CHECKPOINT = "last.pt"


class Training(Protocol):
    """What a method gives to the loop.

    Attributes:
        fabric: its devices.
        step: how many steps have been done.
    """

    fabric: Fabric
    step: int

    @property
    def steps(self) -> int:
        """How many steps there are to do."""

    @property
    def batch(self) -> int:
        """Images a step, of all processes together."""

    def advance(self) -> dict[str, float]:
        """One step; its scalars. What it draws must depend on (seed, step, rank) alone, see `draws`."""

    def state(self) -> dict[str, Any]:
        """All that the next step depends on, as tensors and plain values; `step` among it."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state: the inverse of `state`."""

    def sheet(self) -> npt.NDArray[np.uint8] | None:
        """A picture to look at, uint8 RGB (h, w, 3), raw faces among it; None if there is nothing to see."""


def save(training: Training, folder: Path) -> None:
    """Write the checkpoint, whole or not at all. The first process writes its own: they are all alike."""
    if training.fabric.is_global_zero:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / "last.partial"
        torch.save(training.state() | {"processes": training.fabric.world_size}, partial)
        partial.rename(folder / CHECKPOINT)
    training.fabric.barrier()


def load(path: Path) -> dict[str, Any]:
    """A checkpoint, on the CPU.

    Raises:
        TrainingError: it is missing, or not a checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise TrainingError(f"there is no {path}", "name the folder of a run that has begun") from error
    except Exception as error:  # whatever the unpickler makes of bytes that are none of its own
        raise TrainingError(f"{path} is damaged", "begin again in another folder") from error
    if not isinstance(state, dict) or "step" not in state:
        raise TrainingError(f"{path} is not a checkpoint of uunet-lab", "begin again in another folder")
    return state


def resume(training: Training, folder: Path) -> bool:
    """Go on where the run in `folder` stopped; False if there is none.

    Raises:
        TrainingError: the checkpoint is damaged, or was made by another number of processes.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return False
    state = load(path)
    processes, here = int(state.pop("processes", 1)), training.fabric.world_size
    if processes != here:
        raise TrainingError(
            f"{path} was made by {processes} processes, not {here}",
            f"go on with --devices {processes}: what a run draws depends on their number",
        )
    training.restore(state)
    return True


def run(
    training: Training,
    folder: Path,
    log: Callable[[str], None],
    *,
    log_every: int = 50,
    save_every: int = 250,
    sheet_every: int = 500,
) -> bool:
    """Train until the last step, or until SIGTERM: the step at hand is finished and saved.

    Args:
        training: what to train; `resume` it before.
        folder: of the run: `last.pt`, TensorBoard's events, and `sheet.png`, which shows raw faces.
        log: takes one line of text.
        log_every, save_every, sheet_every: in steps.

    Returns:
        Whether the last step was reached.
    """
    saved = training.step
    journal = Journal(folder, training.step, log) if training.fabric.is_global_zero else None
    with _stopping() as stopped, closing(journal) if journal else nullcontext():
        while training.step < training.steps and not _any(training.fabric, stopped()):
            scalars = training.advance()
            if journal:
                journal.add(scalars)
            if journal and training.step % log_every == 0:
                journal.report(training.step, training.batch)
            if journal and training.step % sheet_every == 0 and (sheet := training.sheet()) is not None:
                journal.show(training.step, sheet)
            if training.step % save_every == 0:
                save(training, folder)
                saved = training.step
    if training.step > saved or _any(training.fabric, not (folder / CHECKPOINT).exists()):
        save(training, folder)
    return training.step >= training.steps


def _any(fabric: Fabric, said: bool) -> bool:
    """Whether any process says so: they must stop and save at the same step, or the others wait for ever."""
    if fabric.world_size == 1:
        return said
    told = fabric.all_reduce(torch.tensor(float(said), device=fabric.device), reduce_op="max")
    return bool(told)


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Gives a function that tells whether SIGTERM has come."""
    come = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal come
        come = True

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield lambda: come
    finally:
        signal.signal(signal.SIGTERM, before)
