"""`uunet-lab prove`: one command does and shows all."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from typer.testing import CliRunner, Result

from lab.stand_ins import Blind, Pointing, Small, packed
from tiny_models import private_model, public_model
from uunet.errors import UUNetError
from uunet_lab import proof
from uunet_lab.__main__ import app
from uunet_lab.attacks.finding import AttackError, Finding
from uunet_lab.attacks.linkability import Recording, first_of_each
from uunet_lab.evaluation.runner import Source
from uunet_lab.evaluation.runner import run as measure
from uunet_lab.measuring import mtcnn
from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.names import Name
from uunet_lab.proof import Material, Trial, trials

PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
FOUND = Finding("an attack", "on a clip", {"share": 0.5}, "Half of it is noticed.")


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, stand_in in (("strict_detector", Blind), ("FastJudge", Small), ("DlibLandmarks", Pointing)):
        monkeypatch.setattr(f"uunet_lab.evaluation.runner.{name}", stand_in)
    monkeypatch.setattr(proof, "EXPERIMENTS", {"detection": None})


def _prove(folder: Path, *options: object) -> Result:
    models = (public_model(folder), private_model(folder))
    arguments = ("prove", "--model", *models, "-o", folder / "proof", "--quick", *options)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=PLAIN)


def _only(monkeypatch: pytest.MonkeyPatch, **attempts: Callable[[], Finding]) -> None:
    made = [Trial(name, attempt) for name, attempt in attempts.items()]
    monkeypatch.setattr(proof, "trials", lambda given, quick, public: made)


def _fails(error: UUNetError) -> Callable[[], Finding]:
    def attempt() -> Finding:
        raise error

    return attempt


def test_all_of_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _only(monkeypatch, missed=lambda: FOUND)
    packed(tmp_path / "people", people=30)
    ran = _prove(tmp_path, "--data", tmp_path / "people")
    assert ran.exit_code == 0, ran.stderr
    results = tmp_path / "proof" / "results"
    assert json.loads((results / "attacks" / "missed.json").read_text())["metrics"]["share"] == 0.5
    assert (results / "people" / "negative" / "detection.json").is_file()
    assert (results / "pair" / "faces.png").is_file()
    took = json.loads((results / "proof.json").read_text())
    assert took["seconds"] > 0 and took["metrics"]["experiments"] == 1 and took["metrics"]["attacks"] == 1
    assert (tmp_path / "proof" / "paper" / "paper.md").is_file()
    page = (tmp_path / "proof" / "report.html").read_text()
    assert "Half of it is noticed." in page
    assert "data:image/" in page


def test_an_attack_that_fails_stops_nothing_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only(
        monkeypatch,
        messages=_fails(AttackError("it is too short", "give a longer one")),
        parrot=_fails(UUNetError("the disk is full", "make room")),
        naive=lambda: FOUND,
    )
    packed(tmp_path / "people", people=30)
    ran = _prove(tmp_path, "--data", tmp_path / "people")
    assert ran.exit_code == 1
    assert "messages.json: skipped, it is too short" in ran.stdout
    assert "parrot.json: failed, the disk is full" in ran.stdout
    assert "failed: parrot" in ran.stderr
    written = sorted(path.name for path in (tmp_path / "proof" / "results" / "attacks").iterdir())
    assert written == ["naive.json"]
    page = (tmp_path / "proof" / "report.html").read_text()
    assert "messages: skipped, it is too short" in page
    assert "parrot: failed, the disk is full" in page
    assert (tmp_path / "proof" / "report.html").is_file()


def test_what_is_not_there_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    packed(tmp_path / "people", people=30)
    ran = _prove(tmp_path, "--data", tmp_path / "people", "--clip", tmp_path / "none.mp4")
    assert ran.exit_code == 1
    assert "none.mp4 is no file" in ran.stderr
    assert not (tmp_path / "proof").exists()
    ran = _prove(tmp_path)
    assert ran.exit_code == 1
    assert "no set is given" in ran.stderr


@pytest.mark.parametrize("option", ["--clip", "--recordings"])
def test_what_can_not_be_read_is_said_before_anything_is_measured(tmp_path: Path, option: str) -> None:
    packed(tmp_path / "people", people=30)
    (tmp_path / "text.mp4").write_text("no video, no table")
    ran = _prove(tmp_path, "--data", tmp_path / "people", option, tmp_path / "text.mp4")
    assert ran.exit_code == 1
    assert "text.mp4" in ran.stderr and "hint:" in ran.stderr
    assert not (tmp_path / "proof").exists()


def test_an_output_that_is_a_file_is_said(tmp_path: Path) -> None:
    packed(tmp_path / "people", people=30)
    (tmp_path / "proof").write_text("mine")
    ran = _prove(tmp_path, "--data", tmp_path / "people")
    assert ran.exit_code == 1
    assert "proof is no folder" in ran.stderr
    assert (tmp_path / "proof").read_text() == "mine"


def test_what_an_earlier_proof_found_does_not_stand_for_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed(tmp_path / "people", people=30)
    _only(monkeypatch, missed=lambda: FOUND)
    assert _prove(tmp_path, "--data", tmp_path / "people").exit_code == 0
    _only(monkeypatch, missed=_fails(UUNetError("the disk is full", "make room")))
    assert _prove(tmp_path, "--data", tmp_path / "people").exit_code == 1
    assert "Half of it is noticed." not in (tmp_path / "proof" / "report.html").read_text()


def test_experiments_of_before_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _only(monkeypatch, missed=lambda: FOUND)
    for name in ("people", "others"):
        packed(tmp_path / name, people=30)
    assert "of an earlier proof" not in _prove(tmp_path, "--data", tmp_path / "people").stdout
    ran = _prove(tmp_path, "--data", tmp_path / "others")
    old = tmp_path / "proof" / "results" / "people" / "negative" / "detection.json"
    assert f"{old}: of an earlier proof" in ran.stdout
    assert ran.stdout.count("of an earlier proof") == len(list(old.parent.iterdir()))


def test_what_each_attack_needs() -> None:
    def ready(given: Material) -> list[str]:
        made = trials(given, False, Path("public.mkv"))
        assert len({trial.name for trial in made}) == len(made) == 9
        return [trial.name for trial in made if isinstance(trial.attempt, partial)]

    models = (Path("public.onnx"), Path("private.onnx"))
    seen, unseen = Source(Path("seen"), False), Source(Path("unseen"), True)
    assert ready(Material(sources=[unseen], models=models)) == ["naive"]
    assert ready(Material(sources=[seen], models=models)) == ["inversion"]
    assert ready(Material(sources=[unseen, seen], models=models)) == ["naive", "parrot", "inversion"]
    clips = Material(sources=[seen], models=models, clips=[Path("a.mp4")], recordings=Path("people.csv"))
    on_clips = ["metadata", "missed", "missed-mtcnn", "messages", "steganalysis"]
    if not mtcnn.installed():
        on_clips.remove("missed-mtcnn")
    assert ready(clips)[: len(on_clips) + 1] == [*on_clips, "linkability"]


def test_an_attack_that_lacks_something_says_what() -> None:
    given = Material(sources=[Source(Path("seen"), False)], models=(Path("e"), Path("d")))
    lacks = {}
    for trial in trials(given, True, Path("public.mkv")):
        if not isinstance(trial.attempt, partial):
            with pytest.raises(AttackError) as raised:
                trial.attempt()
            lacks[trial.name] = str(raised.value).removeprefix("for want of ").split()[0]
    on_clips = dict.fromkeys(("metadata", "missed", "missed-mtcnn", "messages", "steganalysis"), "--clip")
    assert lacks == on_clips | {"linkability": "--recordings", "naive": "--unseen", "parrot": "--unseen"}


def test_attacks_of_a_quick_proof_ask_less(tmp_path: Path) -> None:
    clips = [tmp_path / str(k) for k in range(9)]
    for k, clip in enumerate(clips):
        clip.write_bytes(bytes(20 - k))
    sources = [Source(Path("seen"), False), Source(Path("unseen"), True)]
    given = Material(sources=sources, models=(Path("e"), Path("d")), clips=clips)
    asked = {
        trial.name: cast("partial[Finding]", trial.attempt)
        for trial in trials(given, True, Path("public.mkv"))
    }
    assert [len(clips) for clips in asked["steganalysis"].args] == [3]
    assert asked["metadata"].args == (clips[-1],)  # the smallest
    assert asked["parrot"].keywords["quick"]


def test_the_first_recordings_of_each_person() -> None:
    found = [Recording(Path(str(k)), "abab"[k]) for k in range(4)]
    assert first_of_each(found, 1) == found[:2]
    assert first_of_each(found, None) == found


def test_codecs_are_measured_on_the_first_set_only_if_it_has_to_be_quick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[str], tuple[str, ...], tuple[str, ...]]] = []

    def run(sources: list[Source], models: object, only: tuple[str, ...], *rest: object) -> list[Path]:
        asked.append(([source.folder.name for source in sources], only, cast("tuple[str, ...]", rest[-1])))
        return []

    monkeypatch.setattr(proof, "run", run)
    monkeypatch.setattr(proof, "EXPERIMENTS", {"detection": None, "channel": None})
    sources = [Source(tmp_path / name, True) for name in ("first", "second", "third")]
    for quick in (True, False):
        with pytest.raises(MeasuringError, match="nothing was measured"):
            given = Material(sources=sources, models=(tmp_path, tmp_path))
            proof.prove(given, tmp_path / "proof", print, quick=quick)
    names, everything = ["first", "second", "third"], ("detection", "channel")
    assert asked == [(names, everything, ("channel", "detection_mtcnn")), (names, everything, ())]


@pytest.mark.parametrize("once", [("detection",), ()])
def test_what_is_measured_once_is_measured_on_the_first_set(tmp_path: Path, once: tuple[Name, ...]) -> None:
    sources = [Source(tmp_path / name, True) for name in ("first", "second")]
    for source in sources:
        packed(source.folder, people=4)
    models, told = (public_model(tmp_path), private_model(tmp_path)), list[str]()
    written = measure(sources, models, ("detection",), 4, tmp_path / "results", told.append, once=once)
    assert [path.parts[-3] for path in written] == (["first"] if once else ["first", "second"])
    assert any("skipped, it is measured on the first set alone" in line for line in told) is bool(once)
