"""Phase 1 (III-A): one D_a for each label, from pairs of which half agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from uunet_lab.datasets.index import Origin
from uunet_lab.datasets.pairs import PairSource
from uunet_lab.methods.uunet.attributes import LABELS, Label
from uunet_lab.methods.uunet.paper_losses import L_ce
from uunet_lab.methods.uunet.paper_networks import SIDE, PairMatcher
from uunet_lab.training.augment import REGION, CropProfile, framed, varied
from uunet_lab.training.channel import resize
from uunet_lab.training.devices import agree, descend, draws, share_of
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.learner import Learner, on_device, pick
from uunet_lab.training.loop import CHECKPOINT, load

Images = npt.NDArray[np.uint8]
METHOD = "matcher"


@dataclass(frozen=True, slots=True)
class MatcherProfile:
    """How D_a is trained. The paper gives its layers (Table I) and its loss, and no more.

    Pairs are ours: half of them agree (in the source code to which the abstract links, two fifths to three),
    values of a label come equally often, and pairs of a soft label are of two people.

    Attributes:
        steps: how many.
        batch: pairs a step.
        rate: of RMSprop, with Keras' constants.
        falls: whether, in the last third, the rate falls to nothing in a line.
        views: how crops of the faces vary; None takes them as they are.
        lean: share of the steps after which pairs of a soft label are drawn from all its values. For two
            fifths of it they lean on one value of the label altogether (see `PairSource.batch`), then less
            and less.
        side: of the images that are compared.
    """

    steps: int
    batch: int
    rate: float
    views: CropProfile | None
    lean: float
    side: int = SIDE
    falls: bool = False


MATCHER_PAPER = MatcherProfile(100_000, 36, 5e-5, REGION, 0.0)
"""RMSprop at 5e-5 and 36 pairs a step, as the source code has it to which the paper's abstract links; that
code keeps the state of the best AUC, this the last one. Faces are framed as in phase 2."""

MATCHER_SLIM = MatcherProfile(
    13_000,
    32,
    5e-4,
    CropProfile(shift=0.02, zoom=(0.9, 1.1), turn=0.05, degrade=0.1, light=0.2),
    lean=0.5,
    falls=True,
)
"""Departs so that an hour on a CPU is enough: an eighth of the steps at ten times the rate, and pairs of soft
labels that begin with an easier question (`lean`): without it, none had left chance when it was stopped after
some hundred steps (gender: 410). Views differ a little in crop, light, blur and noise: a D_a that has seen
clean crops only is easier to fool; they are closer than those of phase 2, which reach 1.3 times the still.
The network is that of Table I."""

MATCHER_256 = replace(MATCHER_PAPER, side=256)
"""Of Fig. 15. It takes sixteen times the paper's work: nothing for a CPU."""

MATCHERS: dict[Literal["paper", "paper-slim", "paper-256"], MatcherProfile] = {
    "paper": MATCHER_PAPER,
    "paper-slim": MATCHER_SLIM,
    "paper-256": MATCHER_256,
}


class MatcherTraining(Learner):
    """A run of phase 1.

    Args:
        fabric: devices.
        images: uint8 (N, S, S, 3), to which the rows of `pairs` point.
        pairs: of one label, of the training split.
        label: which.
        profile: how.
        seed: of the weights and all draws but those of `pairs`.
        origin: the set that these are of.
    """

    def __init__(
        self,
        fabric: Fabric,
        images: Images,
        pairs: PairSource,
        *,
        label: Label,
        profile: MatcherProfile,
        seed: int,
        origin: Origin | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.label, self.profile, self.seed = label, profile, seed
        self._images, self._pairs = images, pairs
        self._share = share_of(profile.batch, fabric)
        self.D_a = PairMatcher(profile.side)
        on_device(fabric, self.D_a)
        self._opt = torch.optim.RMSprop(self.D_a.parameters(), profile.rate, alpha=0.9, eps=1e-7)
        kind = {"method": METHOD, "label": label, "seed": seed}
        super().__init__(
            fabric, kind, profile, nn.ModuleDict({"D_a": self.D_a}), {"D_a": self._opt}, origin=origin
        )

    def advance(self) -> dict[str, float]:
        """One step of eq. 4."""
        rng = draws(self.seed, self.step, self.fabric.global_rank)
        turn = self.step * self.fabric.world_size + self.fabric.global_rank
        pairs = self._pairs.batch(turn, self._share, self._lean())
        b = torch.from_numpy(pairs.same).float().to(self.fabric.device)
        first, second = (self._view(rows, rng) for rows in (pairs.first, pairs.second))
        self.D_a.train()
        with self.fabric.autocast():
            b_hat = self.D_a(first, second)
        loss = L_ce(b[:, None], b_hat.float()[:, None])
        left = 1 - self.step / self.profile.steps
        for group in self._opt.param_groups:
            group["lr"] = self.profile.rate * (min(1.0, 3 * left) if self.profile.falls else 1.0)
        descend(self.fabric, self._opt, loss)
        agree(self.fabric, self.D_a)
        self.step += 1
        right = ((b_hat > 0.5) == (b > 0.5)).float().mean()
        return {"ce": float(loss.detach()), "right": float(right)}

    def _lean(self) -> float:
        """How far pairs lean on one value of the label at this step, in [0, 1].

        That two faces agree in something is an exclusive or of what neither alone tells: no layer has a
        gradient that says where to begin. That both are, say, men has one.
        """
        lean = self.profile.lean
        if self.label == "id" or not lean:
            return 0.0
        return min(max((lean - self.step / self.profile.steps) / (0.6 * lean), 0.0), 1.0)

    def _view(self, rows: npt.NDArray[np.int64], rng: torch.Generator) -> Tensor:
        stills = to_tensor(self._images, rows, self.fabric.device)
        if self.profile.views is None:
            return resize(stills, self.profile.side)
        return varied(stills, self.profile.views, self.profile.side, rng)


def to_tensor(images: Images, rows: npt.NDArray[np.int64], device: torch.device) -> Tensor:
    """Rows of a set as (B, 3, S, S), float in [0, 1]."""
    array = np.ascontiguousarray(images[rows])
    return torch.from_numpy(array).to(device).permute(0, 3, 1, 2).float() / 255


def load_matcher(run: Path) -> tuple[Label, PairMatcher]:
    """The label and D_a of a run of phase 1, frozen, in eval mode.

    Raises:
        TrainingError: it is no such run.
    """
    state = load(run / CHECKPOINT)
    if state.get("method") != METHOD or state.get("label") not in LABELS:
        raise TrainingError(f"{run} is not a run of `train matcher`", "name the folder of one")
    net = PairMatcher(int(state["profile"].get("side", SIDE)))  # runs of before had no other
    pick(state, "D_a", net)
    return state["label"], net.requires_grad_(False)


def framing(run: Path) -> float:
    """The zoom in the middle of what D_a of a run saw; 1 is the still."""
    views = load(run / CHECKPOINT)["profile"]["views"]
    return 1.0 if views is None else sum(views["zoom"]) / 2


@torch.no_grad()
def agreement(
    D_a: PairMatcher,
    images: Images,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    zoom: float,
) -> npt.NDArray[np.float64]:
    """b̂ of pairs of rows, framed as `framing` says: (n,) in [0, 1]."""
    found = []
    for begin in range(0, len(first), 64):
        a, b = (
            framed(to_tensor(images, rows[begin : begin + 64], torch.device("cpu")), zoom, D_a.side)
            for rows in (first, second)
        )
        found.append(D_a(a, b).double().numpy())
    return np.concatenate(found)
