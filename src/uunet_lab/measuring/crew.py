"""A recogniser on all cores: dlib's works on one, and holds Python while it does."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from uunet.cores import share
from uunet_lab.measuring.judge import REGION_INSET, Descriptors, DlibJudge, Image, Recogniser

PART = 12
"""Faces that a process is given at a time; dlib takes a second or so for them."""

_own: list[Recogniser] = []
"""In a process of a crew: its recogniser."""


def _join(make: Callable[[], Recogniser]) -> None:
    _own.append(make())


def _describe(faces: Sequence[Image]) -> Descriptors:
    return _own[0].describe(faces)


class Crew:
    """Recognisers of one kind in several processes, which begin with the first faces and end with this one.

    Args:
        make: makes a recogniser; it is pickled. One is made here at once, so that whatever is missing is
            said before anything is measured, and describes few faces.
        workers: processes; None for one on each core.

    Raises:
        AuditError: what `make` needs is not installed.
    """

    def __init__(self, make: Callable[[], Recogniser], workers: int | None = None) -> None:
        self._make, self._alone = make, make()
        self._workers = workers or share(1)
        self._pool: ProcessPoolExecutor | None = None

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        """Descriptors (n, d) of RGB crops, in their order."""
        if len(faces) <= PART or self._workers == 1:
            return self._alone.describe(faces)
        if self._pool is None:
            # a forked process would inherit locks of threads that it does not have
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, spawn, _join, (self._make,))
        parts = [faces[i : i + PART] for i in range(0, len(faces), PART)]
        return np.concatenate(list(self._pool.map(_describe, parts)))


def recogniser() -> Crew:
    """Who judges the instrument's regions: dlib's, which took no part in any training.

    Raises:
        AuditError: it is not installed.
    """
    return Crew(partial(DlibJudge, REGION_INSET))
