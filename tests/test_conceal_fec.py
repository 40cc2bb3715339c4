"""Keyed numbers and the error correction under `spread`; golden values from vectors/conceal.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uunet.conceal import fec, keyed

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "conceal.json").read_text())


@pytest.mark.parametrize("size", fec.SIZES)
def test_round_trip_and_noise(size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(5):
        data = rng.bytes(size)
        bits = fec.encode(data)
        assert len(bits) == fec.coded_bits(size) and set(bits.tolist()) <= {0, 1}
        noisy = bits / 2 + rng.normal(0, 0.12, len(bits))  # about 4 % of the bits are wrong
        assert fec.decode(1.0 - 2.0 * bits.astype(np.float64)) == data
        assert fec.decode(np.cos(2 * np.pi * noisy)) == data


def test_noise_alone_is_refused() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        assert fec.decode(rng.uniform(-1, 1, fec.coded_bits(32))) is None
    assert fec.decode(np.zeros(fec.coded_bits(32))) is None


def test_every_message_bit_is_repeated_as_specified() -> None:
    for size in fec.SIZES:
        count = 8 * (size + 4)
        repeats = np.bincount(fec._checks(count).reshape(-1), minlength=count)
        third, rest = count // 3, count % 3
        assert (repeats[:third] == 6).all() and (repeats[third : count - rest] == 3).all()
        assert (repeats[count - rest :] == 4).all()
        # a bit that enters a check twice would cancel itself
        assert all(len(set(check)) == 4 for check in fec._checks(count).tolist())


@given(st.binary(max_size=40), st.integers(100, 10**6), st.integers(0, 40))
def test_distinct_numbers(key: bytes, size: int, count: int) -> None:
    numbers = keyed.distinct(key, b"test", size, count)
    assert len(set(numbers.tolist())) == count and all(0 <= n < size for n in numbers)
    assert keyed.distinct(key, b"test", size, count // 2).tolist() == numbers[: count // 2].tolist()


def test_distinct_numbers_of_half_of_everything() -> None:
    assert len(set(keyed.distinct(b"k", b"test", 1000, 500).tolist())) == 500


def test_vectors() -> None:
    known = VECTORS["keyed"]
    key, purpose = bytes.fromhex(known["key"]), known["purpose"].encode()
    assert keyed.words(key, purpose, 4).tolist() == known["words"]
    assert keyed.permutation(key, purpose, 12).tolist() == known["permutation_of_12"]
    assert keyed.distinct(key, purpose, 20, 8).tolist() == known["distinct_8_of_20"]
    assert keyed.uniform(key, purpose, 2).tolist() == [w / 2**32 for w in known["words"][:2]]
    for vector in VECTORS["fec"]:
        coded = np.packbits(fec.encode(bytes.fromhex(vector["data"]))).tobytes()
        assert coded.hex() == vector["coded"]
