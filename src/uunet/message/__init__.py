"""The ROI message: where the replaced faces are, as bytes. Nothing here knows how the bytes are hidden.

- plain text, one per frame: the paper's grammar (III-C), `pack_plain` and `unpack_plain`;
- packets `UUB1`, 64 bytes, one to 256 per window: `pack` and `unpack`;
- the same for a carrier where every bit costs, `pack_compact` and `unpack_compact`;
- what is stored beside a frame (SEI, metadata OBU): `wrap` and `unwrap`.

SPEC.md states every byte.
"""

from uunet.message.compact import pack_compact, unpack_compact
from uunet.message.packet import PACKET_BYTES, WindowMessage, pack, roi_key, unpack
from uunet.message.payload import (
    Contents,
    Header,
    join,
    split,
    unwrap,
    unwrap_evidence,
    wrap,
    wrap_evidence,
)
from uunet.message.plain import pack_plain, unpack_plain
from uunet.message.verdict import FORMAT, UnreadableError, Verdict

__all__ = [
    "FORMAT",
    "PACKET_BYTES",
    "Contents",
    "Header",
    "UnreadableError",
    "Verdict",
    "WindowMessage",
    "join",
    "pack",
    "pack_compact",
    "pack_plain",
    "roi_key",
    "split",
    "unpack",
    "unpack_compact",
    "unpack_plain",
    "unwrap",
    "unwrap_evidence",
    "wrap",
    "wrap_evidence",
]
