"""The thin profile of 256 pixels: its matchers may be smaller, and its steps are timed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lab_media import noise_set
from uunet_lab.comparisons import PACE, _timed
from uunet_lab.methods.uunet.paper_networks import PairMatcher
from uunet_lab.methods.uunet.paper_train import (
    PAPER_THIN,
    PAPER_THIN_256,
    PROFILES,
    SHRINKING,
    PaperProfile,
    PaperTraining,
)
from uunet_lab.methods.uunet.subjects import SubjectSource
from uunet_lab.training.channel import resize
from uunet_lab.training.devices import open_devices


def test_the_profile_departs_in_side_and_batch_alone() -> None:
    assert replace(PAPER_THIN_256, side=64, batch=PAPER_THIN.batch) == PAPER_THIN
    assert {"paper-thin-256"} == SHRINKING
    assert set(SHRINKING) < set(PROFILES)


def _training(profile: PaperProfile, matchers: Mapping[str, nn.Module]) -> PaperTraining:
    faces = noise_set()
    source = SubjectSource(faces, np.arange(len(faces)), seed=1)
    return PaperTraining(open_devices(), source, matchers=matchers, s=(-1,), profile=profile, seed=2)


def test_the_matchers_gradient_reaches_the_encoder_through_the_shrinking() -> None:
    seen: set[int] = set()

    class Watched(PairMatcher):
        def forward(self, first: Tensor, second: Tensor) -> Tensor:
            seen.update((first.shape[-1], second.shape[-1]))
            return super().forward(first, second)

    only_ano = replace(PAPER_THIN_256, batch=2, base=2, critic_base=2, w_mse=0, w_adv=0, w_con=0, w_div=0)
    training = _training(replace(only_ano, w_dis=0), {"id": Watched(64).eval()})
    before = {name: value.clone() for name, value in training.U_e.named_parameters()}
    training.advance()
    assert seen == {64}
    assert training.seen[1].shape == (2, 3, 256, 256)
    for name, value in training.U_e.named_parameters():
        assert value.grad is not None
        if name in ("down.0.0.weight", "out.weight"):  # the first layer, and the last
            assert float(value.grad.abs().sum()) > 0 and not value.equal(before[name])


def test_a_matcher_of_the_same_side_sees_the_images_themselves() -> None:
    image = torch.rand(2, 3, 64, 64)
    assert resize(image, 64) is image


def test_the_pace_is_of_all_calls_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = _training(replace(PAPER_THIN, batch=2, base=2, critic_base=2), {"id": PairMatcher()})

    def two_steps(training: PaperTraining, folder: Path, log: object) -> bool:
        training.step += 2
        return training.step > 3

    monkeypatch.setattr("uunet_lab.comparisons.run", two_steps)
    assert [_timed(training, tmp_path, lambda line: None) for _ in range(2)] == [False, True]
    assert json.loads((tmp_path / PACE).read_text())["steps"] == 4
    training.step = 0  # begun anew
    _timed(training, tmp_path, lambda line: None)
    assert json.loads((tmp_path / PACE).read_text())["steps"] == 2
