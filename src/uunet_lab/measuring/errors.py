"""What can go wrong in measuring."""

from __future__ import annotations

from uunet.errors import UUNetError


class MeasuringError(UUNetError):
    """It can't be measured, or what was measured can't be drawn."""
