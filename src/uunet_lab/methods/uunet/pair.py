"""U_e and U_d of a run, whatever its profile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from uunet_lab.methods.uunet import paper_train, train
from uunet_lab.methods.uunet.attributes import label_of
from uunet_lab.methods.uunet.paper_networks import SIDE
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.loop import load


def side_of(state: Mapping[str, Any]) -> int:
    """Of the images of the pair of a run in this state, in pixels."""
    return int(state.get("profile", {}).get("side", SIDE))


def labels_asked(state: Mapping[str, Any]) -> dict[str, int]:
    """What a run in this state was told of each label, as cards have it (s of the paper, III-B).

    The profile that ships paints another person by design and is told which labels stay.
    """
    told = {"id": -1} | dict.fromkeys(map(label_of, state.get("kept", {})), 1)
    return {label: int(s) for label, s in state.get("s", told).items()}


def load_pair(path: Path) -> tuple[nn.Module, nn.Module]:
    """U_e, (B, 4, s, s) → (B, 3, s, s), and U_d, (B, 3, s, s) → the same, in [0, 1], in eval mode.

    s is `side_of` the run.

    Raises:
        TrainingError: the checkpoint is missing, damaged, or of a run that makes no pair.
    """
    state = load(path)
    method = state.get("method")
    if method == train.METHOD:
        return train.load_seen_hidden(state)
    if method == paper_train.METHOD:
        return paper_train.load_paper_pair(state)
    raise TrainingError(f"{path} is of a {method!r} run, which makes no pair", "name a run of `train uunet`")
