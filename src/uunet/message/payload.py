"""What is stored beside one frame (SEI, metadata OBU): a byte for the kind, then the body."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from uunet.message.verdict import FORMAT, grammar

_PLAIN_KIND, _PACKET_KIND, _HEADER_KIND, _EVIDENCE_KIND = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Header:
    """Which models wrote the file: for `inspect`, and to find the right decoder.

    Attributes:
        model: id of the public model.
        pair: id of the model pair, from which K_roi is derived.
        format: version of the formats.
    """

    model: str
    pair: str
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Contents:
    """What was stored beside one frame; None or empty where there is no such payload.

    Attributes:
        plain: the paper's text, not yet parsed.
        packets: UUB1 packets, not yet verified.
        header: the file's header.
    """

    plain: bytes | None = None
    packets: tuple[bytes, ...] = ()
    header: Header | None = None


def wrap(contents: Contents) -> tuple[bytes, ...]:
    """The payloads of one frame: a byte that says the kind, then the body."""
    payloads = []
    if contents.header is not None:
        header = contents.header
        text = json.dumps(
            {"format": header.format, "model": header.model, "pair": header.pair},
            separators=(",", ":"),
            ensure_ascii=True,
        )
        payloads.append(bytes((_HEADER_KIND,)) + text.encode())
    if contents.plain is not None:
        payloads.append(bytes((_PLAIN_KIND,)) + contents.plain)
    payloads += [bytes((_PACKET_KIND,)) + packet for packet in contents.packets]
    return tuple(payloads)


def unwrap(payloads: Iterable[bytes]) -> Contents:
    """What the payloads of one frame say; unknown kinds are passed over, the last text and header count.

    Raises:
        UnreadableError: BAD_GRAMMAR if the header is no header.
    """
    plain, header = None, None
    packets = []
    for payload in payloads:
        kind, body = payload[:1], payload[1:]
        if kind == bytes((_PLAIN_KIND,)):
            plain = body
        elif kind == bytes((_PACKET_KIND,)):
            packets.append(body)
        elif kind == bytes((_HEADER_KIND,)):
            header = _read_header(body)
    return Contents(plain, tuple(packets), header)


def _read_header(body: bytes) -> Header:
    try:
        values = json.loads(body.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise grammar("the header is not JSON") from error
    if not isinstance(values, dict):
        raise grammar("the header is not a JSON object")
    model, pair, version = values.get("model"), values.get("pair"), values.get("format")
    if not (isinstance(model, str) and isinstance(pair, str) and type(version) is int and version > 0):
        raise grammar("the header lacks model, pair or format")
    return Header(model, pair, version)


def wrap_evidence(atoms: Iterable[bytes]) -> tuple[bytes, ...]:
    """The payloads of atoms of sealed evidence (SPEC.md, 11)."""
    return tuple(bytes((_EVIDENCE_KIND,)) + atom for atom in atoms)


def unwrap_evidence(payloads: Iterable[bytes]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Inverse of `wrap_evidence`: the atoms, and the payloads that are none."""
    atoms, others = [], []
    for payload in payloads:
        if payload[:1] == bytes((_EVIDENCE_KIND,)):
            atoms.append(payload[1:])
        else:
            others.append(payload)
    return tuple(atoms), tuple(others)


def join(payloads: Iterable[bytes]) -> bytes:
    """Payloads as one string of bytes, for a carrier that holds one: each after its length (u16)."""
    return b"".join(len(payload).to_bytes(2, "big") + payload for payload in payloads)


def split(joined: bytes) -> tuple[bytes, ...]:
    """Inverse of `join`.

    Raises:
        UnreadableError: BAD_GRAMMAR if a payload is cut short.
    """
    payloads, at = [], 0
    while at < len(joined):
        end = at + 2 + int.from_bytes(joined[at : at + 2], "big")
        if end > len(joined) or at + 2 > len(joined):
            raise grammar("a payload is cut short")
        payloads.append(joined[at + 2 : end])
        at = end
    return tuple(payloads)
