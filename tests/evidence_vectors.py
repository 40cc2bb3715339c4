"""Makes vectors/evidence.json: golden bytes of keys and evidence. A helper, no tests.

What is random (capsules, grants, shares of a threshold) or an encoder's is made once, and stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cartoon import YUV420
from key_kit import flipped
from uunet.evidence.atoms import Atom, Kind, spread, whole
from uunet.evidence.header import EvidenceHeader
from uunet.evidence.piece import Piece, Placed, _digest, cut
from uunet.evidence.statement import Statement
from uunet.keys import content, shares, signing, tree
from uunet.keys.codec import pack, unpack
from uunet.keys.envelope import Envelope
from uunet.keys.grant import Grant
from uunet.keys.identity import Group, SecretKey
from uunet.types import Box, Picture

PATH = Path(__file__).parent / "vectors" / "evidence.json"

ROOTS = [bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))]
VIDEO = bytes.fromhex("00112233445566778899aabbccddeeff")
SEED, CONTENT = bytes(range(100, 132)), bytes(range(200, 232))
WRONG, ALTERED, UNREADABLE = "WRONG_KEY_OR_CONTEXT", "ALTERED", "UNREADABLE"
PLACE = pack(["UUE1", "evidence", VIDEO, 3, 7])


def of(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal)


def the_header() -> EvidenceHeader:
    publisher = SecretKey(ROOTS[0]).public().signing
    return EvidenceHeader(bytes(range(16)), publisher, True, "exact", (1280, 720), "0123456789abcdef" * 2)


def the_piece() -> Piece:
    y, x = np.mgrid[:48, :64]
    planes = tuple(np.asarray((x * 3 + y * 5) * s % 256, np.uint8)[::s, ::s] for s in (1, 2, 2))
    picture = Picture(tuple(map(np.ascontiguousarray, planes)), YUV420)
    regions = [Placed(0, Box(4, 2, 16, 18), (Box(14, 10, 12, 12),)), Placed(2, Box(6, 2, 16, 18))]
    return Piece.of(regions, [cut(picture, placed) for placed in regions], YUV420, (64, 48), exact=True)


def the_statement() -> Statement:
    evidence = ((3, bytes(range(32))), (70, bytes(32)))
    return Statement(VIDEO, 7, b"p" * 32, 48, b"i" * 32, b"s" * 32, b"m" * 32, evidence, False)


def _made() -> dict[str, Any]:
    """What is random: made once."""
    first, second, third = (SecretKey(root) for root in ROOTS)
    groups = (Group(1, (first.public(),)), Group(2, tuple(key.public() for key in (first, second, third))))
    envelope, sealing = Envelope.seal(VIDEO, groups)
    seeds = envelope.open(VIDEO, [second])
    return {
        "capsule": first.public().seal(SEED, b"UUE1 context").hex(),
        "envelope": envelope.pack().hex(),
        "sealed": sealing.seal(3, 7, b"what the camera saw").pack().hex(),
        "grant": Grant.of(VIDEO, "12/2026", seeds, [3], (6, 8)).seal(third.public()).hex(),
        "piece": the_piece().pack().hex(),
    }


def make(old: dict[str, Any]) -> dict[str, Any]:
    """All of the file."""
    made = old.get("made_once") or _made()
    root = tree.track_node(SEED, VIDEO, 3)
    wrapped = shares.wrap(CONTENT, 1, [root.leaf(7)])[0]
    header, statement, key = (
        the_header().pack(),
        the_statement().sign(SecretKey(ROOTS[0])),
        SecretKey(ROOTS[0]),
    )
    atoms = [Atom(Kind.HEADER, 7, 0, b"header"), Atom(Kind.SEALED, 7, 1, bytes(range(256)) * 5)]
    pieces = [[fragment.hex() for fragment in place] for place in spread(atoms, 3)]
    entries = [{"time": "2026-11-28T22:00:00+00:00", "action": "grant", "case": "12/2026", "tracks": [3]}] * 2
    return {
        "about": "Golden bytes of keys and sealed evidence (SPEC.md); failures with the verdict of a reader.",
        "made_once": made,
        "keys": [
            {
                "root": one.hex(),
                "secret": SecretKey(one).line(),
                "public": str(SecretKey(one).public()),
                "fingerprint": SecretKey(one).public().fingerprint,
                "signature_of_message": SecretKey(one).sign(b"message").hex(),
            }
            for one in ROOTS[:2]
        ],
        "tree": {
            "seed": SEED.hex(),
            "video": VIDEO.hex(),
            "track": 3,
            "node": root.key.hex(),
            "leaves": {str(window): root.leaf(window).hex() for window in (0, 1, 7, 2**31, tree.MOST)},
            "cover_of_6_to_8": [[n.depth, n.prefix, n.key.hex()] for n in tree.cover(root, 6, 8)],
        },
        "content": {
            "key": CONTENT.hex(),
            "context": PLACE.hex(),
            "sealed": {
                text: content.seal(CONTENT, of(text), PLACE).hex()
                for text in ("", b"a face".hex(), "00" * 300)
            },
        },
        "share": {"key": CONTENT.hex(), "leaf": root.leaf(7).hex(), "wrapped": wrapped.hex()},
        "header": {"packed": header.hex(), "video_id": the_header().video_id.hex()},
        "statement": {"signed": statement.hex(), "digest": signing.digest(statement).hex()},
        "atoms": {"pictures": 3, "fragments": pieces, "whole": whole(atoms[0]).hex()},
        "piece_digest": _digest(Piece.unpack(of(made["piece"])).pixels()).hex(),
        "journal": {"entries": entries, "record": _record(key, entries).hex()},
        "bad": list(_bad(made)),
    }


def _bad(made: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What readers refuse, and with which verdict."""
    key, sealed = SecretKey(ROOTS[0]), content.seal(CONTENT, b"a face", PLACE)
    header, statement, piece = the_header().pack(), the_statement().sign(key), of(made["piece"])
    (wrapped,) = shares.wrap(CONTENT, 1, [tree.track_node(SEED, VIDEO, 3).leaf(7)])
    once = [{"action": "grant"}]
    for what, data, verdict, place, at in (
        ("capsule", of(made["capsule"]), WRONG, "the lattice part", 5),
        ("capsule", of(made["capsule"]), WRONG, "the curve part", 1100),
        ("capsule", of(made["capsule"]), WRONG, "the end", -1),
        ("content", sealed, WRONG, "the commitment", 0),
        ("content", sealed, ALTERED, "the ciphertext", 32),
        ("content", sealed, ALTERED, "the tag", -1),
        ("share", wrapped, WRONG, "the first byte", 0),
        ("share", wrapped, WRONG, "the last byte", -1),
        ("statement", statement, ALTERED, "the tag", 0),
        ("statement", statement, ALTERED, "what is said", statement.index(b"iiii")),
        ("statement", statement, ALTERED, "the signature", -1),
        ("grant", of(made["grant"]), ALTERED, "the magic", 3),
        ("grant", of(made["grant"]), WRONG, "the capsule", 500),
        ("grant", of(made["grant"]), WRONG, "the end", -1),
        ("piece", piece, ALTERED, "the map", 0),
    ):
        yield _one(what, verdict, f"one bit of {place}", data=flipped(data, at % len(data)).hex())
    for about, data in (
        ("a list for the empty map", flipped(statement, 6, 0x20)),
        ("cut off", statement[:-1]),
    ):
        yield _one("statement", ALTERED, about, data=data.hex())
    yield _one("content", WRONG, "cut off in the commitment", data=sealed[:31].hex())
    yield _one("content", ALTERED, "cut off", data=sealed[:-1].hex())
    for about, video, track, window in (
        ("another track", VIDEO, 4, 7),
        ("another window", VIDEO, 3, 8),
        ("another video", bytes(16), 3, 7),
    ):
        yield _one("place", WRONG, about, track=track, window=window, video=video.hex())
    yield _one("keys", "NEED_SHARES", "one custodian of two", roots=[ROOTS[1].hex()])
    yield _one("keys", WRONG, "a stranger", roots=[bytes(32).hex()])
    yield _one("header", "UNSUPPORTED_VERSION", "of version 2", data=_other(header, version=2))
    yield _one("header", UNREADABLE, "of an unknown mode", data=_other(header, mode="all"))
    yield _one("header", UNREADABLE, "a field too many", data=_other(header, more=1))
    yield _one("header", UNREADABLE, "a short nonce", data=_other(header, nonce=b"short"))
    yield _one("header", ALTERED, "a second encoding", data="b807" + header.hex()[2:])
    yield _one("header", ALTERED, "bytes behind it", data=header.hex() + "00")
    yield _one("piece", UNREADABLE, "an unknown coding", data=_other(piece, coding="h266"))
    yield _one("piece", UNREADABLE, "beyond the frame", data=_other(piece, size=[16, 16]))
    yield _one("piece", UNREADABLE, "other pixels", data=_other(piece, digest=bytes(32)))
    yield _one("key", "BAD_KEY", "a changed letter", text=_letter(key.line(), 30))
    yield _one("key", "BAD_KEY", "a public key", text=str(key.public()))
    yield _one("public", "BAD_KEY", "a changed letter", text=_letter(str(key.public()), 900))
    yield _one("public", "BAD_KEY", "a secret key", text=key.line())
    yield _one("journal", ALTERED, "the first entry twice", data=2 * _record(key, once).hex())
    yield _one("journal", ALTERED, "cut off", data=_record(key, once).hex()[:-2])


def _one(what: str, verdict: str, about: str, **fields: Any) -> dict[str, Any]:
    return {"what": what, "about": about, "verdict": verdict, **fields}


def _other(packed: bytes, **fields: Any) -> str:
    return pack({**unpack(packed), **fields}).hex()


def _letter(line: str, at: int) -> str:
    return line[:at] + ("B" if line[at] == "A" else "A") + line[at + 1 :]


def _record(key: SecretKey, entries: list[dict[str, Any]]) -> bytes:
    before, record = bytes(32), b""
    for number, what in enumerate(entries):
        entry = {"previous": before, "number": number, "signer": key.public().signing, "what": what}
        statement = signing.sign(key, "journal", entry)
        before, record = signing.digest(statement), record + statement
    return record


def read() -> dict[str, Any]:
    """What the file holds."""
    return dict(json.loads(PATH.read_text())) if PATH.exists() else {}


def write() -> None:
    """The file anew."""
    PATH.write_text(json.dumps(make(read()), indent=1) + "\n")
