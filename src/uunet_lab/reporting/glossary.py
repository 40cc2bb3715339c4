"""What the terms on the page mean, for whoever has to decide by it and has not read the papers."""

from __future__ import annotations

from uunet_lab.reporting.facts import text

TERMS = {
    "MTCNN, CenterFace": "face detectors: MTCNN is the paper's, CenterFace is of the make of the "
    "program's own.",
    "dlib's recogniser": "a face recogniser off the shelf, which took no part in any training here.",
    "AUC": "how often a judge is right that has to choose between a right and a wrong answer: 1 (100%) "
    "always, .5 by guessing.",
    "d′": "how far two heaps of scores lie apart, in widths of theirs (the paper's eq. 14); 0: not at all.",
    "genuine, impostor": "pairs of images of one person, and of two people.",
    "TAR at FAR": "the share of right people who are let in, where this share of strangers is let in too.",
    "rank 1, rank 10": "how often the right person is the nearest one of all who are known, or among "
    "the ten nearest.",
    "AP": "average precision: 1 if every face is found, each with more confidence than whatever is no face.",
    "PSNR": "how near a picture comes to the original, in decibels, more is nearer: 30 looks alike, 20 "
    "is rough, and about what a replaced face has that nobody restored. Each 6 dB halve the error.",
    "SSIM": "how alike two pictures are in structure; 1 is the same.",
    "LPIPS": "how different two pictures look to people, as a network learnt it from their answers; 0 is "
    "the same, less is better.",
    "GMSD": "how differently the edges of two pictures change; 0 is the same, less is better.",
    "sharpness": "the energy of a picture's finest detail, as a share of the raw face's: less than 1 is "
    "blur, more is grain.",
    "ΔE": "how different two colours look, in L*a*b*; 2 is just visible.",
    "rad": "an angle: .1 rad are 6 degrees. Yaw is the head's turn, pitch its nod, roll its tilt.",
    "KS": "of Kolmogorov and Smirnov: the largest difference between two distributions; beside it p, "
    "the chance of one as large if there were no difference.",
    "IdI": "how steady a face's identity is within a track, beside raw video (JaGAN): 1 is as steady, 0 "
    "not at all.",
    "warping error": "what changes from frame to frame though nothing moved: flicker.",
    "Pearson": "a coefficient of correlation: 1 if one figure follows the other, 0 if they have nothing "
    "to do with one another.",
    "interval": "in which the figure lies in 95 of 100 cases: what is measured is measured again on "
    "people drawn anew from those who were measured (bootstrap); of attacks on files, on windows or "
    "clips; ± is half of one.",
    "track, tracklet": "one face through the frames of a video; session: another recording, or another "
    "photograph.",
    "virtual person": "whom a replaced face shows: nobody, the same in all frames of a track.",
    "soft label": "what many people share: gender, ethnicity, hair. D_a, a matcher: a net that says "
    "whether two faces share one.",
    "H.264 23, JPEG 2, again": "how a video is encoded, and with which loss: a larger number is more "
    "loss; again: what was published is encoded once more, by others.",
    "message, window": "what a public file says of where its replaced regions are, beside the pictures "
    "and in the pixels; a window, mostly 48 frames, has one.",
    "reader, verdict": "the program that reads messages, and what it says of a frame: OK, or what is "
    "wrong; OK is no proof that a message is genuine.",
    "K_roi": "the key under which messages are made; it follows from the public model and is no secret.",
    "U_e, U_d": "the public model, which replaces faces, and the private one, which restores them.",
    "sealed originals": "with `--to`, a public file carries the originals of its regions, encrypted for "
    "the keys that were named; nobody else opens them.",
    "held out": "of a set on which a pair learnt: people whom its training never saw. intra, cross: "
    "measured on these; on another set.",
    "ω, δ_gp": "weights of the terms of the loss, and of the gradient's penalty, in the paper's training.",
}


def glossary() -> str:
    """All terms, as a list of definitions."""
    return (
        "<dl>"
        + "".join(f"<dt>{text(term)}</dt><dd>{text(means)}</dd>" for term, means in TERMS.items())
        + "</dl>"
    )
