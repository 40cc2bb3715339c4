"""The figures of Fig. 7, 10 and 11: virtual identities in time, over sessions and under fresh noise."""

from __future__ import annotations

from collections.abc import Sequence

from uunet_lab.paper.published import CHANGED_AT_MOST, DIVERSITY_DPRIME, IDI, KS_P_AT_MOST
from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.tables import NONE, Table, figure, number

DIVERSITY = {
    "x-x'": "two sessions, raw",
    "a-a'": "two sessions, replaced",
    "a-a' of one image": "one image, replaced with other noise",
}


def consistency_table(results: Sequence[Measured]) -> Table:
    """Frames of one sequence against other people, raw and replaced."""
    rows: list[tuple[str, ...]] = []
    for result in of(results, "consistency"):
        for kind, text in (("x", "raw"), ("a", "replaced")):
            found = result.metrics[kind]
            environment, test = found["environment"], found["ks"]
            rows.append(
                (
                    f"{result.name}: {text}",
                    figure(environment["dprime"]),
                    figure(environment["auc"]),
                    number(test["statistic"]),
                    _probability(test["p"]),
                    figure(found["changed"]),
                    NONE if kind == "x" else figure(result.metrics["idi"][kind]),
                    figure(result.metrics["warping"][kind], 5),
                )
            )
        still = (figure(result.metrics["idi"]["r"]), figure(result.metrics["warping"]["r"], 5))
        rows.append((f"{result.name}: restored", *([NONE] * 5), *still))
    p, changed = f"≤ {KS_P_AT_MOST:.0e}", f"≤ {number(CHANGED_AT_MOST)}"
    rows.append(("paper: MARS, P-DESTRE: replaced", NONE, NONE, NONE, p, changed, NONE, NONE))
    rows += [(f"JaGAN: {name}", *([NONE] * 5), number(value), NONE) for name, value in IDI.items()]
    return Table(
        "fig7-consistency",
        "Frames of one sequence against other people (Fig. 7); share of consecutive frames that change "
        "identity; IdI of JaGAN (1: as steady as raw video); warping error, which is no motion of the scene",
        ("faces", "d′", "AUC", "KS", "p", "changed", "IdI", "warping error"),
        tuple(rows),
    )


def _probability(value: float) -> str:
    """Of a test; one that is smaller than any number is said to be."""
    return f"{value:.0e}" if value > 0 else "< 1e-300"


def diversity_table(results: Sequence[Measured]) -> Table:
    """Sessions of one person, and one image under other noise, against other people."""
    rows = []
    for result in of(results, "diversity"):
        for name, text in DIVERSITY.items():
            found = result.metrics[name]
            figures = [figure(found[key]) for key in ("dprime", "auc")]
            rows.append((f"{result.name}: {text}", *figures, f"{found['genuine']}, {found['impostor']}"))
    replaced = DIVERSITY["a-a'"]
    rows += [
        (f"paper: {faces}: {replaced}", number(dprime), NONE, NONE)
        for faces, dprime in DIVERSITY_DPRIME.items()
    ]
    return Table(
        "fig10-diversity",
        "Two sessions of one person against other people (Fig. 10): the lower, the less links sessions",
        ("faces", "d′", "AUC", "genuine, impostor pairs"),
        tuple(rows),
    )


def reversibility_table(results: Sequence[Measured]) -> Table:
    """Variation under fresh noise and quality of r; the paper gives pictures of it, no figures."""
    rows = []
    for result in of(results, "reversibility"):
        found = result.metrics
        rows.append(
            (
                result.name,
                *(number(found["residuals"][name]["sd"]) for name in ("a-a'", "r-r'")),
                *(figure(found["identity"][name]["same_person"]) for name in ("a-a'", "r-r'", "x-r")),
                figure(found["psnr"], 1),
                figure(found["ssim"]),
                figure(found["ssim_gaussian"]) if "ssim_gaussian" in found else NONE,
                figure(found["gmsd"]),
                *(figure(found[name]) if name in found else NONE for name in ("lpips", "lpips_x_a")),
            )
        )
    return Table(
        "fig11-reversibility",
        "Fresh noise: sd of residuals (range 0 to 1), and share of faces that stay one person for dlib's "
        "recogniser; PSNR (dB), SSIM in two windows, GMSD and LPIPS (less is better) of restored faces, no "
        "codec between, and LPIPS of replaced ones (Fig. 11; the paper prints none)",
        (
            "faces",
            "sd a – a′",
            "sd r – r′",
            "a, a′ one",
            "r, r′ one",
            "x, r one",
            "PSNR",
            "SSIM 7×7",
            "SSIM σ 1.5",
            "GMSD",
            "LPIPS",
            "LPIPS x – a",
        ),
        tuple(rows),
    )
