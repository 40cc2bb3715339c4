"""Two models that belong together, by their cards."""

from __future__ import annotations

from pathlib import Path

from uunet.models import Card, read_card
from uunet_lab.training.errors import TrainingError


def pair_cards(public: Path, private: Path) -> tuple[Card, Card]:
    """The cards of U_e and of the U_d that was trained with it.

    A U_d of another pair restores nothing, which would be measured, or quantised, as if it were a bad one.

    Raises:
        ModelError: a file is no model.
        TrainingError: the models have other roles, or are of two pairs.
    """
    first, second = read_card(public), read_card(private)
    if (first.role, second.role) != ("public", "private"):
        raise TrainingError(
            f"{public} and {private} are no pair: a {first.role} and a {second.role} model",
            "give the public model (U_e), then its private one (U_d)",
        )
    if first.pair != second.pair:
        raise TrainingError(
            f"{public} and {private} are no pair: one is of {first.pair[:8]}…, one of {second.pair[:8]}…",
            "give two models that one `uunet-lab export` wrote",
        )
    return first, second
