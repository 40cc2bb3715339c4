"""Where no evidence is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from uunet.fingerprint import Witness
from uunet.types import Box, PublicFrame, RawFrame

Regions = Sequence[Sequence[tuple[int, Box]]]
"""Track and box of every region, per frame."""


class Unsealed:
    """No evidence and no signatures: does nothing where `Sealer` does something."""

    witness: Witness | None = None
    bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def take(self, frames: Sequence[RawFrame], regions: Regions) -> None:
        """Nothing."""

    def beside(self, frames: Sequence[PublicFrame]) -> Sequence[PublicFrame]:
        """The frames as they are."""
        return frames
