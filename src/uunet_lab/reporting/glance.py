"""Experiments at a glance: a row for each question, a column for each set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from uunet_lab.paper.reading import Experiment, Measured, of
from uunet_lab.paper.table_labels import LABELS
from uunet_lab.paper.tables import NONE, Table
from uunet_lab.reporting.telling import Side

Figures = dict[str, Any]

SIDES: dict[Side, str] = {
    "protects": "What it protects: how often recognisers choose the right one of two people, by guessing 50%",
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
        beside: what it would be by chance; None says nothing of that.
    """

    side: Side
    text: str
    best: str
    experiment: Experiment
    of: Callable[[Figures], Figures | None]
    form: str = ".0%"
    beside: Callable[[Figures], str] | None = None


def _auc(name: str) -> Callable[[Figures], Figures | None]:
    return lambda found: found[name]["auc"] if name in found else None


def _found(kind: str) -> Callable[[Figures], Figures | None]:
    return lambda found: found["found"][kind]


def _kept(found: Figures) -> Figures | None:
    kept: Figures | None = found.get("kept", {}).get("a")
    return kept


def _angle(name: str) -> Callable[[Figures], Figures | None]:
    return lambda found: found["pose"]["a"].get(name, {}).get("error")


def _agreement(label: str) -> Callable[[Figures], Figures | None]:
    return lambda found: found[label]["x-a"]["agree"] if label in found else None


def _by_chance(label: str) -> Callable[[Figures], str]:
    return lambda found: f"by chance {found[label]['x-a']['agree_by_chance']:.0%}"


def _strangers(name: str) -> Callable[[Figures], str]:
    return lambda found: f"a stranger's {found['pose']['stranger'][name]['error']['value']:.2f}"


def _encoded(way: str, figure: str) -> Callable[[Figures], Figures | None]:
    return lambda found: found["sides"]["64"][way][figure] if "64" in found["sides"] else None


FIRST, SECOND = "dlib's recogniser", "a second recogniser"
QUESTIONS = (
    Question("protects", f"{FIRST}, another image, raw", "–", "recognition", _auc("x-x'")),
    Question("protects", f"{FIRST}, another image, replaced", "50%", "recognition", _auc("x-a'")),
    Question("protects", f"{FIRST}, the very same image, replaced", "50%", "recognition", _auc("x-a")),
    Question("protects", f"{SECOND}, another image, raw", "–", "recognition_trained", _auc("x-x'")),
    Question("protects", f"{SECOND}, another image, replaced", "50%", "recognition_trained", _auc("x-a'")),
    Question("protects", f"{SECOND}, the very same, replaced", "50%", "recognition_trained", _auc("x-a")),
    Question("protects", "two sessions of one person, both replaced", "50%", "diversity", _auc("a-a'")),
    Question("protects", "one image, replaced twice", "50%", "diversity", _auc("a-a' of one image")),
    Question("preserves", "raw faces that CenterFace finds in a picture", "100%", "detection", _found("x")),
    Question("preserves", "of these, it finds replaced too", "100%", "detection", _kept),
    Question("preserves", "raw faces that MTCNN finds", "–", "detection_mtcnn", _found("x")),
    Question("preserves", "of these, it finds replaced too", "100%", "detection_mtcnn", _kept),
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
            "100% if kept",
            "soft_labels",
            _agreement(label),
            beside=_by_chance(label),
        )
        for label in LABELS
    ),
    Question(
        "preserves", "head's turn (yaw): error, rad", "0", "scene", _angle("yaw"), ".2f", _strangers("yaw")
    ),
    Question(
        "preserves", "nod (pitch): error, rad", "0", "scene", _angle("pitch"), ".2f", _strangers("pitch")
    ),
    Question(
        "preserves",
        "expression: on the same side of the ordinary",
        "100%",
        "scene",
        lambda found: found["expression"]["a"]["agree"],
        beside=lambda _: "by chance 50%",
    ),
    Question("restores", "PSNR, no codec, dB", "more", "reversibility", lambda found: found["psnr"], ".1f"),
    Question("restores", "… after H.264 crf 23", "more", "channel", _encoded("H.264 23", "psnr"), ".1f"),
    Question(
        "restores",
        "… encoded once more, crf 23",
        "more",
        "channel",
        _encoded("again H.264 23", "psnr"),
        ".1f",
    ),
    Question(
        "restores",
        "faces taken for the person, no codec",
        "100%",
        "reversibility",
        lambda found: found["identity"]["x-r"]["same_person"],
    ),
    Question("restores", "… after H.264 crf 23", "100%", "channel", _encoded("H.264 23", "same_person")),
    Question("restores", "… encoded once more", "100%", "channel", _encoded("again H.264 23", "same_person")),
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
                by_chance = "" if question.beside is None else f"; {question.beside(result.metrics)}"
                answers[result.model, result.faces] = short(found, question.form) + by_chance
        if set(answers.values()) != {NONE}:
            rows.append((question.text, question.best, *answers.values()))
            asked.append(question.experiment)
    if not rows:
        return None
    named = (f"{faces}, {model}" if several else faces for model, faces in columns)
    made = Table(f"glance-{side}", SIDES[side], ("", "ideal", *named), tuple(rows))
    return Glance(made, tuple(asked))
