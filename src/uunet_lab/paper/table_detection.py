"""Table II, and the confidences of Fig. 5."""

from __future__ import annotations

from collections.abc import Sequence

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


def precision_table(results: Sequence[Measured]) -> Table:
    """Average precision of each method, ours and the paper's."""
    ours = of(results, "detection")
    rows = []
    for name, text in METHODS.items():
        splits = [result.metrics["ap_splits"][name] for result in ours]
        paper = DETECTION_AP.get(name)
        theirs = [spread(one.mean, one.sd) for one in paper] if paper else [NONE] * len(SETS)
        rows.append((text, *(spread(one["mean"], one["sd"]) for one in splits), *theirs))
    return Table(
        "table2-detection",
        "Average precision of face detection, mean ± sd over 50 samples of 90 % (Table II): CenterFace on "
        "crops of one face each here, MTCNN in the paper",
        ("method", *(result.name for result in ours), *(f"paper: {name}" for name in SETS)),
        tuple(rows),
    )


def confidence_table(results: Sequence[Measured]) -> Table:
    """Mean confidence of raw and replaced faces, and how far the two go together."""
    ours = of(results, "detection")
    rows = [
        (
            METHODS[name],
            *(figure(result.metrics["confidence"][name]) for result in ours),
            *map(number, CONFIDENCE[name]),
        )
        for name in ("x", "a")
    ]
    rows.append(
        (
            "Pearson, x and a",
            *(figure(result.metrics["pearson_x"]["a"]) for result in ours),
            *map(number, CONFIDENCE_PEARSON),
        )
    )
    return Table(
        "fig5-confidence",
        "Confidence of face detection (Fig. 5), 0 where no face is found; 95 % intervals over people",
        ("faces", *(result.name for result in ours), *(f"paper: {name}" for name in SETS)),
        tuple(rows),
    )
