"""The figures of Fig. 12."""

from __future__ import annotations

from collections.abc import Sequence

from uunet_lab.paper.published import EXPRESSION_AGREEMENT, POSE, SETS
from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.tables import NONE, Table, figure, number, spread

ANGLES = ("yaw", "pitch", "roll")
MEASURES = ("eyes open", "mouth open", "mouth wide", "mouth corners up", "brows up")
KINDS = {"a": "replaced", "r": "restored", "stranger": "another person's"}


def scene_table(results: Sequence[Measured]) -> Table:
    """Errors of the pose, residuals of the background, agreement of the expression, ours and the paper's."""
    rows = []
    for result in of(results, "scene"):
        pose, background = result.metrics["pose"], result.metrics["background"]
        for kind, text in KINDS.items():
            rows.append(
                (
                    f"{result.name}: {text}",
                    *(
                        figure(pose[kind][angle]["error"]) if angle in pose[kind] else NONE
                        for angle in ANGLES
                    ),
                    *(
                        figure(background[kind][where], 1) if kind in background else NONE
                        for where in ("background", "head")
                    ),
                    figure(result.metrics["expression"][kind]["agree"]),
                )
            )
    for faces, angles in zip(SETS, POSE, strict=True):
        rows.append(
            (f"paper: {faces}: replaced", *(spread(one.mean, one.sd, 3) for one in angles), NONE, NONE, NONE)
        )
    rows.append(("paper: all three sets: replaced", *([NONE] * 5), number(EXPRESSION_AGREEMENT)))
    return Table(
        "fig12-scene",
        "Pose (absolute difference, rad), background and head (distance in L*a*b*) and expression, against "
        "the raw face (Fig. 12), 95 % intervals over people (paper: ± sd). Expression: share on one side of "
        "x's median, mean of five ratios, .5 by chance; in the paper the share of faces in one class of four",
        ("faces", *ANGLES, "background", "head", "expression"),
        tuple(rows),
    )


def pose_table(results: Sequence[Measured]) -> Table:
    """How far the angles and ratios of x and of a go together."""
    rows = []
    for result in of(results, "scene"):
        pose, expression = result.metrics["pose"], result.metrics["expression"]
        for kind, text in KINDS.items():
            rows.append(
                (
                    f"{result.name}: {text}",
                    *(figure(pose[kind][one]["pearson"]) if one in pose[kind] else NONE for one in ANGLES),
                    *(figure(expression[kind][one]["pearson"]) for one in MEASURES),
                )
            )
        rows.append((f"{result.name}: no pose read", figure(pose["rejected"]), *([NONE] * 7)))
    return Table(
        "fig12-pearson",
        "Pearson's coefficient of each angle and ratio with the raw face's; share of faces in whose x or a "
        "no pose could be read",
        ("faces", *ANGLES, *MEASURES),
        tuple(rows),
    )
