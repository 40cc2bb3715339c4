"""The figures of Fig. 6."""

from __future__ import annotations

from collections.abc import Sequence

from uunet_lab.paper.published import RECOGNITION
from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.tables import NONE, Table, figure, number

COMPARED = {
    "x-x'": "raw ↔ another, raw",
    "x-a'": "raw ↔ another, replaced",
    "x-r'": "raw ↔ another, restored",
    "x-a": "raw ↔ the same, replaced",
    "x-r": "raw ↔ the same, restored",
    "x-rim'": "raw ↔ another, of whose region the rim alone",
    "x-inside'": "raw ↔ another, of whose region what was painted alone",
    "x-rim": "raw ↔ the same, of whose region the rim alone",
    "x-inside": "raw ↔ the same, of whose region what was painted alone",
}

_HEADER = ("images compared", "d′", "AUC", "TAR at FAR 1 %", "genuine, impostor pairs")


def recognition_table(results: Sequence[Measured]) -> Table:
    """d', AUC and TAR of each comparison, ours and the paper's."""
    rows = _rows(of(results, "recognition"))
    for faces, environments in RECOGNITION.items():
        for name, paper in environments.items():
            figures = [number(paper.dprime), number(paper.auc)]
            rows.append((f"paper: {faces}: {COMPARED[name]}", *figures, NONE, "10000, 50000"))
    return Table(
        "fig6-recognition",
        "Recognition (Fig. 6), d′ as in eq. 14; 95 % intervals over people. dlib's recogniser here, "
        "VGG-Face2 in the paper",
        _HEADER,
        tuple(rows),
    )


def trained_table(results: Sequence[Measured]) -> Table:
    """The same in the eyes of a recogniser of our own."""
    return Table(
        "fig6-recognition-trained",
        "The same by a recogniser of our own, of people whom its training never saw",
        _HEADER,
        tuple(_rows(of(results, "recognition_trained"))),
    )


def _rows(results: Sequence[Measured]) -> list[tuple[str, ...]]:
    rows = []
    for result in results:
        for name, text in COMPARED.items():
            found = result.metrics.get(name)
            if found is not None:
                figures = [figure(found[key]) for key in ("dprime", "auc", "tar_at_far_0.01")]
                pairs = f"{found['genuine']}, {found['impostor']}"
                rows.append((f"{result.name}: {text}", *figures, pairs))
    return rows
