"""What a recipient, who can open evidence, might put in its place: nobody signed it, so it is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_kit import SealedKit, opened, ring, verdicts
from key_kit import ALICE, BOB, CAMERA, only, public
from uunet.errors import EvidenceError
from uunet.evidence import copying
from uunet.evidence.header import EvidenceHeader
from uunet.evidence.piece import Piece
from uunet.evidence.reading import WindowEvidence, windows
from uunet.evidence.statement import Statement, digest_of_sealed
from uunet.keys import content, signing
from uunet.keys.codec import pack
from uunet.keys.envelope import Envelope, Opened, Sealed
from uunet.ledger import Opening
from uunet.pipeline import reconstruct
from uunet.types import WINDOW

ALL = {0: 2 * WINDOW, 1: 2 * WINDOW}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> SealedKit:
    return SealedKit(tmp_path_factory.mktemp("forged"))


def forged(kit: SealedKit, target: Path, change: Callable[[WindowEvidence], WindowEvidence]) -> Path:
    """A copy in which each window's evidence is another."""
    copying._copy(kit.publish("public.mkv"), target, change, copying.Copied(windows=1))
    return target


def keys_of(window: WindowEvidence) -> Opened:
    """What Alice has."""
    return ring(ALICE).opened(window)


def other_face(window: WindowEvidence) -> tuple[Sealed, ...]:
    """Every piece under its own key and in its own place, with another face in it."""
    assert window.header is not None
    made = []
    for sealed in window.sealed:
        piece = Piece.unpack(keys_of(window).open(sealed))
        painted = [tuple(255 - plane for plane in crop) for crop in piece.pixels()]
        false = Piece.of(piece.regions, painted, piece.layout, piece.size, exact=True).pack()
        place = pack(["UUE1", "evidence", window.header.video_id, sealed.track, sealed.window])
        made.append(replace(sealed, sealed=content.seal(keys_of(window).key(sealed), false, place)))
        assert keys_of(window).open(made[-1]) == false  # by itself nothing gives it away
    return tuple(made)


def test_another_face_is_not_what_was_signed(kit: SealedKit, tmp_path: Path) -> None:
    same = forged(kit, tmp_path / "same.mkv", lambda window: window)
    assert verdicts(same) == (["OK", "OK"], True) and opened(same, kit.source, ring(ALICE)).exact == ALL
    path = forged(kit, tmp_path / "f.mkv", lambda window: replace(window, sealed=other_face(window)))
    assert verdicts(path) == (["ALTERED_EVIDENCE"] * 2, True)
    found = opened(path, kit.source, ring(ALICE))
    assert found.exact == {} and found.refusals == {"ALTERED": 4}
    with pytest.raises(EvidenceError, match="not what was signed"):
        reconstruct(path, tmp_path / "r.mp4", None, opening=Opening(ring(ALICE)))
    assert not (tmp_path / "r.mp4").exists()


def test_a_face_under_another_number(kit: SealedKit, tmp_path: Path) -> None:
    """Track 0's evidence as track 1's, wrapped for that."""

    def swapped(window: WindowEvidence) -> WindowEvidence:
        first, second = window.sealed
        return replace(window, sealed=(replace(first, track=1), replace(second, track=0)))

    path = forged(kit, tmp_path / "f.mkv", swapped)
    assert verdicts(path) == (["ALTERED_EVIDENCE"] * 2, True)
    assert opened(path, kit.source, ring(ALICE)).exact == {}


def test_a_chain_of_ones_own(kit: SealedKit, tmp_path: Path) -> None:
    """Bob signs all of it himself: it holds together, and is not the camera's."""
    previous = b""

    def signed(window: WindowEvidence) -> WindowEvidence:
        nonlocal previous
        assert window.header is not None and window.statement is not None
        said = Statement.verify(window.statement, window.header.publisher)
        header = EvidenceHeader(
            bytes(16), public(BOB).signing, True, "exact", window.header.size, window.header.pair
        )
        previous = previous or signing.digest(header.pack())
        envelope, sealing = Envelope.seal(header.video_id, only(BOB))
        pieces = tuple(
            sealing.seal(sealed.track, sealed.window, keys_of(window).open(sealed))
            for sealed in window.sealed
        )
        evidence = tuple(map(digest_of_sealed, pieces))
        statement = replace(said, video=header.video_id, previous=previous, evidence=evidence).sign(BOB)
        previous = signing.digest(statement)
        return replace(window, header=header, envelope=envelope, sealed=pieces, statement=statement)

    path = forged(kit, tmp_path / "f.mkv", signed)
    assert verdicts(path) == (["OK", "OK"], True)
    assert verdicts(path, public(BOB).signing) == (["OK", "OK"], True)
    assert verdicts(path, public(CAMERA).signing)[0] == ["OTHER_PUBLISHER"] * 2
    assert verdicts(kit.publish("public.mkv"), public(CAMERA).signing) == (["OK", "OK"], True)


def test_statements_of_another_hand(kit: SealedKit, tmp_path: Path) -> None:
    """The camera's header, Bob's signatures."""

    def signed(window: WindowEvidence) -> WindowEvidence:
        assert window.header is not None and window.statement is not None
        said = Statement.verify(window.statement, window.header.publisher)
        return replace(window, statement=said.sign(BOB))

    path = forged(kit, tmp_path / "f.mkv", signed)
    assert verdicts(path) == (["BAD_SIGNATURE"] * 2, False)
    assert opened(path, kit.source, ring(ALICE)).exact == {}


def test_a_statement_with_another_one_before_it(kit: SealedKit, tmp_path: Path) -> None:
    """Windows of two runs of one camera's key, spliced: the numbers fit, the chain does not."""

    def spliced(window: WindowEvidence) -> WindowEvidence:
        assert window.header is not None and window.statement is not None
        said = Statement.verify(window.statement, window.header.publisher)
        return replace(window, statement=replace(said, previous=bytes(32)).sign(CAMERA))

    path = forged(kit, tmp_path / "f.mkv", spliced)
    assert verdicts(path) == (["BROKEN_CHAIN"] * 2, True)
    assert len(list(windows(path))) == 2
