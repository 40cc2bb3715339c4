"""The profile that ships: lengths, rates, weights and widths of its training."""

from __future__ import annotations

from dataclasses import dataclass, field

from uunet_lab.training.augment import TRAINING, CropProfile
from uunet_lab.training.channel import SURVEILLANCE, ChannelProfile


@dataclass(frozen=True, slots=True)
class SeenHiddenProfile:
    """The profile that ships: what is seen and what is hidden are made by two networks, one after the other.

    Departures from the paper's profile, each for a reason that was measured:
    - U_e in two stages (`SeenHiddenEncoder`), since one U-Net with D_a as its only judge keeps the face;
    - the painter G is taught surrogate faces (`surrogates`) instead of fighting D_a: a judge that kept
      learning found the pose in whatever G painted and so forced it to deform the face, which detectors
      (.85 of the faces found) and people noticed. What G is told cannot tell who it paints;
    - first G learns, then H and U_d with G frozen: together, the adversaries held H at δ = 0 (mean square
      error of r .0046 after 500 steps; alone .0029 after 200);
    - a channel between U_e and U_d, since content trained with rounding only dies in the first codec;
    - hinge loss instead of WGAN-GP, whose second backward pass costs a third more.

    Attributes:
        paint_steps, hide_steps: lengths of the two phases.
        plain_steps: of the first phase, how many G learns before D_f joins in; then D_f has a third of them
            to learn what a face is.
        batch: images a step.
        rate, rate_d: Adam's, of the observer and G (half of it beside D_f), and of D_f.
        rate_hiding: of H and U_d.
        w_l1, w_sim: how near y is to its surrogate, by difference and by SSIM; w_fm, w_adv, w_con: the other
            terms of the first phase.
        w_psnr, w_ssim: weights of the terms of the second phase.
        w_hide, w_face: of what δ changes, and of what it changes in the eyes of D_f, so that a detector still
            finds the face. Hiding begins lightly constrained, since H gives up if it must be invisible before
            U_d can read: a run whose w_face was 8 from its first step had δ = 0 after 100 steps, and still
            after 4,500. See `ramp`.
        seen_base, restorer_base: widths of H and U_d.
    """

    paint_steps: int = 6000
    hide_steps: int = 12_000
    plain_steps: int = 1500
    batch: int = 32
    rate: float = 1e-3
    rate_d: float = 2e-4
    rate_hiding: float = 1e-3
    w_l1: float = 5.0
    w_sim: float = 0.6
    w_fm: float = 1.0
    w_adv: float = 0.15
    w_con: float = 3.0
    w_psnr: float = 0.12
    w_ssim: float = 3.0
    w_hide: tuple[float, float] = (6.0, 170.0)
    w_face: tuple[float, float] = (0.0, 8.0)
    seen_base: int = 48
    restorer_base: int = 64
    crops: CropProfile = field(default_factory=lambda: TRAINING)
    channel: ChannelProfile = field(default_factory=lambda: SURVEILLANCE)

    @property
    def steps(self) -> int:
        """Of both phases together."""
        return self.paint_steps + self.hide_steps


def ramp(weight: tuple[float, float], done: float) -> float:
    """A weight of the second phase, of which the share `done` is over: light in the first quarter, full from
    half of it on, in between a straight line."""
    light, full = weight
    return light + (full - light) * min(max(4 * done - 1, 0.0), 1.0)


SEEN_HIDDEN = SeenHiddenProfile()
