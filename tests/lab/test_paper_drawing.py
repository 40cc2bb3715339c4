"""`uunet-lab paper`: tables and figures from files of results alone."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lab.stand_ins import Blind, PerTrack, Pointing, Small, packed
from uunet_lab.__main__ import app
from uunet_lab.evaluation import channel
from uunet_lab.evaluation.experiment import Bench
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.evaluation.registry import EXPERIMENTS
from uunet_lab.measuring.results import write
from uunet_lab.paper import resolution
from uunet_lab.paper.ablations import SHOWN
from uunet_lab.paper.domains import domains, domains_table
from uunet_lab.paper.drawing import PARTS
from uunet_lab.paper.published import DETECTION_AP, RECOGNITION
from uunet_lab.paper.reading import EXPERIMENTS as READ
from uunet_lab.paper.reading import of, read
from uunet_lab.paper.table_detection import METHODS, precision_table
from uunet_lab.paper.table_recognition import recognition_table
from uunet_lab.paper.tables import Table, figure, number


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of all experiments, on films of 21 of 60 people with labels, and on a few stills."""
    pytest.importorskip("sklearn", reason="uunet[judge] is not installed")
    folder = tmp_path_factory.mktemp("measured")
    films = packed(folder / "films", people=60, images=2, sequences=2, labels={"gender": 2})
    stills = packed(folder / "stills", people=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["uunet-lab", "evaluate", "run"])  # a worker of pytest-xdist has none
        patch.setattr(channel, "QUICK_SIDES", (48, 64))
        patch.setattr(channel, "WAYS", {channel.PUBLISHED: channel.WAYS[channel.PUBLISHED]})
        patch.setattr(channel, "AGAIN", {"again JPEG 5": channel.AGAIN["again JPEG 5"]})
        for name, faces, count in (("films", films, 84), ("stills", stills, 5)):
            bench = Bench(
                Gallery(faces, np.arange(count), PerTrack(), Small()),
                *(Blind(), Pointing()),
                quick=True,
                trained=Gallery(faces, np.arange(count), PerTrack(), Small()),
                second=Blind(),
            )
            for experiment, what in EXPERIMENTS.items():
                if what.lacks(bench.seen(trained=what.trained)) is None:
                    path = folder / "results" / name / "one_pair" / f"{experiment}.json"
                    about = {"set": {"unseen": name == "stills"}, "trained_on": "patterns"}
                    metrics = what.measure(bench) | about
                    write(path, what.title, f"{name} & more", metrics, seconds=1.0)
        figures = {key: {"value": 0.5, "low": 0.4, "high": 0.6} for key in SHOWN}
        whole = {"factors": {}, "diverged": False} | figures
        variants = {"as the paper": whole, "w_mse / 10": {"factors": {"w_mse": 0.1}, "diverged": True}}
        ablated = {"steps": 3, "profile": "paper-slim", "variants": variants}
        write(folder / "results" / "films" / "paper-slim" / "ablations.json", "t", "films", ablated)
        write(folder / "results" / "films" / "thin" / "resolution.json", "t", "films", _two_sides())
    return folder / "results"


def _two_sides() -> dict[str, Any]:
    """Of Fig. 15, one training diverged."""
    told = {"value": 0.5, "low": 0.4, "high": 0.6}
    whole = {f"{name}_{side}": told for name in resolution.SHOWN for side in (64, 256)}
    bound = {f"{name}_256": told for name in ("psnr", "ssim", "sharp_r")}
    own = {"64": {"diverged": False} | whole, "256": {"diverged": False} | whole, "bound": bound}
    other = own | {"256": {"diverged": True}}
    trainings = {"64": {"seconds_per_step": 0.5}, "256": {"seconds_per_step": None}}
    about = {"steps": 3, "profile": "thin", "sides": [64, 256], "trainings": trainings}
    return about | {"domains": {"held out": own, "street": other}}


def _paper(results: Path, output: Path) -> Result:
    plain = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
    arguments = ["paper", "--results", str(results), "-o", str(output)]
    return CliRunner().invoke(app, arguments, env=plain)


def test_what_is_measured_is_what_is_drawn() -> None:
    assert (*EXPERIMENTS, "ablations", "resolution") == READ == tuple(PARTS)


def test_every_result_is_drawn_and_shown_with_its_command(results: Path, tmp_path: Path) -> None:
    ran = _paper(results, tmp_path)
    assert ran.exit_code == 0, ran.stderr
    page = (tmp_path / "paper.md").read_text("utf-8")
    drawn = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    assert len(drawn) - 1 == len(list(results.rglob("*.json"))) == 11 + 7 + 2
    assert "fig13-domains.png" in drawn
    for name in drawn:
        assert f"]({name})" in page
        picture = cv2.imread(str(tmp_path / name))
        assert picture is not None
        assert picture.shape[1] == 1400
        assert picture.std() > 10
        ElementTree.parse((tmp_path / name).with_suffix(".svg"))  # noqa: S314 (ours)
    assert page.count("; `uunet-lab ") == len(drawn) - 1
    tables = sorted(path.stem for path in tmp_path.glob("*.tex"))
    assert len(tables) == 19
    for table in tables:
        assert (tmp_path / f"{table}.md").read_text("utf-8") in page


def test_an_output_that_is_a_file_is_said(results: Path, tmp_path: Path) -> None:
    (tmp_path / "paper").write_text("mine")
    ran = _paper(results, tmp_path / "paper")
    assert ran.exit_code == 1
    assert "can't write" in ran.stderr and "hint: " in ran.stderr


def test_the_same_results_give_the_same_files(results: Path, tmp_path: Path) -> None:
    one = tmp_path / "results" / "films" / "one_pair"
    one.mkdir(parents=True)
    shutil.copy(results / "films" / "one_pair" / "diversity.json", one)
    for name in ("first", "second"):
        assert _paper(tmp_path / "results", tmp_path / name).exit_code == 0
    drawn = [path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*.*")]
    assert {path.suffix for path in drawn} == {".png", ".svg", ".md", ".tex"}
    for path in drawn:
        assert (tmp_path / "first" / path).read_bytes() == (tmp_path / "second" / path).read_bytes(), path


def test_the_papers_figures_stand_beside_ours(results: Path) -> None:
    table = precision_table(read(results))
    assert table.header[1:3] == ("films, one_pair", "stills, one_pair")
    assert len(table.rows) == len(METHODS)
    first = dict(zip(table.header, table.rows[0], strict=True))
    assert first["paper: MARS"] == "{:.2f} ± {:.2f}".format(
        DETECTION_AP["x"][1].mean, DETECTION_AP["x"][1].sd
    ).replace("0.", ".")
    rows = recognition_table(read(results)).rows
    assert rows[-1][2] == number(RECOGNITION["P-DESTRE"]["x-a'"].auc) == ".568"
    assert sum("stills, one_pair" in row[0] for row in rows) == 2


def test_sets_are_compared_with_those_that_training_never_saw(results: Path) -> None:
    found = domains(read(results))
    assert [one.name for one in found] == ["one_pair → films (intra)", "one_pair → stills (cross)"]
    table = domains_table(found)
    stills = dict(zip(table.header, table.rows[1], strict=True))
    assert stills["trained on"] == "patterns"
    assert stills["consistency d′, a"] == "–"
    psnr = json.loads((results / "stills" / "one_pair" / "reversibility.json").read_text())["metrics"]["psnr"]
    assert stills["PSNR of r, dB"] == figure(psnr, 1)


def test_figures_are_those_of_the_file(results: Path) -> None:
    path = results / "films" / "one_pair" / "recognition.json"
    auc = json.loads(path.read_text())["metrics"]["x-x'"]["auc"]
    row = recognition_table(read(results)).rows[0]
    assert row[2] == figure(auc)
    assert str(auc["low"])[1:5] in row[2]


def test_of_the_committed_results_every_table_can_be_made() -> None:
    found = read(Path(__file__).parents[2] / "results")
    measured = {name: part for name, part in PARTS.items() if of(found, name)}
    assert set(PARTS) == set(measured)
    made = [make(found) for part in measured.values() for make in part.tables]
    made.append(domains_table(domains(found)))
    assert all(len(row) == len(table.header) for table in made for row in table.rows)
    assert all(table.rows for table in made)
    assert not any("|" in cell for table in made for row in (table.header, *table.rows) for cell in row)


@pytest.mark.parametrize(
    ("value", "text"), [(0.57, ".570"), (1.0, "1.000"), (-0.016, "-.016"), (12.3456, "12.346"), (None, "–")]
)
def test_numbers_are_printed_as_in_the_paper(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_figure_without_an_interval_has_none() -> None:
    found: dict[str, Any] = {"value": 0.5, "low": None, "high": None}
    assert figure(found) == ".500"
    assert figure(found | {"low": 0.4, "high": 0.6}) == ".500 [.400, .600]"


def test_both_sides_stand_in_one_table(results: Path) -> None:
    table = resolution.resolution_table(read(results))
    rows = {row[0].partition(": ")[2]: dict(zip(table.header, row, strict=True)) for row in table.rows}
    assert list(rows) == [
        *("64 pixels on held out", "256 pixels on held out", "64 pixels of x itself on held out"),
        *("64 pixels on street", "256 pixels on street, diverged", "64 pixels of x itself on street"),
    ]
    assert rows["64 pixels on street"]["seconds a step"] == ".50"
    assert rows["256 pixels on held out"]["seconds a step"] == "–"
    assert rows["256 pixels on street, diverged"]["PSNR of r, dB, at 256"] == "–"
    assert rows["64 pixels of x itself on street"]["SSIM of r, at 256"] == ".500 [.400, .600]"
    assert rows["64 pixels of x itself on street"]["SSIM of r, at 64"] == "–"


def test_what_latex_takes_for_commands_is_escaped() -> None:
    latex = Table("name", "50 % of a_b & c", ("x ↔ a′", "±"), (("_", "#"),)).latex()
    assert r"\caption{50 \% of a\_b \& c}" in latex
    assert r"x $\leftrightarrow$ a$'$ & $\pm$ \\" in latex
    assert r"\_ & \# \\" in latex
    assert r"\begin{tabular}{lr}" in latex


def _damaged(folder: Path, content: object) -> Path:
    path = folder / "results" / "set" / "pair" / "recognition.json"
    path.parent.mkdir(parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder / "results"


WHOLE = {"title": "t", "data": "d", "commit": "c", "command": "x", "metrics": {"a": 1}}


@pytest.mark.parametrize("field", WHOLE)
def test_a_result_without_its_origin_is_not_drawn(tmp_path: Path, field: str) -> None:
    lacking = {name: value for name, value in WHOLE.items() if name != field}
    ran = _paper(_damaged(tmp_path, lacking), tmp_path / "out")
    assert ran.exit_code == 1
    assert f"lacks {field}" in " ".join(ran.stderr.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["no json", "[1]"])
def test_what_is_no_result_is_an_error_with_a_hint(tmp_path: Path, content: str) -> None:
    ran = _paper(_damaged(tmp_path, content), tmp_path / "out")
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert "recognition.json can't be read" in " ".join(ran.stderr.split())


@pytest.mark.parametrize(("experiment", "place"), [("diversity", ()), ("reversibility", ("identity",))])
def test_a_figure_that_an_older_version_did_not_measure_is_named(
    results: Path, tmp_path: Path, experiment: str, place: tuple[str, ...]
) -> None:
    path = tmp_path / "results" / "films" / "one_pair" / f"{experiment}.json"
    path.parent.mkdir(parents=True)
    content = json.loads((results / "films" / "one_pair" / path.name).read_text())
    within = content["metrics"]
    for name in place:
        within = within[name]
    gone = next(name for name in within if name not in ("set", "models", "trained_on"))
    del within[gone]
    path.write_text(json.dumps(content))
    ran = _paper(tmp_path / "results", tmp_path / "paper")
    assert ran.exit_code == 1
    assert "has no figure" in ran.stderr and path.name in ran.stderr and "measure it again" in ran.stderr


def test_nothing_measured_is_an_error_with_a_hint(tmp_path: Path) -> None:
    ran = _paper(tmp_path, tmp_path / "out")
    assert ran.exit_code == 1
    assert "there are no results" in ran.stderr
    assert "evaluate run" in ran.stderr
