"""Public files that were changed after they were sealed: verdicts of their windows, and what still opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evidence_kit import (
    Part,
    SealedKit,
    atoms_of,
    framing,
    moved,
    opened,
    parts_of,
    put_together,
    ring,
    two_faces,
    verdicts,
    with_atoms,
)
from key_kit import ALICE, flipped
from uunet import bitstream
from uunet.evidence.atoms import Kind, kind_of
from uunet.message import unwrap_evidence
from uunet.types import WINDOW
from uunet.video import CodedReader

BOTH = 2 * WINDOW


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> tuple[SealedKit, Path, Path]:
    """Four windows, and another video of the same camera."""
    kit = SealedKit(tmp_path_factory.mktemp("four"), 4)
    elsewhere = two_faces(kit.folder / "elsewhere.json", kit.size, 4 * WINDOW, down=6)
    return kit, kit.publish("public.mkv"), kit.publish("other.mkv", boxes=elsewhere)


# --- files that were changed -----------------------------------------------------------------------------

Groups = list[list[Part]]


def _slice_byte(groups: Groups) -> Groups:
    groups[1][7].data = flipped(groups[1][7].data, len(groups[1][7].data) - 1)
    return groups


def _later(part: Part) -> Part:
    return Part(part.data, part.pts + 1, part.dts + 1, part.key)


MISSING = "PICTURES_MISSING EVIDENCE_MISSING"  # which stood beside them

CHANGES: dict[str, tuple[Callable[[Groups, Groups], Groups], list[str], bool]] = {
    "as it was": (lambda g, o: g, ["OK"] * 4, True),
    "first window dropped": (lambda g, o: g[1:], ["CHAIN_GAP", "OK", "OK"], True),
    "a window dropped": (lambda g, o: [g[0], *g[2:]], ["OK", "CHAIN_GAP", "OK"], True),
    "last window dropped": (lambda g, o: g[:3], ["OK"] * 3, False),
    "two swapped": (
        lambda g, o: [g[0], g[2], g[1], g[3]],
        ["OK", "CHAIN_GAP", "OUT_OF_ORDER", "CHAIN_GAP"],
        True,
    ),
    "one twice": (lambda g, o: [g[0], g[1], g[1], *g[2:]], ["OK", "OK", "OUT_OF_ORDER", "OK", "OK"], True),
    "all twice": (lambda g, o: [*g, *g], ["OK"] * 4 + ["OUT_OF_ORDER"] * 1 + ["OK"] * 3, True),
    "one of another video": (
        lambda g, o: [*g[:2], o[2], g[3]],
        ["OK", "OK", "OTHER_VIDEO", "CHAIN_GAP"],
        True,
    ),
    "one of another video put in": (
        lambda g, o: [*g[:2], o[2], *g[2:]],
        ["OK", "OK", "OTHER_VIDEO", "OK", "OK"],
        True,
    ),
    "another video from its second window on": (
        lambda g, o: [g[0], *o[1:]],
        ["OK", *["OTHER_VIDEO"] * 3],
        False,
    ),
    "a byte of a slice": (lambda g, o: _slice_byte(g), ["OK", "ALTERED_PICTURES", "OK", "OK"], True),
    "a picture dropped": (lambda g, o: [g[0], g[1][:-1], *g[2:]], ["OK", MISSING, "OK", "OK"], True),
    "cut within a window": (lambda g, o: [*g[:2], g[2][:30]], ["OK", "OK", MISSING], False),
    "a picture twice": (
        lambda g, o: [g[0], [*g[1][:-1], g[1][-1], _later(g[1][-1])], *g[2:]],
        ["OK", "ALTERED_PICTURES", "OK", "OK"],
        True,
    ),
    "begun within a window": (
        lambda g, o: [g[0][1:], *g[1:]],
        ["NO_EVIDENCE", "CHAIN_GAP", "OK", "OK"],
        True,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_windows_of_changed_files(four: tuple[SealedKit, Path, Path], tmp_path: Path, name: str) -> None:
    _, path, other = four
    change, words, complete = CHANGES[name]
    changed = put_together(path, tmp_path / "changed.mkv", change(parts_of(path), parts_of(other)))
    assert verdicts(changed) == (words, complete)


def test_what_opens_of_changed_files_is_right_or_nothing(
    four: tuple[SealedKit, Path, Path], tmp_path: Path
) -> None:
    """`opened` holds every sample against the camera's; windows that are not as signed stay shut."""
    kit, path, other = four
    groups = parts_of(path)
    cut = put_together(path, tmp_path / "cut.mkv", [*groups[:2], groups[2][:30]])
    found = opened(cut, kit.source, ring(ALICE))
    assert found.exact == {0: BOTH, 1: BOTH} and set(found.refusals) == {"PICTURES_MISSING"}
    late = put_together(path, tmp_path / "late.mkv", groups[1:])
    assert opened(late, kit.source, ring(ALICE), shift=WINDOW).exact == {0: 3 * WINDOW, 1: 3 * WINDOW}
    mixed = put_together(path, tmp_path / "mixed.mkv", [*groups[:2], parts_of(other)[2], groups[3]])
    found = opened(mixed, kit.source, ring(ALICE))
    assert found.exact == {0: 3 * WINDOW, 1: 3 * WINDOW} and set(found.refusals) <= {"OTHER_VIDEO", "ALTERED"}


def test_cut_off_at_any_packet(four: tuple[SealedKit, Path, Path], tmp_path: Path) -> None:
    """What was complete stays as it was signed, and opens; the rest is missed."""
    kit, path, _ = four
    groups = parts_of(path)
    for cut in range(1, 4 * WINDOW, 23):
        whole, rest = divmod(cut, WINDOW)
        kept = [*groups[:whole], *([groups[whole][:rest]] if rest else [])]
        words, complete = verdicts(put_together(path, tmp_path / f"{cut}.mkv", kept))
        assert words[:whole] == ["OK"] * whole and not complete, cut
        assert all("PICTURES_MISSING" in word for word in words[whole:]) and len(words) == len(kept), cut
    kept = [*groups[:3], groups[3][:-1]]
    assert opened(put_together(path, tmp_path / "cut.mkv", kept), kit.source, ring(ALICE)).exact == {
        0: 3 * WINDOW,
        1: 3 * WINDOW,
    }


def strip(kind: Kind, window: int) -> Callable[[int, list[bytes]], list[bytes]]:
    """Without the atoms of a kind in a window."""
    return lambda number, atoms: [a for a in atoms if number != window or kind_of(a) is not kind]


def spoil(kind: Kind, window: int, at: int) -> Callable[[int, list[bytes]], list[bytes]]:
    """A bit of these atoms is another; `at` counts behind the head."""

    def change(number: int, atoms: list[bytes]) -> list[bytes]:
        return [
            flipped(a, 12 + at % (len(a) - 12)) if number == window and kind_of(a) is kind else a
            for a in atoms
        ]

    return change


BAD = "BAD_SIGNATURE"
ATOMS: dict[str, tuple[Callable[[int, list[bytes]], list[bytes]], str | None, str]] = {
    "as it was": (lambda number, atoms: atoms, "OK", "OK"),
    "a statement removed": (strip(Kind.STATEMENT, 1), BAD, "CHAIN_GAP"),
    "a statement changed": (spoil(Kind.STATEMENT, 1, 40), BAD, "CHAIN_GAP"),
    "a signature changed": (spoil(Kind.STATEMENT, 1, -1), BAD, "CHAIN_GAP"),
    "evidence removed": (strip(Kind.SEALED, 1), "EVIDENCE_MISSING", "OK"),
    "evidence changed": (spoil(Kind.SEALED, 1, -1), "ALTERED_EVIDENCE", "OK"),
    "the envelope removed": (strip(Kind.ENVELOPE, 1), "EVIDENCE_MISSING", "OK"),
    "the envelope is none": (spoil(Kind.ENVELOPE, 1, 0), "EVIDENCE_MISSING ALTERED_EVIDENCE", "OK"),
    "the nonce changed": (spoil(Kind.HEADER, 1, 30), "OTHER_VIDEO", "CHAIN_GAP"),
}


@pytest.mark.parametrize("name", ATOMS)
def test_atoms_of_changed_files(four: tuple[SealedKit, Path, Path], tmp_path: Path, name: str) -> None:
    kit, path, _ = four
    change, word, after = ATOMS[name]
    changed = with_atoms(path, tmp_path / "changed.mkv", change)
    words, complete = verdicts(changed)
    assert complete and words[0] == words[3] == "OK" and words[2] == after
    assert set(words[1].split()) <= set((word or "").split()) and words[1]
    found = opened(changed, kit.source, ring(ALICE))
    assert sum(found.exact.values()) == (8 if word == "OK" else 6) * WINDOW


def test_every_bit_of_a_header_counts(four: tuple[SealedKit, Path, Path], tmp_path: Path) -> None:
    """One window of one file after the other, every byte of the header: never OK."""
    _, path, _ = four
    short = put_together(path, tmp_path / "short.mkv", [parts_of(path)[0]])
    assert verdicts(short) == (["OK"], False)
    head = _first_atom(short, Kind.HEADER)
    for bit in range(12 * 8, 8 * len(head), 7):  # every byte, and every bit in turn
        changed = flipped(head, bit // 8, 1 << bit % 8)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("uunet.evidence.reading.unwrap_evidence", _instead(head, changed))
            words, _ = verdicts(short)
        assert words[0] != "OK"


def _first_atom(path: Path, kind: Kind) -> bytes:
    with CodedReader(path) as reader:
        return next(a for p in reader for a in unwrap_evidence(p.payloads)[0] if kind_of(a) is kind)


def _instead(old: bytes, new: bytes) -> Any:
    def changed(payloads: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        atoms, others = unwrap_evidence(payloads)
        return tuple(new if atom == old else atom for atom in atoms), others

    return changed


def test_cut_off_at_every_atom(four: tuple[SealedKit, Path, Path], tmp_path: Path) -> None:
    """Of the second window's atoms only the first few are there."""
    _, path, _ = four
    count = 0

    def counted(number: int, atoms: list[bytes]) -> list[bytes]:
        nonlocal count
        count += len(atoms) if number == 1 else 0
        return atoms

    assert set(verdicts(with_atoms(path, tmp_path / "all.mkv", counted))[0]) == {"OK"}
    for left in range(1, count, 5):
        seen = 0

        def first(number: int, atoms: list[bytes], left: int = left) -> list[bytes]:
            nonlocal seen
            if number != 1:
                return atoms
            seen += len(atoms)
            return atoms[: max(left - (seen - len(atoms)), 0)]

        words, _ = verdicts(with_atoms(path, tmp_path / f"{left}.mkv", first))
        assert words[0] == words[3] == "OK" and words[1] in {
            BAD,
            "EVIDENCE_MISSING",
            "ALTERED_EVIDENCE",
            "EVIDENCE_MISSING ALTERED_EVIDENCE",
        }, (left, words)


def test_what_stands_beside_the_pictures_is_stripped(
    four: tuple[SealedKit, Path, Path], tmp_path: Path
) -> None:
    kit, path, _ = four
    how = framing(path)
    groups = parts_of(path)
    for group in groups:
        for part in group:
            part.data = bitstream.replace("h264", part.data, lambda _: (), **how)
    bare = put_together(path, tmp_path / "bare.mkv", groups)
    words, complete = verdicts(bare)
    assert set(words) == {"NO_EVIDENCE"} and not complete
    assert opened(bare, kit.source, ring(ALICE)).exact == {}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (b"gversion\x01", b"gversion\x02", "UNSUPPORTED_VERSION"),
        (b"gversion\x01", b"gversiom\x01", "ALTERED_EVIDENCE"),
    ],
)
def test_a_header_that_cannot_be_read(
    four: tuple[SealedKit, Path, Path], tmp_path: Path, old: bytes, new: bytes, word: str
) -> None:
    kit, path, _ = four

    def change(_: int, atoms: list[bytes]) -> list[bytes]:
        return [atom.replace(old, new) if kind_of(atom) is Kind.HEADER else atom for atom in atoms]

    other = with_atoms(path, tmp_path / "other.mkv", change)
    assert verdicts(other) == ([word] * 4, False)
    found = opened(other, kit.source, ring(ALICE))
    assert found.exact == {} and set(found.refusals) == {word}


# --- evidence in another place ---------------------------------------------------------------------------


def test_evidence_of_another_window_does_not_open(four: tuple[SealedKit, Path, Path], tmp_path: Path) -> None:
    kit, path, _ = four
    atoms = atoms_of(path)
    changed = moved(path, tmp_path / "moved.mkv", {1: atoms[2], 2: atoms[1]})
    words, _ = verdicts(changed)
    assert words[0] == "OK" and "ALTERED_PICTURES" in words[1] and "ALTERED_PICTURES" in words[2]
    found = opened(changed, kit.source, ring(ALICE))
    assert found.exact == {0: BOTH, 1: BOTH} and found.refusals == {"ALTERED_PICTURES": 4}


def test_evidence_of_another_video_does_not_open(four: tuple[SealedKit, Path, Path], tmp_path: Path) -> None:
    """All of it: header, envelope, statements. The other video opens by itself."""
    kit, path, other = four
    atoms = atoms_of(other)
    changed = moved(path, tmp_path / "moved.mkv", dict(enumerate(atoms)))
    assert set(verdicts(other)[0]) == {"OK"}
    assert all("ALTERED_PICTURES" in words for words in verdicts(changed)[0])
    assert opened(changed, kit.source, ring(ALICE)).exact == {}


def test_evidence_alone_of_another_video_does_not_open(
    four: tuple[SealedKit, Path, Path], tmp_path: Path
) -> None:
    """Its envelope and its pieces, under this video's header and statements."""
    kit, path, other = four
    theirs, taken = atoms_of(other), {Kind.ENVELOPE, Kind.SEALED}
    mixed = {
        number: [
            [a for a in ours if kind_of(a) not in taken] + [a for a in others if kind_of(a) in taken]
            for ours, others in zip(window, theirs[number], strict=True)
        ]
        for number, window in enumerate(atoms_of(path))
    }
    changed = moved(path, tmp_path / "mixed.mkv", mixed)
    assert verdicts(changed) == (["ALTERED_EVIDENCE"] * 4, True)
    found = opened(changed, kit.source, ring(ALICE))
    assert found.exact == {} and found.refusals == {"ALTERED": 8}
