"""Golden bytes of keys and evidence from vectors/evidence.json; failures with the verdict of a reader.

`UUNET_WRITE_VECTORS=1 pytest tests/test_evidence_vectors.py` writes them anew: look at the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evidence_vectors import (
    CONTENT,
    PLACE,
    ROOTS,
    SEED,
    VIDEO,
    make,
    of,
    read,
    the_header,
    the_statement,
    write,
)
from uunet.errors import EvidenceError
from uunet.evidence.atoms import Collector
from uunet.evidence.header import EvidenceHeader
from uunet.evidence.piece import Piece, _digest
from uunet.evidence.statement import Statement
from uunet.keys import content, journal, shares
from uunet.keys.codec import unpack
from uunet.keys.envelope import Envelope, Opened, Sealed, Sealing
from uunet.keys.errors import SealError
from uunet.keys.grant import Grant
from uunet.keys.identity import PublicKey, SecretKey
from uunet.types import Box

if os.environ.get("UUNET_WRITE_VECTORS"):
    write()
VECTORS = read()


# --- what is right -------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [name for name in VECTORS if name not in ("bad", "made_once")])
def test_the_deterministic_bytes_are_these(part: str) -> None:
    assert make(VECTORS)[part] == VECTORS[part]


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=lambda v: v["fingerprint"][:9])
def test_keys(vector: dict[str, Any]) -> None:
    key, public = SecretKey.parse(vector["secret"]), PublicKey.parse(vector["public"])
    assert key == SecretKey(of(vector["root"])) and key.public() == public
    public.verify(of(vector["signature_of_message"]), b"message")


def test_a_capsule_of_long_ago_opens() -> None:
    assert SecretKey(ROOTS[0]).open(of(VECTORS["made_once"]["capsule"]), b"UUE1 context") == SEED


def test_evidence_of_long_ago_opens() -> None:
    for roots in ([0], [1, 2], [0, 1, 2]):
        assert _opened(*(ROOTS[number] for number in roots)).open(_sealed()) == b"what the camera saw"
    grant = Grant.open(of(VECTORS["made_once"]["grant"]), SecretKey(ROOTS[2]))
    assert (grant.video_id, grant.case, grant.first, grant.last) == (VIDEO, "12/2026", 6, 8)
    two = Opened(VIDEO, (1, 2), _envelope().open(VIDEO, [SecretKey(ROOTS[2])]), grant.nodes)
    assert two.open(_sealed()) == b"what the camera saw"


def test_a_piece_of_long_ago_shows_the_same() -> None:
    packed = of(VECTORS["made_once"]["piece"])
    piece = Piece.unpack(packed)
    assert piece.pack() == packed and _digest(piece.pixels()).hex() == VECTORS["piece_digest"]
    assert [placed.box for placed in piece.regions] == [Box(4, 2, 16, 18), Box(6, 2, 16, 18)]


def test_the_rest_is_read_back() -> None:
    header = EvidenceHeader.unpack(of(VECTORS["header"]["packed"]))
    assert header == the_header() and header.video_id.hex() == VECTORS["header"]["video_id"]
    assert Statement.verify(of(VECTORS["statement"]["signed"]), header.publisher) == the_statement()
    collector = Collector()
    for place in VECTORS["atoms"]["fragments"]:
        for fragment in place:
            collector.add(of(fragment))
    assert [len(atom.data) for atom in collector.atoms()] == [6, 1280] and not collector.damaged
    assert unpack(of(VECTORS["content"]["context"])) == ["UUE1", "evidence", VIDEO, 3, 7]


# --- what is wrong -------------------------------------------------------------------------------------


def _envelope() -> Envelope:
    return Envelope.unpack(of(VECTORS["made_once"]["envelope"]))


def _sealed() -> Sealed:
    return Sealed.unpack(of(VECTORS["made_once"]["sealed"]))


def _opened(*roots: bytes, video: bytes = VIDEO) -> Opened:
    return Opened(video, (1, 2), _envelope().open(VIDEO, map(SecretKey, roots)))


def _journal(vector: dict[str, Any], folder: Path) -> object:
    path = folder / "openings.log"
    path.write_bytes(of(vector["data"]))
    return list(journal.entries(path))


def _place(vector: dict[str, Any]) -> object:
    old = _sealed()
    key, video = _opened(ROOTS[0]).key(old), of(vector["video"])
    # who has the key may wrap it for another place: what it seals still says where it belongs
    seed = _envelope().open(VIDEO, [SecretKey(ROOTS[0])])[0, 0]
    moved = Sealing(video, ((1, (seed,)),)).rewrap(
        Sealed(vector["track"], vector["window"], (), old.sealed), key
    )
    return Opened(video, (1,), {(0, 0): seed}).open(moved)


def _share(vector: dict[str, Any]) -> object:
    return shares.unwrap([of(vector["data"])], 1, {0: of(VECTORS["share"]["leaf"])})


READERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "capsule": lambda v: SecretKey(ROOTS[0]).open(of(v["data"]), b"UUE1 context"),
    "content": lambda v: content.open_(CONTENT, of(v["data"]), PLACE),
    "place": _place,
    "keys": lambda v: _opened(*map(of, v["roots"])).open(_sealed()),
    "share": _share,
    "statement": lambda v: Statement.verify(of(v["data"]), the_header().publisher),
    "header": lambda v: EvidenceHeader.unpack(of(v["data"])),
    "grant": lambda v: Grant.open(of(v["data"]), SecretKey(ROOTS[2])),
    "piece": lambda v: Piece.unpack(of(v["data"])).pixels(),
    "key": lambda v: SecretKey.parse(v["text"]),
    "public": lambda v: PublicKey.parse(v["text"]),
}


def test_the_readers_take_what_is_right() -> None:
    made, key = VECTORS["made_once"], VECTORS["keys"][0]
    right: dict[str, dict[str, Any]] = {
        "capsule": {"data": made["capsule"]},
        "content": {"data": VECTORS["content"]["sealed"][b"a face".hex()]},
        "place": {"track": 3, "window": 7, "video": VIDEO.hex()},
        "keys": {"roots": [ROOTS[0].hex()]},
        "share": {"data": VECTORS["share"]["wrapped"]},
        "statement": {"data": VECTORS["statement"]["signed"]},
        "header": {"data": VECTORS["header"]["packed"]},
        "grant": {"data": made["grant"]},
        "piece": {"data": made["piece"]},
        "key": {"text": key["secret"]},
        "public": {"text": key["public"]},
    }
    assert set(right) == set(READERS)
    for what, vector in right.items():
        assert READERS[what](vector)


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda v: f"{v['what']}: {v['about']}")
def test_bad_vectors(vector: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises((SealError, EvidenceError)) as caught:
        _journal(vector, tmp_path) if vector["what"] == "journal" else READERS[vector["what"]](vector)
    error = caught.value
    assert isinstance(error, SealError | EvidenceError) and error.hint
    assert error.verdict == vector["verdict"]
