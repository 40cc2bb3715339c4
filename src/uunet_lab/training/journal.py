"""What a run tells: a line of text, TensorBoard's scalars, and a sheet to look at."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tensorboardX import SummaryWriter


class Journal:
    """Means of the scalars since the last report, and the speed.

    Args:
        folder: where TensorBoard's events and `sheet.png` go.
        step: at which the run goes on; events that a stopped run wrote after it are purged.
        log: takes one line of text.
    """

    def __init__(self, folder: Path, step: int, log: Callable[[str], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._log = folder, log
        self._events = SummaryWriter(str(folder), purge_step=step)
        self._sums: dict[str, float] = {}
        self._began, self._since = time.monotonic(), step

    def add(self, scalars: dict[str, float]) -> None:
        """Take the scalars of one step."""
        for name, value in scalars.items():
            self._sums[name] = self._sums.get(name, 0.0) + value

    def report(self, step: int, batch: int) -> None:
        """Say the means since the last report, and the images a second, `batch` of them a step."""
        done = step - self._since
        means = {name: value / done for name, value in self._sums.items()}
        speed = done * batch / (time.monotonic() - self._began)
        text = " ".join(f"{name} {value:.4f}" for name, value in means.items())
        self._log(f"step {step} {text} | {speed:.0f} images/s")
        for name, value in (means | {"images/s": speed}).items():
            self._events.add_scalar(name, value, step)
        self._sums, self._began, self._since = {}, time.monotonic(), step

    def show(self, step: int, sheet: npt.NDArray[np.uint8]) -> None:
        """Keep a picture, uint8 RGB (h, w, 3)."""
        self._events.add_image("sheet", sheet, step, dataformats="HWC")
        (self._folder / "sheet.png").write_bytes(cv2.imencode(".png", sheet[:, :, ::-1])[1].tobytes())

    def close(self) -> None:
        """Write what is still in memory."""
        self._events.close()
