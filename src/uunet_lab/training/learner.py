"""What trainings of all methods have: networks, optimisers, a profile, and a state that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

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
    """

    def __init__(
        self,
        fabric: Fabric,
        kind: Mapping[str, Any],
        profile: Profile,
        nets: nn.ModuleDict,
        opts: Mapping[str, Optimizer],
    ) -> None:
        self.fabric, self.nets, self.opts, self.step = fabric, nets, opts, 0
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
        """Weights, optimisers, step, and what kind of run it is."""
        return self._kind | {
            "step": self.step,
            "nets": self.nets.state_dict(),
            "opts": {name: opt.state_dict() for name, opt in self.opts.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Raises:
            TrainingError: it is of another kind of run.
        """
        for name, value in self._kind.items():
            if state.get(name) != value:
                raise TrainingError(
                    f"the run that is there has another {name}: {state.get(name)}",
                    "give the options that it had, or another folder",
                )
        self.nets.load_state_dict(state["nets"])
        for name, opt in self.opts.items():
            opt.load_state_dict(state["opts"][name])
        self.step = int(state["step"])

    def sheet(self) -> npt.NDArray[np.uint8] | None:
        """Up to twelve faces of each row that the last step left."""
        if not self.seen:
            return None
        rows = [torch.cat(list(images[:12].detach()), 2) for images in self.seen]
        sheet = torch.cat(rows, 1).clamp(0, 1).mul(255).round().byte().cpu()
        return np.asarray(sheet.permute(1, 2, 0).numpy())


def on_device(fabric: Fabric, net: nn.Module) -> None:
    """Move a network, before its optimisers are made; convolutions are fastest with channels last."""
    net.to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def pick(state: dict[str, Any], name: str, net: nn.Module) -> None:
    """Load one network of a state, and set it to eval mode."""
    prefix = f"{name}."
    net.load_state_dict({k.removeprefix(prefix): v for k, v in state["nets"].items() if k.startswith(prefix)})
    net.eval()
