"""Ablations: of trainings whose outcome is known, and of the paper's own, a few steps long."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from typer.testing import CliRunner

from lab.stand_ins import packed
from uunet_lab.__main__ import app
from uunet_lab.evaluation.ablations import SHOWN, VARIANTS, ablate, ablations
from uunet_lab.evaluation.trained import Pair
from uunet_lab.methods.uunet.matcher import MATCHER_SLIM, MATCHERS
from uunet_lab.methods.uunet.paper_train import PAPER_THIN, PROFILES
from uunet_lab.training.channel import to_uint8


class _Painter(nn.Module):
    """U_e that gives a picture of the noise, or its input."""

    def __init__(self, copies: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.copies = copies

    def forward(self, image: Tensor) -> Tensor:
        return (image[:, :3] if self.copies else image[:, 3:].expand(-1, 3, -1, -1)) + self.weight


class _Known:
    """A training that is over."""

    side = 64

    def __init__(self, copies: bool, broken: bool = False) -> None:
        self.U_e, self.U_d = _Painter(copies), nn.Identity()
        self.nets = nn.ModuleDict({"U_e": self.U_e, "U_d": self.U_d})
        if broken:
            nn.init.constant_(self.U_e.weight, float("nan"))


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    return packed(tmp_path_factory.mktemp("faces") / "set", people=30)


def test_a_copy_changes_nothing_and_restores_all(faces) -> None:  # type: ignore[no-untyped-def]
    done = ablate(_Known(copies=True), faces, np.arange(24))
    found = done.figures
    assert found["restored"]["value"] > 70
    for name in ("changed", "steady", "diverse", "colours"):
        assert found[name]["value"] == 0
    assert done.shown.shape == (3 * 64, SHOWN * 64, 3)
    assert np.array_equal(done.shown[:64], done.shown[64:128])


def test_noise_is_diverse_steady_and_of_other_colours(faces) -> None:  # type: ignore[no-untyped-def]
    found = ablate(_Known(copies=False), faces, np.arange(24)).figures
    assert found["diverse"]["value"] == pytest.approx(1 / 3, abs=0.02)  # of two uniform values
    assert found["steady"]["value"] < 0
    assert found["changed"]["value"] > 0.2
    assert 0.3 < found["colours"]["value"] <= 2
    assert found["restored"]["value"] < 15


def test_a_training_that_diverged_is_said_to_have(faces) -> None:  # type: ignore[no-untyped-def]
    found = ablate(_Known(copies=True, broken=True), faces, np.arange(24)).figures
    assert found["diverged"] is True
    assert "restored" not in found


def test_every_variant_has_one_factor_of_its_own(faces) -> None:  # type: ignore[no-untyped-def]
    given: list[dict[str, float]] = []
    said: list[str] = []

    def train(name, factors):  # type: ignore[no-untyped-def]
        given.append(dict(factors))
        return _Known(copies=len(given) != 2)

    done = ablations(train, faces, np.arange(24), said.append)
    assert done is not None
    found, montage = done
    assert list(found) == list(VARIANTS)
    assert given[0] == {}
    names = [next(iter(one)) for one in given[1:]]
    assert sorted(names) == ["delta_gp", "w_adv", "w_ano", "w_con", "w_dis", "w_div", "w_mse"]
    assert [one["delta_gp" if "delta_gp" in one else next(iter(one))] for one in given[1:]] == [0.1] * 6 + [
        10
    ]
    assert found["w_mse / 10"]["restored"]["value"] < found["as the paper"]["restored"]["value"]
    assert montage.shape[0] == len(VARIANTS) * 3 * 64
    assert len(said) == len(VARIANTS)


def test_a_training_that_was_stopped_ends_all(faces) -> None:  # type: ignore[no-untyped-def]
    left = [_Known(copies=True), None]
    assert ablations(lambda name, factors: left.pop(0), faces, np.arange(24), lambda line: None) is None
    assert not left


def _call(*arguments: object):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"NO_COLOR": "1"})


def test_the_papers_own_training_is_ablated_by_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(PAPER_THIN, batch=2, base=2, critic_base=2)
    monkeypatch.setitem(PROFILES, "paper-thin", small)
    monkeypatch.setitem(MATCHERS, "paper-slim", replace(MATCHER_SLIM, batch=4))
    few = {name: VARIANTS[name] for name in ("as the paper", "w_mse / 10")}
    monkeypatch.setattr("uunet_lab.evaluation.ablations.VARIANTS", few)
    packed(tmp_path / "set", people=60, images=2, labels={"gender": 2})
    runs = []
    for label in ("id", "gender"):
        runs += ["--matcher", tmp_path / label]
        trained = _call(
            "train", "matcher", tmp_path / label, "--label", label, "--faces", tmp_path / "set", "--steps", 1
        )
        assert trained.exit_code == 0, trained.stderr
    options = ("--steps", 2, "--keep", "gender", "-o", tmp_path / "results", "--sheet", tmp_path / "all.png")
    command = ("evaluate", "ablations", tmp_path / "ablations", "--faces", tmp_path / "set", *runs, *options)
    ran = _call(*command)
    assert ran.exit_code == 0, ran.stderr
    trained = {name: tmp_path / "ablations" / name / "last.pt" for name in ("unchanged", "w_mse")}
    assert {name: torch.load(path)["profile"]["w_mse"] for name, path in trained.items()} == {
        "unchanged": 50.0,
        "w_mse": 5.0,
    }
    before = (tmp_path / "all.png").read_bytes()
    trained["w_mse"].unlink()  # as if it had been stopped in the first variant
    assert _call(*command).exit_code == 0
    assert (tmp_path / "all.png").read_bytes() == before
    found = json.loads((tmp_path / "results" / "set" / "paper-thin" / "ablations.json").read_text())
    assert found["metrics"]["steps"] == 2
    assert found["metrics"]["s"] == {"id": -1, "gender": 1}
    assert found["metrics"]["matcher_steps"] == {"id": 1, "gender": 1}
    assert list(found["metrics"]["variants"]) == list(few)
    sheet = cv2.imread(str(tmp_path / "all.png"))
    assert sheet is not None
    assert sheet.shape == (len(few) * 3 * 64, SHOWN * 64, 3)


def test_what_is_published_has_8_bits() -> None:
    known: Pair = _Known(copies=True)
    image = torch.rand(1, 4, 64, 64, generator=torch.Generator().manual_seed(0))
    levels = to_uint8(known.U_e(image)) * 255
    assert torch.equal(levels, levels.round())
