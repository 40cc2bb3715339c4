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
}


def recognition_table(results: Sequence[Measured]) -> Table:
    """d', AUC and TAR of each comparison, ours and the paper's."""
    rows = []
    for result in of(results, "recognition"):
        for name, text in COMPARED.items():
            found = result.metrics.get(name)
            if found is not None:
                figures = [figure(found[key]) for key in ("dprime", "auc", "tar_at_far_0.01")]
                pairs = f"{found['genuine']}, {found['impostor']}"
                rows.append((f"{result.name}: {text}", *figures, pairs))
    for faces, environments in RECOGNITION.items():
        for name, paper in environments.items():
            figures = [number(paper.dprime), number(paper.auc)]
            rows.append((f"paper: {faces}: {COMPARED[name]}", *figures, NONE, "10000, 50000"))
    return Table(
        "fig6-recognition",
        "Recognition (Fig. 6), d′ as in eq. 14; 95 % intervals over people. dlib's recogniser here, "
        "VGG-Face2 in the paper",
        ("images compared", "d′", "AUC", "TAR at FAR 1 %", "genuine, impostor pairs"),
        tuple(rows),
    )
