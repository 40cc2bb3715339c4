"""Shares, envelopes and grants: who opens which track in which window of which video, and who does not."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from key_kit import ALICE, BOB, CAROL, DAVE, every_bit, flipped, forms, only, public
from uunet.keys import shares, tree
from uunet.keys.codec import pack, unpack
from uunet.keys.envelope import Envelope, Opened, Sealed, Sealing
from uunet.keys.errors import AlteredError, NeedSharesError, SealError, WrongKeyError
from uunet.keys.grant import Grant
from uunet.keys.identity import Group, SecretKey

VIDEO, OTHER = b"a video's number", b"another video's!"
TWO_OF_THREE = Group(2, tuple(map(public, (ALICE, BOB, CAROL))))


def sealing(*groups: Group, video: bytes = VIDEO) -> tuple[Envelope, Sealing]:
    return Envelope.seal(video, groups)


def opened(envelope: Envelope, *keys: SecretKey, video: bytes = VIDEO) -> Opened:
    return Opened(video, tuple(t for t, _ in envelope.groups), envelope.open(video, keys))


def granted(envelope: Envelope, *grants: Grant) -> Opened:
    nodes = {place: tracks for grant in grants for place, tracks in grant.nodes.items()}
    return Opened(VIDEO, tuple(t for t, _ in envelope.groups), {}, nodes)


def verdict(what: Opened, evidence: Sealed) -> str:
    """OK, or the verdict of the refusal."""
    try:
        return "OK" if what.open(evidence) == b"a face" else "WRONG"
    except SealError as error:
        assert error.hint
        return error.verdict


# --- shares --------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.data(), st.integers(1, 5), st.binary(min_size=32, max_size=32))
def test_as_many_as_the_threshold_open_and_fewer_do_not(data: st.DataObject, count: int, key: bytes) -> None:
    threshold = data.draw(st.integers(1, count))
    leaves = [secrets.token_bytes(32) for _ in range(count)]
    wrapped = shares.wrap(key, threshold, leaves)
    assert [len(one) for one in wrapped] == [shares.WRAPPED] * count
    places = data.draw(st.permutations(range(count)))
    for more in (threshold, count):
        assert shares.unwrap(wrapped, threshold, {place: leaves[place] for place in places[:more]}) == key
    few = {place: leaves[place] for place in places[: threshold - 1]}
    few |= {place: bytes(32) for place in places[threshold - 1 :]} | {99: leaves[0]}
    with pytest.raises(NeedSharesError if threshold > 1 else WrongKeyError) as caught:
        shares.unwrap(wrapped, threshold, few)
    if isinstance(caught.value, NeedSharesError):
        assert (caught.value.have, caught.value.need) == (threshold - 1, threshold)
        assert f"{threshold - 1} of the {threshold}" in str(caught.value)


def test_the_most_custodians() -> None:
    leaves = [bytes((n,)) * 32 for n in range(16)]
    wrapped = shares.wrap(b"k" * 32, 16, leaves)
    assert shares.unwrap(wrapped, 16, dict(enumerate(leaves))) == b"k" * 32
    with pytest.raises(NeedSharesError, match="15 of the 16"):
        shares.unwrap(wrapped, 16, dict(enumerate(leaves[:15])))


def test_every_changed_bit_of_a_share_is_found() -> None:
    leaf = bytes(range(32))
    (wrapped,) = shares.wrap(b"k" * 32, 1, [leaf])
    assert shares.unwrap([wrapped], 1, {0: leaf}) == b"k" * 32
    for wrong in (*every_bit(wrapped), wrapped[:-8], b"", wrapped[:-1]):
        with pytest.raises(WrongKeyError):
            shares.unwrap([wrong], 1, {0: leaf})


def test_a_threshold_that_was_made_lower_opens_nothing() -> None:
    envelope, seals = sealing(TWO_OF_THREE)
    evidence = seals.seal(7, 300, b"a face")
    ((_, capsules),) = envelope.groups
    for threshold, wanted in ((2, "NEED_SHARES"), (1, "WRONG_KEY_OR_CONTEXT"), (3, "NEED_SHARES")):
        assert verdict(opened(Envelope(((threshold, capsules),)), ALICE), evidence) == wanted


# --- envelopes -----------------------------------------------------------------------------------------


def test_any_recipient_opens_and_nobody_else() -> None:
    envelope, seals = sealing(*only(ALICE, BOB))
    evidence = seals.seal(7, 300, b"a face")
    assert {key: verdict(opened(envelope, key), evidence) for key in (ALICE, BOB, CAROL)} == {
        ALICE: "OK",
        BOB: "OK",
        CAROL: "WRONG_KEY_OR_CONTEXT",
    }
    assert verdict(opened(envelope, CAROL, BOB, DAVE), evidence) == "OK"
    assert verdict(opened(envelope), evidence) == "WRONG_KEY_OR_CONTEXT"


def test_two_of_three_custodians_open_one_does_not() -> None:
    envelope, seals = sealing(TWO_OF_THREE, *only(DAVE))
    evidence = seals.seal(7, 300, b"a face")
    for pair in combinations((ALICE, BOB, CAROL), 2):
        assert verdict(opened(envelope, *pair), evidence) == "OK"
    for key in (ALICE, BOB, CAROL):
        with pytest.raises(NeedSharesError) as caught:
            opened(envelope, key).open(evidence)
        assert (caught.value.have, caught.value.need, caught.value.verdict) == (1, 2, "NEED_SHARES")
    assert verdict(opened(envelope, DAVE), evidence) == "OK"


def test_custodians_of_different_groups_do_not_add_up() -> None:
    envelope, seals = sealing(Group(2, (public(ALICE), public(BOB))), Group(2, (public(CAROL), public(DAVE))))
    evidence = seals.seal(7, 300, b"a face")
    assert verdict(opened(envelope, ALICE, BOB), evidence) == "OK"
    assert verdict(opened(envelope, ALICE, CAROL), evidence) == "NEED_SHARES"


def test_another_video_track_or_window() -> None:
    envelope, seals = sealing(*only(ALICE))
    evidence = seals.seal(7, 300, b"a face")
    mine = opened(envelope, ALICE)
    assert verdict(mine, evidence) == "OK"
    moved = [replace(evidence, track=8), replace(evidence, window=301), replace(evidence, track=7 + 64)]
    assert {verdict(mine, one) for one in moved} == {"WRONG_KEY_OR_CONTEXT"}
    # with the wraps of the place that it is moved to, it is still not from there
    other = seals.seal(8, 300, b"another")
    assert verdict(mine, replace(other, sealed=evidence.sealed)) == "WRONG_KEY_OR_CONTEXT"
    assert (
        verdict(mine, seals.rewrap(replace(evidence, track=8), mine.key(evidence))) == "WRONG_KEY_OR_CONTEXT"
    )
    assert envelope.open(OTHER, [ALICE]) == {}
    assert verdict(replace(mine, video_id=OTHER), evidence) == "WRONG_KEY_OR_CONTEXT"
    second, seals = sealing(*only(ALICE), video=OTHER)
    assert verdict(opened(second, ALICE, video=OTHER), evidence) == "WRONG_KEY_OR_CONTEXT"
    assert verdict(opened(second, ALICE, video=OTHER), seals.seal(7, 300, b"a face")) == "OK"


def test_every_changed_bit_of_a_sealed_piece_is_found() -> None:
    envelope, seals = sealing(*only(ALICE))
    evidence = seals.seal(7, 300, b"a face")
    mine, packed = opened(envelope, ALICE), evidence.pack()
    assert verdict(mine, Sealed.unpack(packed)) == "OK"
    for wrong in every_bit(packed):
        with pytest.raises(SealError):
            mine.open(Sealed.unpack(wrong))


def test_new_recipients_get_the_same_evidence() -> None:
    before, seals = sealing(*only(ALICE))
    evidence = seals.seal(7, 300, b"a face")
    after, again = sealing(TWO_OF_THREE)
    moved = again.rewrap(evidence, opened(before, ALICE).key(evidence))
    assert moved.sealed == evidence.sealed and moved.wraps != evidence.wraps
    assert verdict(opened(after, BOB, CAROL), moved) == "OK"
    assert verdict(opened(before, ALICE), moved) == "WRONG_KEY_OR_CONTEXT"
    assert verdict(opened(after, DAVE), moved) == "WRONG_KEY_OR_CONTEXT"


SEALED = st.builds(
    Sealed,
    st.integers(0, tree.MOST),
    st.integers(0, tree.MOST),
    st.lists(st.lists(st.binary(min_size=40, max_size=40), max_size=3).map(tuple), max_size=3).map(tuple),
    st.binary(max_size=80),
)


@given(SEALED)
def test_sealed_pieces_round_trip(sealed: Sealed) -> None:
    assert Sealed.unpack(sealed.pack()) == sealed


def test_envelopes_round_trip() -> None:
    envelope, _ = sealing(TWO_OF_THREE, *only(DAVE))
    again = Envelope.unpack(envelope.pack())
    assert again == envelope and len(again.open(VIDEO, [ALICE, CAROL, DAVE])) == 3


@pytest.mark.parametrize(
    "value",
    [
        [0, 0, [], b""][:3],
        [-1, 0, [], b""],
        [0, tree.MOST + 1, [], b""],
        [0, 0, [[b"short"]], b""],
        [0, 0, [[]] * 17, b""],
        [0, 0, [], "text"],
        {"track": 0},
        None,
    ],
)
def test_what_is_no_sealed_piece(value: Any) -> None:
    assert Sealed.unpack(pack([0, 0, [], b""])) == Sealed(0, 0, (), b"")
    with pytest.raises(AlteredError):
        Sealed.unpack(pack(value))


@pytest.mark.parametrize(
    "value", [None, [None], [[0, [b""]]], [[2, [b""]]], [[1, [b""] * 17]], [[1, ["a"]]], [[1, [b""]]] * 17]
)
def test_what_is_no_envelope(value: Any) -> None:
    assert Envelope.unpack(pack([[1, [b""]]])) == Envelope(((1, (b"",)),))
    with pytest.raises(AlteredError):
        Envelope.unpack(pack(value))


def test_nothing_shows_seeds() -> None:
    envelope, seals = sealing(TWO_OF_THREE)
    mine = opened(envelope, ALICE)
    (seed,) = mine.seeds.values()
    grant = Grant.of(VIDEO, "case", mine.seeds, [7], (0, 1))
    (node,) = grant.nodes[0, 0][7]
    for shown in (repr(seals), repr(mine), repr(grant), repr([granted(envelope, grant)])):
        assert VIDEO.decode() in shown
        assert not any(
            form in shown for secret in (seed, node.key) for form in (*forms(secret), repr(secret)[2:9])
        )


# --- grants --------------------------------------------------------------------------------------------


def grant_of(envelope: Envelope, key: SecretKey, tracks: Iterable[int], span: tuple[int, int]) -> Grant:
    return Grant.of(VIDEO, "12/2026", envelope.open(VIDEO, [key]), tracks, span)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 9), st.lists(st.integers(0, 200), min_size=1, max_size=3))
def test_a_grant_opens_its_tracks_in_its_windows(first: int, more: int, tracks: list[int]) -> None:
    envelope, seals = ENVELOPE
    mine = granted(envelope, grant_of(envelope, ALICE, tracks, (first, first + more)))
    for track in {*tracks, 201, tracks[0] + 1}:
        for window in (first - 1, first, first + more, first + more + 1, tree.MOST):
            if window >= 0:
                inside = track in tracks and first <= window <= first + more
                wanted = "OK" if inside else "WRONG_KEY_OR_CONTEXT"
                assert verdict(mine, seals.seal(track, window, b"a face")) == wanted


ENVELOPE = sealing(*only(ALICE))


def test_a_grant_is_for_its_recipient() -> None:
    envelope, _ = sealing(*only(ALICE))
    grant = grant_of(envelope, ALICE, [3, 8], (30, 42))
    data = grant.seal(public(DAVE))
    again = Grant.open(data, DAVE)
    assert again == grant and again.tracks == {3, 8} and again.case == "12/2026"
    for key in (ALICE, BOB):
        with pytest.raises(WrongKeyError):
            Grant.open(data, key)
    with pytest.raises(AlteredError, match="no grant"):
        Grant.open(b"%PDF" + data, DAVE)


def test_every_changed_byte_of_a_grant_is_found() -> None:
    envelope, _ = sealing(*only(ALICE))
    data = grant_of(envelope, ALICE, [3], (30, 31)).seal(public(DAVE))
    assert Grant.open(data, DAVE).tracks == {3}
    wrongs = [flipped(data, at, 1 << at % 8) for at in range(len(data))]
    for wrong in (*wrongs, *(data[:cut] for cut in range(0, len(data), 50)), data + b"\0"):
        with pytest.raises((WrongKeyError, AlteredError)):
            Grant.open(wrong, DAVE)


def test_custodians_grant_for_themselves() -> None:
    envelope, seals = sealing(TWO_OF_THREE)
    one, two = (grant_of(envelope, key, [3], (5, 9)) for key in (ALICE, CAROL))
    evidence = seals.seal(3, 7, b"a face")
    assert verdict(granted(envelope, one, two), evidence) == "OK"
    assert verdict(granted(envelope, one), evidence) == "NEED_SHARES"
    assert verdict(granted(envelope, one, two), seals.seal(3, 10, b"a face")) == "WRONG_KEY_OR_CONTEXT"
    assert verdict(replace(granted(envelope, one), seeds=envelope.open(VIDEO, [BOB])), evidence) == "OK"


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value[:4],
        lambda value: [*value[:4], [[0, 0, 3]]],
        lambda value: [*value[:4], [[0, 0, 3, [[33, 0, b"k"]]]]],
        lambda value: [*value[:4], [[0, 0, 3, [[-1, 0, b"k"]]]]],
        lambda value: [*value[:4], [[0, 0, 3, [[1, 0]]]]],
        lambda value: [0, *value[1:]],
        lambda value: {},
    ],
)
def test_what_is_no_grant(change: Any) -> None:
    envelope, _ = ENVELOPE
    data = grant_of(envelope, ALICE, [3], (5, 9)).seal(public(DAVE))
    head, context = data[:14], b"UUE1 grant"
    value = unpack(DAVE.open(data[14:], context))
    assert Grant.open(head + public(DAVE).seal(pack(value), context), DAVE).tracks == {3}
    with pytest.raises(AlteredError):
        Grant.open(head + public(DAVE).seal(pack(change(value)), context), DAVE)


@pytest.mark.parametrize("key", [b"", b"short", bytes(31), bytes(40)])
@pytest.mark.parametrize("depth", [0, tree.DEPTH])
def test_grants_of_impossible_keys_open_nothing(key: bytes, depth: int) -> None:
    envelope, seals = ENVELOPE
    node = tree.Node(depth, 7 if depth else 0, key)
    grant = Grant(VIDEO, "", 7, 7, {(0, 0): {3: (node,)}, (5, -1): {3: (node,)}})
    assert node.covers(7)
    assert verdict(
        granted(envelope, Grant.open(grant.seal(public(DAVE)), DAVE)), seals.seal(3, 7, b"a face")
    ) == ("WRONG_KEY_OR_CONTEXT")
