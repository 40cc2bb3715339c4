"""The demonstration writes everything that its page shows."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from cli_media import face_clip
from uunet import demo
from uunet.demo import scene, sheet
from uunet.errors import OutputError
from uunet.job import Progress
from uunet.models import read_card, shipped
from uunet.video import RawReader
from video_media import make_video, packets


def test_a_clip_of_ones_own(tmp_path: Path) -> None:
    source = face_clip(tmp_path / "my <clip>.mp4")
    events: list[Progress] = []
    result = demo.run(tmp_path / "new" / "folder", source, events.append)
    page = result.report.read_text("utf-8")
    for name in re.findall(r'(?:src)="([^"]+)"', page):
        assert name.startswith("file:") or (result.report.parent / name).stat().st_size > 0
    assert "pseudonymised" in page and "anonym" not in page and "<clip>" not in page
    assert ("for demonstration" in page) is read_card(shipped("public")).demonstration
    for path in (result.sheets.faces, result.sheets.frames):
        picture = cv2.imread(str(path))
        assert picture is not None and np.ptp(picture) > 50
    assert result.published.frames == result.reconstructed.frames == 5
    assert result.published.faces == result.reconstructed.faces > 0
    assert len(events) >= 2


def test_rows_and_columns_have_their_names() -> None:
    face = np.full((128, 128, 3), 90, np.uint8)
    grid = sheet._grid([[face, face, face]] * 3)
    margin = grid[:, : -3 * 128]
    assert grid.shape[0] == 3 * 128 and margin.shape[1] > 60
    for row in range(3):
        written = margin[128 * row : 128 * (row + 1)]
        assert written.min() < 100 and written[:, :2].min() == 255 == written[:, -2:].min()
    assert len({margin[128 * row : 128 * (row + 1)].tobytes() for row in range(3)}) == 3
    for width in (480, 96, 3):  # a clip may be narrow
        frames = sheet._columns([np.full((40, 3 * width, 3), 90, np.uint8)])
        header = frames[:-40]
        assert frames.shape[1] == 3 * width
        assert width < 96 or all(header[:, width * k : width * (k + 1)].min() < 100 for k in range(3))


def test_a_clip_without_faces(tmp_path: Path) -> None:
    result = demo.run(tmp_path / "out", make_video(tmp_path / "in.mp4", frames=4))
    assert result.published.faces == 0 and result.sheets.faces.exists()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't make") as caught:
        demo.run(tmp_path / "file" / "folder")
    assert caught.value.hint


@pytest.mark.parametrize("name", demo.FILES)
def test_files_that_no_demo_made_are_kept(tmp_path: Path, name: str) -> None:
    clip = make_video(tmp_path / "in.mp4", frames=4)
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(OutputError, match=f"{name}, which no demo has made") as caught:
        demo.run(tmp_path, clip)
    assert caught.value.hint and (tmp_path / name).read_bytes() == b"mine"


def test_a_demo_replaces_its_own_files_but_not_its_input(tmp_path: Path) -> None:
    clip, out = make_video(tmp_path / "in.mp4", frames=4), tmp_path / "out"
    for _ in range(2):
        result = demo.run(out, clip)
    assert sorted(path.name for path in out.iterdir()) == sorted(set(demo.FILES) - {demo.SOURCE})
    assert result.source == clip and result.report.parent == out
    with pytest.raises(OutputError, match="would be replaced"):
        demo.run(out, result.public)


@pytest.mark.parametrize("there", [True, False])
def test_an_interrupted_demo_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    out = tmp_path / "out"
    if there:
        out.mkdir()
    monkeypatch.setattr(scene, "SECONDS", 1)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "reconstruct", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.run(out)
    assert out.exists() is there and not list(out.glob("*"))


def test_the_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "SECONDS", 1)
    monkeypatch.setattr(scene, "RATE", 6)
    scene.build(tmp_path / "scene.mp4")
    with RawReader(tmp_path / "scene.mp4") as reader:
        assert reader.info.size == (scene.WIDTH, scene.HEIGHT)
        first, second = (frame.picture.planes[0].astype(int) for frame in islice(reader, 2))
    assert np.abs(first - second).mean() > 0.5  # it moves
    assert packets(tmp_path / "scene.mp4", "audio")
