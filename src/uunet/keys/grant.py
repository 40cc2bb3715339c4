"""Grants: a small file by which another key opens some tracks in some windows of one video, no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from uunet.keys import tree
from uunet.keys.codec import pack, unpack
from uunet.keys.envelope import Place
from uunet.keys.errors import AlteredError
from uunet.keys.identity import PublicKey, SecretKey

_MAGIC = b"uunet-grant-1\n"
_CONTEXT = b"UUE1 grant"


@dataclass(frozen=True, slots=True)
class Grant:
    """What is granted. Its nodes are secret, which is why it is sealed to its recipient.

    Attributes:
        video_id: of which video.
        case: the number or name that it was granted for.
        first, last: windows, both included.
        nodes: of each custodian's tree, by place and track.
    """

    video_id: bytes
    case: str
    first: int
    last: int
    nodes: Mapping[Place, Mapping[int, tuple[tree.Node, ...]]] = field(repr=False)

    @classmethod
    def of(
        cls,
        video_id: bytes,
        case: str,
        seeds: Mapping[Place, bytes],
        tracks: Iterable[int],
        span: tuple[int, int],
    ) -> Self:
        """The smallest grant of these tracks in the windows from span[0] to span[1], both included."""
        tracks = tuple(tracks)
        nodes = {
            place: {
                track: tuple(tree.cover(tree.track_node(seed, video_id, track), *span)) for track in tracks
            }
            for place, seed in seeds.items()
        }
        return cls(video_id, case, span[0], span[1], nodes)

    @property
    def tracks(self) -> frozenset[int]:
        """Which tracks."""
        return frozenset(track for tracks in self.nodes.values() for track in tracks)

    def seal(self, recipient: PublicKey) -> bytes:
        """The file: only the recipient's key opens it."""
        return _MAGIC + recipient.seal(pack(self._value()), _CONTEXT)

    @classmethod
    def open(cls, data: bytes, key: SecretKey) -> Self:
        """Inverse of `seal`.

        Raises:
            AlteredError: it is no grant.
            WrongKeyError: it is another's, or was changed.
        """
        if not data.startswith(_MAGIC):
            raise AlteredError("this is no grant", "give a file that `uunet grant` wrote")
        match unpack(key.open(data[len(_MAGIC) :], _CONTEXT)):
            case [bytes() as video_id, str() as case, int() as first, int() as last, [*entries]]:
                return cls(video_id, case, first, last, _nodes(entries))
        raise AlteredError("this grant is damaged", "ask for it again")

    def _value(self) -> list[Any]:
        entries = [
            [group, place, track, [[node.depth, node.prefix, node.key] for node in nodes]]
            for (group, place), tracks in sorted(self.nodes.items())
            for track, nodes in sorted(tracks.items())
        ]
        return [self.video_id, self.case, self.first, self.last, entries]


def _nodes(entries: list[Any]) -> dict[Place, dict[int, tuple[tree.Node, ...]]]:
    found: dict[Place, dict[int, tuple[tree.Node, ...]]] = {}
    for entry in entries:
        match entry:
            case [int() as group, int() as place, int() as track, [*nodes]]:
                found.setdefault((group, place), {})[track] = tuple(map(_node, nodes))
            case _:
                raise AlteredError("this grant is damaged", "ask for it again")
    return found


def _node(value: Any) -> tree.Node:
    match value:
        case [int() as depth, int() as prefix, bytes() as key] if 0 <= depth <= tree.DEPTH:
            return tree.Node(depth, prefix, key)
    raise AlteredError("this grant is damaged", "ask for it again")
