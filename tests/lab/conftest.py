"""The laboratory's tests need torch; without it they are skipped, and .ci/run installs it."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the laboratory's tests need torch: pip install -e .[lab]")
