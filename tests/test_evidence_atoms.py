"""Atoms: a window's structures in fragments beside its pictures, and the digests of what is coded."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import Kit
from uunet.evidence.atoms import Atom, Collector, Kind, kind_of, spread, whole
from uunet.fingerprint import digest_of, parameter_sets_of_headers, picture_digest
from uunet.message import Contents, unwrap, unwrap_evidence, wrap, wrap_evidence
from uunet.pipeline import deidentify
from uunet.video import Codec, CodedReader

ATOMS = st.lists(
    st.builds(
        Atom, st.sampled_from(list(Kind)), st.integers(0, 2**32 - 1), st.just(0), st.binary(max_size=5000)
    ),
    max_size=6,
    unique_by=lambda atom: (atom.kind, atom.window),
)


def collected(pieces: list[bytes]) -> Collector:
    collector = Collector()
    for piece in pieces:
        collector.add(piece)
    return collector


@given(ATOMS, st.integers(1, 71), st.data())
def test_what_is_spread_is_collected(atoms: list[Atom], pictures: int, data: st.DataObject) -> None:
    places = spread(atoms, pictures)
    assert len(places) == pictures
    pieces = [piece for place in places for piece in place]
    shuffled = data.draw(st.permutations([*pieces, *pieces[:2]]))
    collector = collected(shuffled)
    assert (
        collector.atoms() == sorted(atoms, key=lambda atom: (atom.kind, atom.window))
        and not collector.damaged
    )
    assert [kind for kind, _ in groupby(map(kind_of, pieces))] == [
        kind for kind, _ in groupby(a.kind for a in atoms)
    ]
    for atom in atoms:
        assert collected([whole(atom)]).atoms() == [atom]


def test_small_things_stand_beside_the_first_picture_and_large_ones_are_spread() -> None:
    atoms = [Atom(Kind.HEADER, 3, 0, bytes(150)), Atom(Kind.SEALED, 3, 0, bytes(90_000))]
    places = spread(atoms, 48)
    assert kind_of(places[0][0]) is Kind.HEADER
    sizes = [sum(map(len, place)) for place in places]
    assert max(sizes) < 2 * 90_000 / 48 + 300 and min(sizes) > 0
    assert (
        max(len(piece) for place in spread([Atom(Kind.SEALED, 0, 0, bytes(10**6))], 2) for piece in place)
        < 33_000
    )


def test_a_missing_fragment_is_a_missing_atom() -> None:
    atoms = [Atom(Kind.HEADER, 3, 0, b"header"), Atom(Kind.SEALED, 3, 0, bytes(5000))]
    pieces = [piece for place in spread(atoms, 4) for piece in place]
    assert collected(pieces).atoms() == atoms and len(pieces) > 3
    for left_out in range(len(pieces)):
        found = collected(pieces[:left_out] + pieces[left_out + 1 :]).atoms()
        assert found == ([atoms[1]] if left_out == 0 else [atoms[0]])


@pytest.mark.parametrize(
    ("at", "value", "damaged"),
    [
        *[(0, 2, 1), (1, 0, 1), (1, 6, 1)],  # version, kind
        *[(2, 1, 0), (5, 9, 0), (7, 1, 0), (1, 1, 0)],  # of another atom, of which the rest is missing
        *[(8, 1, 1), (9, 0, 1), (9, 2, 1)],  # which fragment
        *[(10, 1, 1), (11, 0, 1), (11, 3, 1)],  # of how many
    ],
)
def test_fragments_with_other_heads(at: int, value: int, damaged: int) -> None:
    """Damage is counted where a fragment is none, or contradicts another of its atom."""
    atom = Atom(Kind.SEALED, 3, 0, bytes(range(250)) * 6)
    first, second = (piece for place in spread([atom], 2) for piece in place)
    assert collected([first, second]).atoms() == [atom] and not collected([first, second]).damaged
    wrong = bytearray(second)
    wrong[at] = value
    for pieces in ([first, bytes(wrong)], [bytes(wrong), first]):
        collector = collected(pieces)
        assert collector.atoms() == [] and bool(collector.damaged) == bool(damaged)


def test_two_fragments_that_contradict_each_other() -> None:
    piece = whole(Atom(Kind.STATEMENT, 3, 0, b"statement"))
    assert collected([piece, piece]).damaged == 0
    assert collected([piece, piece[:-1] + b"!"]).damaged == 1


@given(st.binary(max_size=40).filter(lambda junk: junk[:2] not in {bytes((1, kind)) for kind in Kind}))
def test_junk_is_no_atom(junk: bytes) -> None:
    atom = Atom(Kind.HEADER, 1, 0, b"x")
    collector = collected([junk, whole(atom)])
    assert (collector.atoms(), collector.damaged, kind_of(junk)) == ([atom], 1, None)


def test_evidence_stands_apart_from_messages() -> None:
    payloads = (*wrap(Contents(b"0,", (b"packet",))), *wrap_evidence([b"one", b"two"]))
    assert unwrap(payloads) == Contents(b"0,", (b"packet",))
    assert unwrap_evidence(payloads) == ((b"one", b"two"), payloads[:2])


# --- fingerprints --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return Kit(tmp_path_factory.mktemp("fingerprint"), frames=50, size=(128, 96))


def remux(source: Path, target: Path) -> Path:
    """A copy of the packets in another container, by FFmpeg alone."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return target


def fingerprints(path: Path) -> tuple[list[bytes], bytes]:
    with CodedReader(path) as reader:
        pictures = sorted(reader, key=lambda picture: picture.pts)
    parameters = frozenset().union(*(picture.parameters for picture in pictures))
    return [picture.digest for picture in pictures], digest_of(sorted(parameters))


@pytest.mark.parametrize(
    ("codec", "copies"),
    [("h264", ("mkv", "ts", "mov")), ("hevc", ("mkv", "ts", "mov")), ("av1", ("mkv", "webm", "mp4"))],
)
def test_copies_have_the_same_digests(
    kit: Kit, tmp_path: Path, codec: Codec, copies: tuple[str, ...]
) -> None:
    public = tmp_path / "public.mp4"
    deidentify(kit.source, public, kit.options(codec))
    pictures, parameters = fingerprints(public)
    assert len(pictures) == 50 and len(set(pictures)) > 20  # AV1 says of some only that they are shown
    for suffix in copies:
        copy = remux(public, tmp_path / f"copy.{suffix}")
        assert fingerprints(copy) == (pictures, parameters), suffix
        again = remux(copy, tmp_path / f"{suffix}-again.{'mkv' if codec == 'av1' else 'mp4'}")
        assert fingerprints(again) == (pictures, parameters), suffix


def test_every_byte_of_a_slice_counts() -> None:
    packet = b"\0\0\0\x01\x67\x42\x00\0\0\x01\x06\x05\x01x\x80\0\0\x01\x65\x88\x84\x21\0\0\x01\x65\x11\x22"
    whole_digest = picture_digest("h264", packet, annexb=True)
    sei = packet.index(b"\x06\x05")
    assert picture_digest("h264", packet.replace(b"\x05\x01x", b"\x05\x01y"), annexb=True) == whole_digest
    assert picture_digest("h264", packet[: sei - 3] + packet[sei + 5 :], annexb=True) == whole_digest
    for at in (*range(sei + 9, sei + 12), *range(len(packet) - 2, len(packet))):
        changed = packet[:at] + bytes((packet[at] ^ 4,)) + packet[at + 1 :]
        assert picture_digest("h264", changed, annexb=True) != whole_digest, at
    joined = packet.replace(b"\x84\x21\0\0\x01\x65", b"\x84\x21\x65")
    assert picture_digest("h264", joined, annexb=True) != whole_digest
    lengths = b"".join(
        len(unit).to_bytes(4, "big") + unit
        for unit in packet.replace(b"\0\0\0\x01", b"\0\0\x01").split(b"\0\0\x01")[1:]
    )
    assert picture_digest("h264", lengths, annexb=False) == whole_digest


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01" * 6, b"\x01" + b"\xff" * 30, b"\x81", b"\0\0\x01"])
@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_broken_headers_have_no_parameter_sets(codec: str, data: bytes) -> None:
    assert parameter_sets_of_headers(codec, data) == frozenset()
