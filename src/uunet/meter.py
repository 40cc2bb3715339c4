"""Where the time goes: seconds by stage."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


class Meter:
    """Adds up wall-clock seconds by the name of a stage. Threads may share it, but no stage."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the body of a `with` for a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - began

    def each(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """The same items; the time until each comes counts for a stage. None is held on to."""
        iterator = iter(items)
        while True:
            with self.stage(name):
                came = list(islice(iterator, 1))
            if not came:
                return
            yield came.pop()

    def seconds(self) -> dict[str, float]:
        """By stage, and `total` since this meter was made."""
        return {**self._seconds, "total": time.perf_counter() - self._began}
