"""Plain words under comparisons of trainings."""

from __future__ import annotations

from typing import Any

from uunet_lab.reporting.telling import Words, told


def _ablations(m: dict[str, Any]) -> str:
    variants = m["variants"]
    gone = [name for name, found in variants.items() if found["diverged"]]
    trained = f"{len(variants)} trainings of {m['steps']} steps, each with one weight changed"
    return f"{trained}; {', '.join(gone) + ' diverged' if gone else 'none diverged'}."


def _resolution(m: dict[str, Any]) -> str:
    least, most = (str(side) for side in m["sides"])
    parts = []
    for domain, trained in m["domains"].items():
        gone = [side for side in (least, most) if trained[side]["diverged"]]
        if gone:
            parts.append(f"{domain}: the training of {' and that of '.join(gone)} pixels diverged")
            continue
        small, large = (told(trained[side][f"psnr_{most}"], ".1f") for side in (least, most))
        sharp = [told(trained[side][f"sharp_r_{most}"]) for side in (least, most)]
        parts.append(
            f"{domain}, seen at {most} pixels: r comes to {small} dB from the training of {least} pixels, to "
            f"{large} dB from that of {most}, with {sharp[0]} and {sharp[1]} of the raw face's finest detail"
        )
    return f"two trainings of {m['steps']} steps; " + "; ".join(parts) + "."


ABLATIONS = Words(
    "preserves",
    "What does each part of the training do? (Fig. 14)",
    "Each row is a training in which one term of the loss weighs a tenth (or δ_gp ten times): what "
    "changes against the unchanged one is what the term is good for. Short runs; the paper shows faces, "
    "no figures.",
    _ablations,
)

RESOLUTION = Words(
    "restores",
    "Do more pixels help on footage of another kind? (Fig. 15)",
    "Two trainings that are alike but for the size of their images, as many steps each, on people whom they "
    "never saw, then on other footage. The paper looked at faces, and found that footage like one's own is "
    "worth more than pixels. Here runs are short; dashes show what is left of the raw face itself if it is "
    "shrunk to the smaller size: no training of that size can restore more. Detail is the energy of the "
    "Laplacian: grain counts too.",
    _resolution,
)
