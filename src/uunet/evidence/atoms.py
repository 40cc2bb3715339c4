"""Atoms `UUE1`: what is stored beside the pictures as evidence, in pieces that fit there (SPEC.md, 11)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

_VERSION = 1
_HEAD = struct.Struct(">BBIHHH")  # version, kind, window, item, fragment, fragments
_FRAGMENT = 1 << 15, 1 << 10  # bytes at most, and at least where a picture has room for that


class Kind(IntEnum):
    """What an atom holds. Frozen: the numbers stand in SPEC.md."""

    HEADER = 1
    ENVELOPE = 2
    SEALED = 3
    STATEMENT = 4
    SHREDDED = 5


@dataclass(frozen=True, slots=True)
class Atom:
    """One structure of a window.

    Attributes:
        kind: what it is.
        window: number of the window, 0 to 2**32 - 1.
        item: which of its kind in this window.
        data: the structure.
    """

    kind: Kind
    window: int
    item: int
    data: bytes


def spread(atoms: Sequence[Atom], pictures: int) -> list[list[bytes]]:
    """Fragments for each of a window's pictures, so that none has much more than another.

    Headers and whatever is small stand beside the first picture.
    """
    total = sum(len(atom.data) for atom in atoms)
    most, least = _FRAGMENT
    size = min(max(-(-total // pictures), least), most)
    pieces = [piece for atom in atoms for piece in _fragments(atom, size)]
    places: list[list[bytes]] = [[] for _ in range(pictures)]
    for number, piece in enumerate(pieces):
        places[number * pictures // len(pieces)].append(piece)
    return places


def whole(atom: Atom) -> bytes:
    """An atom in one piece."""
    (piece,) = _fragments(atom, max(len(atom.data), 1))
    return piece


def _fragments(atom: Atom, size: int) -> Iterable[bytes]:
    count = max(-(-len(atom.data) // size), 1)
    for number in range(count):
        head = _HEAD.pack(_VERSION, atom.kind, atom.window, atom.item, number, count)
        yield head + atom.data[number * size : (number + 1) * size]


@dataclass(slots=True)
class Collector:
    """Puts the atoms of one window together again: the inverse of `spread`.

    Attributes:
        damaged: fragments that are none, of another version, or contradict others.
    """

    damaged: int = 0
    _parts: dict[tuple[int, int, int], dict[int, bytes]] = field(default_factory=dict)
    _counts: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def add(self, piece: bytes) -> None:
        """Takes a fragment, in any order; one that comes twice counts once."""
        if len(piece) < _HEAD.size:
            self.damaged += 1
            return
        version, kind, window, item, number, count = _HEAD.unpack_from(piece)
        name = (kind, window, item)
        known = self._counts.setdefault(name, count)
        if version != _VERSION or kind not in set(Kind) or number >= count or known != count:
            self.damaged += 1
            return
        body = piece[_HEAD.size :]
        if self._parts.setdefault(name, {}).setdefault(number, body) != body:
            self.damaged += 1

    def atoms(self) -> list[Atom]:
        """Those of which every fragment came, by kind, window and item."""
        complete = []
        for name, parts in sorted(self._parts.items()):
            if len(parts) == self._counts[name]:
                kind, window, item = name
                data = b"".join(parts[number] for number in range(len(parts)))
                complete.append(Atom(Kind(kind), window, item, data))
        return complete


def kind_of(piece: bytes) -> Kind | None:
    """What a fragment belongs to; None if it is none of ours."""
    if len(piece) < _HEAD.size or piece[0] != _VERSION or piece[1] not in set(Kind):
        return None
    return Kind(piece[1])
