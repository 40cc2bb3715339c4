"""What trainings of all methods have: networks, optimisers, a profile, and a state that holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from uunet_lab.datasets.index import Origin
from uunet_lab.training.errors import TrainingError


class Profile(Protocol):
    """A frozen dataclass of plain values."""

    @property
    def steps(self) -> int:
        """How many steps a run has."""

    @property
    def batch(self) -> int:
        """Images a step."""


class Learner:
    """The part of `loop.Training` that is the same for all; a method adds `advance`.

    Args:
        fabric: devices; the networks are moved there.
        kind: what a run must share with this one to be gone on with: its method, and what else defines it.
        profile: its fields must be shared too.
        nets, opts: all that learns.
        origin: the packed set that it learns from, which must be the same too; None if it is none.
    """

    def __init__(
        self,
        fabric: Fabric,
        kind: Mapping[str, Any],
        profile: Profile,
        nets: nn.ModuleDict,
        opts: Mapping[str, Optimizer],
        *,
        origin: Origin | None = None,
    ) -> None:
        self.fabric, self.nets, self.opts, self.step = fabric, nets, opts, 0
        self._origin = origin
        self._kind = dict(kind) | {"profile": asdict(profile)}  # type: ignore[call-overload]
        self._lengths = profile
        self.seen: tuple[Tensor, ...] = ()
        """Rows of a sheet, (B, 3, h, w) in [0, 1] each, which the last step left."""

    @property
    def steps(self) -> int:
        """How many steps there are to do."""
        return self._lengths.steps

    @property
    def batch(self) -> int:
        """Images a step, of all processes together."""
        return self._lengths.batch

    def state(self) -> dict[str, Any]:
        """Weights, optimisers, step, what kind of run it is, and from which set it learns."""
        return self._kind | {
            "origin": asdict(self._origin) if self._origin else None,
            "step": self.step,
            "nets": self.nets.state_dict(),
            "opts": {name: opt.state_dict() for name, opt in self.opts.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Raises:
            TrainingError: it is of another kind of run, or of another set.
        """
        self.refuse_another_set(state)
        both = self._kind.keys() & state.keys()  # runs of before tell less of themselves
        changed = _changes({name: state[name] for name in both}, {name: self._kind[name] for name in both})
        if "method" in changed:  # what else differs then does so by its nature
            changed = {"method": changed["method"]}
        if changed:
            named = ", ".join(f"{name.removeprefix('profile.')}: {was}" for name, was in changed.items())
            raise TrainingError(
                f"the run that is there began with other options: {named}",
                "give the options that it had, or another folder",
            )
        self.nets.load_state_dict(state["nets"])
        for name, opt in self.opts.items():
            opt.load_state_dict(state["opts"][name])
        self.step = int(state["step"])

    def refuse_another_set(self, state: dict[str, Any]) -> None:
        """People whom a run keeps for measuring may be among those that it would learn from in another set.

        Checkpoints from before runs remembered their set have no `origin`: they go on with whatever set is
        given, and remember it from then on.
        """
        told = state.get("origin")
        if told is None or self._origin is None:
            return
        before = Origin(**told)
        if before.fingerprint != self._origin.fingerprint:
            raise TrainingError(
                f"the run that is there learns from another set: {before}, not {self._origin}",
                "give --faces the set that it began with, or name another folder for the run",
            )

    def sheet(self) -> npt.NDArray[np.uint8] | None:
        """Up to twelve faces of each row that the last step left."""
        if not self.seen:
            return None
        rows = [torch.cat(list(images[:12].detach()), 2) for images in self.seen]
        sheet = torch.cat(rows, 1).clamp(0, 1).mul(255).round().byte().cpu()
        return np.asarray(sheet.permute(1, 2, 0).numpy())


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """What differs, by name, those inside others as `crops.turn`: "0.05 → 0.1"."""
    old, new = _flat(before), _flat(now)
    return {
        name: f"{old.get(name, 'nothing')} → {new.get(name, 'nothing')}"
        for name in new | old
        if name not in old or name not in new or old[name] != new[name]
    }


def _flat(values: Mapping[str, Any], inside: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= _flat(value, f"{inside}{name}.") if isinstance(value, Mapping) else {inside + name: value}
    return found


def digest_of(net: nn.Module) -> str:
    """Which weights a network has, in 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, value in net.state_dict().items():
        digest.update(name.encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def on_device(fabric: Fabric, net: nn.Module) -> None:
    """Move a network, before its optimisers are made; convolutions are fastest with channels last."""
    net.to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def pick(state: dict[str, Any], name: str, net: nn.Module) -> None:
    """Load one network of a state, and set it to eval mode."""
    prefix = f"{name}."
    net.load_state_dict({k.removeprefix(prefix): v for k, v in state["nets"].items() if k.startswith(prefix)})
    net.eval()
