"""Models in 8 bits: the detector finds faces, the pair restores, and nothing tells anybody."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cartoon import picture
from cli_media import face_clip, face_image
from lab_media import drawn_faces
from uunet.detect import CenterFaceDetector
from uunet.engine import Engine
from uunet.models import Card, read_card, shipped
from uunet_lab.datasets.packing import pack
from uunet_lab.datasets.records import FaceRecord
from uunet_lab.methods.uunet.paper_networks import UNet
from uunet_lab.methods.uunet.quantise import quantise_pair
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.export import export
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


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """U-Nets of the paper, small and untrained."""
    folder = tmp_path_factory.mktemp("pair")
    torch.manual_seed(1)
    card = Card("tiny", "public", "ab" * 16, 64, 20, True, "nothing", "none", {"psnr": 9.0})
    export(UNet(4, 8), 4, card, folder / "public.onnx")
    export(UNet(3, 8), 3, replace(card, role="private"), folder / "private.onnx")
    return folder / "public.onnx", folder / "private.onnx"


def test_a_pair_computes_the_same(packed: Path, pair: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("nncf", reason="nncf is not installed")
    new = quantise_pair(*pair, packed, tmp_path / "8", count=16, metrics={"psnr": 1.0})
    x = np.ascontiguousarray(drawn_faces(4, 64, seed=5)[0].transpose(0, 3, 1, 2), np.float32) / 255
    noise = np.random.default_rng(1).random((4, 1, 64, 64), np.float32)
    for before, after, image in zip(pair, new, (np.concatenate([x, noise], 1), x), strict=True):
        assert after.stat().st_size < before.stat().st_size / 2
        card, original = read_card(after), read_card(before)
        assert (card.pair, card.role, card.demonstration) == (original.pair, original.role, True)
        assert (card.name, card.metrics) == ("tiny-int8", {"psnr": 1.0})
        (expected,), (found,) = (
            Engine(path, precision="f32").run({"image": image}).values() for path in (before, after)
        )
        assert not np.array_equal(found, expected)
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.85  # untrained nets are noise: 0.92


def test_a_pair_in_8_bits_is_not_quantised_again(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="8 bits already"):
        quantise_pair(shipped("public"), shipped("private"), packed, tmp_path / "8", count=4, metrics={})
    assert not (tmp_path / "8" / "public.onnx").exists()


def test_two_of_one_role_are_no_pair(packed: Path, pair: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no pair"):
        quantise_pair(pair[0], pair[0], packed, tmp_path / "8", count=4, metrics={})
    assert not (tmp_path / "8").exists()


def test_the_originals_are_not_overwritten(packed: Path, pair: tuple[Path, Path]) -> None:
    before = read_card(pair[0])
    with pytest.raises(TrainingError, match="overwritten"):
        quantise_pair(*pair, packed, pair[0].parent, count=4, metrics={})
    assert read_card(pair[0]) == before
