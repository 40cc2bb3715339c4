"""Colours: matrices of the standards, each the inverse of the other, in samples of every depth and range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from uunet.colour import rgb_to_yuv, samples_to_rgb, unit_to_samples, yuv_to_rgb
from uunet.types import Layout

MATRICES = ("bt601", "bt709", "bt2020", "gbr")


@pytest.mark.parametrize("matrix", MATRICES)
def test_there_and_back_is_the_identity(matrix: Any) -> None:
    np.testing.assert_allclose(yuv_to_rgb(matrix) @ rgb_to_yuv(matrix), np.eye(3), atol=1e-6)


def test_the_matrix_of_bt709_is_that_of_the_recommendation() -> None:
    """ITU-R BT.709-6, item 3.2 and 3.3: E'_Y, (E'_B - E'_Y) / 1.8556, (E'_R - E'_Y) / 1.5748."""
    luma = np.array([0.2126, 0.7152, 0.0722])
    blue, red = (np.array([0, 0, 1]) - luma) / 1.8556, (np.array([1, 0, 0]) - luma) / 1.5748
    np.testing.assert_allclose(rgb_to_yuv("bt709"), [luma, blue, red], atol=1e-6)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("depth", [8, 10, 16])
@pytest.mark.parametrize("full", [False, True])
def test_samples_give_the_colours_they_were_made_of(matrix: Any, depth: int, full: bool) -> None:
    layout = Layout("any", depth, 1, 1, True, full, matrix)
    colours = np.random.default_rng(0).uniform(size=(100, 3))
    scale, offset = np.transpose([unit_to_samples(layout, chroma=layout.is_chroma(i)) for i in range(3)])
    samples = colours @ rgb_to_yuv(matrix).T * scale + offset
    back = np.column_stack([samples, np.ones(100)]) @ samples_to_rgb(layout).T
    np.testing.assert_allclose(back, colours, atol=1e-5)
