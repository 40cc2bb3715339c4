"""Warping error, IdI and GMSD: constructed cases and a reference implementation."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.stand_ins import pattern
from uunet_lab.evaluation.consistency import _median, idi
from uunet_lab.measuring.flow import warping_error
from uunet_lab.measuring.perception import gmsd


def _moved(image: np.ndarray, dx: float, dy: float) -> np.ndarray:
    move = np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])
    return np.asarray(cv2.warpAffine(image, move, (64, 64), borderMode=cv2.BORDER_REFLECT), np.uint8)


def test_motion_is_no_warping_error_and_a_change_is() -> None:
    first = pattern(9)
    second = _moved(first, 3, -2)
    moved = warping_error((first, second), (first, second))
    assert moved < float(np.mean((first / 255 - second / 255) ** 2)) / 20
    assert warping_error((first, first), (first, first)) == 0
    flicker = np.clip(second.astype(int) + 51, 0, 255).astype(np.uint8)
    assert warping_error((first, second), (first, flicker)) > 20 * moved


def test_what_is_shown_has_to_follow_the_scene() -> None:
    first, other = pattern(9), pattern(8)
    second = _moved(first, 3, 0)
    follows = warping_error((first, second), (other, _moved(other, 3, 0)))
    assert warping_error((first, second), (other, other)) > 3 * follows


def test_a_constant_change_of_light_is_its_square() -> None:
    raw = pattern(9)
    dark, light = np.full_like(raw, 100), np.full_like(raw, 151)
    assert warping_error((raw, raw), (dark, light)) == pytest.approx(0.04, abs=1e-4)


def test_idi_is_the_ratio_of_medians_of_squares() -> None:
    rng = np.random.default_rng(0)
    raw, shown = rng.random((2, 31))
    once = np.ones(31)
    assert idi(raw, shown, once) == pytest.approx(np.median(raw**2) / np.median(shown**2))
    assert idi(raw, raw, once) == 1
    assert idi(raw, 2 * raw, once) == pytest.approx(0.25)
    assert np.isnan(idi(raw, np.zeros(31), once))


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_the_weighted_median_is_that_of_repeated_values(n: int) -> None:
    rng = np.random.default_rng(n)
    values, weight = rng.random(n), rng.integers(0, 4, n)
    weight[0] += 1
    assert _median(values, weight.astype(float)) == pytest.approx(np.median(np.repeat(values, weight)))


@pytest.mark.parametrize(
    ("side", "expected"), [(64, (0.0998022733, 0.2024867361)), (48, (0.1607733628, 0.2033533805))]
)
def test_gmsd_is_that_of_piq(side: int, expected: tuple[float, float]) -> None:
    """Reference: `piq.gmsd` of piq 0.8.0, which needs torchvision, on the same images."""
    first = pattern(9, side)
    blurred = np.asarray(cv2.GaussianBlur(first, (0, 0), 3), np.uint8)
    assert gmsd([first] * 2, [blurred, pattern(10, side)]) == pytest.approx(expected, abs=1e-9)
    assert gmsd([first], [first])[0] == 0
