"""What the terms on the page mean, for whoever has to decide by it and has not read the papers."""

from __future__ import annotations

from uunet_lab.reporting.facts import text

TERMS = {
    "AUC": "how often a judge is right that has to choose between a right and a wrong answer: 1 (100%) "
    "always, .5 by guessing.",
    "d′": "how far two heaps of scores lie apart, in widths of theirs (the paper's eq. 14); 0: not at all.",
    "TAR at FAR": "the share of right people who are let in, where this share of strangers is let in too.",
    "rank 1, rank 10": "how often the right person is the nearest one of all who are known, or among the "
    "ten nearest.",
    "AP": "average precision: 1 if every face is found, each with more confidence than whatever is no face.",
    "PSNR": "how near a picture comes to the original, in decibels: 30 looks alike, 20 is rough. Each 6 "
    "dB halve the error.",
    "SSIM": "how alike two pictures are in structure; 1 is the same.",
    "GMSD": "how differently the edges of two pictures change; 0 is the same, less is better.",
    "ΔE": "how different two colours look, in L*a*b*; 2 is just visible.",
    "KS": "of Kolmogorov and Smirnov: the largest difference between two distributions; beside it p, the "
    "chance of one as large if there were no difference.",
    "IdI": "how much a face's identity changes within a track, beside raw video (JaGAN): 1 is as steady.",
    "warping error": "what changes from frame to frame though nothing moved: flicker.",
    "Pearson": "a coefficient of correlation: 1 if one figure follows the other, 0 if they have nothing "
    "to do with one another.",
    "bootstrap": "the measurement repeated on people drawn anew from those who were measured; 95% of the "
    "values lie in the interval.",
    "U_e, U_d": "the public model, which replaces faces, and the private one, which restores them.",
    "intra, cross": "a pair of models on people of the set that it learnt on, none of whom it saw; and "
    "on another set.",
    "ω, δ_gp": "weights of the terms of the loss, and of the gradient's penalty, in the paper's training.",
    "window": "a stretch of frames, mostly 48, over which one message is spread in the pixels.",
    "K_roi": "the key under which messages say where regions are; it follows from the public model and "
    "is no secret.",
}


def glossary() -> str:
    """All terms, as a list of definitions."""
    return (
        "<dl>"
        + "".join(f"<dt>{text(term)}</dt><dd>{text(means)}</dd>" for term, means in TERMS.items())
        + "</dl>"
    )
