"""Numbers in documents: read from results, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from uunet_lab.__main__ import app
from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.reporting.numbers import fill, fixed, interval, percent, rewrite

ROOT = Path(__file__).parents[2]
BLOCK = "before\n<!-- numbers: a.md -->\nold\n<!-- end of numbers -->\nafter\n"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.json").write_text(json.dumps({"auc": 0.5464, "faces": 2431}))
    (tmp_path / "templates" / "a.md").write_text('{% set a = read("a.json") %}\nAUC {{ a.auc | fixed(3) }}\n')
    return tmp_path / "templates"


def _fill(templates: Path, document: str = BLOCK) -> str:
    return fill(document, templates, templates.parent / "results")


@pytest.mark.parametrize("name", ["README.md", "MEASURED.md", "SECURITY.md"])
def test_documents_say_what_was_measured(name: str) -> None:
    document = (ROOT / name).read_text("utf-8")
    assert fill(document, ROOT / "results" / "numbers", ROOT / "results") == document


def test_blocks_are_filled_and_the_rest_stays(templates: Path) -> None:
    filled = _fill(templates)
    assert filled == BLOCK.replace("old", "AUC .546")
    assert _fill(templates, filled) == filled
    assert _fill(templates, BLOCK * 2) == filled * 2


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ('{{ read("a.json").other }}', "no attribute 'other'"),
        ('{{ read("b.json") }}', "b.json can't be read"),
        ('{{ read("a.json").auc | fixed("x") }}', "can't be filled"),
        ("{{ read(", "can't be filled"),
        ("{{ 1 / 0 }}", "can't be filled"),
    ],
)
def test_what_is_not_there_is_an_error(templates: Path, template: str, says: str) -> None:
    (templates / "a.md").write_text(template)
    with pytest.raises(MeasuringError, match=says):
        _fill(templates)


def test_a_document_without_blocks_and_a_block_without_template(templates: Path) -> None:
    with pytest.raises(MeasuringError, match="no block of numbers"):
        _fill(templates, "nothing")
    with pytest.raises(MeasuringError, match=r"b.md can't be filled"):
        _fill(templates, BLOCK.replace("a.md", "b.md"))


@pytest.mark.parametrize(
    "document",
    [
        BLOCK.replace("<!-- end of numbers -->\n", "") + BLOCK,
        BLOCK + BLOCK.replace("<!-- end of numbers -->", ""),
    ],
)
def test_a_block_without_end_takes_nothing_that_stands_behind_it(templates: Path, document: str) -> None:
    with pytest.raises(MeasuringError, match="has no end"):
        _fill(templates, document)


def test_a_template_that_would_end_its_block_is_refused(templates: Path) -> None:
    (templates / "a.md").write_text("one <!-- end of numbers --> two")
    with pytest.raises(MeasuringError, match="marks of a block"):
        _fill(templates)


def test_all_documents_are_filled_or_none(templates: Path) -> None:
    good, bad = templates.parent / "good.md", templates.parent / "bad.md"
    good.write_text(BLOCK)
    bad.write_text(BLOCK.replace("a.md", "b.md"))
    with pytest.raises(MeasuringError, match=r"bad.md: b.md can't be filled"):
        rewrite([good, bad], templates, templates.parent / "results")
    assert good.read_text() == BLOCK


def test_how_numbers_are_written() -> None:
    assert [fixed(v, d) for v, d in ((0.546, 3), (-0.25, 2), (29.86, 1), (2431, 0), (1, 2))] == [
        *(".546", "-.25", "29.9", "2,431", "1.00")
    ]
    assert percent(0.99794, 2) == "99.79"
    assert interval({"value": 0.213, "low": 0.159, "high": 0.262}, 2) == ".21 (.16 to .26)"


def test_the_command_writes_files_anew(templates: Path) -> None:
    document = templates.parent / "README.md"
    document.write_text(BLOCK)
    options = ["--results", str(templates.parent / "results"), "--templates", str(templates)]
    for says in ("written anew", "as it was"):
        ran = CliRunner().invoke(app, ["numbers", str(document), *options])
        assert ran.exit_code == 0, ran.stderr
        assert says in ran.stdout
    assert "AUC .546" in document.read_text()
    (templates / "a.md").write_text("{{ nothing }}")
    ran = CliRunner().invoke(app, ["numbers", str(document), *options])
    assert ran.exit_code == 1
    assert "hint:" in ran.stderr
    assert "AUC .546" in document.read_text()
    assert sorted(path.name for path in templates.parent.iterdir()) == ["README.md", "results", "templates"]
