"""IV-E, Table III: does a replaced face show the gender, the ethnicity and the hairstyle of the real one?

The paper asks the D_a that trained U_e, so that the judged one learnt from the judge; here it is a classifier
on the recogniser's descriptors, which learnt from raw faces of other people and took no part in any training.
Pearson's coefficient is over all faces and values, each value about its mean, so that a value which is
frequent adds nothing by itself: of what the set says of the face (1 for its value, 0 for others) and the
classifier's evidence in a, as the paper takes the labels of its sets; and of the evidence in x and in a, and
in x and in r, which does not ask whether the classifier is right. As in the paper, there are 50 samples of
90 % of the faces, drawn with repetition; intervals over people stand beside.

What s asks for depends on the training, and stands in the pair's card: `train uunet --preset equal-soft` or
`all-different` makes a pair for each column of the paper's table, and each pair is measured by itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from uunet_lab.evaluation.experiment import SOFT_LABELS, Bench, Experiment
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.measuring.agreement import correlation
from uunet_lab.measuring.resampling import Codes, Floats, mean_over_people, over_people

if TYPE_CHECKING:
    from uunet_lab.evaluation.labels import LabelProbe

SPLITS, SHARE = 50, 0.9
PER_FACE, MOST = 4, 2000
"""Faces that the classifier learns from: so many for each measured one, and never more than that."""
LEAST = 20
"""Learnt faces of a value below which it is left out."""

UNKNOWN_S = (
    "the card of this model does not say which labels its training was to keep or to change (s): what a "
    "shows is given as it is, and counts for neither of the paper's presets unless the pair was trained "
    "with one"
)


def pooled(of_x: Floats, of_a: Floats, weight: Floats) -> float:
    """Pearson's coefficient over all faces and values, each value about its own mean.

    Args:
        of_x, of_a: (n, k) evidence.
        weight: (n,) ≥ 0, how often each face counts.
    """
    share, values = weight / weight.sum(), of_x.shape[1]
    u, v = ((found - share @ found).reshape(-1) for found in (of_x, of_a))
    return correlation(u, v, np.repeat(weight, values))


def splits(of_x: Floats, of_a: Floats, seed: int = 0) -> dict[str, float | None]:
    """Mean and standard deviation of `pooled` over SPLITS samples of SHARE of the faces, with repetition."""
    n, rng = len(of_x), np.random.default_rng(seed)
    drawn = (rng.integers(0, n, max(round(SHARE * n), 1)) for _ in range(SPLITS))
    found = [pooled(of_x, of_a, np.bincount(rows, minlength=n).astype(np.float64)) for rows in drawn]
    if np.isnan(found).any():
        return {"mean": None, "sd": None}
    return {"mean": round(float(np.mean(found)), 3), "sd": round(float(np.std(found, ddof=1)), 3)}


def chance(first: Codes, second: Codes) -> float:
    """How often (n,) decisions would agree if nothing tied them together but how frequent each value is."""
    values = np.unique(np.concatenate([first, second]))
    shares = [(codes[:, None] == values).mean(0) for codes in (first, second)]
    return float(shares[0] @ shares[1])


def learnt(gallery: Gallery, name: str) -> LabelProbe | None:
    """A classifier of a label that saw raw faces of people who are not measured; None if too few have it."""
    from uunet_lab.evaluation.labels import LabelProbe  # noqa: PLC0415  (scikit-learn comes with the judge)

    rows, described = gallery.strangers(min(PER_FACE * len(gallery), MOST))
    codes = gallery.labels_of(rows, name)
    counts = np.bincount(codes[codes >= 0])
    known = np.isin(codes, np.flatnonzero(counts >= LEAST))
    if len(np.unique(codes[known])) < 2:
        return None
    return LabelProbe.fit(described[known], codes[known])


def _of(gallery: Gallery, name: str) -> dict[str, Any] | None:
    probe = learnt(gallery, name)
    codes, names = gallery.label(name)
    known: npt.NDArray[np.bool_] = np.isin(codes, probe.values) if probe else np.zeros(len(codes), bool)
    if probe is None or known.sum() < 2:
        return None
    truth, person = codes[known], gallery.identity[known]
    evidence = {kind: probe.evidence(gallery.described(kind)[known]) for kind in ("x", "a", "r")}
    said = {kind: probe.values[found.argmax(1)] for kind, found in evidence.items()}
    found: dict[str, Any] = {"column": name, "values": [names[code] for code in probe.values]}
    for kind in ("a", "r"):
        both = evidence["x"], evidence[kind]
        agree = (said["x"] == said[kind]).astype(np.float64)
        found[f"x-{kind}"] = {
            "pearson": over_people(partial(pooled, *both), person),
            "pearson_splits": splits(*both),
            "agree": mean_over_people(agree, person),
            "agree_by_chance": round(chance(said["x"], said[kind]), 3),
        }
    told = (truth[:, None] == probe.values).astype(np.float64)
    for kind, of_kind in evidence.items():
        found[f"truth-{kind}"] = {
            "pearson": over_people(partial(pooled, told, of_kind), person),
            "pearson_splits": splits(told, of_kind),
        }
    found["right"] = {
        kind: mean_over_people((codes == truth).astype(np.float64), person) for kind, codes in said.items()
    }
    return found


def _measure(bench: Bench) -> dict[str, Any]:
    gallery = bench.gallery
    found: dict[str, Any] = {"s": dict(bench.labels) or UNKNOWN_S, "left_out": []}
    for label, columns in SOFT_LABELS.items():
        name = gallery.told(columns)
        measured = None if name is None else _of(gallery, name)
        if measured is None:
            found["left_out"].append(label)
        else:
            found[label] = measured
    return found


SOFT = Experiment(
    "Soft labels that replaced and restored faces share with raw ones",
    "IV-E, Table III, Fig. 9",
    needs=("soft labels",),
    recognises=True,
    measure=_measure,
)
