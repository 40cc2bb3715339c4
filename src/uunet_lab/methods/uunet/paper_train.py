"""Phase 2 as the paper has it (III-B): U_e and U_d against D_f, judged by the D_a of phase 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from uunet_lab.datasets.index import Origin
from uunet_lab.methods.uunet import paper_losses as losses
from uunet_lab.methods.uunet.matcher import to_tensor
from uunet_lab.methods.uunet.paper_networks import SIDE, PatchGAN, UNet
from uunet_lab.methods.uunet.subjects import SubjectSource
from uunet_lab.training.augment import REGION, CropProfile, crop, draw_boxes, nudge
from uunet_lab.training.channel import resize, to_uint8
from uunet_lab.training.devices import descend, draws, share_of
from uunet_lab.training.learner import Learner, digest_of, on_device, pick

METHOD = "paper"


@dataclass(frozen=True, slots=True)
class PaperProfile:
    """IV-A: ω = (50, 1, 1, 1, 1, 1), δ_gp = 0.01, U-Nets of 64×64×4 and 64×64×3, a PatchGAN.

    What the paper leaves open is taken from the source code to which its abstract links: optimisers and
    their constants, rates, batch, five steps of D_f for one of the generators, bins, the mean of squares in
    eq. 5, a noise plane for each image. The instrument gives all frames of a track one plane, so that it asks
    less of consistency (eq. 10) than the training did. Departures, of the paper or of that code:
    - in training there is nothing between U_e and U_d but the rounding to 8 bits. Measured, a pair works in
      the instrument, which pastes a with a soft border into a picture of 4:2:0: U_d has met neither;
    - a batch is of subjects all different, where the code takes twelve images of each of three; the last
      state is kept, where the code keeps the one of the least error;
    - the penalty of D_f is read as `L_gp` says.

    Attributes:
        steps: of the generators.
        batch: subjects a step.
        critic_steps: of D_f, for each step of the generators.
        rate, rate_critic: of RMSprop (U_e and U_d) and of Adam, β₁ = 0.5 (D_f).
        w_mse, w_adv, w_ano, w_con, w_div, w_dis: ω of eq. 13.
        delta_gp, w_gp: δ_gp, and the coefficient of the penalty that keeps to it ([21]); see `L_gp`.
        bins: of the histograms of L_dis.
        base, critic_base: widths of the U-Nets and of D_f.
        crops: how boxes lie in their stills.
        side: of the images of all networks, D_a's too (but see `PAPER_THIN_256`); a multiple of 16.
    """

    steps: int = 100_000
    batch: int = 36
    critic_steps: int = 5
    rate: float = 5e-5
    rate_critic: float = 2e-4
    w_mse: float = 50.0
    w_adv: float = 1.0
    w_ano: float = 1.0
    w_con: float = 1.0
    w_div: float = 1.0
    w_dis: float = 1.0
    delta_gp: float = 0.01
    w_gp: float = 10.0
    bins: int = 100
    base: int = 64
    critic_base: int = 64
    crops: CropProfile = REGION
    side: int = SIDE


PAPER = PaperProfile()
"""The paper's own."""

PAPER_SLIM = PaperProfile(steps=2_000, batch=12, critic_steps=1, rate=3e-4, base=32, critic_base=32)
"""Departs in size and pace only, to get somewhere on a CPU: half the width (a quarter of the work), a third
of the batch, one step of D_f for each of the generators, and six times the rate."""

PAPER_THIN = replace(PAPER_SLIM, base=16, critic_base=16)
"""Departs further: half of the half, a third of the time, for experiments of many runs, such as Fig. 14."""

PAPER_256 = replace(PAPER, side=256)
"""Fig. 15: "input size changed to 256×256 for the D_a, U_e, U_d and D_f models" (IV-I), all else the same."""

PAPER_THIN_256 = replace(PAPER_THIN, side=256, batch=4)
"""Fig. 15 as far as a CPU gets: `paper-thin` with 256×256 pixels, a step of which costs sixteen times as much
an image. Departs from it in two ways, to get somewhere all the same: a batch of a third; and D_a may be of a
smaller side, as a run of `train matcher --profile paper-slim` has it: then it sees the images shrunk, so that
it judges no more than a smaller image shows of who that is, and what is finer is left to D_f and L_mse. The
paper has a D_a of 256×256 (IV-I)."""

PaperName = Literal["paper", "paper-slim", "paper-thin", "paper-256", "paper-thin-256"]

PROFILES: dict[PaperName, PaperProfile] = {
    "paper": PAPER,
    "paper-slim": PAPER_SLIM,
    "paper-thin": PAPER_THIN,
    "paper-256": PAPER_256,
    "paper-thin-256": PAPER_THIN_256,
}

SHRINKING: frozenset[PaperName] = frozenset({"paper-thin-256"})
"""Profiles whose D_a may be of a smaller side than their images."""


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """(B, 3, side, side): a frame, another, one of another sequence; (3 B, 1, side, side) their noise."""

    frame: Tensor
    same_sequence: Tensor
    other_sequence: Tensor
    noise: Tensor


class PaperTraining(Learner):
    """A run of phase 2.

    Args:
        fabric: devices.
        subjects: of the training split.
        matchers: D_a by label, `id` among them: two (B, 3, side, side) → (B,). They are frozen here. To one
            whose own `side` is another images are resized: averaged as those were from which it learnt.
        s: what becomes of each label, in the order of `matchers`; see `s_vector`.
        profile: sizes and weights.
        seed: of the weights and all draws but those of `subjects`.
        origin: the set that these are of.
    """

    def __init__(
        self,
        fabric: Fabric,
        subjects: SubjectSource,
        *,
        matchers: Mapping[str, nn.Module],
        s: tuple[int, ...],
        profile: PaperProfile,
        seed: int,
        origin: Origin | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.profile, self.seed = profile, seed
        self._subjects, self._share = subjects, share_of(profile.batch, fabric)
        self.U_e, self.U_d = UNet(4, profile.base), UNet(3, profile.base)
        self.D_f = PatchGAN(profile.critic_base)
        self.D_a = nn.ModuleList(matchers.values()).eval().requires_grad_(False)
        self._judged = [int(getattr(D_a, "side", profile.side)) for D_a in matchers.values()]
        self.s = torch.tensor(s, dtype=torch.float32, device=fabric.device)
        nets = nn.ModuleDict({"U_e": self.U_e, "U_d": self.U_d, "D_f": self.D_f})
        on_device(fabric, nets)
        on_device(fabric, self.D_a)
        generators = [*self.U_e.parameters(), *self.U_d.parameters()]
        opts = {
            "U": torch.optim.RMSprop(generators, profile.rate, alpha=0.9, eps=1e-7),
            "D_f": torch.optim.Adam(self.D_f.parameters(), profile.rate_critic, (0.5, 0.999)),
        }
        judges = {label: digest_of(D_a) for label, D_a in matchers.items()}
        kind = {"method": METHOD, "s": dict(zip(matchers, s, strict=True)), "D_a": judges, "seed": seed}
        super().__init__(fabric, kind, profile, nets, opts, origin=origin)

    @property
    def side(self) -> int:
        """Of the images, in pixels."""
        return self.profile.side

    def advance(self) -> dict[str, float]:
        """Some steps of eq. 7, one of eq. 13."""
        rng = draws(self.seed, self.step, self.fabric.global_rank)
        per_step = self.profile.critic_steps + 1
        turns = [self.step * per_step + i for i in range(per_step)]
        scalars: dict[str, float] = {}
        for turn in turns[:-1]:
            scalars = self._criticise(self._draw(turn, rng), rng)
        scalars |= self._generate(self._draw(turns[-1], rng))
        self.step += 1
        return scalars

    def _draw(self, turn: int, rng: torch.Generator) -> _Batch:
        fabric, count = self.fabric, self._share
        rows = self._subjects.batch(turn * fabric.world_size + fabric.global_rank, count)
        boxes, other_boxes = (draw_boxes(count, self.profile.crops, rng) for _ in range(2))
        moved, _ = nudge(boxes, 3, rng)
        noise = torch.rand(3 * count, 1, self.side, self.side, generator=rng)
        frame, same, other = (
            crop(to_tensor(self._subjects.images, of, fabric.device), where, self.side)
            for of, where in (
                (rows.frame, boxes),
                (rows.same_sequence, moved),
                (rows.other_sequence, other_boxes),
            )
        )
        return _Batch(frame, same, other, noise.to(fabric.device))

    def _criticise(self, b: _Batch, rng: torch.Generator) -> dict[str, float]:
        """D_f's side: eq. 6 and 7."""
        p, x = self.profile, b.frame
        with torch.no_grad(), self.fabric.autocast():
            a = to_uint8(self.U_e(torch.cat([x, b.noise[: len(x)]], 1)).float())
            r = self.U_d(a).float()
        with self.fabric.autocast():
            on_x, on_a, on_r = self.D_f(torch.cat([x, a, r])).float().chunk(3)
        adv = losses.L_adv1(on_x, on_a, on_r)
        shares = torch.rand(2, len(x), generator=rng).to(x.device)
        gp = sum(
            (losses.L_gp(self.D_f, x, y, share, p.delta_gp) for y, share in zip((a, r), shares, strict=True)),
            start=torch.zeros((), device=x.device),
        )
        descend(self.fabric, self.opts["D_f"], adv + p.w_gp * gp)
        return {"adv1": float(adv.detach()), "gp": float(gp.detach())}

    def _generate(self, b: _Batch) -> dict[str, float]:
        """The generators' side: eq. 13."""
        p, x = self.profile, b.frame
        with self.fabric.autocast():
            images = torch.cat([x, b.same_sequence, b.other_sequence])
            a, a_same, a_other = self.U_e(torch.cat([images, b.noise], 1)).float().chunk(3)
            r = self.U_d(to_uint8(a)).float()
            on_a, on_r = self.D_f(torch.cat([a, r])).float().chunk(2)
        terms = {
            "mse": (p.w_mse, losses.L_mse(x, r)),
            "adv2": (p.w_adv, losses.L_adv2(on_a, on_r)),
            "ano": (p.w_ano, losses.L_ano(self.s, self._match(x, a))),
            "con": (p.w_con, losses.L_con(self._match(a, a_same))),
            "div": (p.w_div, losses.L_div(self._match(a, a_other))),
            "dis": (p.w_dis, losses.L_dis(x, a, p.bins)),
        }
        loss = torch.stack([weight * term for weight, term in terms.values()]).sum()
        descend(self.fabric, self.opts["U"], loss)
        self.seen = x, a, r
        return {name: float(term.detach()) for name, (_, term) in terms.items()}

    def _match(self, first: Tensor, second: Tensor) -> Tensor:
        """D_a of all labels, each at its own side: (B, t). The gradient passes through the shrinking."""
        with self.fabric.autocast():
            said = [
                D_a(resize(first, side), resize(second, side)).float()
                for D_a, side in zip(self.D_a, self._judged, strict=True)
            ]
            return torch.stack(said, 1)


def load_paper_pair(state: dict[str, Any]) -> tuple[UNet, UNet]:
    """U_e and U_d of a checkpoint of this method, in eval mode."""
    base = int(state["profile"]["base"])
    U_e, U_d = UNet(4, base), UNet(3, base)
    pick(state, "U_e", U_e)
    pick(state, "U_d", U_d)
    return U_e, U_d
