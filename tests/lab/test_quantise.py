"""Models in 8 bits: the detector finds faces, the pair restores, and nothing tells anybody."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from cartoon import picture
from cli_media import face_clip, face_image
from lab_media import drawn_faces
from uunet.detect import CenterFaceDetector
from uunet.engine import Engine
from uunet.models import Restorer, Swapper, read_card, shipped
from uunet_lab.datasets.packing import pack
from uunet_lab.datasets.records import FaceRecord
from uunet_lab.methods.uunet.quantise import quantise_pair
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


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set") / "drawn"
    pack((FaceRecord(image, f"p{i}") for i, image in enumerate(drawn_faces(20)[0])), folder, side=96)
    return folder


def test_a_pair_still_restores(packed: Path, tmp_path: Path) -> None:
    pytest.importorskip("nncf", reason="nncf is not installed")
    public, private = quantise_pair(shipped("public"), shipped("private"), packed, tmp_path / "8", 16)
    assert public.stat().st_size < shipped("public").stat().st_size / 2
    card, original = read_card(public), read_card(shipped("public"))
    assert (card.pair, card.demonstration, card.metrics) == (original.pair, True, {})
    x = np.ascontiguousarray(drawn_faces(4, 64, seed=5)[0], np.float32) / 255
    noise = np.random.default_rng(1).random((4, 64, 64), np.float32)
    swapper, restorer = Swapper(public), Restorer(private)
    a = swapper.swap(list(x), list(noise))
    error = np.mean((np.stack(restorer.restore(a)) - x) ** 2)
    assert -10 * np.log10(error) > 15  # drawn faces are none that it was trained on
    assert np.abs(np.stack(a) - x).mean() > 0.05


def test_two_of_one_role_are_no_pair(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no pair"):
        quantise_pair(shipped("public"), shipped("public"), packed, tmp_path / "8", 4)
    assert not (tmp_path / "8").exists()


def test_the_originals_are_not_overwritten(packed: Path, tmp_path: Path) -> None:
    for role in ("public", "private"):
        (tmp_path / f"{role}.onnx").write_bytes(shipped(role).read_bytes())
    with pytest.raises(TrainingError, match="overwritten"):
        quantise_pair(tmp_path / "public.onnx", tmp_path / "private.onnx", packed, tmp_path, 4)
    assert read_card(tmp_path / "public.onnx") == read_card(shipped("public"))
