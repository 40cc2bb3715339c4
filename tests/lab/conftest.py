"""The laboratory's tests need torch; without it they are left out. .ci/run runs them with it.
They share the helpers of the tests above them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

if importlib.util.find_spec("torch") is None:
    collect_ignore_glob = ["test_*.py"]
