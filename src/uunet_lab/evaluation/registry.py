"""Every experiment, by name."""

from __future__ import annotations

from typing import Literal

from uunet_lab.evaluation.detection import DETECTION
from uunet_lab.evaluation.experiment import Experiment

Name = Literal["detection"]
"""Names of files of results: frozen."""

EXPERIMENTS: dict[Name, Experiment] = {
    "detection": DETECTION,
}
