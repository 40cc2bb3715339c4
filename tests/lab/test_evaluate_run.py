"""`uunet-lab evaluate run`: which faces, which experiments, what is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lab.stand_ins import Blind, Constant, Small, Untouched, packed
from tiny_models import private_model, public_model
from uunet_lab.__main__ import app
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.evaluation.registry import EXPERIMENTS
from uunet_lab.evaluation.sampling import by_turns, choose, genuine_pairs, impostor_pairs
from uunet_lab.measuring.pair import Pair


@pytest.fixture(autouse=True)
def _blind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uunet_lab.evaluation.runner.strict_detector", Blind)


def _run(folder: Path, *options: object) -> Result:
    models = (public_model(folder), private_model(folder))
    arguments = ("evaluate", "run", "--model", *models, "-o", folder / "results", *options)
    plain = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=plain)


def test_results_say_what_was_measured_and_how(tmp_path: Path) -> None:
    packed(tmp_path / "people", people=30)
    ran = _run(tmp_path, "--data", tmp_path / "people", "--only", "detection")
    assert ran.exit_code == 0, ran.stderr
    path = tmp_path / "results" / "people" / "negative" / "detection.json"
    assert f"{path}: 6 faces" in ran.stdout
    found = json.loads(path.read_text())
    assert set(found) == {"title", "data", "commit", "command", "seconds", "metrics"}
    assert found["metrics"]["set"]["people"] == 6
    assert "held out" in found["data"]


def test_of_a_set_that_is_unseen_all_people_are_measured(tmp_path: Path) -> None:
    packed(tmp_path / "people", people=30)
    ran = _run(tmp_path, "--unseen", tmp_path / "people", "--only", "detection")
    assert "detection.json: 30 faces" in ran.stdout


def test_what_a_set_lacks_is_said_and_the_rest_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uunet_lab.evaluation.runner.FastJudge", Small)
    packed(tmp_path / "people", people=8)
    options = ("--unseen", tmp_path / "people", "--only", "consistency", "--only", "diversity")
    ran = _run(tmp_path, *options)
    assert "consistency.json: skipped, no frame of a sequence follows another" in ran.stdout
    assert "diversity.json: skipped, there are no two sequences, nor two stills, of one person" in ran.stdout
    assert ran.exit_code == 1
    assert "nothing was measured" in ran.stderr
    ran = _run(tmp_path, *options, "--only", "recognition")
    assert ran.exit_code == 0, ran.stderr
    written = sorted(path.name for path in (tmp_path / "results").rglob("*.json"))
    assert written == ["recognition.json"]


def test_a_missing_recogniser_is_an_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    packed(tmp_path / "people", people=8)
    ran = _run(tmp_path, "--unseen", tmp_path / "people", "--only", "recognition")
    assert ran.exit_code == 1
    assert "the recogniser that judges is not installed" in ran.stderr
    assert 'pip install "uunet[judge]"' in ran.stderr


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ((), "no set is given"),
        (("--data", "nowhere", "--only", "detection"), "nowhere is not a packed set"),
        (("--data", "nowhere", "--only", "nothing"), "there is no experiment 'nothing'"),
        (("--data", "a/same", "--data", "b/same", "--only", "detection"), "two sets have one name"),
    ],
)
def test_what_can_not_be_measured_is_an_error_with_a_hint(
    tmp_path: Path, options: tuple[str, ...], error: str
) -> None:
    ran = _run(tmp_path, *options)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert error in " ".join(ran.stderr.split())


def test_a_file_where_the_folder_of_results_should_be_is_no_fault_of_the_program(tmp_path: Path) -> None:
    packed(tmp_path / "people", people=8)
    (tmp_path / "results").write_text("mine")
    ran = _run(tmp_path, "--unseen", tmp_path / "people", "--only", "detection")
    assert ran.exit_code == 1
    assert f"error: {tmp_path / 'results'}" in ran.stderr and ran.stderr.count("hint: ") == 1
    assert "bug" not in ran.stderr and (tmp_path / "results").read_text() == "mine"


def test_every_experiment_has_its_own_name_and_place_in_the_paper() -> None:
    assert list(EXPERIMENTS) == [name for name in EXPERIMENTS if name.isidentifier()]
    outside = {name for name, experiment in EXPERIMENTS.items() if not experiment.paper.startswith("IV-")}
    assert outside == {"channel", "groups"}


def test_people_with_several_images_come_first_and_whole(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=9, images=3)
    identity = faces.identity.copy()
    identity[identity > 4] = np.arange(5, 17)
    names = faces.names | {"identity": tuple(map(str, range(17)))}
    lonely = replace(faces, identity=identity, names=names)
    rows = choose(lonely, np.arange(27), count=15)
    assert sorted(identity[rows].tolist()) == sorted([0, 1, 2, 3, 4] * 3)


def test_of_a_sequence_both_ends_are_taken(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=2, images=20, sequences=2)
    rows = choose(faces, np.arange(80), count=1)
    assert faces.frame[rows].tolist() == [0, 1, 2, 3, 16, 17, 18, 19] * 2
    gallery = Gallery(faces, rows, Untouched(), None)
    assert len(gallery.runs()) == 12
    assert (gallery.frame[gallery.runs()[:, 1]] - gallery.frame[gallery.runs()[:, 0]] == 1).all()


def test_pairs_are_what_they_are_said_to_be() -> None:
    identity = np.array([0, 0, 0, 1, 1, 2])
    assert sorted(map(tuple, genuine_pairs(identity).tolist())) == [(0, 1), (0, 2), (1, 2), (3, 4)]
    assert len(genuine_pairs(identity, limit=2)) == 2
    assert len(genuine_pairs(identity, np.arange(6))) == 0
    impostor = impostor_pairs(identity)
    assert len(impostor) == len({tuple(pair) for pair in impostor.tolist()}) == 36 - 9 - 4 - 1
    assert (identity[impostor[:, 0]] != identity[impostor[:, 1]]).all()
    many = impostor_pairs(np.repeat(np.arange(200), 3), limit=1000)
    assert len(many) == 1000
    assert len(np.unique(many, axis=0)) == 1000


def test_frames_of_a_track_share_their_noise_and_another_draw_is_fresh(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=2, images=2, sequences=1)
    pair = Pair(public_model(tmp_path, "noise"), private_model(tmp_path, "identity"))
    gallery = Gallery(faces, np.arange(4), pair, None)
    first, again, other, _ = (face[20:40, 20:40].astype(int) for face in gallery.images("a"))
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 20
    fresh = gallery.images("a", draw=1)[0][20:40, 20:40].astype(int)
    assert np.abs(first - fresh).mean() > 20
    assert np.array_equal(gallery.images("x", draw=1), gallery.images("x"))


def test_stills_are_tracks_of_their_own(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=1, images=2)
    pair = Pair(public_model(tmp_path, "noise"), private_model(tmp_path, "identity"))
    first, second = Gallery(faces, np.arange(2), pair, None).images("a")
    assert np.abs(first.astype(int) - second).mean() > 10


def test_descriptors_are_made_once(tmp_path: Path) -> None:
    class Counting(Small):
        calls = 0

        def describe(self, faces):  # type: ignore[no-untyped-def]
            self.calls += 1
            return super().describe(faces)

    judge = Counting()
    gallery = Gallery(packed(tmp_path / "set", people=3), np.arange(3), Constant(), judge)
    for _ in range(2):
        gallery.described("x")
        gallery.described("a")
        gallery.described("x", draw=1)
    assert judge.calls == 2


def test_every_pair_is_measured_on_its_own_set_and_on_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uunet_lab.evaluation.runner.FastJudge", Small)
    given: list[str] = []
    for name in ("one", "two"):
        packed(tmp_path / f"set-{name}", people=20, images=2)
        (tmp_path / name).mkdir()
        for model in (public_model(tmp_path, name=name), private_model(tmp_path, name=name)):
            model.rename(tmp_path / name / f"{'public' if 'public' in model.name else 'private'}.onnx")
        given += [str(tmp_path / name), str(tmp_path / f"set-{name}")]
    ran = CliRunner().invoke(app, ["evaluate", "cross", *given, "-o", str(tmp_path / "results")])
    assert ran.exit_code == 0, ran.stderr
    found = {
        (path.parts[-3], path.parts[-2]): json.loads(path.read_text())["metrics"]["set"]["unseen"]
        for path in (tmp_path / "results").rglob("recognition.json")
    }
    assert found == {
        ("set-one", "one"): False,
        ("set-two", "one"): True,
        ("set-one", "two"): True,
        ("set-two", "two"): False,
    }


def test_one_pair_has_nothing_to_cross(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["evaluate", "cross", "models", "set", "-o", str(tmp_path)])
    assert ran.exit_code == 1
    assert "not two pairs" in ran.stderr


def test_people_take_turns() -> None:
    identity = np.array([4, 4, 4, 1, 1, 7])
    assert by_turns(identity).tolist() == [0, 3, 5, 1, 4, 2]
    assert identity[by_turns(identity)].tolist() == [4, 1, 7, 4, 1, 4]
