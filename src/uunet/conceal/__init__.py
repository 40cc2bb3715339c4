"""Steganographic carriers: bytes into pixels and back. Nothing here knows what the bytes mean.

- `hide_lsb`, `reveal_lsb`: one picture, lossless files only;
- `SpreadMark`, `SpreadReader`: one message per window of pictures, made to outlive transcodes.

Neither is a secret channel: `spread` can be seen by whoever looks for it, and the keys are public names.
"""

from uunet.conceal.lsb import hide_lsb, reveal_lsb
from uunet.conceal.mark import SpreadMark
from uunet.conceal.reader import SpreadReader, WindowReading
from uunet.conceal.spread import CAPACITY as SPREAD_CAPACITY
from uunet.conceal.spread import MIN_SIZE as SPREAD_MIN_SIZE
from uunet.conceal.spread import Reading

__all__ = [
    "SPREAD_CAPACITY",
    "SPREAD_MIN_SIZE",
    "Reading",
    "SpreadMark",
    "SpreadReader",
    "WindowReading",
    "hide_lsb",
    "reveal_lsb",
]
