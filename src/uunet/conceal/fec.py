"""Error correction: a rate 1/3, K = 7 convolutional code (133, 171, 165 octal), soft Viterbi, CRC-32."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]

RATE = 3
TAIL = 6  # zero bits that return the encoder to state 0
_POLYNOMIALS = (0o133, 0o171, 0o165)
_STATES = 64
_CRC_BYTES = 4

# register = newest bit in the highest place; state = register >> 1
_REGISTERS = np.arange(2 * _STATES)
_OUTPUTS = np.array([[bin(r & g).count("1") & 1 for g in _POLYNOMIALS] for r in _REGISTERS], np.uint8)


def coded_bits(size: int) -> int:
    """How many bits `encode` makes of `size` bytes."""
    return RATE * (8 * (size + _CRC_BYTES) + TAIL)


def encode(data: bytes) -> Bits:
    """The coded bits of data ‖ CRC-32 (big-endian), most significant bit first."""
    framed = data + zlib.crc32(data).to_bytes(_CRC_BYTES, "big")
    bits = np.concatenate([np.unpackbits(np.frombuffer(framed, np.uint8)), np.zeros(TAIL, np.uint8)])
    padded = np.concatenate([np.zeros(TAIL, np.uint8), bits])
    registers = np.zeros(len(bits), np.intp)
    for age in range(TAIL + 1):
        registers |= padded[TAIL - age : len(padded) - age].astype(np.intp) << (TAIL - age)
    coded: Bits = _OUTPUTS[registers].reshape(-1)
    return coded


def decode(soft: npt.NDArray[np.float64]) -> bytes | None:
    """The data of coded bits, or None if its CRC-32 is wrong.

    Args:
        soft: one number per coded bit, above zero for a 0 and below for a 1, larger for more certain.
    """
    bits = _viterbi(soft.reshape(-1, RATE))[:-TAIL]
    framed = np.packbits(bits).tobytes()
    data, check = framed[:-_CRC_BYTES], framed[-_CRC_BYTES:]
    return data if zlib.crc32(data).to_bytes(_CRC_BYTES, "big") == check else None


def _viterbi(soft: npt.NDArray[np.float64]) -> Bits:
    """The most likely input bits, shape (steps,), of a path from state 0 to state 0; soft is (steps, 3)."""
    steps = len(soft)
    # gain of each register: sum of soft * (+1 for output 0, -1 for output 1); register 2s + e came from
    # state (2s + e) & 63 and leads to state s
    gains = (soft @ (1.0 - 2.0 * _OUTPUTS.T)).reshape(steps, _STATES, 2)
    came_from = (_REGISTERS & (_STATES - 1)).reshape(_STATES, 2)
    score = np.full(_STATES, -np.inf)
    score[0] = 0.0
    odd = np.empty((steps, _STATES), np.bool_)
    for t in range(steps):
        paths = score[came_from] + gains[t]
        np.greater(paths[:, 1], paths[:, 0], out=odd[t])
        score = np.maximum(paths[:, 0], paths[:, 1])
    bits = np.empty(steps, np.uint8)
    state = 0
    for t in range(steps - 1, -1, -1):
        bits[t] = state >> (TAIL - 1)
        state = (2 * state + int(odd[t, state])) & (_STATES - 1)
    return bits
