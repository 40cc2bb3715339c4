"""IV-D, Fig. 7: does a virtual identity stay the same from frame to frame?

Genuine pairs are two frames of one sequence, some near and some far in time; impostors are two people, both
replaced, where the paper's are as in IV-C: virtual faces of one painter are more alike than people are. All
frames of a sequence have one noise plane, as in the instrument: see `paper_train.PaperProfile`. A frame
changes identity if the recogniser takes it and the next for two people; x shows how often the recogniser
errs by itself. The KS test's p is the paper's and takes all pairs for independent, which pairs of the same
images are not: read it with the number of people, not alone.

Beside the paper's figures stand two of others. IdI (JaGAN, VI) is the median of the squared distances of
consecutive raw frames over that of replaced or restored ones: 1 for real video, less where identities
waver; dlib describes faces in place of FaceNet. The warping error (`measuring.flow`) is what changes from
frame to frame and is no motion of the scene.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy.stats import ks_2samp

from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.gallery import Gallery, Kind
from uunet_lab.evaluation.sampling import GENUINE, drawn, genuine_pairs, impostor_pairs
from uunet_lab.evaluation.tracks import SAME_PERSON
from uunet_lab.measuring.environment import Environment
from uunet_lab.measuring.flow import warping_error
from uunet_lab.measuring.resampling import Floats, mean_over_people, over_people

KINDS: tuple[Kind, ...] = ("x", "a", "r")


def _of(gallery: Gallery, kind: Kind) -> dict[str, Any]:
    described, filmed = gallery.described(kind), np.flatnonzero(gallery.sequence >= 0)
    same = filmed[genuine_pairs(gallery.sequence[filmed])]
    environment = Environment.between(
        described,
        described,
        gallery.identity,
        drawn(same, GENUINE, seed=0),
        impostor_pairs(gallery.identity),
    )
    test = ks_2samp(
        environment.distance[environment.same], environment.distance[~environment.same], method="asymp"
    )
    runs = gallery.runs()
    steps = np.linalg.norm(described[runs[:, 0]] - described[runs[:, 1]], axis=1)
    person = gallery.identity[runs[:, 0]]
    return {
        "environment": environment.figures(),
        "ks": {"statistic": round(float(test.statistic), 3), "p": float(test.pvalue)},
        "changed": mean_over_people((steps > SAME_PERSON).astype(np.float64), person, digits=4),
        "step": mean_over_people(steps, person),
    }


def idi(raw: Floats, shown: Floats, weight: Floats) -> float:
    """The identity invariance score; NaN if what is shown never changes.

    Args:
        raw, shown: (n,) distances of the descriptors of consecutive frames.
        weight: (n,) ≥ 0, how often each pair of frames counts.
    """
    of_raw, of_shown = _median(raw**2, weight), _median(shown**2, weight)
    return of_raw / of_shown if of_shown > 0 else float("nan")


def _median(values: Floats, weight: Floats) -> float:
    """Of values that count `weight` times: the mean of both middles if there are two."""
    order = np.argsort(values)
    heavy = np.cumsum(weight[order])
    low, high = (np.searchsorted(heavy, heavy[-1] / 2, side) for side in ("left", "right"))
    return float(values[order][[low, min(high, len(values) - 1)]].mean())


def _between_frames(gallery: Gallery) -> dict[str, Any]:
    """IdI and warping error of consecutive frames."""
    runs = gallery.runs()
    person = gallery.identity[runs[:, 0]]
    steps = {}
    images = {kind: gallery.images(kind) for kind in KINDS}
    for kind in KINDS:
        described = gallery.described(kind)
        steps[kind] = np.linalg.norm(described[runs[:, 0]] - described[runs[:, 1]], axis=1)
    errors = {
        kind: np.array(
            [warping_error((images["x"][t], images["x"][u]), (shown[t], shown[u])) for t, u in runs.tolist()]
        )
        for kind, shown in images.items()
    }
    return {
        "idi": {kind: over_people(partial(idi, steps["x"], steps[kind]), person) for kind in KINDS[1:]},
        "warping": {kind: mean_over_people(values, person, digits=5) for kind, values in errors.items()},
    }


def _measure(bench: Bench) -> dict[str, Any]:
    gallery = bench.gallery
    return {kind: _of(gallery, kind) for kind in KINDS[:2]} | _between_frames(gallery)


CONSISTENCY = Experiment(
    "Consistency of virtual identities in sequences",
    "IV-D, Fig. 7",
    needs=("two people", "consecutive frames"),
    recognises=True,
    measure=_measure,
)
