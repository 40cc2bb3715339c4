"""`uunet-lab attack naive`: whoever returns the face is named, whoever returns noise is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from lab.stand_ins import Middle, packed
from tiny_models import public_model
from uunet.models import Swapper
from uunet_lab.__main__ import app
from uunet_lab.attacks.finding import AttackError
from uunet_lab.attacks.lineup import distances, line_up, mean_of_people, named_by
from uunet_lab.attacks.naive import naive, verdict_on
from uunet_lab.measuring.judge import Descriptors
from uunet_lab.measuring.mosaic import Image
from uunet_lab.reporting.gains import ATTACKS

PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}


class Knowing(Middle):
    """The same, and a negative is its positive to it."""

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        return np.abs(super().describe(faces) - 0.5 / 4)


def test_noise_is_named_by_guessing_and_raw_faces_always(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", 30, 3)
    metrics = naive(faces, Swapper(public_model(tmp_path, body="noise")), Middle()).metrics
    assert (metrics["people"], metrics["probes"]) == (30, 60)
    assert metrics["raw"]["rank1"]["value"] > 0.95 and metrics["raw"]["auc"]["value"] > 0.99
    assert metrics["replaced"]["rank1"]["value"] < 0.2
    assert metrics["replaced"]["by_chance"] == round(1 / 30, 4)
    assert metrics["replaced"]["people"] == 30 and metrics["replaced"]["auc"]["low"] is not None


def test_a_negative_is_named_by_who_knows_the_trick(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", 30, 3, noise=8)
    found = naive(faces, Swapper(public_model(tmp_path)), Knowing())
    assert found.metrics["replaced"]["rank1"]["value"] > 0.8
    assert "people are named" in found.verdict
    same = found.metrics["replaced_same_image"]
    assert same["genuine"] == 30 and same["rank1"]["value"] > 0.9


def test_a_second_recogniser_is_asked_of_people_whom_it_never_saw(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", 30, 3, noise=8)
    unseen = np.flatnonzero(faces.identity >= 18)
    found = naive(faces, Swapper(public_model(tmp_path)), Middle(), second=(Knowing(), unseen))
    second = found.metrics["second"]
    assert (found.metrics["people"], second["people"], second["probes"]) == (30, 12, 24)
    assert second["replaced"]["rank1"]["value"] > 0.8 > found.metrics["replaced"]["rank1"]["value"]
    assert "of 24 replaced faces of 12 people whom it never saw" in found.verdict
    gain = ATTACKS["naive"](found.metrics)
    assert gain.published.count("among the ten nearest") == 2
    assert gain.most.count("100.0%") == 2


def test_runs_repeat(tmp_path: Path) -> None:
    faces, swapper = packed(tmp_path / "set", 12, 2), Swapper(public_model(tmp_path))
    one, two = (naive(faces, swapper, Middle(), people=6, seed=4) for _ in range(2))
    assert one == two and one.metrics["people"] == 6


def test_people_are_drawn_among_the_given_rows(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", 9, 2)
    rows = np.flatnonzero(np.isin(faces.identity, [1, 4, 7]))
    lineup = line_up(faces, 9, 1, 1, seed=3, among=rows)
    assert set(faces.identity[lineup.labelled]) == {1, 4, 7}
    with pytest.raises(AttackError, match="0 people"):
        line_up(faces, 9, 1, 1, seed=3, among=rows[:0])


def test_no_image_is_known_and_shown(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", 9, 5)
    lineup = line_up(faces, 7, 2, 2, seed=3)
    assert not set(lineup.labelled) & set(lineup.probes)
    assert len(lineup.labelled) == len(lineup.probes) == 14
    assert set(faces.identity[lineup.labelled]) == set(faces.identity[lineup.probes])
    with pytest.raises(AttackError, match="0 people with 6 images") as caught:
        line_up(faces, 7, 5, 2, seed=3)
    assert caught.value.hint


def test_ranks_are_counted_as_by_hand() -> None:
    gallery, probes = np.array([3, 5, 8]), np.array([3, 8, 8])
    distance = np.array([[0.1, 0.5, 0.9], [0.2, 0.6, 0.8], [0.3, 0.7, 0.7]])
    found = named_by(distance, gallery, probes)
    assert found["rank1"]["value"] == round(2 / 3, 3)  # the second probe has its person in the last place
    assert found["rank10"]["value"] == 1.0 and found["by_chance"] == round(1 / 3, 4)
    assert (found["genuine"], found["impostor"]) == (3, 6)


def test_who_says_the_same_of_everybody_guesses() -> None:
    people = np.arange(40)
    found = named_by(np.ones((40, 80)), people, np.repeat(people, 2))
    assert found["rank1"]["value"] == 0.0 and found["auc"]["value"] == 0.5
    drawn = np.random.default_rng(1).random((40, 80))
    found = named_by(drawn, people, np.repeat(people, 2))
    assert found["rank10"]["value"] == pytest.approx(0.25, abs=0.12)
    assert found["auc"]["low"] < 0.5 < found["auc"]["high"]


def test_means_and_distances() -> None:
    described = np.array([[0.0, 0], [2, 0], [5, 5]])
    means, people = mean_of_people(described, np.array([7, 7, 2]))
    assert people.tolist() == [2, 7] and means.tolist() == [[5, 5], [1, 0]]
    assert distances(means, np.array([[1.0, 3.0]])).tolist() == [[np.hypot(4, 2)], [3.0]]


def row(rank: float, low: float | None, auc: float, auc_low: float | None) -> dict[str, Any]:
    return {
        "rank1": {"value": rank, "low": low, "high": rank + 0.01},
        "rank10": {"value": 0.25, "low": 0.2, "high": 0.3},
        "auc": {"value": auc, "low": auc_low, "high": auc + 0.01},
        "tar_at_far_0.01": {"value": 0.5, "low": None},
        "by_chance": 0.01,
    }


@pytest.mark.parametrize(
    ("replaced", "words"),
    [
        (row(0.01, 0.0, 0.5, 0.48), "no more often than by guessing."),
        (row(0.01, 0.0, 0.56, 0.52), "though the right one is a little nearer"),
        (row(0.03, 0.02, 0.6, 0.55), "seldom, and 3 times as often as by guessing"),
        (row(0.2, 0.15, 0.7, 0.65), "20 times as often as by guessing"),
        (row(0.6, 0.5, 0.9, 0.8), "people are named"),
        (row(0.1, None, 0.5, None), "too few people to say more"),
    ],
)
def test_the_verdict_follows_from_the_figures(replaced: dict[str, Any], words: str) -> None:
    metrics = {"people": 100, "probes": 200, "raw": row(0.9, 0.88, 0.99, 0.98), "replaced": replaced}
    said = verdict_on(metrics | {"replaced_same_image": replaced})
    assert (
        words in said
        and "by guessing 1.0%" in said
        and "25.0% (20.0% to 30.0%), by guessing 10.0%" in said
        and "90.0% (88.0% to 91.0%)" in said
    )


def test_command_with_dlib(tmp_path: Path) -> None:
    pytest.importorskip("dlib", reason="uunet[judge] is not installed")
    packed(tmp_path / "set", 4, 2)
    output, model = tmp_path / "naive.json", public_model(tmp_path)
    arguments = ["attack", "naive", "--people", str(tmp_path / "set"), "--public", str(model)]
    ran = CliRunner().invoke(app, [*arguments, "-o", str(output)], env=PLAIN)
    assert ran.exit_code == 0, ran.stderr
    assert json.loads(output.read_text())["metrics"]["people"] == 4
    ran = CliRunner().invoke(app, ["attack", "naive", "--people", "none", "-o", str(output)], env=PLAIN)
    assert ran.exit_code == 1 and ran.stderr.count("hint: ") == 1
