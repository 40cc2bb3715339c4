"""Phase 2: trains U_e and U_d."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.methods.uunet import losses
from uunet_lab.methods.uunet.networks import FaceEmbedder, PatchDiscriminator, Restorer, SeenHiddenEncoder
from uunet_lab.training.augment import TRAINING, CropProfile, StillSource, crop, draw_boxes, nudge, weather
from uunet_lab.training.channel import SURVEILLANCE, ChannelProfile, resize, transmit


@dataclass(frozen=True, slots=True)
class SeenHiddenProfile:
    """The profile that ships: what is seen and what is hidden are made by two networks.

    Departures from the paper's profile, each for a reason that was measured:
    - U_e in two stages (`SeenHiddenEncoder`), since one U-Net with D_a as its only judge keeps the face;
    - a channel between U_e and U_d, since content trained with rounding only dies in the first codec;
    - a judge that keeps learning (`L_judge`) instead of a frozen D_a;
    - hinge loss and spectral norm instead of WGAN-GP, which costs a second backward pass.

    Attributes are weights ω of the loss terms unless they say otherwise.
    """

    steps: int = 16000
    paint_steps: int = 8000  # the first steps train the generator of y and D_f alone, at twice the speed
    batch: int = 32
    rate: float = 3e-4
    w_mse: float = 50.0
    w_adv: float = 1.0
    w_l1: float = 3.0
    w_fm: float = 4.0
    w_dis: float = 10.0
    w_con: float = 4.0
    w_div: float = 6.0
    enough: float = 0.06  # L_div: mean difference at which two noises count as two faces
    w_hide: float = 20.0  # mean square of δ: how visible the hidden content may be
    w_ghost: float = 2.0
    w_ano: float = 0.0  # the judge joins when an embedder is given
    margin: float = 0.1  # L_ano
    seen_base: int = 48
    restorer_base: int = 64
    crops: CropProfile = field(default_factory=lambda: TRAINING)
    channel: ChannelProfile = field(default_factory=lambda: SURVEILLANCE)


SEEN_HIDDEN = SeenHiddenProfile()


class Trainer:
    """Everything that a run needs to go on exactly where it stopped.

    Args:
        source: the training stills.
        profile: sizes and weights.
        folder: where checkpoints, the log and the sample sheets go.
        seed: of the weights and all draws.
    """

    def __init__(self, source: StillSource, profile: SeenHiddenProfile, folder: Path, seed: int = 1) -> None:
        torch.manual_seed(seed)
        self.source, self.profile, self.folder, self.seed = source, profile, folder, seed
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.nets = nn.ModuleDict(
            {
                "U_e": SeenHiddenEncoder(profile.seen_base),
                "U_d": Restorer(profile.restorer_base),
                "D_f": PatchDiscriminator(),
                "D_a": FaceEmbedder(),
            }
        ).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.U_e, self.U_d = self.nets["U_e"], self.nets["U_d"]
        self.D_f, self.D_a = self.nets["D_f"], self.nets["D_a"]
        fused = {"fused": True}
        self.opt_u = torch.optim.Adam(
            [*self.U_e.parameters(), *self.U_d.parameters()], profile.rate, (0.5, 0.99), **fused
        )
        self.opt_f = torch.optim.Adam(self.D_f.parameters(), profile.rate, (0.5, 0.99), **fused)
        self.opt_a = torch.optim.Adam(self.D_a.parameters(), profile.rate / 3, (0.5, 0.99), **fused)
        self.step = 0
        folder.mkdir(parents=True, exist_ok=True)

    # -- state ---------------------------------------------------------------------------------
    def save(self) -> None:
        """Write `last.pt`: whole or not at all."""
        partial = self.folder / "last.partial"
        state = {
            "step": self.step,
            "nets": self.nets.state_dict(),
            "opts": [o.state_dict() for o in (self.opt_u, self.opt_f, self.opt_a)],
            "profile": asdict(self.profile),
        }
        torch.save(state, partial)
        partial.rename(self.folder / "last.pt")

    def resume(self, path: Path | None = None) -> None:
        """Go on from a checkpoint (default: the folder's own `last.pt`)."""
        state = torch.load(path or self.folder / "last.pt", map_location=self.device, weights_only=True)
        self.nets.load_state_dict(state["nets"])
        for opt, saved in zip((self.opt_u, self.opt_f, self.opt_a), state["opts"], strict=True):
            opt.load_state_dict(saved)
        self.step = int(state["step"])

    # -- one step ------------------------------------------------------------------------------
    def advance(self) -> dict[str, float]:
        """One step of U_e, U_d and of their adversaries; returns the scalars."""
        p, n = self.profile, self.profile.batch
        rng = torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)
        stills = weather(self.source.batch(self.step, n).to(self.device), p.crops, rng)
        boxes = draw_boxes(n, p.crops, rng)
        side = p.channel.sides[int(torch.randint(len(p.channel.sides), (1,), generator=rng))]
        x_true = crop(stills, boxes, side)
        x = resize(x_true, 64)
        noise = torch.rand(n, 1, 64, 64, generator=rng).to(self.device)
        painting = self.step < p.paint_steps
        with torch.autocast(self.device.type, torch.bfloat16):
            y = self.U_e.paint(x, noise)  # type: ignore[operator]
            a = y if painting else self.U_e.hide(x, y)  # type: ignore[operator]
        y, a = y.float(), a.float()
        terms = self._appearance(stills, boxes, x, noise, y, a, rng)
        if not painting:
            terms |= self._restoration(x, x_true, y, a, rng)
        scalars = {k: float(v.detach()) for k, (_, v) in terms.items()}
        self.opt_u.zero_grad(set_to_none=True)
        torch.stack([w * v for w, v in terms.values()]).sum().backward()
        nn.utils.clip_grad_norm_([*self.U_e.parameters(), *self.U_d.parameters()], 5.0)
        self._set_rate()
        self.opt_u.step()
        scalars |= self._adversaries(x, y.detach(), a.detach())
        self.step += 1
        return scalars

    def _set_rate(self) -> None:
        left = max(1 - self.step / self.profile.steps, 0.0)
        for opt, share in ((self.opt_u, 1.0), (self.opt_f, 1.0), (self.opt_a, 1 / 3)):
            for group in opt.param_groups:
                group["lr"] = self.profile.rate * share * min(1.0, 0.05 + 2 * left, (self.step + 1) / 200)

    def _restoration(
        self, x: Tensor, x_true: Tensor, y: Tensor, a: Tensor, rng: torch.Generator
    ) -> dict[str, tuple[float, Tensor]]:
        p = self.profile
        received = transmit(x_true, a, p.channel, rng)
        with torch.autocast(self.device.type, torch.bfloat16):
            r = self.U_d.restore(received)  # type: ignore[operator]
        return {
            "mse": (p.w_mse, losses.L_mse(x, r.float())),
            "hide": (p.w_hide, (a - y).square().mean()),
            "ghost": (p.w_ghost, losses.L_ghost(a - y, x, y)),
        }

    def _appearance(
        self, stills: Tensor, boxes: Tensor, x: Tensor, noise: Tensor, y: Tensor, a: Tensor, rng: torch.Generator
    ) -> dict[str, tuple[float, Tensor]]:
        p = self.profile
        q = max(p.batch // 4, 1)
        moved_boxes, step = nudge(boxes[:q], 3, rng)
        x_moved = crop(stills[:q], moved_boxes, 64)
        other_noise = torch.rand(q, 1, 64, 64, generator=rng).to(noise)
        with torch.autocast(self.device.type, torch.bfloat16):
            again = self.U_e.paint(  # type: ignore[operator]
                torch.cat([x_moved, x[q : 2 * q]]), torch.cat([noise[:q], other_noise])
            ).float()
            scores, features = self.D_f.features(y)  # type: ignore[operator]
            adv = losses.L_adv2(scores.float())
            if a is not y:
                adv = adv + losses.L_adv2(self.D_f(a).float())
            with torch.no_grad():
                _, wanted = self.D_f.features(x)  # type: ignore[operator]
        terms = {
            "adv": (p.w_adv, adv),
            "fm": (p.w_fm, losses.L_fm(wanted, features)),
            "l1": (p.w_l1, F.l1_loss(y, x)),
            "dis": (p.w_dis, losses.L_dis(x, a)),
            "con": (p.w_con, losses.L_con(y[:q], again[:q], step)),
            "div": (p.w_div, losses.L_div(y[q : 2 * q], again[q:], p.enough)),
        }
        if p.w_ano > 0:
            views_x, views_a = self._views(x, a, rng)
            self.D_a.eval()
            with torch.autocast(self.device.type, torch.bfloat16):
                e_x, e_a = self.D_a(views_x).float().detach(), self.D_a(views_a).float()
            terms["ano"] = (p.w_ano, losses.L_ano_cosine(e_x, e_a, p.margin))
        return terms

    def _views(self, x: Tensor, a: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """What the judge sees: two independent crops, flips and blurs of the inner face, so that neither the
        background nor the pixel grid tells it which x belongs to which a."""
        views = []
        profile = CropProfile(shift=0.06, zoom=(0.55, 0.78), turn=0.15)
        for image in (x, a):
            view = crop(image, draw_boxes(len(image), profile, rng), 64)
            if float(torch.rand(1, generator=rng)) < 0.5:
                view = resize(resize(view, int(torch.randint(20, 48, (1,), generator=rng))), 64)
            spread, mean = torch.std_mean(view, (2, 3), keepdim=True)  # light and colour are kept on purpose
            views.append((view - mean) / (spread + 0.03) * 0.25 + 0.5)
        return views[0], views[1]

    def _adversaries(self, x: Tensor, y: Tensor, a: Tensor) -> dict[str, float]:
        rng = torch.Generator().manual_seed(self.seed * 7_000_003 + self.step)
        with torch.autocast(self.device.type, torch.bfloat16):
            fakes = [y] if self.step < self.profile.paint_steps else [y, a]
            scores = self.D_f(torch.cat([x, *fakes])).float()
            loss_f = losses.L_adv1_hinge(scores[: len(x)], scores[len(x) :])
        self.opt_f.zero_grad(set_to_none=True)
        loss_f.backward()
        self.opt_f.step()
        scalars = {"D_f": float(loss_f.detach())}
        if self.profile.w_ano > 0:
            views_x, views_a = self._views(x, a, rng)
            self.D_a.train()
            with torch.autocast(self.device.type, torch.bfloat16):
                e = self.D_a(torch.cat([views_x, views_a])).float()
                loss_a, accuracy = losses.L_judge(e[: len(x)], e[len(x) :], 16.0)
            self.opt_a.zero_grad(set_to_none=True)
            (0.3 * loss_a).backward()
            self.opt_a.step()
            scalars |= {"D_a": float(loss_a.detach()), "D_a_hits": float(accuracy)}
        return scalars


def train(trainer: Trainer, log: Callable[[str], None], *, log_every: int = 50, save_every: int = 250) -> None:
    """Run until the profile's last step, or until SIGTERM, which saves and returns."""
    stopped = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    sums: dict[str, float] = {}
    began, since = time.monotonic(), trainer.step
    while trainer.step < trainer.profile.steps and not stopped:
        for name, value in trainer.advance().items():
            sums[name] = sums.get(name, 0.0) + value / log_every
        if trainer.step % log_every == 0:
            speed = (trainer.step - since) * trainer.profile.batch / (time.monotonic() - began)
            text = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
            log(f"step {trainer.step} {text} | {speed:.0f} images/s")
            sums, began, since = {}, time.monotonic(), trainer.step
        if trainer.step % save_every == 0:
            trainer.save()
    trainer.save()


def with_judge(profile: SeenHiddenProfile, weight: float) -> SeenHiddenProfile:
    """The profile with the learning judge at a weight."""
    return replace(profile, w_ano=weight)
