"""Every odd input that the issue names, on the command line: done and said what was changed, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest

from cli_media import Ran
from odd_media import REFUSED, make_changing, make_odd

# name in `odd_media.ODD` → what the summary must say of it ("" where nothing is changed)
DONE = {
    "one-pixel.mkv": "chroma of yuv420p resampled to yuv444p",
    "odd-size.mkv": "chroma of yuv420p resampled to yuv444p",
    "8k.mkv": "pictures reduced to 52%: below 50 pixels they may be missed",
    "interlaced.mp4": "interlaced",
    "alpha.mkv": "transparency dropped",
    "grey.mkv": "grey stored as yuv420p",
    "400.mp4": "grey stored as yuv420p",
    "411.mkv": "chroma of yuv411p resampled to yuv422p",
    "444.mp4": "yuv444p is kept; some players refuse all but 4:2:0",
    "12-bit.mkv": "12 bits a sample reduced to 10",
    "changing.mkv": "6 frames of another size scaled to 64x48",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder of all of them, published in one go."""
    base = tmp_path_factory.mktemp("odd")
    (base / "in").mkdir()
    for name in DONE:
        (make_changing if name.startswith("changing") else make_odd)(base / "in" / name)
    ran = Ran("deidentify", base / "in", "-o", base / "out", "--json", "--preset", "ultrafast")
    assert ran.code == 0, ran.err
    return base, {Path(file["input"]).name: file for file in ran.json["files"]}


@pytest.mark.parametrize("name", DONE)
def test_odd_inputs_are_published(published: tuple[Path, dict[str, Any]], name: str) -> None:
    base, files = published
    file = files[name]
    assert file["status"] == "done" and file["error"] is None
    assert file["summary"]["frames"] == {"8k.mkv": 1, "odd-size.mkv": 2, "changing.mkv": 12}.get(name, 8)
    notes = file["summary"]["notes"]
    assert DONE[name] in " · ".join(notes) if DONE[name] else notes == []
    if name != "8k.mkv":  # decoding is no different
        found = Ran("inspect", base / "out" / name, "--json").json
        assert found["readable_frames"] == found["frames"] == file["summary"]["frames"]


@pytest.mark.parametrize("command", ["deidentify", "reconstruct", "inspect"])
@pytest.mark.parametrize("name", [name for name in REFUSED if name != "folder"])
def test_what_is_no_video_is_refused(tmp_path: Path, name: str, command: str) -> None:
    """Missing, empty, corrupt, encrypted, zero-frame, sound-only …: an error, a hint, nothing is written."""
    make, reason = REFUSED[name]
    path = make(tmp_path / name)
    before = sorted(tmp_path.iterdir())
    how = {"deidentify": [], "reconstruct": ["--decoder", "demo"], "inspect": []}[command]
    output = [] if command == "inspect" else ["-o", tmp_path / "out.mp4"]
    Ran(command, path, *output, *how).fails(1, reason)
    assert sorted(tmp_path.iterdir()) == before


def test_webm_gets_the_codec_that_it_can_hold(tmp_path: Path) -> None:
    make_odd(tmp_path / "444.mp4")
    ran = Ran("deidentify", tmp_path / "444.mp4", "-o", tmp_path / "public.webm", "--preset", "12")
    assert ran.code == 0, ran.err
    with av.open(str(tmp_path / "public.webm")) as public:
        assert public.streams.video[0].codec_context.name in {"libdav1d", "av1"}
