"""Table II, and the confidences of Fig. 5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from uunet_lab.paper.published import CONFIDENCE, CONFIDENCE_PEARSON, DETECTION_AP, SETS
from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.tables import NONE, Table, figure, number, spread

METHODS = {
    "x": "raw faces x",
    "a": "UU-Net a",
    "superpixels-8": "8 superpixels (Butler et al.)",
    "superpixels-16": "16 superpixels (Butler et al.)",
    "blur-5x3": "blur by 5×3 pixels (Ryoo et al.)",
    "blur-7x4": "blur by 7×4 pixels (Ryoo et al.)",
    "gaussian": "Gaussian blur",
    "mosaic": "mosaic, 8×8",
    "fill": "one colour",
}


Judge = Literal["detection", "detection_mtcnn"]
"""Who looks for faces: CenterFace, MTCNN."""

_PRECISIONS: dict[Judge, tuple[str, str]] = {
    "detection": (
        "table2-detection",
        "Average precision of face detection, mean ± sd over 50 samples of 90 % (Table II): CenterFace on "
        "crops of one face each here, MTCNN in the paper; regions are hidden with a soft border",
    ),
    "detection_mtcnn": (
        "table2-detection-mtcnn",
        "The same by MTCNN, the paper's detector, on other sets than the paper's (Table II)",
    ),
}
_CONFIDENCES: dict[Judge, tuple[str, str]] = {
    "detection": (
        "fig5-confidence",
        "Confidence of face detection (Fig. 5), 0 where no face is found; 95 % intervals over people",
    ),
    "detection_mtcnn": (
        "fig5-confidence-mtcnn",
        "The same by MTCNN, the paper's detector, on other sets than the paper's (Fig. 5)",
    ),
}


def precision_table(results: Sequence[Measured], judge: Judge = "detection") -> Table:
    """Average precision of each method, ours and the paper's."""
    ours = of(results, judge)
    rows = []
    for method, text in METHODS.items():
        splits = [result.metrics["ap_splits"][method] for result in ours]
        paper = DETECTION_AP.get(method)
        theirs = [spread(one.mean, one.sd) for one in paper] if paper else [NONE] * len(SETS)
        rows.append((text, *(spread(one["mean"], one["sd"]) for one in splits), *theirs))
    return Table(*_PRECISIONS[judge], _header("method", ours), tuple(rows))


def confidence_table(results: Sequence[Measured], judge: Judge = "detection") -> Table:
    """Mean confidence of raw and replaced faces, and how far the two go together."""
    ours = of(results, judge)
    rows = [
        (
            METHODS[kind],
            *(figure(result.metrics["confidence"][kind]) for result in ours),
            *map(number, CONFIDENCE[kind]),
        )
        for kind in ("x", "a")
    ]
    pearson = (figure(result.metrics["pearson_x"]["a"]) for result in ours)
    rows.append(("Pearson, x and a", *pearson, *map(number, CONFIDENCE_PEARSON)))
    return Table(*_CONFIDENCES[judge], _header("faces", ours), tuple(rows))


def _header(first: str, ours: Sequence[Measured]) -> tuple[str, ...]:
    return (first, *(result.name for result in ours), *(f"paper: {name}" for name in SETS))
