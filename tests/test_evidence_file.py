"""Sealed evidence in whole files: what is restored, bit for bit, and what can't be sealed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import av
import pytest

from evidence_kit import (
    EXACT,
    SealedKit,
    opened,
    ring,
    verdicts,
)
from key_kit import ALICE, BOB, CAMERA, only, public
from kit import Kit, read
from test_evidence_atoms import remux
from test_fail_closed import UnforeseenError, _owner, failing_after
from uunet.errors import EvidenceError, OutputError
from uunet.evidence.sealing import Seal
from uunet.geometry import plane_slices
from uunet.job import Selection
from uunet.keys.identity import Group
from uunet.ledger import Opening
from uunet.pipeline import deidentify, reconstruct
from uunet.types import WINDOW
from uunet.video import Codec, EncodeSettings, RawReader

BOTH = 2 * WINDOW


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> SealedKit:
    return SealedKit(tmp_path_factory.mktemp("two"))


# --- there and back ------------------------------------------------------------------------------------

PLACES: list[tuple[Codec, str]] = [
    *[("h264", suffix) for suffix in ("mp4", "mkv", "ts")],
    *[("hevc", suffix) for suffix in ("mp4", "mkv", "ts")],
    *[("av1", suffix) for suffix in ("mp4", "mkv")],
]


@pytest.mark.parametrize(("codec", "suffix"), PLACES)
def test_every_codec_in_every_container(two: SealedKit, codec: Codec, suffix: str) -> None:
    path = two.publish(f"{codec}.{suffix}", codec=codec)
    assert verdicts(path, public(CAMERA).signing) == (["OK", "OK"], True)
    found = opened(path, two.source, ring(ALICE))
    assert found.exact == {0: BOTH, 1: BOTH} and not found.refusals
    stranger = opened(path, two.source, ring(BOB))
    assert stranger.exact == {} and stranger.refusals == {"WRONG_KEY_OR_CONTEXT": 4} and all(stranger.hints)
    assert not [thread.name for thread in threading.enumerate() if "uunet" in thread.name]
    with av.open(str(path)) as file:  # players see a video
        assert sum(1 for _ in file.decode(video=0)) == BOTH


def test_a_restored_file_has_the_cameras_samples(two: SealedKit, tmp_path: Path) -> None:
    path, target = two.publish("h264.mp4"), tmp_path / "restored.mkv"
    summary = reconstruct(path, target, None, opening=Opening(ring(ALICE)), encode=EncodeSettings("ffv1"))
    assert summary.ledger is not None
    assert summary.ledger.labels == {"exact": 2 * BOTH} and summary.ledger.windows == {"OK": 2}
    assert summary.ledger.complete and summary.ledger.lasting and summary.tracks == 2
    published, exact = 0, 0
    with RawReader(two.source) as camera, RawReader(target) as restored, RawReader(path) as shown:
        boxes = regions_of(path)
        for k, frames in enumerate(zip(camera, restored, shown, strict=True)):
            x, r, a = (frame.picture for frame in frames)
            for box in boxes[k]:
                for i, where in enumerate(plane_slices(x.layout, box)):
                    exact += int((x.planes[i][where] != r.planes[i][where]).sum())
                    published += int((x.planes[i][where] != a.planes[i][where]).sum())
    assert exact == 0 and published > 10**5


def regions_of(path: Path) -> list[list[Any]]:
    return [list(found.boxes) for found in read(path)]


@pytest.mark.parametrize(
    ("stored", "container"),
    [("yuv420p10le", "mp4"), ("yuv444p", "mp4"), ("gray", "mkv"), ("yuv422p10le", "mkv")],
)
def test_other_pictures(tmp_path: Path, stored: str, container: str) -> None:
    codec = "ffv1" if stored == "gray" else "libx264"
    kit = SealedKit(tmp_path, 1, name="camera.mkv", codec=codec, pixel_format=stored)
    path = kit.publish(f"public.{container}")
    summary = reconstruct(path, tmp_path / "restored.mkv", None, opening=Opening(ring(ALICE)))
    assert summary.ledger is not None and summary.ledger.labels == {"exact": 2 * WINDOW}


def test_visual_evidence(two: SealedKit, tmp_path: Path) -> None:
    path = two.publish("visual.mp4", Seal(only(ALICE), "visual"))
    assert path.stat().st_size < two.publish("h264.mp4").stat().st_size
    summary = reconstruct(path, tmp_path / "restored.mp4", None, opening=Opening(ring(ALICE)))
    assert summary.ledger is not None and summary.ledger.labels == {"visual": 2 * BOTH}
    assert not summary.ledger.lasting and summary.ledger.digests == []


def test_signatures_alone(two: SealedKit, tmp_path: Path) -> None:
    path = two.publish("signed.mp4", Seal((), "none", CAMERA))
    assert verdicts(path) == (["OK", "OK"], True)
    with pytest.raises(EvidenceError, match="nothing could be opened"):
        reconstruct(path, tmp_path / "restored.mp4", None, opening=Opening(ring(ALICE)))
    assert list(tmp_path.iterdir()) == []


def test_copies_in_other_containers_stay_as_they_are(two: SealedKit, tmp_path: Path) -> None:
    path = two.publish("h264.mp4")
    for name in ("a.mkv", "b.ts", "c.mp4", "d.mov", "e.mkv"):
        path = remux(path, tmp_path / name)
        assert verdicts(path) == (["OK", "OK"], True), name
        assert opened(path, two.source, ring(ALICE)).exact == {0: BOTH, 1: BOTH}, name


def test_a_copy_that_was_encoded_again_falls_back(tmp_path: Path) -> None:
    """The evidence is gone, which is said; U_d still estimates, which is labelled."""
    kit = Kit(tmp_path, size=(320, 240))
    path, copy, restored = tmp_path / "public.mp4", tmp_path / "copy.mp4", tmp_path / "restored.mp4"
    deidentify(kit.source, path, kit.options(seal=EXACT))
    with av.open(str(path)) as source, av.open(str(copy), "w") as output:
        stream = output.add_stream("libx264", 25, {"crf": "18"})
        assert isinstance(stream, av.VideoStream)
        (stream.width, stream.height), stream.pix_fmt = kit.size, "yuv420p"
        for frame in source.decode(video=0):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(frame.to_ndarray(), "yuv420p")))
        output.mux(stream.encode(None))
    assert set(verdicts(path)[0]) == {"OK"}
    assert set(verdicts(copy)[0]) == {"NO_EVIDENCE"} and not verdicts(copy)[1]
    with pytest.raises(EvidenceError, match="stripped") as caught:
        reconstruct(copy, restored, None, opening=Opening(ring(ALICE)))
    assert "--decoder" in caught.value.hint and not restored.exists()
    summary = reconstruct(copy, restored, kit.private, opening=Opening(ring(ALICE)))
    assert summary.ledger is not None and set(summary.ledger.labels) == {"neural"}
    assert {run.why for run in summary.ledger.runs} == {"NO_EVIDENCE"}


# --- what is refused, and what fails -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("seal", "codec", "told"),
    [
        (
            Seal(only(ALICE, CAMERA), "exact", CAMERA),
            "h264",
            ("publisher's key is", "a key of its own"),
        ),
        (Seal((Group(2, (public(ALICE), public(CAMERA))),), "exact", CAMERA), "h264", ("publisher's", "own")),
        (Seal(only(ALICE), "exact"), "ffv1", ("ffv1 has no place", "--codec h264")),
        (Seal(only(ALICE), "exact"), "png", ("an image has no place", "--codec h264")),
        (Seal((), "exact"), "h264", ("sealed to nobody", "--to")),
        (Seal((), "visual"), "h264", ("sealed to nobody", "--to")),
        (Seal(only(ALICE), "none"), "h264", ("nothing to seal", "--to")),
    ],
)
def test_what_can_not_be_sealed(
    two: SealedKit, tmp_path: Path, seal: Seal, codec: Codec, told: tuple[str, str]
) -> None:
    target = tmp_path / ("a.png" if codec == "png" else "a.mkv")
    with pytest.raises((EvidenceError, OutputError), match=told[0]) as caught:
        deidentify(two.source, target, two.options(codec, seal=seal))
    assert isinstance(caught.value, EvidenceError | OutputError) and told[1] in caught.value.hint
    assert list(tmp_path.iterdir()) == []
    Seal(only(ALICE), "exact", CAMERA).check(EncodeSettings("h264"))


@pytest.mark.parametrize(
    ("place", "calls"),
    [
        ("uunet.evidence.crops.encode", 0),
        ("uunet.evidence.crops.encode", 2),
        ("uunet.evidence.sealing.cut", 0),
        ("uunet.keys.content.seal", 1),
        ("uunet.keys.shares.wrap", 0),
        ("uunet.keys.signing.sign", 0),
        ("uunet.evidence.sealing.spread", 1),
        ("uunet.evidence.sealing.whole", 1),
    ],
)
def test_a_fault_in_sealing_leaves_no_output(
    two: SealedKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, calls: int
) -> None:
    owner, name = _owner(place)
    monkeypatch.setattr(owner, name, failing_after(calls, getattr(owner, name)))
    with pytest.raises(UnforeseenError):
        deidentify(two.source, tmp_path / "out.mp4", two.options(seal=EXACT))
    assert list(tmp_path.iterdir()) == []
    assert not [thread.name for thread in threading.enumerate() if "uunet" in thread.name]


def test_a_part_of_it(two: SealedKit, tmp_path: Path) -> None:
    path = two.publish("h264.mp4")
    found = opened(path, two.source, ring(ALICE), frozenset({1}))
    assert found.exact == {1: BOTH} and not found.refusals
    summary = reconstruct(
        path, tmp_path / "r.mp4", None, Selection(tracks=frozenset({1})), opening=Opening(ring(ALICE))
    )
    assert summary.ledger is not None and summary.ledger.labels == {"exact": BOTH}
    assert {run.track for run in summary.ledger.runs} == {1}
