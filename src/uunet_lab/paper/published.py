"""Figures that the revised paper prints. Its data are others than ours: they stand beside, not against."""

from __future__ import annotations

from dataclasses import dataclass

SETS = ("BIODI", "MARS", "P-DESTRE")


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean and its standard deviation."""

    mean: float
    sd: float


DETECTION_AP: dict[str, tuple[Spread, Spread, Spread]] = {  # Table II
    "x": (Spread(0.82, 0.02), Spread(0.84, 0.03), Spread(0.63, 0.01)),
    "a": (Spread(0.73, 0.06), Spread(0.75, 0.06), Spread(0.59, 0.10)),
    "superpixels-8": (Spread(0.23, 0.06), Spread(0.21, 0.04), Spread(0.20, 0.04)),
    "superpixels-16": (Spread(0.36, 0.05), Spread(0.32, 0.04), Spread(0.22, 0.05)),
    "blur-5x3": (Spread(0.20, 0.03), Spread(0.19, 0.03), Spread(0.17, 0.02)),
    "blur-7x4": (Spread(0.31, 0.04), Spread(0.27, 0.04), Spread(0.16, 0.06)),
}

CONFIDENCE: dict[str, tuple[float, float, float]] = {  # IV-B
    "x": (0.954, 0.968, 0.918),
    "a": (0.931, 0.930, 0.877),
}
CONFIDENCE_PEARSON = (0.011, 0.023, 0.025)  # IV-B


@dataclass(frozen=True, slots=True)
class Recognition:
    """A decision environment: d' of eq. 14, and AUC."""

    dprime: float
    auc: float


RECOGNITION: dict[str, dict[str, Recognition]] = {  # IV-C
    "MARS": {"x-x'": Recognition(1.885, 0.962), "x-a'": Recognition(0.162, 0.570)},
    "P-DESTRE": {"x-x'": Recognition(0.839, 0.820), "x-a'": Recognition(0.155, 0.568)},
}

DIVERSITY_DPRIME: dict[str, float] = {"MARS": 0.491, "P-DESTRE": 0.329}  # IV-E

CHANGED_AT_MOST = 0.15  # IV-D: share of consecutive frames, MARS and P-DESTRE
KS_P_AT_MOST = 1e-8  # IV-D: the same

SOFT_LABELS: dict[str, tuple[Spread, Spread, Spread]] = {  # Table III
    "gender": (Spread(0.818, 0.096), Spread(0.890, 0.081), Spread(0.803, 0.107)),
    "ethnicity": (Spread(0.702, 0.112), Spread(0.750, 0.099), Spread(0.622, 0.144)),
    "hairstyle": (Spread(0.647, 0.106), Spread(0.663, 0.102), Spread(0.594, 0.118)),
}

POSE: tuple[tuple[Spread, Spread, Spread], ...] = (  # IV-G: yaw, pitch, roll of each set, radians
    (Spread(0.177, 0.091), Spread(0.101, 0.068), Spread(0.021, 0.006)),
    (Spread(0.184, 0.087), Spread(0.120, 0.070), Spread(0.025, 0.005)),
    (Spread(0.140, 0.075), Spread(0.113, 0.055), Spread(0.022, 0.004)),
)
EXPRESSION_AGREEMENT = 0.82  # IV-G: of four classes, over the three sets

IDI: dict[str, float] = {"image model": 0.42, "video model": 0.48}  # JaGAN (2020), table III
