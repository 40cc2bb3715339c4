"""Recognisers in several processes say what one alone says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lab.stand_ins import Small
from uunet.errors import AuditError
from uunet_lab.measuring.crew import PART, Crew
from uunet_lab.measuring.judge import Descriptors, Image, Recogniser

FACES = list(np.random.default_rng(3).integers(0, 256, (2 * PART + 5, 16, 16, 3), np.uint8))


class Broken(Small):
    """Fails in every process."""

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        raise AuditError("it broke", "mend it")


def test_a_crew_describes_as_one_alone_does() -> None:
    crew = Crew(Small, workers=2)
    assert np.array_equal(crew.describe(FACES), Small().describe(FACES))
    assert np.array_equal(crew.describe(FACES[:-1]), Small().describe(FACES[:-1]))  # with the same processes


@pytest.mark.parametrize(("count", "workers"), [(PART, 2), (len(FACES), 1)])
def test_few_faces_and_one_core_need_no_processes(
    count: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uunet_lab.measuring.crew.ProcessPoolExecutor", lambda *_: pytest.fail("a process"))
    assert np.array_equal(Crew(Small, workers).describe(FACES[:count]), Small().describe(FACES[:count]))


def test_what_fails_in_a_process_fails_here() -> None:
    with pytest.raises(AuditError, match="it broke") as caught:
        Crew(Broken, workers=2).describe(FACES)
    assert caught.value.hint == "mend it"


def test_what_is_not_installed_is_said_at_once() -> None:
    def absent() -> Recogniser:
        raise AuditError("not installed", "pip install it")

    with pytest.raises(AuditError):
        Crew(absent)
