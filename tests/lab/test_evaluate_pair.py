"""`uunet-lab evaluate pair`: which models are a pair, and what is said in the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tiny_models import PAIR, private_model, public_model
from uunet_lab.__main__ import app
from uunet_lab.measuring.results import interval, write
from uunet_lab.training.cards import pair_cards
from uunet_lab.training.errors import TrainingError

OTHER = "ab" * 16


def _evaluate(folder: Path, public: Path, private: Path, *more: object) -> Result:
    models = ("--public", public, "--private", private, "-o", folder / "pair.json")
    arguments = ("evaluate", "pair", "--faces", folder / "nowhere", *models, *more)
    plain = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=plain)


def test_a_pair_is_of_one_training_whatever_computed_it(tmp_path: Path) -> None:
    cards = pair_cards(public_model(tmp_path, name="in 8 bits"), private_model(tmp_path, name="in 32"))
    assert [(card.role, card.pair) for card in cards] == [("public", PAIR), ("private", PAIR)]


def test_models_of_two_pairs_are_refused(tmp_path: Path) -> None:
    public, other = public_model(tmp_path), private_model(tmp_path, pair=OTHER)
    with pytest.raises(TrainingError, match=r"are no pair: one is of 01234567…, one of abababab…") as caught:
        pair_cards(public, other)
    assert "one `uunet-lab export` wrote" in caught.value.hint
    pytest.importorskip("sklearn", reason="uunet[judge] is not installed")
    ran = _evaluate(tmp_path, public, other)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert f"{public} and {other} are no pair" in ran.stderr
    assert not (tmp_path / "pair.json").exists()


def test_models_of_other_roles_are_refused(tmp_path: Path) -> None:
    public, private = public_model(tmp_path), private_model(tmp_path)
    with pytest.raises(TrainingError, match="no pair: a private and a public model"):
        pair_cards(private, public)


def test_people_need_their_table(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="uunet[judge] is not installed")
    people = ("--people", tmp_path / "people.tar")
    ran = _evaluate(tmp_path, public_model(tmp_path), private_model(tmp_path), *people)
    assert ran.exit_code == 2
    assert "error: --people and --people-table go together\nhint: " in ran.stderr


def test_the_main_figures_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn", reason="uunet[judge] is not installed")
    stills: dict[str, Any] = {"auc_x_a": 0.62, "auc_x_r": 0.999, "detected_a_relative": 0.907}
    stills |= {name: interval(np.array([29.0, 30.0])) for name in ("psnr_clean", "psnr_h264_crf18")}
    monkeypatch.setattr("uunet_lab.evaluation.report.measure", lambda *_, **__: {"stills": stills})
    ran = _evaluate(tmp_path, public_model(tmp_path), private_model(tmp_path))
    assert ran.exit_code == 0, ran.stderr
    for text in ("raw ↔ replaced 0.62", "raw ↔ restored 0.999", "restored 29.5 dB", "still found 91%"):
        assert text in ran.stdout
    assert f"{tmp_path / 'pair.json'}: all figures" in ran.stdout


def test_one_sample_has_no_interval_and_results_stay_json(tmp_path: Path) -> None:
    assert interval(np.array([3.0])) == {"mean": 3.0, "ci95": None, "n": 1}
    write(tmp_path / "one.json", "one", "noise", {"psnr": interval(np.array([3.0]))})

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    json.loads((tmp_path / "one.json").read_text(), parse_constant=refuse)
