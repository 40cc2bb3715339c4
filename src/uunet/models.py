"""Open a model by its card: the public encoder (Swapper) and the private decoder (Restorer)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from uunet.cores import share
from uunet.engine import Engine
from uunet.errors import ModelError
from uunet.onnxfile import metadata

CARD_KEY = "uunet.card"
"""Key of the card in the metadata of the ONNX file."""

CARD_FORMAT = 1

Role = Literal["public", "private"]
Patches = Sequence[npt.NDArray[np.float32]]

_AT_ONCE: dict[Role, int] = {"public": 3, "private": 2}
"""Faces that OpenVINO computes together: U_e gets those of several frames, U_d those of one."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a model is; stored in the ONNX file itself, so that the two can't be separated.

    Attributes:
        name: for people.
        role: `public` de-identifies (U_e), `private` restores (U_d).
        pair: 32 hexadecimal digits shared by the two models that were trained together. Not a secret.
        side: the net's input is side × side pixels.
        smallest: regions whose side is below this many pixels are filled instead of swapped.
        demonstration: True if the private model of the pair is published: everybody can restore.
        data: what it was trained on, with licences.
        metrics: measured quality, by name.
        revision: git revision of the code that made it.
        labels: what the training was told of each label (the paper's s, III-B): 1 that a shows the value of
            x, -1 that it does not, 0 nothing. Empty where that is not known.
        sha256: of the whole file, in hexadecimal; computed when it is opened.
    """

    name: str
    role: Role
    pair: str
    side: int
    smallest: int
    demonstration: bool
    data: str
    revision: str
    metrics: dict[str, float] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    sha256: str = ""


def read_card(path: Path) -> Card:
    """The card of a model file.

    Raises:
        ModelError: no such file, not ONNX, no card, or a card of a newer format.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = "give the model file in it" if path.is_dir() else "check the path; `demo` ships with uunet"
        raise ModelError(f"can't read the model {path}: {error.strerror or error}", hint) from error
    try:
        text = metadata(data).get(CARD_KEY)
    except ValueError as error:
        raise ModelError(
            f"{path} is not an ONNX model",
            "give a model made by `uunet-lab export`; if it is one, it is damaged: copy it again",
        ) from error
    if text is None:
        raise ModelError(f"{path} has no UU-Net card", "use a model made by `uunet-lab export`")
    return _parse(text, path, hashlib.sha256(data).hexdigest())


def _parse(text: str, path: Path, sha256: str) -> Card:
    try:
        fields: dict[str, Any] = json.loads(text)
        number = fields.pop("format")
        if number != CARD_FORMAT:
            raise ModelError(
                f"{path} has a card of format {number}, this program reads format {CARD_FORMAT}",
                "update uunet, or export the model again",
            )
        card = Card(**fields, sha256=sha256)
        if not _is_sound(card):
            raise ValueError("a field is not what it should be")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{path} has a damaged card", "export the model again") from error
    return card


def _is_sound(card: Card) -> bool:
    """Whether the fields that the program relies on are of their type and range."""
    texts = (card.name, card.pair, card.data, card.revision)
    return (
        all(isinstance(text, str) for text in texts)
        and re.fullmatch("[0-9a-f]{32}", card.pair) is not None
        and card.role in ("public", "private")
        and type(card.side) is int
        and 8 <= card.side <= 1024
        and type(card.smallest) is int
        and card.smallest >= 1
        and isinstance(card.demonstration, bool)
        and isinstance(card.metrics, dict)
        and isinstance(card.labels, dict)
        and all(type(s) is int and -1 <= s <= 1 for s in card.labels.values())
    )


def shipped(role: Role) -> Path:
    """The path of the model that comes with the package: the demonstration pair."""
    return Path(str(resources.files("uunet"))) / "weights" / f"{role}.onnx"


class _Net:
    """A model of one role behind its engine; runs a batch of patches."""

    def __init__(self, path: Path, role: Role, threads: int | None) -> None:
        self.card = read_card(path)
        if self.card.role != role:
            kinds = {"public": "a public encoder (U_e)", "private": "a private decoder (U_d)"}
            raise ModelError(
                f"{path} is {kinds[self.card.role]}, not {kinds[role]}",
                "deidentify takes the public model, reconstruct the private one",
            )
        self._engine = Engine(path, threads=threads or max(share(2), min(share(1), 2)), batch=_AT_ONCE[role])

    @property
    def engine(self) -> str:
        """What runs the model, for people."""
        return self._engine.name

    def _run(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(n, channels, side, side) → (n, side, side, 3), checked."""
        (result,) = self._engine.run({self._engine.inputs[0]: batch}).values()
        side = self.card.side
        if result.shape != (len(batch), 3, side, side) or not np.isfinite(result).all():
            raise ModelError(
                f"{self.card.name} returned no valid image", "the model file is damaged or unsuitable"
            )
        return np.ascontiguousarray(np.clip(result, 0, 1).transpose(0, 2, 3, 1), np.float32)


class Swapper(_Net):
    """U_e: replaces faces.

    Args:
        path: ONNX file of role `public`; None takes the shipped demonstration model.
        threads: of the engine; None for half of the cores, and for both of two.

    Raises:
        ModelError: see `read_card`; or the model has another role.
    """

    def __init__(self, path: Path | None = None, threads: int | None = None) -> None:
        super().__init__(path or shipped("public"), "public", threads)

    def swap(self, patches: Patches, noise: Patches) -> list[npt.NDArray[np.float32]]:
        """De-identify the faces of a frame in one batch.

        Args:
            patches: n images (side, side, 3), RGB in [0, 1].
            noise: n planes (side, side) of U(0, 1), one per track, the same in all its frames (paper IV-A).

        Returns:
            n images like `patches`.

        Raises:
            ModelError: the model returned something that is no image, or its input unchanged.
        """
        if not patches:
            return []
        x = np.concatenate([np.stack(patches), np.stack(noise)[..., None]], -1)
        a = self._run(np.ascontiguousarray(x.transpose(0, 3, 1, 2), np.float32))
        # Attack: a wrong or broken model that passes faces through would publish them.
        inner = slice(self.card.side // 4, -self.card.side // 4)
        for patch, swapped in zip(patches, a, strict=True):
            flat = float(patch[inner, inner].std()) < 0.01
            if not flat and float(np.abs(patch - swapped)[inner, inner].mean()) < 1 / 512:
                raise ModelError(f"{self.card.name} returned a face unchanged", "use another public model")
        return list(a)


class Restorer(_Net):
    """U_d: restores faces.

    Args:
        path: ONNX file of role `private`.
        threads: of the engine; None for half of the cores, and for both of two.

    Raises:
        ModelError: see `read_card`; or the model has another role.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        super().__init__(path, "private", threads)

    def restore(self, patches: Patches) -> list[npt.NDArray[np.float32]]:
        """Restore the faces of a frame in one batch: n images (side, side, 3), RGB in [0, 1], both ways.

        Raises:
            ModelError: the model returned something that is no image.
        """
        if not patches:
            return []
        return list(self._run(np.ascontiguousarray(np.stack(patches).transpose(0, 3, 1, 2), np.float32)))


@cache
def shipped_pair() -> str:
    """The pair of the shipped models, for readers that are given no model."""
    return read_card(shipped("public")).pair
