"""Hide and reveal over real encoders: what was said is read again, in whatever carrier is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from spread_media import applied, scene
from test_geometry import noise
from tiny_models import PAIR
from uunet.errors import MessageError
from uunet.hiding import Signature, hide, reveal
from uunet.listening import Revealed
from uunet.models import Card
from uunet.types import Box, Layout, Picture, PublicFrame, RawFrame, Segment, Window
from uunet.video import Codec, EncodeSettings, PublicReader, PublicWriter, RawReader
from video_media import make_video

SIZE = (320, 240)
GREY = Layout("yuv420p", 8, 2, 2, True, False, "bt709")
SIGNATURE = Signature("tiny", PAIR, bytes(range(8)))

PATHS = (  # two who walk, one only in the middle, one of another number modulo 64
    Segment(3, 0, 47, 500, 700, 1500, 900, 360, 380),
    Segment(9, 10, 30, 1000, 1400, 1010, 1300, 340, 340),
    Segment(5, 0, 20, 200, 300, 300, 300, 300, 320),
    Segment(5, 21, 47, 300, 300, 380, 320, 320, 330),
)
TRACKS = (3, 9, 69, 69)


def window(number: int, count: int, paths: Sequence[Segment] = PATHS) -> Window:
    kept = tuple(replace(p, last=min(p.last, count - 1)) for p in paths if p.first < count)
    grey = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)
    lumas = scene(count, SIZE, seed=number)
    frames = tuple(
        RawFrame(Picture((luma, grey, grey.copy()), GREY), 48 * number + k, 48 * number + k)
        for k, luma in enumerate(lumas)
    )
    return Window(number, frames, kept, TRACKS[: len(kept)])


def boxes_of(win: Window) -> list[list[Box]]:
    size = win.frames[0].picture.size
    return [[b for s in win.segments if (b := s.box(k, size))] for k in range(len(win.frames))]


def public(win: Window) -> list[PublicFrame]:
    return [PublicFrame(frame.picture, frame.index, frame.pts) for frame in win.frames]


def publish(folder: Path, codec: Codec, counts: Sequence[int] = (48, 30)) -> tuple[Path, list[list[Box]]]:
    """A published file, and the boxes of each of its frames."""
    source = make_video(folder / "source.mp4", frames=3, size=SIZE)
    target = folder / f"public-{codec}.{'mkv' if codec == 'ffv1' else 'mp4'}"
    settings = EncodeSettings(codec)
    every = []
    with RawReader(source) as reader:
        info = reader.info
    with PublicWriter(target, info, settings) as writer:
        for number, count in enumerate(counts):
            win = window(number, count)
            boxes = boxes_of(win)
            base = info.time_base
            step = round(1 / (25 * base))
            frames, mark, _ = hide(public(win), win, boxes, SIGNATURE, lossless=settings.lossless)
            frames = [PublicFrame(f.picture, f.index, f.pts * step, f.payloads) for f in frames]
            writer.write(frames, mark, boxes)
            every += boxes
        assert writer.commit().unread == []
    return target, every


def read(path: Path, pair: str = PAIR) -> list[Revealed]:
    with PublicReader(path) as reader:
        return [found for group in reveal(reader, pair) for found in group]


def transcode(path: Path, first: int = 0, last: int = 10**6, crf: int = 23) -> Path:
    """Another encoder's work: no user data, frames `first` to `last` (not included) only."""
    target = path.with_name(f"again-{first}-{last}.mp4")
    with av.open(str(path)) as source, av.open(str(target), "w") as output:
        stream = output.add_stream("libx264", 25, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for k, frame in enumerate(source.decode(video=0)):
            if first <= k < last:
                clean = av.VideoFrame.from_ndarray(frame.to_ndarray(format="yuv420p"), "yuv420p")
                clean.pts = k - first
                output.mux(stream.encode(clean))
        output.mux(stream.encode(None))
    return target


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[Box]]]:
    return publish(tmp_path_factory.mktemp("hiding"), "h264", (48, 48, 30))


@pytest.mark.parametrize(
    ("codec", "carrier"),
    [("h264", "sei"), ("hevc", "sei"), ("av1", "sei"), ("ffv1", "lsb"), ("h264-lossless", "lsb")],
)
def test_every_box_and_name_comes_back(tmp_path: Path, codec: Codec, carrier: str) -> None:
    path, boxes = publish(tmp_path, codec)
    found = read(path)
    assert [list(f.boxes) for f in found] == boxes
    assert {f.carrier for f in found} == {carrier} and {f.verdict for f in found} == {"OK"}
    assert found[0].header is not None and (found[0].header.model, found[0].header.pair) == ("tiny", PAIR)
    assert found[0].tracks == (3, 5) and found[15].tracks == (3, 9, 5) and found[40].tracks == (3, 5)
    assert [i for i, f in enumerate(found) if f.window] == [0, 48]
    messages = [f.window for f in found if f.window]
    assert [m.video_id for m in messages] == [bytes(range(8))] * 2


def test_the_pixels_speak_when_the_rest_is_gone(published: tuple[Path, list[list[Box]]]) -> None:
    path, boxes = published
    found = read(transcode(path))
    assert {(f.carrier, f.verdict) for f in found} == {("spread", "OK")}
    assert [list(f.boxes) for f in found] == boxes
    assert found[15].tracks == (3, 9, 5)


@pytest.mark.parametrize(
    ("first", "last"), [(0, 68), (20, 126), (48, 126), (50, 96), (96, 126), (0, 40), (10, 113)]
)
def test_cut_and_encoded_again(published: tuple[Path, list[list[Box]]], first: int, last: int) -> None:
    """A cut without any user data: where a message is read, the boxes are those of the very frame."""
    path, boxes = published
    found = read(transcode(path, first, last))
    assert len(found) == min(last, 126) - first
    good = [k for k, f in enumerate(found) if f.verdict == "OK"]
    assert len(good) >= min(len(found), 30)
    wrong = [k for k in good if list(found[k].boxes) != boxes[first + k]]
    assert wrong == []


@pytest.mark.parametrize("codec", ["h264", "ffv1"])
def test_cut_clips_keep_their_boxes(tmp_path: Path, codec: Codec) -> None:
    """Without the window's first frame the text of each frame still says where, if not who."""
    path, boxes = publish(tmp_path, codec)
    with PublicReader(path) as reader:
        frames = list(reader)[20:]
    found = [f for group in reveal(frames, PAIR) for f in group]
    assert [list(f.boxes) for f in found] == boxes[20:]
    assert found[0].tracks == (None,) * len(boxes[20])
    assert found[30].tracks == (3, 5)  # the next window says who


def test_another_pair_is_an_error_where_the_file_says_so(published: tuple[Path, list[list[Box]]]) -> None:
    with pytest.raises(MessageError, match="another pair") as caught:
        read(published[0], "f" * 32)
    assert "pair" in caught.value.hint


def test_another_pair_reads_nothing_in_the_pixels(published: tuple[Path, list[list[Box]]]) -> None:
    found = read(transcode(published[0]), "f" * 32)
    assert {f.verdict for f in found} == {"NO_MESSAGE"} and {f.carrier for f in found} == {"none"}
    assert not any(f.boxes for f in found)


def test_a_foreign_video_says_nothing(tmp_path: Path) -> None:
    found = read(make_video(tmp_path / "any.mp4", frames=60, size=SIZE))
    assert len(found) == 60 and {f.verdict for f in found} == {"NO_MESSAGE"}


def crowd(count: int, faces: int) -> Window:
    """Many faces that come and go, each of which needs a long slot."""
    paths = [
        Segment(n, 1 + n % 7, count - 2, 60 * (n % 32), 500 * (n // 32), 60 * (n % 32) + 40, 500, 250, 300)
        for n in range(faces)
    ]
    return replace(window(0, count, paths), segments=tuple(paths), tracks=tuple(range(faces)))


def test_more_faces_than_the_pixels_have_room_for() -> None:
    win = crowd(48, 60)
    boxes = boxes_of(win)
    frames, mark, left_out = hide(public(win), win, boxes, SIGNATURE, lossless=False)
    assert mark is not None and 0 < left_out < 30
    beside = [f for group in reveal(frames, PAIR) for f in group]
    assert {f.verdict for f in beside} == {"OK"} and [list(f.boxes) for f in beside] == boxes
    stripped = [f.with_payloads(()) for f in applied(mark, frames, 2)]
    found = [f for group in reveal(stripped, PAIR) for f in group]
    assert {(f.carrier, f.verdict) for f in found} == {("spread", "INCOMPLETE")}
    assert [list(f.boxes) for f in found] == boxes_of(replace(win, segments=win.segments[left_out:]))
    few = window(0, 48)
    assert hide(public(few), few, boxes_of(few), SIGNATURE, lossless=False).left_out == 0
    assert hide(public(win), win, boxes, SIGNATURE, lossless=True).left_out == 0


def test_names_whose_packet_is_lost() -> None:
    """The text still tells every box, and the packets that are left tell the names of theirs."""
    win = crowd(10, 6)
    boxes = boxes_of(win)
    frames = hide(public(win), win, boxes, SIGNATURE, lossless=False).frames
    for lost, names in ((2, (None, None, None, None, 4, 5)), (3, (0, 1, 2, 3, None, None))):
        payloads = frames[0].payloads  # header, text, two packets
        cut = [frames[0].with_payloads(payloads[:lost] + payloads[lost + 1 :]), *frames[1:]]
        found = [f for group in reveal(cut, PAIR) for f in group]
        assert [list(f.boxes) for f in found] == boxes and {f.verdict for f in found} == {"OK"}
        assert found[7].tracks == names
        assert found[7].positions(frozenset({4})) == ({4} if lost == 2 else set())


def tell(payload: bytes, count: int = 3) -> list[Revealed]:
    win = window(0, count)
    frames = [frame.with_payloads((payload,)) for frame in public(win)]
    return [f for group in reveal(frames, PAIR) for f in group]


@pytest.mark.parametrize(
    ("payload", "verdict"),
    [
        (b"\x01" + b"1,2,3,4,", "BAD_GRAMMAR"),
        (b"\x011,300,0,40,40,", "BAD_GRAMMAR"),  # outside of the picture
        (b"\x03{}", "BAD_GRAMMAR"),
        (b"\x02" + bytes(64), "UNSUPPORTED_VERSION"),
        (b"\x02" + b"\x10" + bytes(63), "BAD_MAC"),
        (b"\x09whatever", "NO_MESSAGE"),
    ],
)
def test_damaged_messages(payload: bytes, verdict: str) -> None:
    found = tell(payload)
    assert {f.verdict for f in found} == {verdict}
    assert not any(f.boxes for f in found)


def test_gaps_of_frames_that_say_nothing_stay_in_order() -> None:
    win = window(0, 48)
    boxes = boxes_of(win)
    frames, mark, _ = hide(public(win), win, boxes, SIGNATURE, lossless=False)
    assert mark is not None
    frames = list(applied(mark, frames, 2))  # what the pixels say of so few frames is not enough
    silent = {5, 6, 20, 47}
    told = [f.with_payloads(()) if k in silent else f for k, f in enumerate(frames)]
    found = [f for group in reveal(told, PAIR) for f in group]
    assert [f.frame.index for f in found] == list(range(48))
    assert {k for k, f in enumerate(found) if f.verdict != "OK" and not f.boxes} == silent
    assert all(list(f.boxes) == boxes[k] for k, f in enumerate(found) if k not in silent)


def test_too_small_for_pixels() -> None:
    def shrink(win: Window) -> list[PublicFrame]:
        small = noise(GREY, (8, 8))
        return [PublicFrame(small, f.index, f.pts) for f in win.frames]

    win = window(0, 3, PATHS[:1])
    box = [[Box(0, 0, 8, 8)]] * 3
    frames, mark, left_out = hide(shrink(win), win, box, SIGNATURE, lossless=False)
    assert mark is None and frames[0].payloads  # beside the picture there is room
    assert left_out == 1
    with pytest.raises(MessageError, match="do not fit"):
        hide(shrink(win), win, box, SIGNATURE, lossless=True)
    empty = Window(0, win.frames, (), ())
    frames, mark, _ = hide(shrink(win), empty, [[]] * 3, SIGNATURE, lossless=True)
    assert mark is None and len(frames) == 3  # nothing to say, nothing to hide it in


def test_signatures() -> None:
    card = Card("m", "public", PAIR, 64, 12, False, "", "")
    assert Signature.new(card, 4) == Signature.new(card, 4) != Signature.new(card, 5)
    assert Signature.new(card, None) != Signature.new(card, None)
    assert len(Signature.new(card, None).video_id) == 8


def test_chosen_tracks() -> None:
    picture = public(window(0, 1))[0]
    boxes = (Box(0, 0, 4, 4),) * 3
    found = Revealed(picture, boxes, (3, None, 9))
    assert found.positions(None) == {0, 1, 2}
    assert found.positions(frozenset({9, 3})) == {0, 2}
    assert found.positions(frozenset({4})) == frozenset()


def test_memory_is_flat() -> None:
    """Groups come while the frames are read, so nothing piles up."""
    longest = 0
    given = taken = 0

    def stream() -> Iterator[PublicFrame]:
        nonlocal given
        win = window(0, 48)
        for k in range(250):
            given += 1
            yield PublicFrame(win.frames[k % 48].picture, k, k)

    for group in reveal(stream(), PAIR):
        taken += len(group)
        longest = max(longest, given - taken)
    assert taken == 250 and longest <= 3 * 48
