"""UU-Net: publish surveillance video without its faces, and restore it from the published file alone.

The public names, each imported when it is first used: `import uunet` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uunet.errors import UUNetError
    from uunet.inspection import Inspection, inspect
    from uunet.job import Options, Progress, Selection, Summary
    from uunet.models import shipped
    from uunet.pipeline import deidentify, reconstruct
    from uunet.tools import Tools
    from uunet.types import Detection, FaceDetector, Picture
    from uunet.video import EncodeSettings
else:

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(f"uunet.{home}"), name)
        raise AttributeError(f"module 'uunet' has no attribute {name!r}")


__all__ = [
    "Detection",
    "EncodeSettings",
    "FaceDetector",
    "Inspection",
    "Options",
    "Picture",
    "Progress",
    "Selection",
    "Summary",
    "Tools",
    "UUNetError",
    "deidentify",
    "inspect",
    "reconstruct",
    "shipped",
]

_HOMES = {
    "errors": ("UUNetError",),
    "inspection": ("Inspection", "inspect"),
    "job": ("Options", "Progress", "Selection", "Summary"),
    "models": ("shipped",),
    "pipeline": ("deidentify", "reconstruct"),
    "tools": ("Tools",),
    "types": ("Detection", "FaceDetector", "Picture"),
    "video": ("EncodeSettings",),
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
