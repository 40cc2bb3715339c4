"""Phase 2 of the profile that ships: trains U_e and U_d."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.datasets.index import Origin
from uunet_lab.methods.uunet import losses
from uunet_lab.methods.uunet.networks import PatchDiscriminator, Restorer, SeenHiddenEncoder
from uunet_lab.methods.uunet.painter import CODE, Observation, code_of
from uunet_lab.methods.uunet.profile import SeenHiddenProfile, ramp
from uunet_lab.methods.uunet.sources import FaceSource
from uunet_lab.training.augment import crop, draw_boxes, inside, nudge, weather
from uunet_lab.training.channel import resize, transmit
from uunet_lab.training.devices import descend, draws, share_of
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.learner import Learner, on_device, pick

METHOD = "seen-hidden"


_GUIDED = 600
"""Steps in which G is shown the true landmarks, since the observer does not know them yet."""


class SeenHiddenTraining(Learner):
    """A run of the profile that ships.

    Args:
        fabric: devices.
        source: the training faces.
        profile: sizes and weights.
        seed: of the weights and all draws.
        origin: the set that `source` draws from.
    """

    def __init__(
        self,
        fabric: Fabric,
        source: FaceSource,
        profile: SeenHiddenProfile,
        seed: int,
        origin: Origin | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.source, self.profile, self.seed = source, profile, seed
        self._share = share_of(profile.batch, fabric)
        encoder, restorer = _pair(profile.seen_base, profile.restorer_base, source.kept)
        discriminator = PatchDiscriminator()
        nets = nn.ModuleDict({"U_e": encoder, "U_d": restorer, "D_f": discriminator})
        on_device(fabric, nets)
        self.U_e, self.U_d, self.D_f = encoder, restorer, discriminator
        hiders = [*encoder.hidden.parameters(), *restorer.parameters()]
        opts = {
            "O": torch.optim.Adam(encoder.observer.parameters(), profile.rate, fused=True),
            "G": torch.optim.Adam(encoder.painter.parameters(), profile.rate, (0.7, 0.99), fused=True),
            "H": torch.optim.Adam(hiders, profile.rate_hiding, (0.9, 0.99), fused=True),
            "D_f": torch.optim.Adam(discriminator.parameters(), profile.rate_d, (0.5, 0.99), fused=True),
        }
        self.kept = {name: list(values) for name, values in source.kept.items()}
        kind = {"method": METHOD, "kept": self.kept, "seed": seed}
        super().__init__(fabric, kind, profile, nets, opts, origin=origin)

    def take_painter(self, state: dict[str, Any]) -> None:
        """Begin with the second phase: O, G and D_f of another run, H and U_d as they are.

        Args:
            state: of a run of this method whose first phase is over.

        Raises:
            TrainingError: it painted other labels, or learnt from another set.
        """
        self.refuse_another_set(state)
        if state["kept"] != self.kept:
            raise TrainingError(
                f"the painter keeps {_listed(state['kept'])}, this run {_listed(self.kept)}",
                f"give --keep {','.join(state['kept'])}" if state["kept"] else 'give --keep ""',
            )
        painted = ("U_e.observer.", "U_e.painter.", "D_f.")
        theirs = {name: value for name, value in state["nets"].items() if name.startswith(painted)}
        self.nets.load_state_dict(self.nets.state_dict() | theirs)
        self.step = self.profile.paint_steps

    def advance(self) -> dict[str, float]:
        """One step of the phase that it is in; returns the scalars."""
        rng = draws(self.seed, self.step, self.fabric.global_rank)
        painting = self.step < self.profile.paint_steps
        scalars = self._paint(rng) if painting else self._hide(rng)
        self.step += 1
        return scalars

    def _turn(self) -> int:
        return self.step * self.fabric.world_size + self.fabric.global_rank

    def _paint(self, rng: torch.Generator) -> dict[str, float]:
        """Phase 1: the observer learns what there is to see, G the surrogate, D_f to tell G's faces."""
        p, device = self.profile, self.fabric.device
        faces = self.source.paired(self._turn(), self._share)
        as_before = rng.get_state()
        stills = weather(faces.stills.to(device), p.crops, rng)
        rng.set_state(as_before)
        surrogates = weather(faces.surrogates.to(device), p.crops, rng)
        boxes = draw_boxes(self._share, p.crops, rng)
        x, wanted = crop(stills, boxes, 64), crop(surrogates, boxes, 64)
        z = torch.randn(self._share, CODE, generator=rng)
        z[:, : faces.look.shape[1]] = faces.look
        truth = Observation(
            inside(faces.points, boxes).to(device), faces.labels.to(device), faces.mouth.to(device)
        )
        z, wanted = z.to(device), x + self.U_e.mask * (wanted - x)
        with self.fabric.autocast():
            seen = self.U_e.observer(x)
        seen = Observation(seen.points.float(), seen.labels.float(), seen.mouth.float())
        scalars = self._descend("O", self._observed(seen, truth))
        told = truth.points if self.step < _GUIDED else seen.points.detach()
        seen = Observation(told, seen.labels.detach(), seen.mouth.detach())
        with self.fabric.autocast():
            y = self.U_e.paint(x, z, seen)
        y = y.float()
        terms = {"l1": (p.w_l1, F.l1_loss(y, wanted)), "sim": (p.w_sim, losses.L_ssim(wanted, y))}
        watched = self.step >= p.plain_steps
        if watched:
            terms |= self._appearance(y, wanted) | self._still(stills, boxes, y, z, rng)
        scalars |= self._descend("G", terms)
        self.seen = x, wanted, y
        if watched or self.step >= p.plain_steps * 2 // 3:
            scalars |= self._criticise(x, y.detach())
        return scalars

    def _observed(self, seen: Observation, truth: Observation) -> dict[str, tuple[float, Tensor]]:
        """How well the observer sees: landmarks in shares of the region, labels, expression."""
        terms = {
            "points": (8.0, F.l1_loss(seen.points, truth.points)),
            "mouth": (0.05, F.smooth_l1_loss(seen.mouth, truth.mouth)),
        }
        for i, (name, logits) in enumerate(
            zip(self.source.kept, torch.split(seen.labels, self.U_e.observer.classes, 1), strict=True)
        ):
            known = truth.labels[:, i]
            terms[name] = (
                0.15,
                F.cross_entropy(logits, known, ignore_index=-1, reduction="sum") / len(known),
            )
        return terms

    def _appearance(self, y: Tensor, wanted: Tensor) -> dict[str, tuple[float, Tensor]]:
        with self.fabric.autocast():
            scores, features = self.D_f.features(y)
            with torch.no_grad():
                _, of_wanted = self.D_f.features(wanted)
        return {
            "adv": (self.profile.w_adv, losses.L_adv2(scores.float())),
            "fm": (self.profile.w_fm, losses.L_fm(of_wanted, features)),
        }

    def _still(
        self, stills: Tensor, boxes: Tensor, y: Tensor, z: Tensor, rng: torch.Generator
    ) -> dict[str, tuple[float, Tensor]]:
        """The same z in a displaced box: the same face."""
        quarter = max(self._share // 4, 1)
        moved, step = nudge(boxes[:quarter], 3, rng)
        x = crop(stills[:quarter], moved, 64)
        with self.fabric.autocast():
            with torch.no_grad():
                seen = self.U_e.observer(x)
            again = self.U_e.paint(x, z[:quarter], seen)
        return {"con": (self.profile.w_con, losses.L_con(y[:quarter], again.float(), step))}

    def _criticise(self, x: Tensor, y: Tensor) -> dict[str, float]:
        with self.fabric.autocast():
            scores = self.D_f(torch.cat([x, y])).float()
        loss = losses.L_adv1_hinge(scores[: len(x)], scores[len(x) :])
        return self._descend("D_f", {"D_f": (1.0, loss)})

    def _hide(self, rng: torch.Generator) -> dict[str, float]:
        """Phase 2: H and U_d through the channel, G frozen."""
        p = self.profile
        x_true, x, z = self._draw(rng)
        with self.fabric.autocast():
            with torch.no_grad():
                y = self.U_e.paint(x, z)
            a = self.U_e.hide(x, y)
        y, a = y.float(), a.float()
        received = transmit(x_true, a, p.channel, rng)
        self.D_f.requires_grad_(False)
        with self.fabric.autocast():
            r = self.U_d.restore(received)
            _, shown = self.D_f.features(a)
            with torch.no_grad():
                _, painted = self.D_f.features(y)
        self.seen = x, a, r
        done = (self.step - p.paint_steps) / p.hide_steps
        terms = {
            "psnr": (p.w_psnr, losses.L_psnr(x, r.float())),
            "ssim": (p.w_ssim, losses.L_ssim(x, r.float())),
            "hide": (ramp(p.w_hide, done), losses.L_hide(a - y)),
            "face": (ramp(p.w_face, done), losses.L_fm(painted, shown)),
        }
        return self._descend("H", terms)

    def _draw(self, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Regions at their true size and at 64 px, and the codes of their tracks."""
        p, count = self.profile, self._share
        stills = weather(self.source.stills(self._turn(), count).to(self.fabric.device), p.crops, rng)
        boxes = draw_boxes(count, p.crops, rng)
        side = p.channel.sides[int(torch.randint(len(p.channel.sides), (1,), generator=rng))]
        x_true = crop(stills, boxes, side)
        noise = torch.rand(count, 1, 64, 64, generator=rng).to(self.fabric.device)
        return x_true, resize(x_true, 64), code_of(noise)

    def _descend(self, name: str, terms: dict[str, tuple[float, Tensor]]) -> dict[str, float]:
        """One step of one optimiser on a weighted sum; returns the terms without their weights."""
        opt, p = self.opts[name], self.profile
        painting = self.step < p.paint_steps
        done = self.step if painting else self.step - p.paint_steps
        left = 1 - done / (p.paint_steps if painting else p.hide_steps)
        beside_critic = p.rate / 2 if self.step >= p.plain_steps else p.rate
        rate = {"H": p.rate_hiding, "D_f": p.rate_d, "G": beside_critic}.get(name, p.rate)
        for group in opt.param_groups:
            group["lr"] = rate * min(1.0, 0.03 + 1.5 * left, (done + 1) / 100)
        loss = torch.stack([weight * term for weight, term in terms.values()]).sum()
        descend(self.fabric, opt, loss, clip=5.0 if name in ("G", "H") else None)
        return {key: float(term.detach()) for key, (_, term) in terms.items()}


def _pair(
    seen_base: int, restorer_base: int, kept: Mapping[str, Sequence[str]]
) -> tuple[SeenHiddenEncoder, Restorer]:
    classes = [len(values) for values in kept.values()]
    return SeenHiddenEncoder(seen_base, classes), Restorer(restorer_base)


def painted_steps(state: Mapping[str, Any]) -> int:
    """How long the painter of a run has learnt.

    Raises:
        TrainingError: the run is of another method, or its first phase is not over.
    """
    if state.get("method") != METHOD:
        raise TrainingError("the painter's run is of another profile", f"name a run of --profile {METHOD}")
    wanted, done = int(state["profile"]["paint_steps"]), int(state["step"])
    if done < wanted:
        raise TrainingError(
            f"the painter has learnt {done} of {wanted} steps",
            "let that run go on before",
        )
    return wanted


def _listed(kept: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name} ({', '.join(values)})" for name, values in kept.items()) or "no labels"


def load_seen_hidden(state: dict[str, Any]) -> tuple[SeenHiddenEncoder, Restorer]:
    """U_e and U_d of a checkpoint of this method, with the sizes that it says, in eval mode."""
    profile = state["profile"]
    U_e, U_d = _pair(profile["seen_base"], profile["restorer_base"], state["kept"])
    pick(state, "U_e", U_e)
    pick(state, "U_d", U_d)
    return U_e, U_d
