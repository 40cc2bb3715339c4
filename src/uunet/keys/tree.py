"""Keys in a tree: one seed for a video, a branch for each track, a leaf for each window of it.

A node opens everything below it and nothing else, so that a few nodes open one track for some minutes:
the construction of Goldreich, Goldwasser and Micali (1986), with HKDF-Expand (RFC 5869) as its generator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from uunet.keys.codec import pack

DEPTH = 32
"""Levels below a track: windows have the numbers 0 to 2**32 - 1."""

MOST = (1 << DEPTH) - 1


@dataclass(frozen=True, slots=True)
class Node:
    """One node below a track.

    Attributes:
        depth: 0 is the track itself, DEPTH one window.
        prefix: the first `depth` bits of the numbers of the windows below it.
        key: 32 bytes. Secret.
    """

    depth: int
    prefix: int
    key: bytes = field(repr=False)

    def covers(self, window: int) -> bool:
        """Whether the window is below it."""
        return window >> (DEPTH - self.depth) == self.prefix

    def leaf(self, window: int) -> bytes:
        """The key of a window below it, 32 bytes.

        Raises:
            ValueError: it is not below.
        """
        if not 0 <= window <= MOST or not self.covers(window):
            raise ValueError("this window is not below this node")
        key = self.key
        for level in range(self.depth, DEPTH):
            key = _expand(key, b"UUE1 right" if window >> (DEPTH - 1 - level) & 1 else b"UUE1 left")
        return key


def track_node(seed: bytes, video_id: bytes, track: int) -> Node:
    """The node of a whole track of one video."""
    return Node(0, 0, _expand(seed, pack(["UUE1", "track", video_id, track])))


def cover(root: Node, first: int, last: int) -> Iterator[Node]:
    """The fewest nodes that open the windows `first` to `last`, both included, and no other.

    Raises:
        ValueError: they are not below `root`, or last < first.
    """
    if not 0 <= first <= last <= MOST:
        raise ValueError("no such windows")
    yield from _cover(root, first, last)


def _cover(node: Node, first: int, last: int) -> Iterator[Node]:
    low = node.prefix << (DEPTH - node.depth)
    high = low + (1 << (DEPTH - node.depth)) - 1
    if last < low or high < first:
        return
    if first <= low and high <= last:
        yield node
        return
    for bit, name in ((0, b"UUE1 left"), (1, b"UUE1 right")):
        yield from _cover(Node(node.depth + 1, node.prefix << 1 | bit, _expand(node.key, name)), first, last)


def _expand(key: bytes, info: bytes) -> bytes:
    return HKDFExpand(hashes.SHA256(), 32, info).derive(key)
