"""User data in packets: every codec, both framings, real encoders and decoders, broken input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import av.codec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uunet import bitstream
from uunet.bitstream import UUID, extract, insert, replace, strip_foreign
from uunet.errors import MessageError

ENCODERS = {
    "h264": ("libx264", {"preset": "veryfast"}),
    "hevc": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none"}),
    "av1": ("libsvtav1", {"preset": "12"}),
}
NASTY = st.lists(st.sampled_from([b"\x00", b"\x00\x00\x01", b"\x00\x00\x03", b"\xff", b"\x80", UUID])).map(
    b"".join
)
PAYLOADS = st.lists(st.one_of(st.binary(max_size=600), NASTY), max_size=5)

# one picture each, without content: headers are all that matters here
H264_AU = b"\x00\x00\x00\x01\x09\xf0" + b"\x00\x00\x00\x01\x67\x42\x00" + b"\x00\x00\x01\x65\x88\x84"
HEVC_AU = b"\x00\x00\x00\x01\x46\x01\x50" + b"\x00\x00\x00\x01\x40\x01\x0c" + b"\x00\x00\x01\x26\x01\xaf"
AV1_TU = b"\x12\x00" + b"\x0a\x02\x00\x00" + b"\x32\x03abc"
BARE = {"h264": H264_AU, "hevc": HEVC_AU, "av1": AV1_TU}


def to_lengths(packet: bytes, size: int = 4) -> bytes:
    units = packet.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")[1:]
    return b"".join(len(u).to_bytes(size, "big") + u for u in units)


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SVT_LOG", "1")
        yield


def encoded(codec: str, path: Path, payloads: tuple[bytes, ...] | None) -> list[bytes]:
    """Ten noisy frames, muxed into `path`; the packets as the encoder gave them."""
    name, options = ENCODERS[codec]
    rng = np.random.default_rng(3)
    packets: list[bytes] = []
    with av.open(str(path), "w") as out:
        stream = out.add_stream(name, rate=25, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        frames: list[av.VideoFrame | None] = [
            av.VideoFrame.from_ndarray(rng.integers(0, 256, (96, 96), np.uint8), "yuv420p") for _ in range(10)
        ]
        for i, frame in enumerate([*frames, None]):
            if frame is not None:
                frame.pts = i
            for packet in stream.encode(frame):
                raw = bytes(packet)
                packets.append(raw)
                if payloads is not None:
                    raw = insert(codec, strip_foreign(codec, raw, annexb=True), payloads, annexb=True)
                new = av.Packet(raw)
                new.pts, new.dts, new.time_base = packet.pts, packet.dts, packet.time_base
                new.duration, new.is_keyframe, new.stream = 1, packet.is_keyframe, stream
                out.mux(new)
    return packets


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("codec", bitstream.CODECS)
def test_real_files_keep_the_payload_and_decode_to_the_same_pixels(
    codec: str, container: str, tmp_path: Path
) -> None:
    if (codec, container) == ("av1", "ts"):
        pytest.skip("no AV1 in MPEG-TS")
    payloads = (b"\x00\x00\x01\x00\x00\x00\x02", b"", bytes(700), b"2,10,16,9,15,25,45,8,14,")
    encoded(codec, tmp_path / f"with.{container}", payloads)
    encoded(codec, tmp_path / f"without.{container}", None)
    pictures = []
    for name in ("with", "without"):
        with av.open(str(tmp_path / f"{name}.{container}")) as file:
            pictures.append([frame.to_ndarray() for frame in file.decode(video=0)])
    assert len(pictures[0]) == len(pictures[1]) == 10
    assert all(np.array_equal(a, b) for a, b in zip(*pictures, strict=True))

    # a remux into another container keeps them too
    other = {"mp4": "mkv", "mkv": "mp4", "ts": "mp4"}[container]
    copy = tmp_path / f"copy.{other}"
    with av.open(str(tmp_path / f"with.{container}")) as src, av.open(str(copy), "w") as dst:
        stream = dst.add_stream_from_template(src.streams.video[0], opaque=True)
        for packet in src.demux(video=0):
            if packet.size:
                packet.stream = stream
                dst.mux(packet)
    for path in (tmp_path / f"with.{container}", copy):
        with av.open(str(path)) as file:
            extradata = file.streams.video[0].codec_context.extradata
            framing = bitstream.is_annexb(codec, extradata)
            size = bitstream.length_size(codec, extradata)
            packets = [bytes(packet) for packet in file.demux(video=0) if packet.size]
        read = [extract(codec, packet, annexb=framing, length_size=size) for packet in packets]
        assert read == [payloads] * 10


def test_x264_banner_is_removed_and_nothing_else(tmp_path: Path) -> None:
    first, *rest = encoded("h264", tmp_path / "a.mp4", None)
    assert b"x264 - core" in first
    clean = strip_foreign("h264", first, annexb=True)
    assert b"x264" not in clean and 600 < len(first) - len(clean) < 900
    assert first.endswith(clean)
    assert [strip_foreign("h264", p, annexb=True) for p in rest] == rest


def test_x265_banner_is_removed_from_headers_too(tmp_path: Path) -> None:
    encoded("hevc", tmp_path / "a.ts", None)
    with av.open(str(tmp_path / "a.ts")) as file:
        first = next(bytes(p) for p in file.demux(video=0))
    assert b"x265" in first
    clean = strip_foreign("hevc", first, annexb=True)
    assert b"x265" not in clean and extract("hevc", clean, annexb=True) == ()


@pytest.mark.parametrize("codec", bitstream.CODECS)
@given(payloads=PAYLOADS)
def test_round_trip(codec: str, payloads: list[bytes]) -> None:
    packet = insert(codec, BARE[codec], payloads, annexb=True)
    assert extract(codec, packet, annexb=True) == tuple(payloads)
    assert strip_foreign(codec, packet, annexb=True) == packet
    if codec == "av1":
        return
    assert packet.count(b"\x00\x00\x01") == BARE[codec].count(b"\x00\x00\x01") + bool(payloads)
    for size in (2, 4):
        framed = insert(codec, to_lengths(BARE[codec], size), payloads, annexb=False, length_size=size)
        assert extract(codec, framed, annexb=False, length_size=size) == tuple(payloads)
        assert framed == to_lengths(packet, size)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_ours_stays_where_foreign_data_shares_its_nal_unit(codec: str) -> None:
    packet = insert(codec, BARE[codec], [b"one", b"two"], annexb=True)
    foreign = bytes((5, 16)) + b"somebody else's!"
    timing = b"\x01\x02\x00\x00"
    at = packet.index(UUID) - 2  # before the first message
    mixed = packet[:at] + foreign + timing + packet[at:]
    assert extract(codec, mixed, annexb=True) == (b"one", b"two")
    assert strip_foreign(codec, mixed, annexb=True) == packet[:at] + timing + packet[at:]
    assert strip_foreign(codec, to_lengths(mixed), annexb=False) == to_lengths(
        packet[:at] + timing + packet[at:]
    )


@pytest.mark.parametrize("codec", bitstream.CODECS)
@given(before=PAYLOADS, after=PAYLOADS)
def test_replace_is_as_if_the_new_ones_had_always_been_there(
    codec: str, before: list[bytes], after: list[bytes]
) -> None:
    packet = insert(codec, BARE[codec], before, annexb=True)
    seen = []

    def change(found: tuple[bytes, ...]) -> list[bytes]:
        seen.append(found)
        return after

    changed = replace(codec, packet, change, annexb=True)
    assert changed == insert(codec, BARE[codec], after, annexb=True) and seen == [tuple(before)]
    assert replace(codec, changed, lambda _: before, annexb=True) == packet
    assert replace(codec, changed, lambda _: (), annexb=True) == BARE[codec]
    assert replace(codec, packet, lambda found: found, annexb=True) is packet
    if codec != "av1":
        framed = to_lengths(packet, 4)
        assert replace(codec, framed, lambda _: after, annexb=False) == to_lengths(changed, 4)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_replace_leaves_what_is_not_ours(codec: str) -> None:
    packet = insert(codec, BARE[codec], [b"one", b"two"], annexb=True)
    foreign = bytes((5, 16)) + b"somebody else's!"
    at = packet.index(UUID) - 2
    mixed = packet[:at] + foreign + packet[at:]
    changed = replace(codec, mixed, lambda found: (*found, b"three"), annexb=True)
    assert extract(codec, changed, annexb=True) == (b"one", b"two", b"three") and foreign in changed
    bare = replace(codec, mixed, lambda _: (), annexb=True)
    assert extract(codec, bare, annexb=True) == () and foreign in bare and UUID not in bare
    with pytest.raises(MessageError, match="no coded picture"):
        replace(codec, packet[: packet.index(UUID) - 6], lambda _: [b"x"], annexb=True)


def test_av1_foreign_metadata() -> None:
    hdr = bytes((5 << 3 | 2, 3, 1, 7, 0x80))
    foreign = bytes((5 << 3 | 2, 4, 25, 1, 2, 0x80)) + bytes((5 << 3 | 2, 3, 6, 1, 0x80))
    packet = insert("av1", AV1_TU, [b"one"], annexb=True)
    mixed = packet[:2] + hdr + foreign + packet[2:]
    assert extract("av1", mixed, annexb=True) == (b"one",)
    assert strip_foreign("av1", mixed, annexb=True) == packet[:2] + hdr + packet[2:]
    changed = replace("av1", mixed, lambda _: [b"two"], annexb=True)
    assert extract("av1", changed, annexb=True) == (b"two",) and hdr in changed and foreign in changed


def test_place() -> None:
    packet = insert("h264", H264_AU, [b"x"], annexb=True)
    assert packet.index(b"\x65\x88") > packet.index(UUID) > packet.index(b"\x67\x42")
    packet = insert("av1", AV1_TU, [b"x"], annexb=True)
    assert packet.startswith(AV1_TU[:6]) and packet.endswith(AV1_TU[6:])
    # HEVC: a prefix SEI has the temporal id of its picture
    packet = insert("hevc", HEVC_AU[:-2] + b"\x03\xaf", [b"x"], annexb=True)
    assert b"\x00\x00\x00\x01\x4e\x03\x05" in packet


@pytest.mark.parametrize("codec", bitstream.CODECS)
@given(junk=st.one_of(st.binary(max_size=200), NASTY), annexb=st.booleans(), cut=st.integers(0, 400))
def test_broken_packets_end_in_a_message_error_or_nothing(
    codec: str, junk: bytes, annexb: bool, cut: int
) -> None:
    good = insert(codec, BARE[codec], [b"payload" * 9], annexb=True)
    for packet in (junk, good[:cut] + junk + good[cut:], good[:cut], good[: max(cut, 1) - 1] + good[cut:]):
        try:
            extract(codec, packet, annexb=annexb)
            strip_foreign(codec, packet, annexb=annexb)
            insert(codec, packet, [b"x"], annexb=annexb)
        except MessageError as error:
            assert error.hint


def test_unreadable_sei_is_passed_over_and_stripped() -> None:
    broken = b"\x00\x00\x00\x01\x06\x05\xff\xff\xff" + H264_AU
    assert extract("h264", broken, annexb=True) == ()
    assert strip_foreign("h264", broken, annexb=True) == H264_AU


def test_refusals() -> None:
    with pytest.raises(MessageError, match="codec 'vp9'"):
        insert("vp9", b"", [b"x"], annexb=True)
    with pytest.raises(MessageError, match="no coded picture"):
        insert("h264", H264_AU[:6], [b"x"], annexb=True)
    with pytest.raises(MessageError, match="no coded picture"):
        insert("av1", AV1_TU[:6], [b"x"], annexb=True)
    with pytest.raises(MessageError, match="no start code"):
        extract("h264", b"", annexb=True)
    with pytest.raises(MessageError, match="longer than its packet"):
        extract("hevc", b"\x00\x00\x00\x09\x26\x01", annexb=False)
    with pytest.raises(MessageError, match="do not fit"):
        insert("h264", to_lengths(H264_AU, 1), [bytes(300)], annexb=False, length_size=1)
    for packet in (b"\x80", b"\x32\xff", b"\x32\x09a"):
        with pytest.raises(MessageError):
            extract("av1", packet, annexb=True)


def test_framing_from_headers() -> None:
    avcc = bytes((1, 100, 0, 30, 0xFF, 0xE1))
    assert not bitstream.is_annexb("h264", avcc) and bitstream.length_size("h264", avcc) == 4
    assert bitstream.length_size("h264", avcc[:4] + b"\xfd") == 2
    hvcc = bytes((1, *bytes(20), 0xF0))
    assert not bitstream.is_annexb("hevc", hvcc) and bitstream.length_size("hevc", hvcc) == 1
    for other in (None, b"", b"\x00\x00\x00\x01\x67"):
        assert bitstream.is_annexb("h264", other) and bitstream.length_size("h264", other) == 4
    assert bitstream.is_annexb("av1", bytes((0x81, 0, 0, 0)))
