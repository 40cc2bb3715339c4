"""Phase 2 in its paper profiles: it trains, resumes exactly, obeys s, and leaves models that the instrument
opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lab_media import noise_set
from uunet.models import Card, Restorer, Swapper
from uunet_lab.methods.uunet.attributes import s_vector
from uunet_lab.methods.uunet.pair import side_of
from uunet_lab.methods.uunet.paper_networks import PairMatcher
from uunet_lab.methods.uunet.paper_train import (
    PAPER,
    PAPER_256,
    PAPER_SLIM,
    PaperProfile,
    PaperTraining,
    load_paper_pair,
)
from uunet_lab.methods.uunet.subjects import SubjectSource
from uunet_lab.training.devices import open_devices
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.export import export
from uunet_lab.training.loop import load, resume, run

SMALL = {"steps": 4, "batch": 4, "base": 2, "critic_base": 2}
TINY = replace(PAPER, critic_steps=2, **SMALL)  # type: ignore[arg-type]
CARD = Card("tiny", "public", "0" * 32, 64, 20, demonstration=True, data="noise", revision="test")


def _training(
    profile: PaperProfile = TINY,
    s: tuple[int, ...] = (-1, 1),
    matchers: Mapping[str, nn.Module] | None = None,
) -> PaperTraining:
    faces = noise_set()
    torch.manual_seed(5)
    matchers = matchers or {label: PairMatcher() for label in ("id", "gender")}
    source = SubjectSource(faces, np.arange(len(faces)), seed=1)
    return PaperTraining(open_devices(), source, matchers=matchers, s=s, profile=profile, seed=2)


def _silent(_: str) -> None: ...


def test_the_profile_has_the_papers_figures() -> None:
    weights = (PAPER.w_mse, PAPER.w_adv, PAPER.w_ano, PAPER.w_con, PAPER.w_div, PAPER.w_dis)
    assert weights == (50, 1, 1, 1, 1, 1)
    assert (PAPER.delta_gp, PAPER.base, PAPER.critic_base) == (0.01, 64, 64)
    own = {"steps", "batch", "critic_steps", "rate", "base", "critic_base"}
    same = {name: getattr(PAPER, name) for name in PaperProfile.__slots__ if name not in own}
    assert same == {name: getattr(PAPER_SLIM, name) for name in same}


@pytest.mark.parametrize("profile", [PAPER, PAPER_SLIM], ids=["paper", "paper-slim"])
def test_four_steps_of_each_profile(profile: PaperProfile, tmp_path: Path) -> None:
    said: list[str] = []
    training = _training(replace(profile, **SMALL))  # type: ignore[arg-type]
    before = {name: value.clone() for name, value in training.nets.state_dict().items()}
    assert run(training, tmp_path, said.append, log_every=4, sheet_every=4)
    for name in ("adv1", "gp", "mse", "adv2", "ano", "con", "div", "dis"):
        assert f" {name} " in said[0]
    assert "nan" not in said[0]
    moved = {
        name.split(".")[0]
        for name, value in training.nets.state_dict().items()
        if not value.equal(before[name])
    }
    assert moved == {"U_e", "U_d", "D_f"}
    assert (tmp_path / "sheet.png").exists()


def test_a_step_at_256_pixels_leaves_a_pair_of_that_side(tmp_path: Path) -> None:
    small = {"steps": 1, "batch": 2, "critic_steps": 1, "base": 2, "critic_base": 2}
    profile = replace(PAPER_256, **small)  # type: ignore[arg-type]
    training = _training(profile, matchers={label: PairMatcher(256) for label in ("id", "gender")})
    assert run(training, tmp_path, _silent)
    assert side_of(load(tmp_path / "last.pt")) == training.side == 256
    encoder, _ = load_paper_pair(load(tmp_path / "last.pt"))
    assert encoder(torch.zeros(1, 4, 256, 256)).shape == (1, 3, 256, 256)
    card = replace(CARD, side=256)
    assert export(encoder, 4, card, tmp_path / "public.onnx") < 1e-4
    (a,) = Swapper(tmp_path / "public.onnx").swap(
        [np.zeros((256, 256, 3), np.float32)], [np.zeros((256, 256), np.float32)]
    )
    assert a.shape == (256, 256, 3)


def test_the_paper_at_256_pixels_is_the_paper_but_for_them() -> None:
    assert replace(PAPER_256, side=64) == PAPER


def test_a_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    straight, broken = _training(), _training(replace(TINY, steps=4))
    run(straight, tmp_path / "a", _silent)
    for _ in range(2):
        broken.advance()
    torch.save(broken.state(), tmp_path / "last.pt")
    again = _training()
    assert resume(again, tmp_path)
    run(again, tmp_path, _silent)
    for (name, one), two in zip(
        straight.nets.state_dict().items(), again.nets.state_dict().values(), strict=True
    ):
        assert torch.equal(one, two), name
    for name in ("U", "D_f"):
        one_opt, two_opt = (t.opts[name].state_dict()["state"] for t in (straight, again))
        assert all(torch.equal(one_opt[k][m], two_opt[k][m]) for k in one_opt for m in one_opt[k])


def test_the_matchers_stay_as_phase_1_left_them(tmp_path: Path) -> None:
    training = _training()
    D_a = training.D_a
    before = {name: value.clone() for name, value in D_a.state_dict().items()}
    run(training, tmp_path, _silent)
    assert all(torch.equal(before[name], value) for name, value in D_a.state_dict().items())


class _Bright(nn.Module):
    """Says that two faces agree if the second is bright."""

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return torch.sigmoid(8 * (second.mean((1, 2, 3)) - 0.5))


def test_s_tells_the_encoder_where_to_go() -> None:
    labels = ("id", "gender")
    light = {}
    for s in (s_vector(labels, keep=["gender"]), s_vector(labels, change=["gender"])):
        only_ano = replace(TINY, w_mse=0, w_adv=0, w_con=0, w_div=0, w_dis=0, rate=3e-3, base=4)
        training = _training(only_ano, s, {"id": PairMatcher().eval(), "gender": _Bright()})
        for _ in range(10):
            training.advance()
        light[s] = float(training.sheet()[64:128].mean())  # type: ignore[index]
    assert light[-1, 1] > light[-1, -1] + 20


def test_a_run_of_another_kind_is_not_gone_on_with(tmp_path: Path) -> None:
    run(_training(), tmp_path, _silent)
    with pytest.raises(TrainingError, match=r"s\.gender: 1 → -1$"):
        resume(_training(s=(-1, -1)), tmp_path)
    with pytest.raises(TrainingError, match=r"other options: w_dis: 1\.0 → 3\.0$"):
        resume(_training(replace(TINY, w_dis=3.0)), tmp_path)


def test_the_pair_computes_the_same_in_the_instrument(tmp_path: Path) -> None:
    run(_training(), tmp_path, _silent)
    encoder, decoder = load_paper_pair(load(tmp_path / "last.pt"))
    assert export(encoder, 4, CARD, tmp_path / "public.onnx") < 1e-4
    assert export(decoder, 3, replace(CARD, role="private"), tmp_path / "private.onnx") < 1e-4
    patch = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)
    noise = np.random.default_rng(1).random((64, 64), dtype=np.float32)
    (a,) = Swapper(tmp_path / "public.onnx").swap([patch], [noise])
    (r,) = Restorer(tmp_path / "private.onnx").restore([a])
    with torch.no_grad():
        image = torch.from_numpy(np.concatenate([patch, noise[:, :, None]], 2)).permute(2, 0, 1)[None]
        expected = decoder(encoder(image))[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(r, expected, atol=2e-3)
