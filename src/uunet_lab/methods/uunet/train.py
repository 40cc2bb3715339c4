"""Phase 2: trains U_e and U_d."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.methods.uunet import losses
from uunet_lab.methods.uunet.networks import FaceEmbedder, PatchDiscriminator, Restorer, SeenHiddenEncoder
from uunet_lab.training.augment import TRAINING, CropProfile, StillSource, crop, draw_boxes, nudge, weather
from uunet_lab.training.channel import SURVEILLANCE, ChannelProfile, resize, transmit
from uunet_lab.training.devices import agree, descend, draws, share_of
from uunet_lab.training.learner import Learner, on_device, pick

METHOD = "seen-hidden"


@dataclass(frozen=True, slots=True)
class SeenHiddenProfile:
    """The profile that ships: what is seen and what is hidden are made by two networks, one after the other.

    Departures from the paper's profile, each for a reason that was measured:
    - U_e in two stages (`SeenHiddenEncoder`), since one U-Net with D_a as its only judge keeps the face;
    - first the painter G learns with its adversaries, then H and U_d with G frozen: together, D_f and the
      judge held H at δ = 0 (mean square error of r .0046 after 500 steps; alone .0029 after 200);
    - a channel between U_e and U_d, since content trained with rounding only dies in the first codec;
    - a judge that keeps learning (`L_judge`) instead of a frozen D_a;
    - hinge loss instead of WGAN-GP, whose second backward pass costs a third more.

    Attributes:
        paint_steps, hide_steps: lengths of the two phases.
        batch: images a step.
        rate: Adam's, of G and D_f; D_a has a third. rate_hiding: of H and U_d.
        w_adv, w_l1, w_fm, w_dis, w_con, w_div, w_ano: weights of the terms of the first phase.
        enough: L_div: mean difference at which two noises count as two faces.
        margin: L_ano: cosine up to which two faces count as strangers.
        w_psnr, w_ssim, w_hide: weights of the terms of the second phase. Hiding begins lightly
            constrained, since H gives up if it must be invisible before U_d can read. w_face: of what δ
            changes in the eyes of D_f, so that a detector still finds the face.
        seen_base, restorer_base: widths of the networks.
    """

    paint_steps: int = 8000
    hide_steps: int = 6000
    batch: int = 32
    rate: float = 3e-4
    rate_hiding: float = 1e-3
    w_adv: float = 1.0
    w_l1: float = 1.5
    w_fm: float = 2.0
    w_dis: float = 10.0
    w_con: float = 4.0
    w_div: float = 6.0
    w_ano: float = 3.0
    enough: float = 0.06
    margin: float = 0.1
    w_psnr: float = 0.12
    w_ssim: float = 0.3
    w_hide: tuple[float, float] = (6.0, 320.0)  # in the first quarter of the phase and after it
    w_face: float = 8.0
    seen_base: int = 48
    restorer_base: int = 64
    crops: CropProfile = field(default_factory=lambda: TRAINING)
    channel: ChannelProfile = field(default_factory=lambda: SURVEILLANCE)

    @property
    def steps(self) -> int:
        """Of both phases together."""
        return self.paint_steps + self.hide_steps


SEEN_HIDDEN = SeenHiddenProfile()


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Stills, their boxes, the regions at their true size and at 64 px, and the noise of their tracks."""

    stills: Tensor
    boxes: Tensor
    x_true: Tensor
    x: Tensor
    noise: Tensor


class SeenHiddenTraining(Learner):
    """A run of the profile that ships.

    Args:
        fabric: devices.
        source: the training stills.
        profile: sizes and weights.
        seed: of the weights and all draws.
    """

    def __init__(self, fabric: Fabric, source: StillSource, profile: SeenHiddenProfile, seed: int) -> None:
        torch.manual_seed(seed)
        self.source, self.profile, self.seed = source, profile, seed
        self._share = share_of(profile.batch, fabric)
        encoder, restorer = SeenHiddenEncoder(profile.seen_base), Restorer(profile.restorer_base)
        discriminator, judge = PatchDiscriminator(), FaceEmbedder()
        nets = nn.ModuleDict({"U_e": encoder, "U_d": restorer, "D_f": discriminator, "D_a": judge})
        on_device(fabric, nets)
        self.U_e, self.U_d, self.D_f, self.D_a = encoder, restorer, discriminator, judge
        painter = encoder.seen.parameters()
        hiders = [*encoder.hidden.parameters(), *restorer.parameters()]
        opts = {
            "G": torch.optim.Adam(painter, profile.rate, (0.5, 0.99), fused=True),
            "H": torch.optim.Adam(hiders, profile.rate_hiding, (0.9, 0.99), fused=True),
            "D_f": torch.optim.Adam(discriminator.parameters(), profile.rate, (0.5, 0.99), fused=True),
            "D_a": torch.optim.Adam(judge.parameters(), profile.rate / 3, (0.5, 0.99), fused=True),
        }
        super().__init__(fabric, {"method": METHOD}, profile, nets, opts)

    def advance(self) -> dict[str, float]:
        """One step of the phase that it is in; returns the scalars."""
        rng = draws(self.seed, self.step, self.fabric.global_rank)
        batch = self._draw(rng)
        painting = self.step < self.profile.paint_steps
        scalars = self._paint(batch, rng) if painting else self._hide(batch, rng)
        self.step += 1
        return scalars

    def _draw(self, rng: torch.Generator) -> _Batch:
        p, count = self.profile, self._share
        turn = self.step * self.fabric.world_size + self.fabric.global_rank
        stills = weather(self.source.batch(turn, count).to(self.fabric.device), p.crops, rng)
        boxes = draw_boxes(count, p.crops, rng)
        side = p.channel.sides[int(torch.randint(len(p.channel.sides), (1,), generator=rng))]
        x_true = crop(stills, boxes, side)
        noise = torch.rand(count, 1, 64, 64, generator=rng).to(self.fabric.device)
        return _Batch(stills, boxes, x_true, resize(x_true, 64), noise)

    def _paint(self, b: _Batch, rng: torch.Generator) -> dict[str, float]:
        """Phase 1: G against D_f and the judge."""
        with self.fabric.autocast():
            y = self.U_e.paint(b.x, b.noise)
        y = y.float()
        terms = self._appearance(b, y) | self._identity(b, y, rng) | self._anonymity(b, y, rng)
        scalars = self._descend("G", terms)
        self.seen = b.x, y
        return scalars | self._adversaries(b.x, y.detach(), rng)

    def _hide(self, b: _Batch, rng: torch.Generator) -> dict[str, float]:
        """Phase 2: H and U_d through the channel, G frozen."""
        p = self.profile
        with self.fabric.autocast():
            with torch.no_grad():
                y = self.U_e.paint(b.x, b.noise)
            a = self.U_e.hide(b.x, y)
        y, a = y.float(), a.float()
        received = transmit(b.x_true, a, p.channel, rng)
        self.D_f.requires_grad_(False)
        with self.fabric.autocast():
            r = self.U_d.restore(received)
            _, shown = self.D_f.features(a)
            with torch.no_grad():
                _, painted = self.D_f.features(y)
        self.seen = b.x, a, r
        terms = {
            "psnr": (p.w_psnr, losses.L_psnr(b.x, r.float())),
            "ssim": (p.w_ssim, losses.L_ssim(b.x, r.float())),
            "hide": (p.w_hide[self.step - p.paint_steps > p.hide_steps // 4], losses.L_hide(a - y)),
            "face": (p.w_face, losses.L_fm(painted, shown)),
        }
        return self._descend("H", terms)

    def _appearance(self, b: _Batch, y: Tensor) -> dict[str, tuple[float, Tensor]]:
        p = self.profile
        with self.fabric.autocast():
            scores, features = self.D_f.features(y)
            with torch.no_grad():
                _, wanted = self.D_f.features(b.x)
        return {
            "adv": (p.w_adv, losses.L_adv2(scores.float())),
            "fm": (p.w_fm, losses.L_fm(wanted, features)),
            "l1": (p.w_l1, F.l1_loss(y, b.x)),
            "dis": (p.w_dis, losses.L_dis(b.x, y)),
        }

    def _identity(self, b: _Batch, y: Tensor, rng: torch.Generator) -> dict[str, tuple[float, Tensor]]:
        """The same noise in a displaced box: the same face. Other noise: another face."""
        p, q = self.profile, max(self._share // 4, 1)
        moved_boxes, step = nudge(b.boxes[:q], 3, rng)
        x_moved = crop(b.stills[:q], moved_boxes, 64)
        other = torch.rand(q, 1, 64, 64, generator=rng).to(b.noise)
        with self.fabric.autocast():
            again = self.U_e.paint(torch.cat([x_moved, b.x[q : 2 * q]]), torch.cat([b.noise[:q], other]))
        return {
            "con": (p.w_con, losses.L_con(y[:q], again[:q].float(), step)),
            "div": (p.w_div, losses.L_div(y[q : 2 * q], again[q:].float(), p.enough)),
        }

    def _anonymity(self, b: _Batch, y: Tensor, rng: torch.Generator) -> dict[str, tuple[float, Tensor]]:
        half = self._share // 2
        views_x, views_y = _views(b.x[:half], y[:half], rng)
        self.D_a.eval()
        with self.fabric.autocast():
            e_x, e_y = self.D_a(views_x).float().detach(), self.D_a(views_y).float()
        return {"ano": (self.profile.w_ano, losses.L_ano_cosine(e_x, e_y, self.profile.margin))}

    def _adversaries(self, x: Tensor, y: Tensor, rng: torch.Generator) -> dict[str, float]:
        half = len(x) // 2
        with self.fabric.autocast():
            scores = self.D_f(torch.cat([x, y])).float()
        scalars = self._descend(
            "D_f", {"D_f": (1.0, losses.L_adv1_hinge(scores[: len(x)], scores[len(x) :]))}
        )
        views_x, views_y = _views(x[half:], y[half:], rng)
        self.D_a.train()
        with self.fabric.autocast():
            e = self.D_a(torch.cat([views_x, views_y])).float()
        agree(self.fabric, self.D_a)
        loss, hits = losses.L_judge(e[: len(views_x)], e[len(views_x) :], 16.0)
        return scalars | self._descend("D_a", {"D_a": (0.3, loss)}) | {"hits": float(hits)}

    def _descend(self, name: str, terms: dict[str, tuple[float, Tensor]]) -> dict[str, float]:
        """One step of one optimiser on a weighted sum; returns the terms without their weights."""
        opt, p = self.opts[name], self.profile
        painting = self.step < p.paint_steps
        done = self.step if painting else self.step - p.paint_steps
        left = 1 - done / (p.paint_steps if painting else p.hide_steps)
        rate = {"H": p.rate_hiding, "D_a": p.rate / 3}.get(name, p.rate)
        for group in opt.param_groups:
            group["lr"] = rate * min(1.0, 0.03 + 2 * left, (done + 1) / 100)
        loss = torch.stack([weight * term for weight, term in terms.values()]).sum()
        descend(self.fabric, opt, loss, clip=5.0 if name in ("G", "H") else None)
        return {key: float(term.detach()) for key, (_, term) in terms.items()}


def _views(x: Tensor, y: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """What the judge sees: two independent crops, flips and blurs of the inner face, without its light and
    colour, so that neither the background nor what is kept on purpose tells which x belongs to which y."""
    views = []
    profile = CropProfile(shift=0.06, zoom=(0.55, 0.78), turn=0.15)
    for image in (x, y):
        view = crop(image, draw_boxes(len(image), profile, rng), 64)
        if float(torch.rand(1, generator=rng)) < 0.5:
            view = resize(resize(view, int(torch.randint(20, 48, (1,), generator=rng))), 64)
        spread, mean = torch.std_mean(view, (2, 3), keepdim=True)
        views.append((view - mean) / (spread + 0.03) * 0.25 + 0.5)
    return views[0], views[1]


def load_seen_hidden(state: dict[str, Any]) -> tuple[SeenHiddenEncoder, Restorer]:
    """U_e and U_d of a checkpoint of this method, with the sizes that it says, in eval mode."""
    profile = state["profile"]
    U_e, U_d = SeenHiddenEncoder(profile["seen_base"]), Restorer(profile["restorer_base"])
    pick(state, "U_e", U_e)
    pick(state, "U_d", U_d)
    return U_e, U_d
