"""How many of the computer's cores a part of the pipeline takes, since its parts run side by side."""

from __future__ import annotations

import os


def share(parts: int) -> int:
    """One of `parts` equal shares of the cores that this process may use, at least one core.

    More threads than that only wait for each other: beside an encoder, a net on both of two cores takes 10 %
    (U_e) to twice (the detector) the processor time that it takes on one, and is no earlier ready.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max((count or 1) // parts, 1)
