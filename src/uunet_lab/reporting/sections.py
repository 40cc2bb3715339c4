"""The parts of the report, each as HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from uunet_lab.paper.domains import Domain, domains, domains_figure, domains_table
from uunet_lab.paper.drawing import DOMAINS, PARTS, place_of
from uunet_lab.paper.reading import Experiment, Measured, of
from uunet_lab.reporting.facts import facts, table, text
from uunet_lab.reporting.gains import gain
from uunet_lab.reporting.glance import SIDES, at_a_glance
from uunet_lab.reporting.pictures import sheet, svg
from uunet_lab.reporting.sources import Results, Source
from uunet_lab.reporting.words import WORDS, said

_GAINS = (
    "attack",
    "what it gets",
    "what there is to lose",
    "by guessing, or as published",
    "comes to",
)


def in_short(results: Results) -> str:
    """What came out: each question, and each attack, in a row."""
    # of several pairs that which was measured in most ways: a table of all would be too wide to be read
    model = Counter(result.model for result in results.experiments).most_common(1)[0][0]
    measured = [result for result in results.experiments if result.model == model]
    shown = [_measured_on(measured, sorted({result.model for result in results.experiments} - {model}))]
    for side in SIDES:
        seen = at_a_glance(measured, side)
        if seen is not None:
            links = [_anchor(experiment) for experiment in seen.experiments]
            shown.append(table(seen.table.header, seen.table.rows, seen.table.caption, links))
    if results.attacks:
        rows = [
            (_titled(attack, results), got.published, got.most, got.nothing, got.word)
            for attack, got in ((attack, gain(attack)) for attack in results.attacks)
        ]
        links = [_anchor(attack.name) for attack in results.attacks]
        shown.append(table(_GAINS, rows, "What breaks it, and what does not", links))
    return "".join(shown)


def _measured_on(measured: Sequence[Measured], others: Sequence[str]) -> str:
    """Which pair, and of each set how many faces of whom; which other pairs stand further down."""
    sets: dict[str, str] = {}
    for result in measured:
        sets.setdefault(result.faces, result.data)
    items = "".join(f"<li><b>{text(name)}</b>: {text(data)}</li>" for name, data in sorted(sets.items()))
    more = f"<p>Of other pairs ({text(', '.join(others))}) there are figures below.</p>" if others else ""
    return f"<p>Measured: {text(measured[0].model)}, on</p><ul>{items}</ul>{more}"


def attacks(results: Results) -> str:
    """Every attack: its verdict, then its figures; and those that found nothing out, with the reason."""
    left_out = "".join(f"<li>{text(name)}: {text(why)}</li>" for name, why in results.left_out.items())
    return "".join(
        f'<section id="{_anchor(attack.name)}"><h3>{text(_titled(attack, results))}</h3>'
        f'<p class="verdict">{text(attack.verdict)}</p>{_source(attack)}</section>'
        for attack in results.attacks
    ) + (f"<section><h3>What was not tried</h3><ul>{left_out}</ul></section>" if left_out else "")


def _titled(attack: Source, results: Results) -> str:
    """The title; with its data, where others have the same."""
    same = [other for other in results.attacks if other.title == attack.title]
    return attack.title if len(same) == 1 else f"{attack.title}: {attack.data}"


def paper(results: Results) -> str:
    """Every table and figure of the paper, with plain words under each."""
    shown = [_experiment(results, experiment) for experiment in PARTS if of(results.experiments, experiment)]
    compared = domains(results.experiments)
    if len(compared) > 1:
        shown.append(_domains(compared, results))
    return "".join(shown)


def _domains(compared: Sequence[Domain], results: Results) -> str:
    """Fig. 13, which puts figures of several experiments side by side."""
    made, address = (
        domains_table(compared),
        svg(partial(domains_figure, compared), results.drawn(Path(DOMAINS))),
    )
    return (
        '<section id="domains"><h3>Does it hold on footage of another kind? (Fig. 13)</h3>'
        "<p>A pair that learnt on one set is measured on others, of which no training saw anything (orange "
        "squares). What gets worse there will get worse on cameras unlike those of the training.</p>"
        f"{table(made.header, made.rows, made.caption)}"
        f'<figure><img alt="pairs on sets" src="{address}"></figure></section>'
    )


def _experiment(results: Results, experiment: Experiment) -> str:
    part, words = PARTS[experiment], WORDS.get(experiment)
    heading = words.heading if words else experiment.replace("_", " ")
    shown = [f'<section id="{_anchor(experiment)}"><h3>{text(heading)}</h3>']
    if words:
        shown.append(f"<p>{text(words.asks)}</p>")
    measured = of(results.experiments, experiment)
    for make in part.tables:
        made = make(results.experiments)
        shown.append(table(made.header, made.rows, made.caption))
    for result in measured:
        shown.append(_figure(result, results))
    return "".join([*shown, "</section>"])


def _figure(result: Measured, results: Results) -> str:
    part = PARTS[result.experiment]
    address = svg(partial(part.figure, result), results.drawn(place_of(result)))
    words = f"{said(result)} " if result.experiment in WORDS else ""
    return (
        f'<figure><img alt="{text(result.experiment)}, {text(result.name)}" src="{address}">'
        f"<figcaption>{text(words)}<small>{text(result.name)}: {text(result.data)}</small>"
        f"{_made(result.commit, [result.command])}</figcaption></figure>"
    )


def sheets(results: Results, folder: Path) -> str:
    """The contact sheets, as large as they print well."""
    return "".join(
        f'<figure><img alt="contact sheet {text(_name(path, folder))}" src="{sheet(path)}">'
        f"<figcaption>{text(_name(path, folder))}{_of_what(path, folder, results)}</figcaption></figure>"
        for path in results.sheets
    )


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _of_what(path: Path, folder: Path, results: Results) -> str:
    """The file of results beside whose folder a sheet lies."""
    beside = path.parent.relative_to(folder).as_posix() + ".json"
    found = [source for source in results.others if source.name == beside]
    return "".join(f": {text(source.title)}, {text(source.data)}" for source in found)


def others(results: Results) -> str:
    """All other measurements."""
    return "".join(
        f'<section id="{_anchor(source.name)}"><h3>{text(source.title)}</h3>{_source(source)}</section>'
        for source in results.others
    )


def _source(source: Source) -> str:
    """Of what, by which commit and command; and the figures, folded."""
    took = "" if source.seconds is None else f"; {source.seconds:.0f} s"
    about = "; ".join(text(one) for one in (source.data, source.name) if one)
    return (
        f"<p><small>{about}{took}</small></p>{_made(source.commit, source.commands)}"
        f"<details><summary>all figures</summary>{facts(source.figures)}</details>"
    )


def _made(commit: str, commands: Sequence[str]) -> str:
    """By which version and command, folded: they are long, and alike."""
    lines = "<br>".join(f"<code>{text(command)}</code>" for command in commands)
    return f"<details><summary>how it was made</summary>commit {text(commit)}<br>{lines}</details>"


def contents(results: Results) -> str:
    """Where everything is."""
    crossed = len(domains(results.experiments)) > 1
    named: Iterable[tuple[str, str]] = [
        ("short", "In short"),
        *((_anchor(attack.name), _titled(attack, results)) for attack in results.attacks),
        *(
            (_anchor(experiment), WORDS[experiment].heading if experiment in WORDS else experiment)
            for experiment in PARTS
            if of(results.experiments, experiment)
        ),
        *([("domains", "Does it hold on footage of another kind? (Fig. 13)")] if crossed else []),
        ("sheets", "Contact sheets"),
        ("others", "Other measurements"),
        ("terms", "Terms"),
    ]
    return "".join(f'<li><a href="#{anchor}">{text(title)}</a></li>' for anchor, title in named)


def _anchor(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)
