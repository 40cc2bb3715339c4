"""The models of a run, kept open for the next one."""

from __future__ import annotations

from pathlib import Path

from uunet.detect import WEAKEST, CenterFaceDetector
from uunet.models import Swapper


class Tools:
    """U_e and the built-in detector, each opened when it is first asked for.

    Opening them takes longer than a small image does: a folder of images shares one of these. It holds the
    model and the detector that were asked for last.
    """

    def __init__(self) -> None:
        self._swapper: tuple[Path | None, Swapper] | None = None
        self._detector: CenterFaceDetector | None = None

    def swapper(self, model: Path | None) -> Swapper:
        """The public model of a file; None takes the shipped one.

        Raises:
            ModelError: see `Swapper`.
        """
        if self._swapper is None or self._swapper[0] != model:
            self._swapper = model, Swapper(model)
        return self._swapper[1]

    def detector(self, threshold: float | None) -> CenterFaceDetector:
        """The built-in detector. It reports what continues a track too, so a threshold above that is not its
        affair but the tracker's.

        Args:
            threshold: score above which something counts as a face; None for the default.

        Raises:
            DetectionError: the threshold is not in (0, 1).
            ModelError: the weights can't be opened.
        """
        wanted = WEAKEST if threshold is None else min(threshold, WEAKEST)
        if self._detector is None or self._detector.threshold != wanted:
            engine = None if self._detector is None else self._detector.engine
            self._detector = CenterFaceDetector(wanted, engine=engine)
        return self._detector
