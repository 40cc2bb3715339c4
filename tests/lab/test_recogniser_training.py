"""A recogniser of our own: it learns people, judges others, and says which it never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from typer.testing import CliRunner

from lab.stand_ins import Blind, packed
from tiny_models import private_model, public_model
from uunet_lab.__main__ import app
from uunet_lab.datasets.packing import open_set
from uunet_lab.measuring.embedder import TrainedJudge
from uunet_lab.methods.recogniser.train import L_lmc, RecogniserProfile, RecogniserTraining
from uunet_lab.training.augment import CropProfile
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.loop import run
from uunet_lab.training.parts import parts

STILL = CropProfile(shift=0.0, zoom=(1.0, 1.0), turn=0.0, degrade=0.0, light=0.0)


def _profile(steps: int) -> RecogniserProfile:
    return RecogniserProfile(steps=steps, batch=32, base=8, views=STILL)


def test_the_margin_is_what_the_loss_asks_for() -> None:
    cosine, people = torch.tensor([[0.9, 0.1, -0.5]]), torch.tensor([0])
    s, m = 10.0, 0.3
    wanted = np.exp(s * (0.9 - m)) / (np.exp(s * (0.9 - m)) + np.exp(s * 0.1) + np.exp(s * -0.5))
    assert float(L_lmc(cosine, people, s, m)) == pytest.approx(-np.log(wanted), rel=1e-5)
    assert L_lmc(cosine, people, s, 0.0) < L_lmc(cosine, people, s, m)


def test_it_tells_people_apart_whom_it_never_saw(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=60, images=4)
    fabric = Fabric(accelerator="cpu", devices=1)
    rows, others = parts(faces)
    run(RecogniserTraining(fabric, faces, rows, _profile(60), seed=1), tmp_path / "run", lambda _: None)
    judge = TrainedJudge(tmp_path / "run")
    assert np.array_equal(judge.unseen(faces, np.arange(len(faces))), others)
    found = judge.describe([np.asarray(faces.images[row]) for row in others])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    distance = np.linalg.norm(found[:, None] - found[None], axis=2)
    same = faces.identity[others][:, None] == faces.identity[others][None]
    off = ~np.eye(len(others), dtype=bool)
    assert distance[same & off].mean() < 0.5 * distance[~same].mean()


def test_of_another_set_it_saw_nobody(tmp_path: Path) -> None:
    faces, other = packed(tmp_path / "set", people=60), packed(tmp_path / "other", people=12, images=3)
    fabric = Fabric(accelerator="cpu", devices=1)
    with pytest.raises(TrainingError, match="0 people have two images"):
        RecogniserTraining(fabric, faces, parts(faces)[0], _profile(1), seed=1)
    many = packed(tmp_path / "many", people=40, images=3)
    training = RecogniserTraining(fabric, many, parts(many)[0], _profile(1), seed=1)
    run(training, tmp_path / "run", lambda _: None)
    judge = TrainedJudge(tmp_path / "run")
    assert judge.unseen(other, np.arange(36)).tolist() == list(range(36))
    assert judge.steps == 1 and judge.origin == many.origin


def test_it_judges_beside_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uunet_lab.evaluation.runner.strict_detector", Blind)
    packed(tmp_path / "people", people=60, images=3)
    invoke = CliRunner().invoke
    ran = invoke(
        app,
        ["train", "recogniser", str(tmp_path / "run"), "--faces", str(tmp_path / "people"), "--steps", "2"],
    )
    assert ran.exit_code == 0, ran.stderr
    assert "evaluate run" in ran.stdout and "--recogniser" in ran.stdout
    models = (str(public_model(tmp_path)), str(private_model(tmp_path)))
    command = ["evaluate", "run", "--model", *models, "--unseen", str(tmp_path / "people")]
    command += ["--only", "recognition_trained", "-o", str(tmp_path / "results")]
    alone = invoke(app, command)
    assert alone.exit_code == 1 and "no --recogniser is given" in alone.stdout
    ran = invoke(app, [*command, "--recogniser", str(tmp_path / "run")])
    assert ran.exit_code == 0, ran.stderr
    held_out = len(parts(open_set(tmp_path / "people"))[1])
    assert f"recognition_trained.json: {held_out} faces" in ran.stdout
    wrong = invoke(app, [*command, "--recogniser", str(tmp_path)])
    assert wrong.exit_code == 1 and "there is no" in wrong.stderr
