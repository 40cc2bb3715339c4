"""Signed statements, and the record of openings that is made of them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from key_kit import ALICE, BOB, every_bit, flipped, public
from uunet.keys import journal, signing
from uunet.keys.codec import pack
from uunet.keys.errors import AlteredError, SealError

SIGNER = public(ALICE).signing


# --- signing -------------------------------------------------------------------------------------------


@given(
    st.lists(st.integers() | st.binary(max_size=9), max_size=4), st.sampled_from(["window", "journal", ""])
)
def test_statements_round_trip(value: list[Any], purpose: str) -> None:
    statement = signing.sign(ALICE, purpose, value)
    assert signing.verify(SIGNER, purpose, statement) == signing.read(statement) == value
    assert len(signing.digest(statement)) == 32


def test_every_changed_bit_of_a_statement_is_found() -> None:
    statement = signing.sign(ALICE, "window", [1, b"x", "y", True])
    assert signing.verify(SIGNER, "window", statement) == [1, b"x", "y", True]
    for wrong in (
        *every_bit(statement),
        *(statement[:cut] for cut in range(len(statement))),
        statement + b"\0",
    ):
        with pytest.raises(AlteredError) as caught:
            signing.verify(SIGNER, "window", wrong)
        assert caught.value.hint


def test_another_key_or_another_purpose() -> None:
    statement = signing.sign(ALICE, "window", [1])
    assert signing.verify(SIGNER, "window", statement) == [1]
    for signer, purpose in ((public(BOB).signing, "window"), (SIGNER, "journal"), (b"short", "window")):
        with pytest.raises(AlteredError, match="signature"):
            signing.verify(signer, purpose, statement)


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [parts[0], [], *parts[2:]],
        lambda parts: [parts[0], 0, *parts[2:]],
        lambda parts: [parts[0], None, *parts[2:]],
        lambda parts: [parts[0], False, *parts[2:]],
        lambda parts: [parts[0], {4: b"key"}, *parts[2:]],
        lambda parts: [pack({1: -7}), *parts[1:]],
        lambda parts: [b"", *parts[1:]],
        lambda parts: parts[:3],
        lambda parts: [*parts, b""],
    ],
)
@pytest.mark.parametrize("tag", [17, 18, 98])
def test_a_statement_has_one_form(change: Any, tag: int) -> None:
    statement = signing.sign(ALICE, "window", [1])
    parts = list(cbor2.loads(statement).value)
    assert pack(cbor2.CBORTag(18, parts)) == statement
    with pytest.raises(AlteredError):
        signing.verify(SIGNER, "window", pack(cbor2.CBORTag(tag, change(parts))))
    if tag != 18:
        with pytest.raises(AlteredError):
            signing.verify(SIGNER, "window", pack(cbor2.CBORTag(tag, parts)))


# --- journal -------------------------------------------------------------------------------------------


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Four entries, of two people."""
    path = tmp_path / "openings.log"
    for number, key in enumerate((ALICE, BOB, ALICE, BOB)):
        journal.append(path, key, {"action": "grant", "case": f"case {number}", "tracks": [number, 9]})
    return path


def parts_of(path: Path) -> list[bytes]:
    """Its entries as they are stored."""
    data, parts, stream = path.read_bytes(), [], BytesIO(path.read_bytes())
    while (start := stream.tell()) < len(data):
        cbor2.load(stream)
        parts.append(data[start : stream.tell()])
    return parts


def test_what_is_appended_is_read(record: Path) -> None:
    found = list(journal.entries(record))
    assert [entry.number for entry in found] == [0, 1, 2, 3]
    assert [entry.what["case"] for entry in found] == [f"case {n}" for n in range(4)]
    assert [entry.signer for entry in found] == [public(ALICE).signing, public(BOB).signing] * 2
    assert [entry.digest for entry in found] == [signing.digest(part).hex() for part in parts_of(record)]
    assert found[3].what["tracks"] == [3, 9]
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    added = journal.append(record, ALICE, {"action": "log"})
    assert list(journal.entries(record))[4] == added and added.number == 4


def test_every_changed_byte_of_a_record_is_found(record: Path) -> None:
    data = b"".join(parts_of(record)[:2])
    for at in range(len(data)):
        for change in {1 << at % 8, 0x20} if at < 16 else {1 << at % 8}:
            record.write_bytes(flipped(data, at, change))
            with pytest.raises(AlteredError) as caught:
                list(journal.entries(record))
            assert caught.value.hint
    record.write_bytes(data)
    assert len(list(journal.entries(record))) == 2


@pytest.mark.parametrize(
    "order", [(1, 2, 3), (0, 2, 3), (0, 1, 3), (1, 0, 2, 3), (0, 1, 3, 2), (0, 0, 1, 2, 3), (0, 1, 2, 3, 3)]
)
def test_entries_that_are_removed_swapped_or_doubled(record: Path, order: tuple[int, ...]) -> None:
    parts = parts_of(record)
    record.write_bytes(b"".join(parts))
    assert len(list(journal.entries(record))) == 4
    record.write_bytes(b"".join(parts[number] for number in order))
    before = record.read_bytes()
    with pytest.raises(AlteredError, match="at entry"):
        list(journal.entries(record))
    with pytest.raises(AlteredError):
        journal.append(record, ALICE, {})
    assert record.read_bytes() == before


def test_a_record_that_is_cut_off(record: Path) -> None:
    """Within an entry it is found; between two it is not, unless the last digest is kept elsewhere."""
    data = record.read_bytes()
    ends = [sum(map(len, parts_of(record)[:count])) for count in range(5)]
    assert ends[-1] == len(data)
    for cut in range(0, len(data), 7):
        record.write_bytes(data[:cut])
        if cut in ends:
            continue
        with pytest.raises(AlteredError):
            list(journal.entries(record))
    for count, cut in enumerate(ends):
        record.write_bytes(data[:cut])
        assert len(list(journal.entries(record))) == count


def test_entries_of_another_record_or_purpose(record: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    journal.append(other, ALICE, {"case": "another"})
    journal.append(other, ALICE, {"case": "another still"})
    record.write_bytes(parts_of(record)[0] + parts_of(other)[1])
    with pytest.raises(AlteredError, match="at entry 1"):
        list(journal.entries(record))
    forged = {"previous": bytes(32), "number": 0, "signer": SIGNER, "what": {"case": "forged"}}
    record.write_bytes(signing.sign(ALICE, "journal", forged))
    assert next(journal.entries(record)).what["case"] == "forged"  # by Alice herself: it is no forgery
    for key, purpose in ((BOB, "journal"), (ALICE, "window")):
        record.write_bytes(signing.sign(key, purpose, forged))
        with pytest.raises(AlteredError, match="at entry 0"):
            list(journal.entries(record))


def test_entries_of_an_unknown_key(record: Path) -> None:
    both = {public(key).signing: public(key) for key in (ALICE, BOB)}
    assert len(list(journal.entries(record, both))) == 4
    with pytest.raises(AlteredError, match="entry 1 is of an unknown key"):
        list(journal.entries(record, {SIGNER: public(ALICE)}))


@pytest.mark.parametrize("data", [b"\0", b"\x5b\x7f" + bytes(7), b"\xc0\x61a", b"\x81" * 3000, b"text" * 9])
def test_what_is_no_record(record: Path, data: bytes) -> None:
    good = record.read_bytes()
    record.write_bytes(good + data)
    with pytest.raises(AlteredError):
        list(journal.entries(record))
    with pytest.raises(AlteredError):
        journal.append(record, ALICE, {})
    assert record.read_bytes() == good + data


def test_facts_have_names_in_text(record: Path) -> None:
    """Whoever prints or sorts them must not stumble."""
    entry = {"previous": bytes(32), "number": 0, "signer": SIGNER, "what": {b"case": 1}}
    record.write_bytes(signing.sign(ALICE, "journal", entry))
    with pytest.raises(AlteredError, match="at entry 0"):
        list(journal.entries(record))


def test_what_keeps_nothing_is_no_record() -> None:
    with pytest.raises(SealError, match="is no file"):
        journal.append(Path(os.devnull), ALICE, {})


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, said in (
        (tmp_path / "folder", "is no file"),
        (tmp_path / "missing" / "log", "can't write the record"),
    ):
        with pytest.raises(SealError, match=said) as caught:
            journal.append(path, ALICE, {})
        assert caught.value.hint


def test_what_is_no_file_is_not_even_read(tmp_path: Path) -> None:
    """/dev/zero has no end, and a pipe waits for somebody to write."""
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe"):
        with pytest.raises(SealError, match="is no file"):
            list(journal.entries(path))
        with pytest.raises(SealError, match="is no file"):
            journal.append(path, ALICE, {})


def test_a_record_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SealError, match="can't read the record"):
        list(journal.entries(tmp_path / "missing"))


def test_processes_at_once(tmp_path: Path) -> None:
    path, count = tmp_path / "openings.log", 12
    code = (
        "import sys; from pathlib import Path; from uunet.keys import journal\n"
        "from uunet.keys.identity import SecretKey\n"
        f"for n in range({count}):\n"
        f"    journal.append(Path(sys.argv[1]), SecretKey(bytes(32)), {{'who': sys.argv[2], 'n': n}})"
    )
    here = os.pathsep.join(filter(None, sys.path))
    running = [
        subprocess.Popen([sys.executable, "-c", code, path, who], env={**os.environ, "PYTHONPATH": here})
        for who in "ab"
    ]
    assert [process.wait(60) for process in running] == [0, 0]
    found = [(entry.number, entry.what["who"], entry.what["n"]) for entry in journal.entries(path)]
    assert [number for number, _, _ in found] == list(range(2 * count))
    for who in "ab":
        assert [n for _, by, n in found if by == who] == list(range(count))
