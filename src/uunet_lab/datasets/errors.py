"""What goes wrong with data sets, with a hint."""

from __future__ import annotations

from uunet.errors import UUNetError


class DatasetError(UUNetError):
    """A set of faces is missing, damaged, of another layout than said, or can't give what is asked of it."""
