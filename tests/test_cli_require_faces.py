"""`--require-faces`: where nobody looks, a video in which no face is found is not published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli_media import Ran, face_clip
from video_media import make_video


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """a.mp4 and c.mp4 without faces, b.mp4 with one."""
    base = tmp_path_factory.mktemp("recordings")
    for name in ("a.mp4", "c.mp4"):
        make_video(base / name, frames=4, size=(192, 144))
    face_clip(base / "b.mp4", frames=3)
    return base


def left_in(path: Path) -> list[str]:
    """Hidden ones too."""
    return sorted(file.name for file in path.iterdir())


def test_a_video_without_faces_fails_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    public, boxes = tmp_path / "public.mp4", tmp_path / "boxes.json"
    command = ("deidentify", folder / "a.mp4", "-o", public, "--export-boxes", boxes)
    ran = Ran(*command, "--require-faces")
    ran.fails(1, "no face was found in", "without --require-faces")
    assert left_in(tmp_path) == []
    ran = Ran(*command)
    assert ran.code == 0 and "warning: no face was found" in ran.err and "--require-faces" in ran.err
    assert left_in(tmp_path) == ["boxes.json", "public.mp4"]


def test_what_was_there_stays(folder: Path, tmp_path: Path) -> None:
    public = tmp_path / "public.mp4"
    public.write_bytes(b"of yesterday")
    Ran("deidentify", folder / "a.mp4", "-o", public, "--require-faces", "--force").fails(
        1, "no face was found"
    )
    assert left_in(tmp_path) == ["public.mp4"] and public.read_bytes() == b"of yesterday"


def test_the_others_of_a_folder_go_on(folder: Path, tmp_path: Path) -> None:
    ran = Ran("deidentify", folder, "-o", tmp_path / "out", "--require-faces", "--json")
    assert ran.code == ran.json["exit_code"] == 1
    assert [file["status"] for file in ran.json["files"]] == ["failed", "done", "failed"]
    assert ran.json["files"][0]["error"]["kind"] == "DetectionError"
    assert left_in(tmp_path / "out") == ["b.mp4"]
    again = Ran("deidentify", folder, "-o", tmp_path / "out", "--require-faces")
    assert "error: 3 of 3 no face was found" in again.err  # not taken for done by the next run


def test_a_face_too_small_for_the_model_is_a_face_and_does_not_come_back(
    folder: Path, tmp_path: Path
) -> None:
    boxes = tmp_path / "boxes.json"
    frames = {str(k): [[50, 50, 58, 60]] for k in range(4)}
    boxes.write_text(
        json.dumps({"format": "uunet-boxes", "version": 1, "size": [192, 144], "frames": frames})
    )
    command = ("deidentify", folder / "a.mp4", "-o", tmp_path / "public.mp4", "--boxes", boxes)
    ran = Ran(*command, "--require-faces", "--json")
    assert ran.code == 0, ran.err
    summary = ran.json["files"][0]["summary"]
    assert summary["faces"] == 0 < summary["filled"]
    back = Ran("reconstruct", tmp_path / "public.mp4", "-o", tmp_path / "r.mp4", "--decoder", "demo")
    assert back.code == 0 and "no region was restored" in back.err
    assert "too small for the model in this file" in back.out and "filled" not in back.out
