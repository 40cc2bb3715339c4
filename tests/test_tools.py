"""Models are opened when they are asked for, and once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiny_models import public_model
from uunet.detect import WEAKEST
from uunet.errors import DetectionError, ModelError
from uunet.tools import Tools


def test_the_same_model_stays_open(tmp_path: Path) -> None:
    tools = Tools()
    one, other = public_model(tmp_path), public_model(tmp_path, "noise")
    first = tools.swapper(one)
    assert tools.swapper(one) is first
    assert tools.swapper(other) is not first
    with pytest.raises(ModelError):
        tools.swapper(tmp_path / "gone.onnx")
    assert tools.swapper(other).card.name == "negative"


def test_a_detector_reports_what_continues_tracks_too() -> None:
    tools = Tools()
    usual = tools.detector(None)
    assert tools.detector(0.9) is usual and usual.threshold == WEAKEST
    weak = tools.detector(0.05)
    assert weak.threshold == 0.05 and weak.engine is usual.engine
    with pytest.raises(DetectionError):
        tools.detector(0.0)
