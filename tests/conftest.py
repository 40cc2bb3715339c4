"""Fixtures that several files of tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk import Desk, made_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A folder with keys and a sealed video."""
    return made_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a record of openings may be begun."""
    return tmp_path / "openings.log"
