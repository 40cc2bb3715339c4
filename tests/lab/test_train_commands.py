"""`uunet-lab train` and `evaluate matcher`: from packed faces to a pair, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from lab_media import noise_set
from uunet.models import read_card
from uunet_lab.__main__ import app
from uunet_lab.datasets.packing import open_set, pack
from uunet_lab.datasets.records import FaceRecord
from uunet_lab.methods.uunet.pair import load_pair
from uunet_lab.methods.uunet.paper_networks import UNet
from uunet_lab.training.loop import load


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    faces = noise_set(20, 3)
    folder = tmp_path_factory.mktemp("set") / "noise"
    records = (
        FaceRecord(image, f"p{who:02}", labels={"gender": "FM"[who % 2], "race": "abc"[who % 3]})
        for image, who in zip(faces.images, faces.identity, strict=True)
    )
    pack(records, folder, side=72, source="noise")
    return folder


def _call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _matcher(run: Path, packed: Path, label: str) -> Result:
    return _call("train", "matcher", run, "--label", label, "--faces", packed, "--steps", 2)


def test_from_faces_to_matchers_to_a_pair(packed: Path, tmp_path: Path) -> None:
    for label in ("id", "gender"):
        result = _matcher(tmp_path / label, packed, label)
        assert result.exit_code == 0, result.output
        said = " ".join(result.output.split())
        assert "done, step 2 of 2" in said
        assert f"checkpoint: {tmp_path / label / 'last.pt'}; next: uunet-lab evaluate matcher" in said
    figures = tmp_path / "matcher.json"
    runs = (tmp_path / "id", tmp_path / "gender")
    result = _call("evaluate", "matcher", *runs, "--faces", packed, "-o", figures, "--pairs", 60)
    assert result.exit_code == 0, result.output
    metrics = json.loads(figures.read_text())["metrics"]
    assert metrics.keys() == {"id", "gender"}
    assert "id: AUC 0." in result.output
    assert "(no interval: fewer than 20 people" in result.output
    assert f"{figures}: all figures" in result.output
    assert metrics["id"]["low"] is metrics["id"]["high"] is None
    assert "20 people" in metrics["id"]["no_interval"]
    assert (metrics["id"]["pairs"], metrics["id"]["steps"]) == (60, 2)
    assert metrics["id"]["people"] <= 5  # of 20: a fifth is held out, whole people
    pair = tmp_path / "pair"
    matchers = ("--matcher", runs[0], "--matcher", runs[1], "--preset", "all-different")
    result = _call(
        "train", "uunet", pair, "--profile", "paper-slim", "--faces", packed, *matchers, "--steps", 1
    )
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert f"next: uunet-lab export {pair} -o models --name pair --data 'where the faces come from'" in said
    assert load(pair / "last.pt")["s"] == {"id": -1, "gender": -1}
    assert all(isinstance(net, UNet) for net in load_pair(pair / "last.pt"))
    result = _call("export", pair, "-o", tmp_path / "models", "--name", "tiny", "--data", "noise")
    assert result.exit_code == 0, result.output
    assert read_card(tmp_path / "models" / "public.onnx").labels == {"id": -1, "gender": -1}


def test_a_finished_run_is_not_trained_again(packed: Path, tmp_path: Path) -> None:
    _matcher(tmp_path / "id", packed, "id")
    before = (tmp_path / "id" / "last.pt").read_bytes()
    result = _matcher(tmp_path / "id", packed, "id")
    assert "goes on after step 2 of 2" in " ".join(result.output.split())
    assert (tmp_path / "id" / "last.pt").read_bytes() == before


def test_a_run_goes_on_with_the_set_that_it_began_with(packed: Path, tmp_path: Path) -> None:
    run, other = tmp_path / "id", tmp_path / "other"
    _matcher(run, packed, "id")
    faces = open_set(packed)
    pack((FaceRecord(image, f"q{i // 3:02}") for i, image in enumerate(faces.images)), other, side=72)
    result = _matcher(run, other, "id")
    text = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "error: the run that is there learns from another set: noise, 60 faces (" in text
    assert "hint: give --faces the set that it began with" in text
    moved = tmp_path / "moved"
    shutil.copytree(packed, moved)
    assert _matcher(run, moved, "id").exit_code == 0
    assert load(run / "last.pt")["origin"]["faces"] == 60


def test_a_run_of_before_sets_were_remembered_goes_on(packed: Path, tmp_path: Path) -> None:
    run = tmp_path / "id"
    _call("train", "matcher", run, "--label", "id", "--faces", packed, "--steps", 2)
    state = load(run / "last.pt")
    del state["origin"]
    torch.save(state | {"step": 1}, run / "last.pt")
    result = _matcher(run, packed, "id")
    assert result.exit_code == 0, result.output
    assert "goes on after step 1 of 2" in " ".join(result.output.split())
    assert load(run / "last.pt")["origin"] is not None  # from now on


def test_an_option_that_changed_is_named_alone(packed: Path, tmp_path: Path) -> None:
    _matcher(tmp_path / "id", packed, "id")
    result = _call("train", "matcher", tmp_path / "id", "--label", "id", "--faces", packed, "--steps", 3)
    assert result.exit_code == 1
    assert "began with other options: steps: 2 → 3\nhint: " in result.output


def test_what_is_refused_says_what_to_do(packed: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    paper = ("train", "uunet", run, "--profile", "paper-slim")
    for arguments, says in (
        (("train", "uunet", run, "--faces", packed, "--change", "gender"), "seen-hidden has no --change"),
        (("train", "uunet", run, "--faces", packed, "--keep", "hat"), "the set has no label 'hat'"),
        (("train", "uunet", run, "--faces", packed, "--keep", "id"), "the identity can't be kept"),
        (("train", "uunet", run, "--faces", packed), "faces can be found in"),
        (("train", "uunet", run, "--faces", packed, "--paint-steps", 0, "--hide-steps", 0), "of no steps"),
        (("train", "uunet", run, "--faces", packed, "--painter", tmp_path), "there is no"),
        (("train", "uunet", run, "--faces", packed, "--painter", packed / "images.npy"), "is a file"),
        ((*paper, "--faces", packed, "--painter", tmp_path), "paper-slim has no --painter"),
        (
            ("train", "uunet", run, "--faces", packed, "--painter", tmp_path, "--paint-steps", 2),
            "a run with another's --painter has no --paint-steps",
        ),
        ((*paper, "--faces", packed, "--paint-steps", 3), "paper-slim has no --paint-steps"),
        ((*paper, "--faces", packed), "no matcher of `id`"),
        ((*paper, "--faces", packed, "--matcher", tmp_path / "no"), "there is no"),
        (("train", "matcher", run, "--label", "hairstyle", "--faces", packed), "no image of the set says"),
        (("train", "matcher", run, "--label", "id", "--faces", tmp_path), "not a packed set"),
        (("train", "matcher", run, "--label", "id", "--faces", packed, "--devices", 0), "0 devices"),
    ):
        result = _call(*arguments)
        text = " ".join(result.output.split())
        assert result.exit_code == (2 if " has no --" in says else 1), text
        assert "error: " in text
        assert says in text
        assert "hint: " in text
    assert not run.exists()


@pytest.mark.parametrize("command", [("matcher", "--label", "id"), ("recogniser",), ("uunet",)])
def test_a_run_is_no_file(packed: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "run").write_text("mine")
    result = _call("train", command[0], tmp_path / "run", *command[1:], "--faces", packed)
    assert result.exit_code == 2
    assert "run is a file" in result.output and "hint: " in result.output
    assert (tmp_path / "run").read_text() == "mine"


def test_one_matcher_for_each_label(packed: Path, tmp_path: Path) -> None:
    _matcher(tmp_path / "id", packed, "id")
    twice = ("--matcher", tmp_path / "id", "--matcher", tmp_path / "id")
    result = _call("train", "uunet", tmp_path / "run", "--profile", "paper-slim", "--faces", packed, *twice)
    assert result.exit_code == 1
    assert "two matchers are of 'id'" in result.output


def test_sigterm_saves_and_the_same_command_goes_on(packed: Path, tmp_path: Path) -> None:
    run = tmp_path / "id"
    command = [sys.executable, "-m", "uunet_lab", "train", "matcher", str(run)]
    command += ["--label", "id", "--faces", str(packed), "--steps", "100000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(run.glob("events.*")) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1)
    os.kill(process.pid, signal.SIGTERM)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 143
    assert "stopped; the same command goes on" in " ".join(out.split())
    assert (run / "last.pt").exists()


def test_export_says_what_is_wrong_with_a_run(packed: Path, tmp_path: Path) -> None:
    _matcher(tmp_path / "id", packed, "id")
    result = _call("export", tmp_path / "id", "-o", tmp_path / "models", "--name", "n", "--data", "d")
    assert result.exit_code == 1
    assert "makes no pair" in result.output and "hint:" in result.output
    (tmp_path / "id" / "last.pt").write_text("hello")
    result = _call("export", tmp_path / "id", "-o", tmp_path / "models", "--name", "n", "--data", "d")
    assert result.exit_code == 1
    assert "is damaged" in result.output
    assert not (tmp_path / "models").exists()
