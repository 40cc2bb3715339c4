"""The laboratory's tests need torch; without it they are left out. .ci/run runs them with it."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("torch") is None:
    collect_ignore_glob = ["test_*.py"]
