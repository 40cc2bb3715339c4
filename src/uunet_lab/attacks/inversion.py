"""A decoder of somebody's own, trained by asking U_e alone: how near does it come to the owner's U_d?

Whoever has the public model, or a service that runs it, makes pairs x → a of faces of their own and learns
a → x. The network is handed in, so that the attacker may have the owner's architecture, which is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from uunet.geometry import soft_border
from uunet.video import EncodeSettings
from uunet_lab.attacks.asking import Pairs, ask
from uunet_lab.attacks.finding import AttackError, Finding
from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.measuring.judge import Recogniser, auc
from uunet_lab.measuring.mosaic import COLUMNS, MARGIN, ROWS, Image, Mosaic
from uunet_lab.measuring.pair import Pair, psnr, through_codec
from uunet_lab.measuring.results import interval
from uunet_lab.training.channel import code
from uunet_lab.training.devices import descend, draws
from uunet_lab.training.learner import on_device
from uunet_lab.training.parts import parts

CRF = 18
"""H.264, as `deidentify` publishes by default."""

_PER = COLUMNS * ROWS
_NEAR = 1.0  # dB within which a decoder is called as good as the owner's


@dataclass(frozen=True, slots=True)
class InversionProfile:
    """How the attacker trains.

    Attributes:
        pairs: numbers N of queries, each of which gets a decoder of its own.
        steps, batch: of the training, the same for each N.
        rate: Adam's; it falls to nothing over the steps.
        coded: share of the batches that go through a proxy of H.264, so that published files restore too.
        held_out: faces on which all are measured, of people who are in no pair.
    """

    pairs: tuple[int, ...] = (100, 1000, 10_000)
    steps: int = 600
    batch: int = 8
    rate: float = 2e-3
    coded: float = 0.3
    held_out: int = 140


FULL = InversionProfile()
QUICK = InversionProfile(pairs=(100,), steps=60, held_out=70)


def inversion(
    fabric: Fabric,
    faces: FaceSet,
    pair: Pair,
    make: Callable[[], nn.Module],
    *,
    profile: InversionProfile = FULL,
    seed: int = 1,
    judge: Recogniser | None = None,
) -> Finding:
    """Train a decoder from N queries of U_e, for several N, and measure it beside the owner's.

    Args:
        fabric: devices and precision.
        faces: a packed set: the attacker's faces are of its training part, the measured ones of the other.
        pair: the models under attack; the attacker asks `pair.swapper` alone.
        make: a new network with a method `restore`: (B, 3, 64, 64) in [0, 1] → the same, not cut.
        profile: how.
        seed: of rows, weights and draws.
        judge: a recogniser; None leaves AUCs out.

    Raises:
        AttackError: fewer faces than queries, or none to measure on.
        DatasetError: the set can't be parted.
    """
    learnt, unseen = parts(faces)
    if max(profile.pairs) > len(learnt):
        raise AttackError(
            f"{max(profile.pairs)} queries want as many faces, the training part has {len(learnt)}",
            "give fewer --pairs, or a larger set",
        )
    rows = np.random.default_rng(seed).permutation(learnt)[: max(profile.pairs)]
    known = ask(pair.swapper, [np.asarray(faces.images[i]) for i in rows], seed)
    shown = _shown(pair, [np.asarray(faces.images[i]) for i in unseen[: profile.held_out]])
    nets = {
        str(n): _train(fabric, Pairs(known.x[:n], known.a[:n]), make, profile, seed) for n in profile.pairs
    }
    decoders: dict[str, Callable[[Sequence[Image]], list[Image]]] = {
        "published": list,
        "owner": lambda images: _pasted(images, pair.restorer.restore([_to_unit(a) for a in images])),
    }
    decoders |= {name: _decoder(fabric, net) for name, net in nets.items()}
    metrics: dict[str, Any] = {
        "queries": list(profile.pairs),
        "steps": profile.steps,
        "batch": profile.batch,
        "pairs_seen": {str(n): _seen(n, profile, seed) for n in profile.pairs},
        "faces": len(shown["x"]),
        "model": pair.swapper.card.sha256,
    }
    restored = {
        name: {way: decode(shown[way]) for way in ("clean", f"h264_crf{CRF}")}
        for name, decode in decoders.items()
    }
    metrics["decoders"] = _measured(shown["x"], restored, judge)
    what = f"{len(shown['x'])} held-out faces of {faces.origin or 'a set'}"
    return Finding(
        "a decoder trained by asking U_e alone",
        what,
        metrics,
        verdict_on(metrics["decoders"]) + _in_all(metrics),
    )


def _in_all(metrics: dict[str, Any]) -> str:
    """How much of what was asked the training took notice of."""
    most = max(metrics["queries"])
    seen = metrics["pairs_seen"][str(most)]
    return (
        f" In {metrics['steps']} steps of {metrics['batch']} a decoder meets {seen} of {most} pairs: what "
        "more steps would get is not measured."
    )


def _shown(pair: Pair, stills: Sequence[Image]) -> dict[str, list[Image]]:
    """Held-out faces: raw, published without a codec, and as `deidentify` publishes them."""
    if not stills:
        raise AttackError("the set has no held-out face", "give a larger set")
    shown: dict[str, list[Image]] = {"x": [], "clean": [], f"h264_crf{CRF}": []}
    for begin in range(0, len(stills), _PER):
        x = Mosaic.of(stills[begin : begin + _PER], MARGIN)
        shown["x"] += x.faces()
        shown["clean"] += pair.mask(x, begin).faces()
        shown[f"h264_crf{CRF}"] += through_codec(x, pair, EncodeSettings(crf=CRF)).faces()
    return shown


def _train(
    fabric: Fabric, known: Pairs, make: Callable[[], nn.Module], profile: InversionProfile, seed: int
) -> nn.Module:
    torch.manual_seed(seed)
    net = make()
    on_device(fabric, net)
    opt = torch.optim.Adam(net.parameters(), profile.rate, (0.9, 0.99))
    for step, (x, a) in enumerate(_batches(known, profile, seed)):
        left = 1 - step / profile.steps
        for group in opt.param_groups:
            group["lr"] = profile.rate * min(left * 1.5, (step + 1) / 30, 1.0)
        with fabric.autocast():
            r = _restore(net)(a.to(fabric.device))
        error = (r.float() - x.to(fabric.device)).square().mean((1, 2, 3))
        descend(fabric, opt, error.add(1e-4).log().mean(), clip=5.0)  # 1 dB weighs the same everywhere
    return net.eval()


def _rows(count: int, profile: InversionProfile, rng: torch.Generator) -> Codes:
    return torch.randint(count, (profile.batch,), generator=rng).numpy()


def _seen(count: int, profile: InversionProfile, seed: int) -> int:
    """How many of the pairs come up at all in so many steps."""
    return len({int(row) for k in range(profile.steps) for row in _rows(count, profile, draws(seed, k, 0))})


def _batches(known: Pairs, profile: InversionProfile, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """x and a, (batch, 3, 64, 64) in [0, 1]; some of a coded and decoded."""
    for step in range(profile.steps):
        rng = draws(seed, step, 0)
        rows = _rows(len(known.x), profile, rng)
        x, a = (_tensor(images[rows]) for images in (known.x, known.a))
        chance, strength, zone = torch.rand(3, generator=rng).tolist()
        if chance < profile.coded:
            offset = torch.randint(0, 8, (2,), generator=rng) * 2
            a = code(a, 10 + 16 * strength, (int(offset[0]), int(offset[1])), 1 / 6 + zone / 6)
        yield x, a


def _restore(net: nn.Module) -> Callable[[Tensor], Tensor]:
    return cast("Callable[[Tensor], Tensor]", net.restore)


def _decoder(fabric: Fabric, net: nn.Module) -> Callable[[Sequence[Image]], list[Image]]:
    def decode(images: Sequence[Image]) -> list[Image]:
        found = []
        for begin in range(0, len(images), _PER):
            a = _tensor(np.stack(images[begin : begin + _PER])).to(fabric.device)
            with torch.no_grad():
                r = _restore(net)(a).float().cpu().numpy()
            found += list(r.transpose(0, 2, 3, 1))
        return _pasted(images, found)

    return decode


def _tensor(images: npt.NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32) / 255)


def _to_unit(image: Image) -> npt.NDArray[np.float32]:
    return image.astype(np.float32) / np.float32(255)


def _pasted(published: Sequence[Image], restored: Sequence[npt.NDArray[np.float32]]) -> list[Image]:
    """What stands in the frame in the end: `unmask` lays r over a with the soft border."""
    side = published[0].shape[0]
    border = soft_border(side, side)[:, :, None]
    laid = (_to_unit(a) + border * (r - _to_unit(a)) for a, r in zip(published, restored, strict=True))
    return [np.rint(image.clip(0, 1) * 255).astype(np.uint8) for image in laid]


def _measured(
    x: list[Image], restored: dict[str, dict[str, list[Image]]], judge: Recogniser | None
) -> dict[str, Any]:
    """PSNR of each decoder, how far it lies from the owner's, and how well a recogniser knows its faces."""
    described = judge.describe(x) if judge else None
    found: dict[str, Any] = {}
    for name, ways in restored.items():
        found[name] = {}
        for way, images in ways.items():
            found[name][f"psnr_{way}"] = interval(psnr(x, images))
            difference = psnr(x, images) - psnr(x, restored["owner"][way])
            found[name][f"psnr_{way}_beside_owner"] = interval(difference)
        if judge is not None and described is not None:
            found[name]["auc_x_clean"] = round(auc(described, judge.describe(ways["clean"])), 3)
    return found


def verdict_on(decoders: dict[str, Any]) -> str:
    """What the figures say, in plain words: of the fewest queries, and of those that restored best."""
    published, owner = (decoders[name]["psnr_clean"]["mean"] for name in ("published", "owner"))
    tried = {int(name): row for name, row in decoders.items() if name.isdecimal()}
    said = [f"The owner's U_d restores {owner:.1f} dB, where what is published has {published:.1f}."]
    for n in sorted({min(tried), max(tried)}):
        psnr_n = tried[n]["psnr_clean"]["mean"]
        near = "as well as the owner's" if psnr_n > owner - _NEAR else f"{owner - psnr_n:.1f} dB less well"
        known = f", AUC x ↔ r {tried[n]['auc_x_clean']}" if "auc_x_clean" in tried[n] else ""
        said.append(f"A decoder trained from {n} queries of U_e restores {psnr_n:.1f} dB{known}: {near}.")
    if owner - published < _NEAR:
        return " ".join([*said, "There is hardly anything that U_d could restore."])
    gain = (max(row["psnr_clean"]["mean"] for row in tried.values()) - published) / (owner - published)
    said.append(
        f"That is {gain:.0%} of what the owner gains: "
        + ("whoever can ask U_e needs no U_d." if gain > 0.5 else "this training did not open the file.")
    )
    return " ".join(said)
