"""More faces than the message in the pixels has room for: said when publishing, restoring and inspecting."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest

from cli_media import Ran
from video_media import make_video

SIZE = (960, 540)
FRAMES = 26
FACES = 70


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """crowd.mp4, public.mp4 of it, and again.mp4: encoded again, without what stood beside the pictures."""
    base = tmp_path_factory.mktemp("crowd")
    make_video(base / "crowd.mp4", frames=FRAMES, size=SIZE)
    faces = {
        str(k): [
            [
                20 + 64 * (n % 14) + k / 4,
                20 + 90 * (n // 14) + k / 2,
                44 + 64 * (n % 14) + k / 4,
                50 + 90 * (n // 14) + k / 2,
            ]
            for n in range(FACES)
        ]
        for k in range(FRAMES)
    }
    content = {"format": "uunet-boxes", "version": 1, "size": SIZE, "frames": faces}
    (base / "boxes.json").write_text(json.dumps(content))
    command = ["deidentify", base / "crowd.mp4", "-o", base / "public.mp4", "--boxes", base / "boxes.json"]
    ran = Ran(*command, "--seed", "1", "--json")
    assert ran.code == 0, ran.err
    (base / "said.json").write_text(ran.out)
    (base / "warned.txt").write_text(ran.err)
    with av.open(str(base / "public.mp4")) as source, av.open(str(base / "again.mp4"), "w") as output:
        stream = output.add_stream("libx264", 25, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for k, frame in enumerate(source.decode(video=0)):
            clean = av.VideoFrame.from_ndarray(frame.to_ndarray(format="yuv420p"), "yuv420p")
            clean.pts = k
            output.mux(stream.encode(clean))
        output.mux(stream.encode(None))
    return base


def test_who_publishes_is_told(folder: Path) -> None:
    (file,) = json.loads((folder / "said.json").read_text())["files"]
    left_out = file["summary"]["left_out"]
    assert list(left_out) == ["0"] and 0 < left_out["0"] < FACES
    warned = (folder / "warned.txt").read_text()
    assert f"no room for up to {left_out['0']} regions" in warned


def test_beside_the_pictures_nothing_is_missing(folder: Path) -> None:
    found = Ran("inspect", folder / "public.mp4", "--json").json
    assert found["readable_frames"] == FRAMES and found["incomplete_frames"] == 0
    assert found["windows"][0]["regions"] >= FRAMES * FACES
    assert found["unnamed_regions"] == 0


def test_inspect_says_incomplete(folder: Path) -> None:
    found = Ran("inspect", folder / "again.mp4", "--json").json
    assert found["readable_frames"] == found["incomplete_frames"] == FRAMES
    (window,) = found["windows"]
    assert window["verdicts"] == {"INCOMPLETE": FRAMES} and window["carriers"] == {"spread": FRAMES}
    assert 0 < window["regions"] < FRAMES * FACES
    ran = Ran("inspect", folder / "again.mp4")
    assert ran.code == 0
    assert f"read in {FRAMES} of {FRAMES} frames, incomplete in {FRAMES}" in ran.out
    assert "there are more faces than the message names" in ran.out


def test_reconstruct_says_incomplete(folder: Path, tmp_path: Path) -> None:
    restore = ["reconstruct", folder / "again.mp4", "-o", tmp_path / "restored.mp4", "--decoder", "demo"]
    ran = Ran(*restore, "--json")
    assert ran.code == 0, ran.err
    summary = ran.json["files"][0]["summary"]
    assert summary["incomplete_frames"] == [{"first": 0, "last": FRAMES - 1, "verdict": "INCOMPLETE"}]
    assert summary["silent_frames"] == [] and 0 < summary["faces"] < FRAMES * FACES
    assert f"{FRAMES} frames" in ran.err and "may have more faces than their message names" in ran.err
    ran = Ran(*restore, "--force")
    assert f"frames 0-{FRAMES - 1}: INCOMPLETE, there are more faces" in ran.out
