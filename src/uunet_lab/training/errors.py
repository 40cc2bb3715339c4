"""What goes wrong with a run, with a hint."""

from __future__ import annotations

from uunet.errors import UUNetError


class TrainingError(UUNetError):
    """A run can't begin, go on or be read: its options, its checkpoint or its devices don't fit."""
