"""The labels that D_a compares, and s: which of them a shall share with x (III-B)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, get_args

from uunet_lab.datasets.index import FaceSet
from uunet_lab.training.errors import TrainingError

Label = Literal["id", "gender", "ethnicity", "hairstyle", "age"]
LABELS: tuple[Label, ...] = get_args(Label)
"""The revised paper counts four (III-A), its introduction and the preprint have age as well."""

Preset = Literal["equal-soft", "all-different"]

_COLUMNS: dict[Label, tuple[str, ...]] = {
    "id": ("identity",),
    "gender": ("gender",),
    "ethnicity": ("ethnicity", "race"),
    "hairstyle": ("hairstyle", "hair"),
    "age": ("age",),
}


def column(faces: FaceSet, label: Label) -> str:
    """How a set names a label: `ethnicity` is `race` in some, `hairstyle` is `hair`.

    Raises:
        TrainingError: no image of the set has it.
    """
    for name in _COLUMNS[label]:
        if name == "identity" or name in faces.told:
            return name
    raise TrainingError(
        f"no image of the set says {label!r}", f"it has {', '.join(('identity', *faces.told))}"
    )


def label_of(name: str) -> str:
    """The label of which this is a set's name: the inverse of `column`; any other name is its own."""
    return next((label for label, names in _COLUMNS.items() if name in names), name)


def s_vector(
    labels: Sequence[str],
    keep: Collection[str] = (),
    change: Collection[str] = (),
    preset: Preset | None = None,
) -> tuple[int, ...]:
    """s ∈ {−1, 0, 1}^t: 1 where x and a shall agree, −1 where they shall not, 0 where it is all the same.

    "In every case, the ID position of s is always set to −1" (III-B), and so it is here.

    Args:
        labels: of the t matchers, `id` among them.
        keep, change: labels to set to 1 and to −1; they win over the preset.
        preset: `equal-soft` is [−1, 1, 1, 1] and `all-different` [−1, −1, −1, −1] of IV-E; None: all others
            0.

    Raises:
        TrainingError: `id` has no matcher or is to be kept; a label is wanted that has no matcher, or both
            kept and changed.
    """
    if "id" not in labels:
        raise TrainingError("no matcher of `id`: nothing would de-identify", "train one with --label id")
    if "id" in keep:
        raise TrainingError(
            "the identity can't be kept: changing it is the purpose", "leave `id` out of --keep"
        )
    unknown = sorted({*keep, *change} - set(labels))
    if unknown:
        raise TrainingError(
            f"there is no matcher of {', '.join(unknown)}", f"the matchers given are of {', '.join(labels)}"
        )
    both = sorted(set(keep) & set(change))
    if both:
        raise TrainingError(f"{', '.join(both)} can't both stay and change", "name each label once")
    rest = {"equal-soft": 1, "all-different": -1, None: 0}[preset]
    soft = {label: 1 if label in keep else -1 if label in change else rest for label in labels}
    return tuple(soft[label] if label != "id" else -1 for label in labels)
