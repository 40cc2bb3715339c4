"""What stands in the headers of copied streams: how to decode them, and more, which is left behind."""

from __future__ import annotations

from av.stream import Stream

_FONTS = (b"OTTO", b"true", b"ttcf", b"wOFF", b"wOF2", b"\x00\x01\x00\x00")
_COMMENT = b"\x03vorbis"
_NO_COMMENT = _COMMENT + bytes(8) + b"\x01"  # no vendor, no comments, the framing bit
_SECTIONS = ("[script info]", "[v4 styles]", "[v4+ styles]", "[events]")
_SCRIPT = ("scripttype", "playresx", "playresy", "wrapstyle", "scaledborderandshadow", "collisions", "timer")


def is_font(attachment: Stream) -> bool:
    """Whether an attached file is a font by its content, whatever it says that it is."""
    data = bytes(getattr(attachment, "data", b"") or b"")
    return data.startswith(_FONTS)


def clean_header(codec: str, header: bytes) -> bytes:
    """A stream's header with what it takes to decode it, without comments, pictures, names and fonts.

    Of Vorbis, whose second packet is a comment that may hold a cover and a place, and of ASS subtitles, whose
    text may name their author and hold pictures and fonts. Others' headers have no room for such.
    """
    if codec == "vorbis":
        return _clean_vorbis(header)
    if codec in {"ass", "ssa"}:
        return _clean_ass(header)
    return header


def _clean_vorbis(header: bytes) -> bytes:
    """Three packets with Xiph's lacing: their number less one, sizes of all but the last, the packets.

    A header that is none of that kind is taken for all comment: who can't read it can't decode the sound.
    """
    sizes, at = [], 1
    for _ in range(2):
        size = 0
        while at < len(header) and header[at] == 0xFF:
            size, at = size + 0xFF, at + 1
        if at >= len(header):
            return b""
        sizes.append(size + header[at])
        at += 1
    first, second = header[at : at + sizes[0]], header[at + sizes[0] : at + sum(sizes)]
    if header[:1] != b"\x02" or not second.startswith(_COMMENT):
        return b""
    last = header[at + sum(sizes) :]
    laced = b"".join(
        b"\xff" * (size // 0xFF) + bytes([size % 0xFF]) for size in (len(first), len(_NO_COMMENT))
    )
    return b"\x02" + laced + first + _NO_COMMENT + last


def _clean_ass(header: bytes) -> bytes:
    kept, section = [], ""
    for line in header.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text.lower()
        name = text.split(":", 1)[0].strip().lower()
        if section not in _SECTIONS or text.startswith((";", "!:")) or name == "comment":
            continue
        if section == _SECTIONS[0] and not text.startswith("[") and name not in _SCRIPT:
            continue
        kept.append(line)
    return "\r\n".join([*kept, ""]).encode()
