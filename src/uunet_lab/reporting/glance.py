"""Experiments at a glance: a row for each question, a column for each set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from uunet_lab.paper.reading import Experiment, Measured, of
from uunet_lab.paper.table_labels import LABELS
from uunet_lab.paper.tables import NONE, Table
from uunet_lab.reporting.words import Side

Figures = dict[str, Any]

SIDES: dict[Side, str] = {
    "protects": "What it protects: how often a recogniser chooses the right one of two people, whom it "
    "compares with a raw image; guessing gives 50%",
    "preserves": "What it preserves",
    "restores": "What it restores, for the owner of the private model",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A row of a table at a glance.

    Attributes:
        side: of which table.
        text: what is asked.
        best: what would be ideal.
        experiment: which has the answer.
        of: takes it from that experiment's figures; None if they lack it.
        form: of the number.
    """

    side: Side
    text: str
    best: str
    experiment: Experiment
    of: Callable[[Figures], Figures | None]
    form: str = ".0%"


def _auc(name: str) -> Callable[[Figures], Figures | None]:
    return lambda found: found[name]["auc"] if name in found else None


def _agreement(label: str) -> Callable[[Figures], Figures | None]:
    return lambda found: found[label]["x-a"]["agree"] if label in found else None


def _yaw(found: Figures) -> Figures | None:
    yaw: Figures = found["pose"]["a"].get("yaw", {})
    return yaw.get("error")


def _encoded(way: str) -> Callable[[Figures], Figures | None]:
    return lambda found: found["sides"]["64"][way]["psnr"] if "64" in found["sides"] else None


QUESTIONS = (
    Question("protects", "another image of the person, raw", "", "recognition", _auc("x-x'")),
    Question("protects", "another image, replaced", "50%", "recognition", _auc("x-a'")),
    Question("protects", "the very same image, replaced", "50%", "recognition", _auc("x-a")),
    Question("protects", "a second recogniser: another, raw", "", "recognition_trained", _auc("x-x'")),
    Question("protects", "the second: another, replaced", "50%", "recognition_trained", _auc("x-a'")),
    Question("protects", "the second: the same, replaced", "50%", "recognition_trained", _auc("x-a")),
    Question("protects", "two sessions, both replaced", "50%", "diversity", _auc("a-a'")),
    Question("preserves", "raw faces found", "", "detection", lambda found: found["found"]["x"]),
    Question(
        "preserves", "replaced faces found", "as raw ones", "detection", lambda found: found["found"]["a"]
    ),
    Question(
        "preserves", "raw faces found by MTCNN", "", "detection_mtcnn", lambda found: found["found"]["x"]
    ),
    Question(
        "preserves",
        "replaced faces found by MTCNN",
        "as raw ones",
        "detection_mtcnn",
        lambda found: found["found"]["a"],
    ),
    Question(
        "preserves",
        "consecutive frames that change the virtual person",
        "0%",
        "consistency",
        lambda found: found["a"]["changed"],
    ),
    *(
        Question(
            "preserves",
            f"{label}: the same said of raw and replaced",
            "100%",
            "soft_labels",
            _agreement(label),
        )
        for label in LABELS
    ),
    Question("preserves", "error of the head's yaw, rad", "0", "scene", _yaw, ".2f"),
    Question(
        "restores", "PSNR of the restored face, dB", "", "reversibility", lambda found: found["psnr"], ".1f"
    ),
    Question(
        "restores",
        "restored faces taken for the person",
        "100%",
        "reversibility",
        lambda found: found["identity"]["x-r"]["same_person"],
    ),
    Question(
        "restores", "PSNR after H.264 crf 23, 64 pixels, dB", "", "channel", _encoded("H.264 23"), ".1f"
    ),
    Question(
        "restores",
        "PSNR after a second encode, crf 23, dB",
        "",
        "channel",
        _encoded("again H.264 23"),
        ".1f",
    ),
)


def short(figure: Figures, form: str) -> str:
    """A figure, and in brackets its interval: 57% (55 to 60)."""
    if figure["value"] is None:
        return NONE
    value = format(figure["value"], form)
    if figure["low"] is None:
        return value
    return (
        f"{value} ({format(figure['low'], form).rstrip('%')} to {format(figure['high'], form).rstrip('%')})"
    )


@dataclass(frozen=True, slots=True)
class Glance:
    """A table at a glance.

    Attributes:
        table: the answers.
        experiments: which has that of each row.
    """

    table: Table
    experiments: tuple[Experiment, ...]


def at_a_glance(results: Sequence[Measured], side: Side) -> Glance | None:
    """The answers to the questions of one side; None if there is none."""
    columns = sorted({(result.model, result.faces) for result in results})
    several = len({model for model, _ in columns}) > 1
    rows, asked = [], []
    for question in (one for one in QUESTIONS if one.side == side):
        answers = dict.fromkeys(columns, NONE)
        for result in of(results, question.experiment):
            found = question.of(result.metrics)
            if found is not None:
                answers[result.model, result.faces] = short(found, question.form)
        if set(answers.values()) != {NONE}:
            rows.append((question.text, question.best or NONE, *answers.values()))
            asked.append(question.experiment)
    if not rows:
        return None
    named = (f"{faces}, {model}" if several else faces for model, faces in columns)
    made = Table(f"glance-{side}", SIDES[side], ("", "ideal", *named), tuple(rows))
    return Glance(made, tuple(asked))
