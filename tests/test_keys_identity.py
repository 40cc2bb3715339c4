"""Keys as text, what is sealed to them and signed by them, and that nothing shows a secret."""

from __future__ import annotations

import pprint
import string
import traceback
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from key_kit import ALICE, BOB, CAROL, every_bit, flipped, forms, public
from uunet.keys import text
from uunet.keys.errors import AlteredError, KeyTextError, WrongKeyError
from uunet.keys.identity import GROUP, MOST_CUSTODIANS, PUBLIC, Group, PublicKey, SecretKey
from uunet.keys.text import SECRET

ROOTS = st.binary(min_size=32, max_size=32)
LETTERS = string.ascii_letters + string.digits + "-_"
ROOT = bytes(range(100, 132))


# --- text ----------------------------------------------------------------------------------------------


@given(ROOTS)
def test_a_secret_key_is_one_line_and_back(root: bytes) -> None:
    key = SecretKey(root)
    line = key.line()
    assert line.startswith(SECRET) and len(line) == 67 and line.isascii() and not set(line) & set(" \n=+/")
    assert SecretKey.parse(line) == SecretKey.parse(f"  {line}\n") == key


@given(st.binary(min_size=1248, max_size=1248))
def test_a_public_key_is_one_line_and_back(data: bytes) -> None:
    key = PublicKey(data[:32], data[32:])
    assert PublicKey.parse(str(key)) == key and len(str(key)) == len(PUBLIC) + 1670


def test_every_changed_character_of_a_secret_key_is_found() -> None:
    line = SecretKey(ROOT).line()
    assert SecretKey.parse(line) == SecretKey(ROOT)
    for at, right in enumerate(line):
        for wrong in (LETTERS + "+/= \né\0").replace(right, ""):
            refuses(SecretKey.parse, line[:at] + wrong + line[at + 1 :], line)


def test_every_changed_character_of_a_public_key_is_found() -> None:
    line = str(public(ALICE))
    assert PublicKey.parse(line) == public(ALICE)
    for at, right in enumerate(line):
        wrongs = LETTERS + "+/=" if at > len(line) - 3 or right in "-_" else "A"
        for wrong in wrongs.replace(right, ""):
            refuses(PublicKey.parse, line[:at] + wrong + line[at + 1 :], line)


def test_cut_off_doubled_or_of_another_kind() -> None:
    line = SecretKey(ROOT).line()
    for cut in range(len(line)):
        refuses(SecretKey.parse, line[:cut], line)
    for wrong in (line + "A", line + line, line.lower(), line[1:], "", str(public(ALICE))):
        refuses(SecretKey.parse, wrong, line)
    for wrong in (line, "", str(public(ALICE))[:-1], "age1" + "q" * 58):
        refuses(PublicKey.parse, wrong, line)
        refuses(Group.parse, wrong, line)


def refuses(parse: object, wrong: str, line: str) -> None:
    """KeyTextError, of which nothing tells any of what was typed."""
    assert callable(parse)
    with pytest.raises(KeyTextError) as caught:
        parse(wrong)
    error = caught.value
    assert error.hint and error.verdict == "BAD_KEY" and error.__cause__ is error.__context__ is None
    said = f"{error} {error.hint} {error!r} {error.args}"
    assert line[20:30] not in said and line[-10:] not in said


def test_a_traceback_shows_no_secret() -> None:
    line = SecretKey(ROOT).line()
    shown = []
    for wrong in (line[:-1] + "!", line[:-2], line + "é"):
        try:
            SecretKey.parse(wrong)
        except KeyTextError as error:
            shown.append("".join(traceback.format_exception(error)))
    assert len(shown) == 3 and all("KeyTextError" in one for one in shown)
    assert not any(line[20:30] in one or line[-12:-2] in one for one in shown)


@given(st.binary(max_size=60), st.sampled_from([SECRET, PUBLIC, "x-"]))
def test_text_round_trip(data: bytes, name: str) -> None:
    assert text.decode(name, text.encode(name, data), len(data)) == data
    with pytest.raises(KeyTextError):
        text.decode(name, text.encode(name, data), len(data) + 1)
    with pytest.raises(KeyTextError):
        text.decode("other-", "other-" + text.encode(name, data)[len(name) :], len(data))


# --- nothing shows a secret ----------------------------------------------------------------------------


def test_nothing_shows_a_secret() -> None:
    key = SecretKey(ROOT)
    assert fields(key)[0].repr is False
    shown = [repr(key), str(key), f"{key}", f"{key!r}", pprint.pformat([key]), repr({"key": key})]
    with pytest.raises(TypeError) as caught:
        key < BOB  # type: ignore[operator]  # noqa: B015
    shown.append(str(caught.value))
    with pytest.raises(WrongKeyError) as refused:
        key.open(public(ALICE).seal(b"for Alice", b"here"), b"here")
    shown += traceback.format_exception(refused.value)
    assert any("SecretKey" in one for one in shown)
    for one in shown:
        assert not any(form in one for form in (*forms(ROOT), key.line()[20:30], repr(ROOT)[2:12]))


# --- sealing -------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=100), st.binary(max_size=20))
def test_what_is_sealed_opens_with_the_key_and_the_context(plaintext: bytes, context: bytes) -> None:
    capsule = public(ALICE).seal(plaintext, context)
    assert ALICE.open(capsule, context) == plaintext
    assert public(ALICE).seal(plaintext, context) != capsule
    for key, where in ((BOB, context), (ALICE, context + b"!"), (ALICE, b"another" + context)):
        with pytest.raises(WrongKeyError) as caught:
            key.open(capsule, where)
        assert caught.value.verdict == "WRONG_KEY_OR_CONTEXT" and caught.value.hint


def test_every_changed_byte_of_a_capsule_is_found() -> None:
    capsule = public(ALICE).seal(bytes(32), b"video")
    assert ALICE.open(capsule, b"video") == bytes(32) and len(capsule) == 1168
    changed = [flipped(capsule, at, 1 << at % 8) for at in range(len(capsule))]
    ends = [capsule[:-48] + end for end in every_bit(capsule[-48:])]
    for wrong in (*changed, *ends, capsule[:-1], capsule + b"\0", b"", bytes(9)):
        with pytest.raises(WrongKeyError):
            ALICE.open(wrong, b"video")


@pytest.mark.parametrize("part", ["lattice", "curve", "short"])
def test_a_public_key_of_impossible_values(part: str) -> None:
    good = public(ALICE)
    wrong = {
        "lattice": b"\xff" * 1184 + good.sealing[1184:],
        "curve": good.sealing[:1184] + bytes(32),
        "short": good.sealing[:-1],
    }
    with pytest.raises(KeyTextError, match="impossible"):
        PublicKey(good.signing, wrong[part]).seal(b"seed", b"")
    assert ALICE.open(good.seal(b"seed", b""), b"") == b"seed"


# --- signing -------------------------------------------------------------------------------------------


def test_every_changed_bit_of_a_signature_is_found() -> None:
    signature = ALICE.sign(b"message")
    public(ALICE).verify(signature, b"message")
    wrong = [(one, b"message") for one in every_bit(signature)]
    wrong += [(signature, one) for one in (*every_bit(b"message"), b"", b"message!")]
    for changed, message in (*wrong, (b"", b"message"), (signature[:-1], b"message")):
        with pytest.raises(AlteredError) as caught:
            public(ALICE).verify(changed, message)
        assert caught.value.verdict == "ALTERED"
    with pytest.raises(AlteredError):
        public(BOB).verify(signature, b"message")
    with pytest.raises(AlteredError):
        PublicKey(b"short", public(ALICE).sealing).verify(signature, b"message")


def test_the_two_keys_of_a_secret_are_not_one() -> None:
    key = public(ALICE)
    assert key.signing not in key.sealing and key.sealing[-32:] != key.signing
    assert len(key.fingerprint) == 39 and key.fingerprint.count("-") == 7
    other = PublicKey(key.signing, public(BOB).sealing)
    assert len({key.fingerprint, other.fingerprint, public(BOB).fingerprint}) == 3
    assert key.signer == other.signer == key.signing.hex()[:16]


# --- groups --------------------------------------------------------------------------------------------


def test_groups_as_text() -> None:
    three = tuple(map(public, (ALICE, BOB, CAROL)))
    for threshold in (1, 2, 3):
        group = Group(threshold, three)
        assert str(group).startswith(f"{GROUP}{threshold}of3-") and Group.parse(f"{group}\n") == group
    alone = Group(1, three[:1])
    assert str(alone) == str(three[0]) and Group.parse(str(alone)) == alone


def test_groups_that_are_mistyped() -> None:
    line = str(Group(2, tuple(map(public, (ALICE, BOB, CAROL)))))
    assert Group.parse(line).threshold == 2
    wrong = [line[:-1], line[:1700], line + "A", line.replace("2of3", "4of3"), GROUP]
    others = ("1of3", "3of3", "0of3", "2of2", "2of4", "2/3", "of3", "2of3x", "-1of3", "02of3")
    wrong += [line.replace("2of3", other) for other in others]
    for one in wrong:
        with pytest.raises(KeyTextError) as caught:
            Group.parse(one)
        assert caught.value.hint


def test_groups_that_are_not_possible() -> None:
    many = tuple(PublicKey(bytes((n,)) * 32, b"") for n in range(MOST_CUSTODIANS + 1))
    assert Group(16, many[:16]).threshold == 16
    for threshold, custodians in ((0, many[:2]), (3, many[:2]), (1, ()), (1, many), (1, many[:1] * 2)):
        with pytest.raises(KeyTextError):
            Group(threshold, custodians)
