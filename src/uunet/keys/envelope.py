"""Envelopes: for whom a video's evidence is sealed: `Envelope.seal` for the camera, `Opened` for readers.

The camera draws a seed for every custodian, seals it to their public key, and forgets it when the video
ends: it holds nothing that opens anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from uunet.keys import content, shares, tree
from uunet.keys.codec import pack, unpack
from uunet.keys.errors import AlteredError, NeedSharesError, WrongKeyError
from uunet.keys.identity import MOST_CUSTODIANS, Group, SecretKey

Place = tuple[int, int]
"""(group, custodian in it), both from 0."""

MOST_GROUPS = 16


@dataclass(frozen=True, slots=True)
class Envelope:
    """The capsules of a file, one for each custodian, by group.

    Attributes:
        groups: (threshold, capsules) of each group; any group can open what the file holds.
    """

    groups: tuple[tuple[int, tuple[bytes, ...]], ...]

    @classmethod
    def seal(cls, video_id: bytes, recipients: Sequence[Group]) -> tuple[Self, Sealing]:
        """New seeds for these recipients: what goes into the file, and what seals with them."""
        seeds, groups = [], []
        for group in recipients:
            here = [secrets.token_bytes(32) for _ in group.custodians]
            capsules = [
                key.seal(seed, _context(video_id)) for key, seed in zip(group.custodians, here, strict=True)
            ]
            seeds.append((group.threshold, tuple(here)))
            groups.append((group.threshold, tuple(capsules)))
        return cls(tuple(groups)), Sealing(video_id, tuple(seeds))

    def pack(self) -> bytes:
        """Deterministic CBOR."""
        return pack([[threshold, list(capsules)] for threshold, capsules in self.groups])

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Inverse of `pack`.

        Raises:
            AlteredError: it is no envelope.
        """
        groups = []
        value = unpack(data)
        for item in value if isinstance(value, list | tuple) and len(value) <= MOST_GROUPS else [None]:
            match item:
                case [int() as threshold, [*capsules]] if 1 <= threshold <= len(
                    capsules
                ) <= MOST_CUSTODIANS and all(isinstance(capsule, bytes) for capsule in capsules):
                    groups.append((threshold, tuple(capsules)))
                case _:
                    raise AlteredError("an envelope is damaged", "use an undamaged copy of the file")
        return cls(tuple(groups))

    def open(self, video_id: bytes, keys: Iterable[SecretKey]) -> dict[Place, bytes]:
        """The seeds that these keys open, by place; empty if none does."""
        found: dict[Place, bytes] = {}
        keys = tuple(keys)
        for number, (_, capsules) in enumerate(self.groups):
            for place, capsule in enumerate(capsules):
                for key in keys:
                    try:
                        found[number, place] = key.open(capsule, _context(video_id))
                    except WrongKeyError:
                        continue
        return found


@dataclass(frozen=True, slots=True)
class Sealed:
    """One track's evidence of one window.

    Attributes:
        track, window: whose, when.
        wraps: the shares of its key, by group and custodian. They change when recipients do.
        sealed: the evidence itself, which never changes.
    """

    track: int
    window: int
    wraps: tuple[tuple[bytes, ...], ...]
    sealed: bytes

    def pack(self) -> bytes:
        """Deterministic CBOR."""
        return pack([self.track, self.window, [list(group) for group in self.wraps], self.sealed])

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Inverse of `pack`.

        Raises:
            AlteredError: it is none.
        """
        match unpack(data):
            case [int() as track, int() as window, [*groups], bytes() as sealed] if (
                0 <= track <= tree.MOST and 0 <= window <= tree.MOST and _are_wraps(groups)
            ):
                return cls(track, window, tuple(map(tuple, groups)), sealed)
        raise AlteredError("sealed evidence is damaged", "use an undamaged copy of the file")


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seals the evidence of one video, while it is made."""

    _video_id: bytes
    _groups: tuple[tuple[int, tuple[bytes, ...]], ...] = field(repr=False)

    def seal(self, track: int, window: int, plaintext: bytes) -> Sealed:
        """Seal one track's evidence of one window, under a new key. Once for each track and window."""
        key = secrets.token_bytes(content.KEY)
        sealed = content.seal(key, plaintext, _place(self._video_id, track, window))
        return Sealed(track, window, self._wraps(key, track, window), sealed)

    def rewrap(self, old: Sealed, key: bytes) -> Sealed:
        """The same evidence for other recipients: not a byte of it is encrypted again."""
        return Sealed(old.track, old.window, self._wraps(key, old.track, old.window), old.sealed)

    def _wraps(self, key: bytes, track: int, window: int) -> tuple[tuple[bytes, ...], ...]:
        wraps = []
        for threshold, seeds in self._groups:
            leaves = [tree.track_node(seed, self._video_id, track).leaf(window) for seed in seeds]
            wraps.append(tuple(shares.wrap(key, threshold, leaves)))
        return tuple(wraps)


@dataclass(frozen=True, slots=True)
class Opened:
    """What some keys and grants open of one video.

    Attributes:
        video_id: which.
        thresholds: of its groups.
        seeds: those of the keys, by place.
        nodes: those of the grants, by place and track.
    """

    video_id: bytes
    thresholds: tuple[int, ...]
    seeds: Mapping[Place, bytes] = field(repr=False)
    nodes: Mapping[Place, Mapping[int, Sequence[tree.Node]]] = field(default_factory=dict, repr=False)

    def open(self, evidence: Sealed) -> bytes:
        """The plaintext: inverse of `Sealing.seal`.

        Raises:
            WrongKeyError: nothing here opens it: another key, or outside what was granted.
            NeedSharesError: more custodians are needed.
            AlteredError: it was changed.
        """
        context = _place(self.video_id, evidence.track, evidence.window)
        return content.open_(self.key(evidence), evidence.sealed, context)

    def key(self, evidence: Sealed) -> bytes:
        """The key of one piece of evidence, 32 bytes; raises as `open` does."""
        lacking: NeedSharesError | None = None
        for group, threshold in enumerate(self.thresholds[: len(evidence.wraps)]):
            leaves = self._leaves(group, evidence.track, evidence.window)
            try:
                return shares.unwrap(evidence.wraps[group], threshold, leaves)
            except NeedSharesError as error:
                lacking = lacking if lacking is not None and lacking.have >= error.have else error
            except WrongKeyError:
                continue
        if lacking is not None:
            raise lacking
        raise WrongKeyError(
            f"nothing given opens track {evidence.track} in window {evidence.window}",
            "use a key that it was sealed to, or a grant that covers it",
        )

    def _leaves(self, group: int, track: int, window: int) -> dict[int, bytes]:
        found = {
            place: tree.track_node(seed, self.video_id, track).leaf(window)
            for (number, place), seed in self.seeds.items()
            if number == group
        }
        for (number, place), tracks in self.nodes.items():
            if number == group and place not in found:
                for node in tracks.get(track, ()):
                    if node.covers(window):
                        found[place] = node.leaf(window)
        return found


def _context(video_id: bytes) -> bytes:
    # attack: an envelope that is moved into another video would open that one to the wrong people
    return pack(["UUE1", "envelope", video_id])


def _place(video_id: bytes, track: int, window: int) -> bytes:
    # attack: evidence that is moved to another video, person or time must not open there
    return pack(["UUE1", "evidence", video_id, track, window])


def _are_wraps(groups: Sequence[Any]) -> bool:
    return len(groups) <= MOST_GROUPS and all(
        isinstance(group, list | tuple)
        and all(isinstance(wrap, bytes) and len(wrap) == shares.WRAPPED for wrap in group)
        for group in groups
    )
