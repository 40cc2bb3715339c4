"""The detector in 8 bits: made from a clip, it finds faces."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cartoon import picture
from cli_media import face_clip, face_image
from uunet.detect import CenterFaceDetector
from uunet.engine import Engine
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.quantise import quantise_detector


def test_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(TrainingError, match="nncf") as caught:
        quantise_detector([face_clip(tmp_path / "clip.mp4")], tmp_path / "detector.onnx", 2)
    assert "uunet[quantise]" in caught.value.hint
    assert not (tmp_path / "detector.onnx").exists()


def test_finds_faces(tmp_path: Path) -> None:
    pytest.importorskip("nncf", reason="nncf is not installed")
    target = tmp_path / "detector.onnx"
    assert quantise_detector([face_clip(tmp_path / "clip.mp4")], target, 2) == 2
    assert target.stat().st_size < 3_000_000
    engine = Engine(target, wanted=("537", "538", "539"), pictures=True)
    shown = picture(face_image())
    (face,) = CenterFaceDetector(0.3, engine=engine).detect(shown, 0, 0)
    (same,) = CenterFaceDetector(0.3).detect(shown, 0, 0)
    assert abs(face.score - same.score) < 0.1
