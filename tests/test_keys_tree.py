"""Keys in a tree, things sealed under one key each, and the one encoding of values."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from key_kit import every_bit, forms
from uunet.keys import content, tree
from uunet.keys.codec import pack, unpack
from uunet.keys.errors import AlteredError, WrongKeyError

KEY = bytes(range(32))
SEED = bytes(range(50, 82))
WINDOWS = st.integers(0, tree.MOST) | st.integers(0, 40) | st.integers(tree.MOST - 40, tree.MOST)
SPANS = st.tuples(WINDOWS, WINDOWS).map(lambda pair: (min(pair), max(pair)))

# --- tree ----------------------------------------------------------------------------------------------


@given(SPANS, st.data())
def test_a_cover_opens_what_was_asked_for_and_nothing_else(
    span: tuple[int, int], data: st.DataObject
) -> None:
    first, last = span
    root = tree.track_node(SEED, b"video", 3)
    nodes = list(tree.cover(root, first, last))
    spans = [
        (n.prefix << (tree.DEPTH - n.depth), (n.prefix + 1 << (tree.DEPTH - n.depth)) - 1) for n in nodes
    ]
    assert spans[0][0] == first and spans[-1][1] == last
    assert all(end + 1 == begin for (_, end), (begin, _) in pairwise(spans))
    inside = data.draw(st.integers(first, last))
    (node,) = (n for n in nodes if n.covers(inside))
    assert node.leaf(inside) == root.leaf(inside)
    for outside in {first - 1, last + 1, data.draw(WINDOWS)} - set(range(first, min(last, first + 99) + 1)):
        if not first <= outside <= last:
            assert not any(n.covers(outside) for n in nodes)
            for n in nodes:
                with pytest.raises(ValueError, match="not below"):
                    n.leaf(outside)


@given(SPANS)
def test_a_cover_is_the_smallest(span: tuple[int, int]) -> None:
    """No two of its nodes are the halves of one, and none could be replaced by the one above it."""
    first, last = span
    nodes = [(n.depth, n.prefix) for n in tree.cover(tree.track_node(SEED, b"video", 3), first, last)]
    assert len(nodes) <= 2 * tree.DEPTH
    assert not any((depth, prefix ^ 1) in nodes for depth, prefix in nodes if depth)
    for depth, prefix in nodes:
        above = prefix >> 1 << (tree.DEPTH - depth + 1)
        assert depth == 0 or above < first or above + (1 << (tree.DEPTH - depth + 1)) - 1 > last


@pytest.mark.parametrize("span", [(5, 4), (-1, 4), (0, tree.MOST + 1)])
def test_windows_that_there_are_not(span: tuple[int, int]) -> None:
    root = tree.track_node(SEED, b"video", 3)
    assert [node.depth for node in tree.cover(root, 0, tree.MOST)] == [0]
    with pytest.raises(ValueError, match="no such"):
        list(tree.cover(root, *span))


def test_every_leaf_is_another() -> None:
    leaves = {
        tree.track_node(seed, video, track).leaf(window)
        for seed in (SEED, KEY)
        for video in (b"video", b"other")
        for track in (0, 1, 64, 2**40)
        for window in (0, 1, 2, 2**31, tree.MOST)
    }
    assert len(leaves) == 2 * 2 * 4 * 5 and all(len(leaf) == 32 for leaf in leaves)


def test_a_node_shows_no_key() -> None:
    node = tree.track_node(SEED, b"video", 3)
    assert "Node(depth=0" in repr(node) and not any(form in repr([node]) for form in forms(node.key))


# --- content -------------------------------------------------------------------------------------------


@given(st.binary(max_size=3000), st.binary(max_size=30))
def test_what_is_sealed_opens(plaintext: bytes, context: bytes) -> None:
    sealed = content.seal(KEY, plaintext, context)
    assert content.open_(KEY, sealed, context) == plaintext
    assert len(sealed) == 32 + 16 + content.padded(8 + len(plaintext))
    for key, where in ((KEY[::-1], context), (KEY, context + b"!"), (KEY, b"!" + context)):
        with pytest.raises(WrongKeyError):
            content.open_(key, sealed, where)


def test_every_changed_bit_of_what_is_sealed_is_found() -> None:
    sealed = content.seal(KEY, b"a face", b"here")
    assert content.open_(KEY, sealed, b"here") == b"a face"
    verdicts = [verdict(one) for one in every_bit(sealed)]
    assert set(verdicts[: 32 * 8]) == {"WRONG_KEY_OR_CONTEXT"} and set(verdicts[32 * 8 :]) == {"ALTERED"}
    assert {verdict(sealed[:cut]) for cut in range(32)} == {"WRONG_KEY_OR_CONTEXT"}
    assert (
        {verdict(sealed[:cut]) for cut in range(32, len(sealed))} == {verdict(sealed + b"\0")} == {"ALTERED"}
    )


def verdict(sealed: bytes) -> str:
    with pytest.raises((WrongKeyError, AlteredError)) as caught:
        content.open_(KEY, sealed, b"here")
    assert isinstance(caught.value, WrongKeyError | AlteredError) and caught.value.hint
    return caught.value.verdict


@pytest.mark.parametrize(
    ("length", "wanted"),
    [
        (0, 0),
        (1, 1),
        (8, 8),
        (9, 10),
        (15, 16),
        (17, 18),
        (100, 104),
        (1000, 1024),
        (1025, 1088),
        (4096, 4096),
    ],
)
def test_padme(length: int, wanted: int) -> None:
    assert content.padded(length) == wanted


@given(st.integers(2, 2**36))
def test_padme_is_the_papers(length: int) -> None:
    """Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", algorithm 1, with logarithms."""
    exponent = length.bit_length() - 1
    size = math.floor(math.log2(exponent)) + 1
    low = max(exponent - size, 0)
    assert content.padded(length) == (length + (1 << low) - 1) & ~((1 << low) - 1)
    assert length <= content.padded(length) <= length * 1.12


def test_lengths_are_hidden() -> None:
    lengths = {len(content.seal(KEY, bytes(n), b"")) for n in range(1000, 1017)}
    assert lengths == {32 + 16 + 1024}


# --- codec ---------------------------------------------------------------------------------------------

PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.binary(max_size=20)
    | st.text("aé\0", max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_values_round_trip(value: Any) -> None:
    assert unpack(pack(value)) == value
    with pytest.raises(AlteredError):
        unpack(pack(value) + b"\0")


@given(st.binary(max_size=60))
def test_what_is_no_value_is_refused(data: bytes) -> None:
    try:
        assert pack(unpack(data)) == data
    except AlteredError as error:
        assert error.hint


@pytest.mark.parametrize(
    "data",
    [
        "",
        "1800",  # 0 in two bytes
        "9f01ff",  # a list of no length
        "5f4101ff",  # bytes in pieces
        "a2616201616101",  # b before a
        "a2616101616102",  # a twice
        "d81c81d81d00",  # a list that holds itself
        "98"
        + "28d81c80"
        + "".join(f"d81c82d81d{at:02x}d81d{at:02x}" for at in range(23))
        + "80" * 16,  # and twins
        "f7",  # values that mean nothing here
        "fb3ff0000000000000",
        "e5",
        "c11a00000000",
        "5b7fffffffffffffff",  # bytes without end
        "9b7fffffffffffffff",
        "bb7fffffffffffffff",
        "81" * 5000,
        "c06161",  # a date that is none
        "c2420001",  # 1 as a big number
        "f97e01",  # not a number, in another way
        "62c328",  # text that is none
    ],
)
def test_second_encodings_and_bombs(data: str) -> None:
    with pytest.raises(AlteredError) as caught:
        unpack(bytes.fromhex(data))
    assert caught.value.hint and caught.value.verdict == "ALTERED"
    assert unpack(bytes.fromhex("a2616101616202")) == {"a": 1, "b": 2}
