"""Every table and figure, and the page that shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from uunet.errors import OutputError
from uunet_lab.paper.ablations import ablations_figure, ablations_table
from uunet_lab.paper.domains import domains, domains_figure, domains_table
from uunet_lab.paper.figure_channel import channel_figure
from uunet_lab.paper.figure_detection import detection_figure
from uunet_lab.paper.figure_environments import consistency_figure, diversity_figure, recognition_figure
from uunet_lab.paper.figure_labels import embedding_figure, labels_figure
from uunet_lab.paper.figure_reversibility import reversibility_figure
from uunet_lab.paper.figure_scene import scene_figure
from uunet_lab.paper.groups import groups_figure, groups_table
from uunet_lab.paper.reading import Experiment, Measured, of, read
from uunet_lab.paper.resolution import resolution_figure, resolution_table
from uunet_lab.paper.style import save
from uunet_lab.paper.table_channel import messages_table, restoration_table
from uunet_lab.paper.table_detection import confidence_table, precision_table
from uunet_lab.paper.table_identity import consistency_table, diversity_table, reversibility_table
from uunet_lab.paper.table_labels import agreement_table, embedding_table, labels_table
from uunet_lab.paper.table_recognition import recognition_table, trained_table
from uunet_lab.paper.table_scene import pose_table, scene_table
from uunet_lab.paper.tables import Table


@dataclass(frozen=True, slots=True)
class Part:
    """What is drawn of an experiment.

    Attributes:
        name: of the figure's files: its number in the paper comes first.
        figure: draws one file of results.
        tables: of all files of the experiment.
    """

    name: str
    figure: Callable[[Measured], Figure]
    tables: tuple[Callable[[Sequence[Measured]], Table], ...]


PARTS: dict[Experiment, Part] = {
    "detection": Part("fig5-detection", detection_figure, (precision_table, confidence_table)),
    "detection_mtcnn": Part(
        "fig5-detection-mtcnn",
        detection_figure,
        tuple(partial(make, judge="detection_mtcnn") for make in (precision_table, confidence_table)),
    ),
    "recognition": Part("fig6-recognition", recognition_figure, (recognition_table,)),
    "recognition_trained": Part("fig6-recognition-trained", recognition_figure, (trained_table,)),
    "consistency": Part("fig7-consistency", consistency_figure, (consistency_table,)),
    "soft_labels": Part("table3-soft-labels", labels_figure, (labels_table, agreement_table)),
    "embedding": Part("fig8-embedding", embedding_figure, (embedding_table,)),
    "diversity": Part("fig10-diversity", diversity_figure, (diversity_table,)),
    "reversibility": Part("fig11-reversibility", reversibility_figure, (reversibility_table,)),
    "scene": Part("fig12-scene", scene_figure, (scene_table, pose_table)),
    "groups": Part("groups", groups_figure, (groups_table,)),
    "channel": Part("codecs", channel_figure, (restoration_table, messages_table)),
    "ablations": Part("fig14-ablations", ablations_figure, (ablations_table,)),
    "resolution": Part("fig15-resolution", resolution_figure, (resolution_table,)),
}

DOMAINS = "fig13-domains"
"""Of the figure that compares sets, in no set's folder."""


def draw(results: Path, output: Path) -> list[Path]:
    """Draw all that the results have.

    Args:
        results: where `evaluate run` wrote.
        output: folder for tables (.md, .tex), figures in <set>/<model>/ (.png, .svg), and paper.md.

    Returns:
        The files written, paper.md first.

    Raises:
        MeasuringError: there are no results, or one is damaged.
        OutputError: the folder can't be made.
    """
    found, written, page = read(results), [], ["# The paper's tables and figures, measured\n"]
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"can't write {output}: {error.strerror or error}", "name another folder"
        ) from error
    for experiment, part in PARTS.items():
        measured = of(found, experiment)
        if not measured:
            continue
        for make in part.tables:
            written += _table(make(found), output, page)
        for result in measured:
            place = place_of(result)
            written += save(partial(part.figure, result), output / place)
            page.append(_shown(result, place))
    compared = domains(found)
    if len(compared) > 1:
        written += _table(domains_table(compared), output, page)
        written += save(partial(domains_figure, compared), output / DOMAINS)
        page.append(f"![cross-domain]({DOMAINS}.png)\n")
    first = output / "paper.md"
    first.write_text("\n".join(page), "utf-8")
    return [first, *written]


def place_of(result: Measured) -> Path:
    """Where the figure of a file of results is drawn, in the folder of all, without suffix."""
    return Path(result.faces) / result.model / PARTS[result.experiment].name


def _table(table: Table, output: Path, page: list[str]) -> list[Path]:
    """Write a table and put it on the page."""
    page.append(table.markdown())
    written = []
    for suffix, text in (("md", table.markdown()), ("tex", table.latex())):
        written.append(output / f"{table.name}.{suffix}")
        written[-1].write_text(text, "utf-8")
    return written


def _shown(result: Measured, place: Path) -> str:
    """A figure on the page, with what made its figures."""
    picture = place.with_suffix(".png").as_posix()
    return f"![{result.experiment}, {result.name}]({picture})\n\n{result.data}; `{result.command}`\n"
