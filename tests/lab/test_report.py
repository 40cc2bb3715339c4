"""`uunet-lab report`: one page, from results alone, that shows all of them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from uunet_lab.__main__ import app
from uunet_lab.paper.drawing import PARTS
from uunet_lab.paper.reading import read
from uunet_lab.reporting.facts import facts
from uunet_lab.reporting.gains import ATTACKS, gain, in_order, kind
from uunet_lab.reporting.glance import QUESTIONS, SIDES, at_a_glance, short
from uunet_lab.reporting.page import write
from uunet_lab.reporting.sources import gather
from uunet_lab.reporting.telling import told
from uunet_lab.reporting.words import WORDS, said

RESULTS = Path(__file__).parents[2] / "results"
PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}


class Seen(HTMLParser):
    """What a browser would load and show, and whether every element is closed."""

    VOID = ("meta", "img", "br", "link")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.loaded += [named[name] for name in ("src", "srcset", "poster") if name in named]
        if tag in ("script", "iframe", "object", "link"):
            self.loaded.append(tag)
        if "id" in named:
            assert named["id"] not in self.anchors
            self.anchors.add(named["id"])
        if "href" in named:
            self.links.add(named["href"])
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the committed results: an experiment, a sheet, an attack, benchmarks."""
    folder = tmp_path_factory.mktemp("some") / "results"
    for source in RESULTS.glob("lfw/uunet-demo-*/recognition.json"):
        (folder / source.relative_to(RESULTS)).parent.mkdir(parents=True)
        shutil.copyfile(source, folder / source.relative_to(RESULTS))
    (folder / "attacks").mkdir()
    for name in ("attacks/inversion.json", "pair.json", "speed.json", "coverage.json"):
        shutil.copyfile(RESULTS / name, folder / name)
    shutil.copytree(RESULTS / "tracklets", folder / "tracklets")
    return folder


@pytest.fixture(scope="module")
def page(small: Path) -> str:
    output = small.parent / "report.html"
    ran = CliRunner().invoke(app, ["report", str(small), "-o", str(output)], env=PLAIN)
    assert ran.exit_code == 0, ran.stderr
    assert f"{len(list(small.rglob('*.json')))} files of results" in ran.stdout
    return output.read_text("utf-8")


def test_it_loads_nothing_and_all_its_links_lead_somewhere(page: str) -> None:
    seen = Seen(page)
    assert seen.loaded
    for address in seen.loaded:
        assert re.match(r"data:image/(svg\+xml|jpeg);base64,", address), address[:60]
    assert {link.removeprefix("#") for link in seen.links} <= seen.anchors
    assert "anonym" not in page and "pseudonymised" in page


def test_all_that_was_measured_is_on_it(small: Path, page: str) -> None:
    text = " ".join(Seen(page).text.split())
    for path in small.rglob("*.json"):
        found = json.loads(path.read_text("utf-8"))
        assert " ".join(found["command"].split()) in text, path
    results = gather(small)
    for result in results.experiments:
        for make in PARTS[result.experiment].tables:
            table = make(results.experiments)
            assert table.caption in text
            for cell in (cell for row in table.rows for cell in row):
                assert cell in text
        if result.experiment in WORDS:
            assert said(result) in text
    (attack,) = results.attacks
    assert attack.verdict is not None and text.count(attack.verdict) == 1
    assert page.count("data:image/svg+xml") == len(results.experiments)
    assert page.count("data:image/jpeg") == 1 and "tracklets/plaza.jpg: tracklets" not in text


def test_a_sheet_says_of_what_it_is(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    shutil.copytree(small, folder)
    shutil.copyfile(RESULTS / "tracklets.json", folder / "tracklets.json")
    write(folder, tmp_path / "a.html")
    title = json.loads((RESULTS / "tracklets.json").read_text("utf-8"))["title"]
    assert f"tracklets/plaza.jpg: {title}" in Seen((tmp_path / "a.html").read_text("utf-8")).text


def test_texts_of_results_are_texts(small: Path, tmp_path: Path) -> None:
    folder, attack = tmp_path / "results", "attacks/inversion.json"
    shutil.copytree(small, folder)
    found = json.loads((folder / attack).read_text("utf-8"))
    found["metrics"]["verdict"] = "<script>alert(1)</script> & more"
    (folder / attack).write_text(json.dumps(found))
    write(folder, tmp_path / "a.html")
    seen = Seen((tmp_path / "a.html").read_text("utf-8"))
    assert "script" not in seen.loaded and "<script>alert(1)</script> & more" in seen.text


def test_the_same_results_give_the_same_page(small: Path, page: str, tmp_path: Path) -> None:
    write(small, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text("utf-8") == page


def test_every_experiment_that_was_measured_has_plain_words() -> None:
    measured = read(RESULTS)
    assert measured
    for result in measured:
        sentence = said(result)
        assert sentence.startswith(f"{result.faces}: ") and sentence.endswith(".")
        assert len(WORDS[result.experiment].asks) > 80


def test_facts_are_rows_and_records_that_are_alike_are_tables() -> None:
    shown = facts(
        {
            "auc": {"value": 0.5, "low": 0.4, "high": 0.61},
            "psnr": {"mean": 30.25, "ci95": None, "n": 1},
            "frames_to_look_at": [],
            "windows": [0],
            "clips": [{"clip": "a<b", "found": True}, {"clip": "c", "found": False}],
            "decoders": {"owner": {"psnr": 30.1, "of": {"x": 1}}, "100": {"psnr": 26.6, "of": {"x": 2}}},
            "alone": {"deep": {"er": 1}},
            "counts": list(range(100)),
        }
    )
    rows = re.findall(r"<tr>(.*?)</tr>", shown)
    cells = [[Seen(cell).text for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]
    assert cells == [
        ["figure", "value"],
        ["auc", "0.5 [0.4, 0.61]"],
        ["psnr", "30.25"],
        ["frames to look at", "none"],
        ["windows", "[0]"],
        ["alone · deep · er", "1"],
        ["counts", "100 values"],
        ["", "found"],
        ["a<b", "yes"],
        ["c", "no"],
        ["", "psnr", "of"],
        ["owner", "30.1", "x 1"],
        ["100", "26.6", "x 2"],
    ]
    assert re.findall("<caption>(.*?)</caption>", shown) == ["clips", "decoders"]


def test_words_have_their_intervals() -> None:
    assert told({"value": None, "low": None}) == "–"
    assert told({"value": 0.5, "low": 0.4, "high": 0.6}) == "50% (95 % interval 40% to 60%)"
    assert short({"value": 0.5, "low": 0.4, "high": 0.6}, ".0%") == "50% (40 to 60)"
    assert short({"value": 30.12, "low": 29, "high": 31}, ".1f") == "30.1 (29.0 to 31.0)"
    assert short({"value": None, "low": None}, ".0%") == "–"


def test_in_short_every_experiment_has_its_answers_and_every_attack_its_gain() -> None:
    results = gather(RESULTS)
    experiments = {
        experiment
        for side in SIDES
        if (seen := at_a_glance(results.experiments, side)) is not None
        for experiment in seen.experiments
    }
    assert experiments == {question.experiment for question in QUESTIONS}
    assert {kind(attack) for attack in results.attacks} == set(ATTACKS)
    for attack in results.attacks:
        assert gain(attack).published != attack.verdict
    kinds = [kind(attack) for attack in in_order(results.attacks)]
    assert list(dict.fromkeys(kinds)) == list(ATTACKS)


def test_answers_are_the_results(small: Path) -> None:
    (result,) = read(small)
    seen = at_a_glance([result], "protects")
    assert seen is not None
    auc = result.metrics["x-a'"]["auc"]
    assert ("dlib's recogniser, another image, replaced", "50%", short(auc, ".0%")) in seen.table.rows
    assert seen.table.header == ("", "ideal", "lfw")
    other = replace(result, model="other")
    both = at_a_glance([result, other], "protects")
    assert both is not None
    assert both.table.header[2:] == ("lfw, other", f"lfw, {result.model}")
    assert at_a_glance([result], "restores") is None


@pytest.mark.parametrize("content", ["{", "[]", '{"title": "no command"}'])
def test_damaged_results_are_refused(small: Path, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "results"
    shutil.copytree(small, folder)
    (folder / "broken.json").write_text(content)
    output = tmp_path / "report.html"
    ran = CliRunner().invoke(app, ["report", str(folder), "-o", str(output)], env=PLAIN)
    assert ran.exit_code == 1 and "broken.json" in ran.stderr
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert not output.exists()


def test_nothing_measured_and_nowhere_to_write(small: Path, tmp_path: Path) -> None:
    for results, output in ((tmp_path, tmp_path / "a.html"), (small, tmp_path / "no" / "a.html")):
        ran = CliRunner().invoke(app, ["report", str(results), "-o", str(output)], env=PLAIN)
        assert ran.exit_code == 1 and ran.stderr.count("hint: ") == 1


def test_two_recognisers_are_told_apart() -> None:
    found = {
        name: [said(result) for result in read(RESULTS) if result.experiment == name]
        for name in ("recognition", "recognition_trained")
    }
    assert all("in the eyes of dlib's recogniser: of a raw image" in line for line in found["recognition"])
    assert all(
        "in the eyes of a small recogniser of our own: of" in line for line in found["recognition_trained"]
    )
    assert all(found.values())
