"""The whole program on small clips: what goes in comes out, and where anything fails nothing comes out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from cli_media import face_clip
from kit import Kit, boxes_file, lumas, read
from tiny_models import PAIR, private_model, public_model
from uunet import masking, pipeline
from uunet.errors import MessageError, ModelError
from uunet.geometry import soft_border
from uunet.hiding import reveal
from uunet.job import Options, Progress, Selection
from uunet.masking import Region
from uunet.models import shipped, shipped_pair
from uunet.pipeline import _spare, deidentify, reconstruct
from uunet.types import Box, Detection, Picture, PublicFrame, RawFrame
from uunet.video import Codec, EncodeSettings, PublicReader, RawReader
from video_media import packets, times

CODECS: list[Codec] = ["h264", "hevc", "av1", "ffv1", "h264-lossless"]


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    tags = {"title": "Gate 3", "location": "+40.28-007.50/"}
    return Kit(tmp_path_factory.mktemp("pipeline"), sound=2.4, tags=tags)


@pytest.fixture(scope="module")
def published(kit: Kit) -> Path:
    target = kit.folder / "public.mp4"
    deidentify(kit.source, target, kit.options())
    return target


def spied(monkeypatch: pytest.MonkeyPatch) -> list[list[Box]]:
    """The boxes that `mask_window` is given from now on, frame by frame."""
    used: list[list[Box]] = []
    original = masking.mask_window

    def spy(frames: Sequence[RawFrame], regions: Sequence[Sequence[Region]], *rest: Any) -> list[PublicFrame]:
        used.extend([region.box for region in here] for here in regions)
        return original(frames, regions, *rest)

    monkeypatch.setattr(pipeline, "mask_window", spy)
    return used


@pytest.mark.parametrize("codec", CODECS)
def test_revealed_boxes_are_those_that_mask_used(
    kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: Codec
) -> None:
    used = spied(monkeypatch)
    target = tmp_path / ("public.mkv" if codec == "ffv1" else "public.mp4")
    boxes = boxes_file(tmp_path / "boxes.json", kit.size, 60, small=True)
    summary = deidentify(kit.source, target, kit.options(codec, boxes=boxes))
    found = read(target)
    assert [list(f.boxes) for f in found] == used and len(used) == 60
    assert sum(map(len, used)) == summary.faces + summary.filled
    assert {f.verdict for f in found} == {"OK"}
    assert any(len(here) > 1 for here in used) and summary.tracks == 2


@pytest.mark.parametrize("frames", [1, 24, 65, 67, 71, 72])
def test_last_windows_of_every_length(tmp_path: Path, frames: int) -> None:
    kit = Kit(tmp_path, frames=frames)
    assert deidentify(kit.source, tmp_path / "public.mp4", kit.options()).frames == frames
    with PublicReader(tmp_path / "public.mp4") as reader:
        found = [item for group in reveal(reader, PAIR) for item in group]
    assert [item.verdict for item in found] == ["OK"] * frames
    assert all(item.boxes for item in found[2:])


def test_there_and_back(kit: Kit, published: Path) -> None:
    """Faces are replaced in the public file, the scene comes back; sound and times are the same."""
    restored = kit.folder / "restored.mp4"
    summary = reconstruct(published, restored, kit.private)
    x, a, r = lumas(kit.source), lumas(published), lumas(restored)
    assert len(x) == len(a) == len(r) == summary.frames == 60
    for k, found in enumerate(read(published)):
        for box in found.boxes:
            where = slice(box.y, box.y + box.h), slice(box.x, box.x + box.w)
            full = soft_border(box.w, box.h) == 1
            changed, left = (np.abs(x[k] - other[k])[where][full].mean() for other in (a, r))
            assert left < 8 and left * 4 < changed
    assert summary.carriers == {"sei": 60} and not summary.silent_frames and summary.tracks == 1
    assert times(kit.source) == times(published) == times(restored)
    assert packets(kit.source, "audio") == packets(published, "audio") == packets(restored, "audio")


def test_samples_outside_the_boxes_are_the_sources(kit: Kit, tmp_path: Path) -> None:
    """All of the way through a lossless file, where `lsb` may change the lowest bit of some luma."""
    target = tmp_path / "public.mkv"
    deidentify(kit.source, target, kit.options("ffv1"))
    with RawReader(kit.source) as one, RawReader(target) as other:
        for x, a, found in zip(one, other, read(target), strict=True):
            for i, (old, new) in enumerate(zip(x.picture.planes, a.picture.planes, strict=True)):
                outside = np.ones(old.shape, bool)
                step = 2 if i else 1
                for box in found.boxes:
                    rows = slice(box.y // step, (box.y + box.h) // step)
                    outside[rows, box.x // step : (box.x + box.w) // step] = False
                difference = np.abs(old.astype(int) - new.astype(int))[outside]
                assert difference.max() <= (0 if i else 1)
                assert np.mean(difference > 0) < 0.2


def test_what_is_stripped_is_said(kit: Kit, published: Path, tmp_path: Path) -> None:
    def tags(path: Path) -> str:
        with av.open(str(path)) as file:
            return str(file.metadata)

    assert "Gate 3" in tags(kit.source) and "+40.28" in tags(kit.source)
    assert "Gate 3" not in tags(published) and "+40.28" not in tags(published)
    summary = deidentify(kit.source, tmp_path / "kept.mp4", kit.options(keep_metadata=True))
    assert "Gate 3" in tags(tmp_path / "kept.mp4")
    assert not any("title" in name for name in summary.stripped)
    again = deidentify(kit.source, tmp_path / "again.mp4", kit.options())
    assert any("title" in name for name in again.stripped)


def test_variable_frame_rate_and_rotation(tmp_path: Path) -> None:
    pts = [0, 20, 25, 100, 300, 650, 700, 720]
    odd = Kit(tmp_path, frames=8, time_base=Fraction(1, 1000), pts=pts, rotation=90)
    target = tmp_path / "public.mp4"
    deidentify(odd.source, target, odd.options())
    reconstruct(target, tmp_path / "restored.mp4", odd.private)
    assert times(odd.source) == times(target) == times(tmp_path / "restored.mp4")
    with RawReader(odd.source) as one, RawReader(target) as other:
        assert one.info.rotation == other.info.rotation != 0


def test_ten_bits_stay_ten(tmp_path: Path) -> None:
    deep = Kit(tmp_path, frames=6, pixel_format="yuv420p10le")
    target = tmp_path / "public.mp4"
    deidentify(deep.source, target, deep.options())
    with PublicReader(target) as reader:
        assert reader.info.layout.depth == 10
    assert [len(f.boxes) for f in read(target)] == [1] * 6


@pytest.mark.parametrize("codec", ["h264", "hevc", "h264-lossless"])
@pytest.mark.parametrize("stored", ["bgr0", "yuv422p12le", "gray16le"])
def test_the_lowest_bits_are_read_before_pixels_are_converted(
    tmp_path: Path, stored: str, codec: Codec
) -> None:
    """What is restored may be kept in another kind of pixels than what was published."""
    deep = Kit(tmp_path, frames=6, name="camera.mkv", codec="ffv1", pixel_format=stored)
    public, restored = tmp_path / "public.mkv", tmp_path / "restored.mkv"
    deidentify(deep.source, public, deep.options("ffv1"))
    summary = reconstruct(public, restored, deep.private, encode=EncodeSettings(codec))
    assert summary.carriers == {"lsb": 6} and summary.faces == 6
    seen, wanted = (np.asarray(frame, np.int16) for frame in (shown(restored), shown(deep.source)))
    assert np.abs(seen - wanted).mean() < 4


def shown(path: Path) -> npt.NDArray[np.uint8]:
    """The last frame as a player shows it."""
    with av.open(str(path)) as file:
        frame = list(file.decode(video=0))[-1]
    rgb = frame.format.name.startswith(("bgr", "gbr"))
    return np.asarray(
        frame.to_ndarray(format="rgb24", src_colorspace=None if rgb else int(frame.colorspace)), np.uint8
    )


def test_a_detector_of_ones_own(kit: Kit, tmp_path: Path) -> None:
    class Always:
        def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
            return [Detection(60, 40, 90, 80, 0.9)]

    summary = deidentify(kit.source, tmp_path / "a.mp4", kit.options(boxes=None, detector=Always()))
    assert summary.engines["detector"] == "Always" and summary.faces == 60
    assert all(box.x <= 60 and box.y <= 40 for f in read(tmp_path / "a.mp4") for box in f.boxes)


def test_progress_and_summary(kit: Kit, tmp_path: Path) -> None:
    events: list[Progress] = []
    summary = deidentify(kit.source, tmp_path / "a.mp4", kit.options(), events.append)
    assert [event.done for event in events] == [60] and events[0].faces == summary.faces > 0
    assert summary.frames == 60 and summary.damage is None and summary.weak_windows == ()
    assert summary.engines["detector"] == "file of boxes" and summary.engines["U_e"]
    assert summary.seconds["total"] >= summary.seconds["mask"] > 0


def test_a_seed_repeats_a_run_and_no_seed_does_not(tmp_path: Path) -> None:
    """Lossless, since x264 does not always make the same bytes of the same pictures."""
    kit = Kit(tmp_path, frames=10)
    noisy = public_model(tmp_path, "noise")

    def run(name: str, seed: int | None) -> bytes:
        target = tmp_path / name
        deidentify(kit.source, target, kit.options("h264-lossless", model=noisy, seed=seed))
        return target.read_bytes()

    assert run("1.mp4", 5) == run("2.mp4", 5)
    assert run("3.mp4", None) != run("4.mp4", None)


def test_boxes_out_and_in_again(kit: Kit, tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    deidentify(kit.source, tmp_path / "a.mp4", kit.options(export_boxes=out))
    deidentify(kit.source, tmp_path / "b.mp4", kit.options(boxes=out))
    first, second = read(tmp_path / "a.mp4"), read(tmp_path / "b.mp4")
    assert [f.boxes for f in first] == [f.boxes for f in second]


@pytest.mark.parametrize("codec", ["h264", "ffv1"])
def test_publishing_what_is_public_already_is_said(tmp_path: Path, codec: Codec) -> None:
    """What a lossless file says lies in its pixels, not beside them."""
    kit = Kit(tmp_path, frames=60, size=(128, 96))
    first = deidentify(kit.source, tmp_path / "public.mkv", kit.options(encode=EncodeSettings(codec)))
    again = deidentify(tmp_path / "public.mkv", tmp_path / "again.mp4", kit.options())
    told = [any("is a public file of uunet" in note for note in run.notes) for run in (first, again)]
    assert told == [False, True]


# --- reconstruct -----------------------------------------------------------------------------------------


def test_a_span_and_a_track(kit: Kit, published: Path, tmp_path: Path) -> None:
    target = tmp_path / "part.mp4"
    part = Selection(Fraction(1), Fraction(2), frozenset({0}))
    summary = reconstruct(published, target, kit.private, part)
    assert summary.frames == 25
    whole = lumas(target)
    assert len(whole) == 25
    with pytest.raises(MessageError, match="no frame shows track 63"):
        reconstruct(published, tmp_path / "none.mp4", kit.private, Selection(tracks=frozenset({63})))
    assert not (tmp_path / "none.mp4").exists()
    some = reconstruct(published, tmp_path / "some.mp4", kit.private, Selection(tracks=frozenset({0, 63})))
    assert any("no frame shows track 63" in note for note in some.notes)
    assert some.faces > 0 and some.frames == 60


def test_a_copy_that_was_encoded_again_is_said(tmp_path: Path) -> None:
    kit = Kit(tmp_path, size=(320, 240))  # a picture of 192 x 144 carries the mark through one encode only
    published, copy = tmp_path / "public.mp4", tmp_path / "copy.mp4"
    deidentify(kit.source, published, kit.options())
    with av.open(str(published)) as source, av.open(str(copy), "w") as output:
        stream = output.add_stream("libx264", 25, {"crf": "20"})
        assert isinstance(stream, av.VideoStream)
        (stream.width, stream.height), stream.pix_fmt = kit.size, "yuv420p"
        for frame in source.decode(video=0):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(frame.to_ndarray(), "yuv420p")))
        output.mux(stream.encode(None))
    told = []
    for name, path in (("first", published), ("copy", copy)):
        summary = reconstruct(path, tmp_path / f"{name}-restored.mp4", kit.private)
        assert summary.faces > 0
        told.append(any("encoded again" in note for note in summary.notes))
    assert told == [False, True]


def test_regions_whose_names_were_cut_off(kit: Kit, tmp_path: Path) -> None:
    """Without the first frame of a window nobody knows whose its boxes are: said where tracks are chosen."""
    whole, cut = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    deidentify(kit.source, whole, kit.options("ffv1"))
    with av.open(str(whole)) as source, av.open(str(cut), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(p for p in source.demux(video=0) if p.size):
            if number >= 20:
                packet.stream = stream
                output.mux(packet)
    everyone = reconstruct(cut, tmp_path / "all.mkv", kit.private)
    assert (everyone.faces, everyone.unnamed) == (40, 0)
    one = reconstruct(cut, tmp_path / "one.mkv", kit.private, Selection(tracks=frozenset({0})))
    assert one.faces + one.unnamed == 40 and one.unnamed >= 28 - 1 and one.incomplete == one.silent == 0


def test_no_frame_in_the_span(kit: Kit, published: Path, tmp_path: Path) -> None:
    with pytest.raises(MessageError, match="no frame lies"):
        reconstruct(published, tmp_path / "r.mp4", kit.private, Selection(begin=Fraction(100)))
    assert list(tmp_path.iterdir()) == []


def test_another_pairs_decoder_is_refused(kit: Kit, published: Path, tmp_path: Path) -> None:
    decoder = private_model(tmp_path, pair="f" * 32)
    with pytest.raises(MessageError, match="another pair"):
        reconstruct(published, tmp_path / "r.mp4", decoder)
    with pytest.raises(ModelError, match="public encoder"):
        reconstruct(published, tmp_path / "r.mp4", kit.public)
    with pytest.raises(MessageError, match="no message"):
        reconstruct(kit.source, tmp_path / "r.mp4", kit.private)
    assert [path.name for path in tmp_path.iterdir()] == [decoder.name]


# --- the shipped pair -------------------------------------------------------------------------------------


def test_the_shipped_models_end_to_end(tmp_path: Path) -> None:
    """Detector, U_e and U_d as they come with the package, on a drawn face."""
    source = face_clip(tmp_path / "camera.mp4", 12)
    public, restored = tmp_path / "public.mp4", tmp_path / "restored.mp4"
    summary = deidentify(source, public, Options(seed=1))
    again = reconstruct(public, restored, shipped("private"))
    assert summary.frames == again.frames == 12 and summary.faces == again.faces >= 12
    found = read(public, shipped_pair())
    x, a = lumas(source), lumas(public)
    for k, item in enumerate(found):
        assert item.boxes
        box = item.boxes[0]
        middle = (
            slice(box.y + box.h // 4, box.y + 3 * box.h // 4),
            slice(box.x + box.w // 4, box.x + 3 * box.w // 4),
        )
        assert np.abs(x[k] - a[k])[middle].mean() > 2


@pytest.mark.parametrize(
    ("size", "frames"),
    [((1280, 720), 13), ((640, 480), 39), ((7680, 4320), 7), ((320, 240), 48), ((1, 1), 48)],
)
def test_frames_held_beside_those_that_are_needed_take_the_same_memory(
    size: tuple[int, int], frames: int
) -> None:
    assert _spare(size) == frames
