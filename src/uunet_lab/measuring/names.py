"""Names of experiments: of their files of results, and on the command line. Frozen."""

from __future__ import annotations

from typing import Literal

Name = Literal[
    "detection",
    "detection_mtcnn",
    "recognition",
    "recognition_trained",
    "consistency",
    "soft_labels",
    "embedding",
    "diversity",
    "reversibility",
    "scene",
    "groups",
    "channel",
]
