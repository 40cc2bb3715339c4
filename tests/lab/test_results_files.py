"""Every committed file of results says what was measured, on what, by which commit and command."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from uunet_lab.measuring import results
from uunet_lab.measuring.results import revision, write

RESULTS = Path(__file__).parents[2] / "results"
FILES = sorted(RESULTS.rglob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(RESULTS).as_posix())
def test_a_result_says_which_command_made_it(path: Path) -> None:
    found = json.loads(path.read_text("utf-8"))
    commands = found["commands"] if "commands" in found else [found["command"]]
    assert commands
    for command in commands:
        words = shlex.split(command)
        assert words
        assert not [word for word in words if word.startswith(("/", "~"))], "a path of one computer"


LABORATORY = [path for path in FILES if "metrics" in json.loads(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", LABORATORY, ids=lambda path: path.relative_to(RESULTS).as_posix())
def test_a_result_of_the_laboratory_says_of_what_and_by_which_commit(path: Path) -> None:
    found = json.loads(path.read_text("utf-8"))
    assert found["title"]
    assert found["data"]
    assert found["metrics"]
    assert re.fullmatch("[0-9a-f]{7,40}", found["commit"])


def test_the_code_is_named_wherever_it_is_called_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = _git(Path(__file__).parent, "rev-parse", "--short", "HEAD")
    monkeypatch.chdir(tmp_path)
    assert revision() == here != ""


def test_code_in_somebody_elses_checkout_or_without_git_is_named_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-qm", "theirs")
    assert _git(tmp_path, "rev-parse", "HEAD")
    monkeypatch.setattr(results, "__file__", str(tmp_path / "results.py"))
    assert re.fullmatch(r"uunet \d+\.\d+\.\d+", revision())
    monkeypatch.setenv("PATH", "")
    assert re.fullmatch(r"uunet \d+\.\d+\.\d+", revision())


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_there_are_results_of_every_kind() -> None:
    assert 0 < len(LABORATORY) < len(FILES)


def test_lists_of_numbers_stand_on_one_line_and_nothing_else_is_changed(tmp_path: Path) -> None:
    metrics = {"counts": [1, 2.5, -3e-07], "rows": [[1, 2], [3, 4]], "text": "[1,  2]", "names": ["1", "2"]}
    write(tmp_path / "some.json", "some", "none", metrics, seconds=0.06)
    text = (tmp_path / "some.json").read_text("utf-8")
    assert "[ 1, 2.5, -3e-07 ]" in text
    assert "[ 3, 4 ]" in text
    found = json.loads(text)
    assert found["metrics"] == metrics
    assert found["seconds"] == 0.1
