"""The command line as a user meets it, on small clips with a drawn face."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import typer

from cli_media import Ran, face_clip, face_file
from uunet.commands import guarded
from uunet.errors import FaultError
from uunet.models import shipped
from video_media import make_sound, make_video


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """camera.mp4, and public.mp4, which was made of it."""
    base = tmp_path_factory.mktemp("cli")
    face_clip(base / "camera.mp4", tags={"title": "Entrance"})
    ran = Ran("deidentify", base / "camera.mp4", "-o", base / "public.mp4", "--seed", "1")
    assert ran.code == 0, ran.err
    (base / "said.txt").write_text(ran.out + ran.err)
    yield base


def test_deidentify_says_what_it_did(folder: Path) -> None:
    said = (folder / "said.txt").read_text()
    assert f"{folder / 'camera.mp4'} → {folder / 'public.mp4'}" in said
    for row in ("5 in", "5 replaced, over all frames", "frames/s", "title", "OpenVINO"):
        assert row in said
    assert "DEMONSTRATION" in said
    assert "pseudonymised personal data" in said
    assert "anonym" not in said.replace("pseudonym", "")
    assert sorted(p.name for p in folder.iterdir()) == ["camera.mp4", "public.mp4", "said.txt"]


def test_inspect_for_people_and_machines(folder: Path) -> None:
    ran = Ran("inspect", folder / "public.mp4")
    assert ran.code == 0
    for text in ("h264", "192x144", "uunet-demo", "read in 5 of 5 frames", "beside the pictures", "OK"):
        assert text in ran.out
    found = Ran("inspect", folder / "public.mp4", "--json", "--model", "demo").json
    assert found["readable_frames"] == found["frames"] == 5
    assert found["tracks"] == {"0": [{"first": 0, "last": 4, "begin": 0.0, "end": 0.5}]}
    (window,) = found["windows"]
    assert window["carriers"] == {"sei": 5}
    assert window["verdicts"] == {"OK": 5}
    assert window["number"] == 0


def test_reconstruct_a_span(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "restored.mp4"
    restore = ["reconstruct", folder / "public.mp4", "-o", target, "--decoder", "demo"]
    ran = Ran(*restore, "--from", "0.1", "--to", "0:00.3", "--json")
    assert ran.code == 0, ran.err
    (file,) = ran.json["files"]
    assert ran.json["uunet"] == "reconstruct"
    assert (file["status"], file["summary"]["frames"], file["summary"]["faces"]) == ("done", 2, 2)
    with av.open(str(target)) as video:
        assert sum(1 for _ in video.decode(video=0)) == 2
    Ran(*restore).fails(1, "exists already", "--force")
    before = target.read_bytes()
    Ran(*restore, "--track", "7", "--force").fails(1, "no frame shows track 7", "uunet inspect")
    assert target.read_bytes() == before


def test_a_folder_takes_what_is_restored(folder: Path, tmp_path: Path) -> None:
    assert Ran("reconstruct", folder / "public.mp4", "-o", tmp_path, "--decoder", "demo").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["public.mp4"]


@pytest.mark.parametrize(("suffix", "told"), [(".mkv", True), (".mp4", False)])
def test_times_that_a_container_moves_are_said(tmp_path: Path, suffix: str, told: bool) -> None:
    camera = make_video(tmp_path / "camera.mp4", frames=6, sound=0.5)  # AAC: it begins before zero
    ran = Ran("deidentify", camera, "-o", tmp_path / f"public{suffix}", "--json")
    (file,) = ran.json["files"]
    assert any("ms later than in the source" in note for note in file["summary"]["notes"]) == told


def test_restored_is_nearer_to_the_original_than_public(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "restored.mkv"
    assert Ran("reconstruct", folder / "public.mp4", "-o", target, "--decoder", shipped("private")).code == 0

    def luma(path: Path) -> Any:
        with av.open(str(path)) as video:
            return np.stack([f.to_ndarray(format="gray") for f in video.decode(video=0)]).astype(float)

    camera, public = luma(folder / "camera.mp4"), luma(folder / "public.mp4")
    assert luma(target).shape == camera.shape
    assert np.abs(public - camera)[:, 30:90, 70:120].mean() > 4
    assert np.abs(public - camera)[:, :, :20].mean() < 4


def test_one_json_document(folder: Path, tmp_path: Path) -> None:
    target, boxes = tmp_path / "out.mkv", tmp_path / "boxes.json"
    publish = ["deidentify", folder / "camera.mp4", "-o", target, "--codec", "ffv1", "--export-boxes", boxes]
    ran = Ran(*publish, "--every", "2", "--lookahead", "3", "--json")
    assert ran.code == 0, ran.err
    (file,) = ran.json["files"]
    assert file["status"] == "done"
    assert file["summary"]["faces"] == 5
    assert file["summary"]["seconds"]["total"] > 0
    assert ran.json["exit_code"] == 0
    assert Ran("inspect", target, "--json").json["windows"][0]["carriers"] == {"lsb": 5}
    assert json.loads(boxes.read_text())["size"] == [192, 144]
    again = tmp_path / "again.mp4"
    ran = Ran("deidentify", folder / "camera.mp4", "-o", again, "--boxes", boxes, "--quiet")
    assert (ran.code, ran.out) == (0, "")
    assert "file of boxes" not in ran.err
    Ran("deidentify", folder / "camera.mp4", "-o", tmp_path / "x.mp4", "--export-boxes", boxes).fails(
        1, "exists"
    )


def test_a_folder_with_all_that_can_go_wrong(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    (source / "sub").mkdir(parents=True)
    whole = (folder / "camera.mp4").read_bytes()
    (source / "a.mp4").write_bytes(whole)
    (source / "empty.mp4").touch()
    (source / "notes.txt").write_text("hello")
    face_file(source / "sub" / "photo.jpg")
    make_sound(source / "sound.mp4")
    out = tmp_path / "out"
    ran = Ran("deidentify", source, "-o", out, "--json")
    assert ran.code == 1
    statuses = {Path(file["input"]).name: file["status"] for file in ran.json["files"]}
    assert statuses == {"a.mp4": "done", "empty.mp4": "failed", "sound.mp4": "failed", "photo.jpg": "done"}
    assert ran.json["ignored"] == [str(source / "notes.txt")]
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.*")) == ["a.mp4", "sub/photo.jpg.png"]
    ran = Ran("deidentify", source, "-o", out)
    assert ran.code == 1
    assert "2 skipped, 2 failed" in ran.out or "2 failed" in ran.out
    assert "ignored: " in ran.out
    assert "error: 2 of 4 " in ran.err  # which of them


def test_images(folder: Path, tmp_path: Path) -> None:
    source, public, restored = (tmp_path / name for name in ("photo.png", "public.png", "restored.png"))
    face_file(source)
    ran = Ran("deidentify", source, "-o", public)
    assert ran.code == 0, ran.err
    assert "1 replaced" in ran.out
    assert Ran("inspect", public, "--json").json["tracks"]["0"][0]["first"] == 0
    assert Ran("reconstruct", public, "-o", restored, "--decoder", "demo").code == 0
    images = [np.asarray(cv2.imread(str(path)), float) for path in (source, public, restored)]
    assert images[0].shape == images[1].shape == images[2].shape
    assert np.abs(images[1] - images[0])[30:90, 70:120].mean() > 3
    assert np.abs(images[1] - images[0])[:, :20].mean() < 4


# --- what can't be done ------------------------------------------------------------


def test_truncated_input(folder: Path, tmp_path: Path) -> None:
    whole = face_clip(tmp_path / "whole.mkv", frames=12).read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    ran = Ran("deidentify", cut, "-o", tmp_path / "out.mkv")
    ran.fails(4, "damaged")
    assert "replaced" in ran.out
    assert (tmp_path / "out.mkv").exists()
    assert Ran("inspect", tmp_path / "out.mkv").code == 0


@pytest.mark.parametrize(
    ("make", "texts"),
    [
        (lambda path: None, ["does not exist"]),
        (lambda path: path.touch(), ["is empty"]),
        (lambda path: path.write_bytes(bytes(range(256)) * 40), ["not a video"]),
        (lambda path: path.write_bytes(b"\0\0\0\x20ftypisom" + bytes(500)), ["mp4"]),
        (lambda path: path.write_text("a letter\n" * 100), ["mp4"]),
        (make_sound, ["no video", "audio"]),
        (lambda path: path.mkdir(), ["named like one"]),
    ],
    ids=["missing", "empty", "noise", "corrupt", "text", "sound-only", "folder"],
)
def test_inputs_that_are_no_videos(tmp_path: Path, make: Any, texts: list[str]) -> None:
    make(tmp_path / "in.mp4")
    Ran("deidentify", tmp_path / "in.mp4", "-o", tmp_path / "out.mp4").fails(1, *texts)
    assert not (tmp_path / "out.mp4").exists()
    assert len(list(tmp_path.iterdir())) <= 1
    if "named like one" not in texts:
        Ran("inspect", tmp_path / "in.mp4").fails(1, texts[0])


@pytest.mark.parametrize("size", [(1, 1), (53, 41), (2, 2)])
def test_odd_sizes_work(tmp_path: Path, size: tuple[int, int]) -> None:
    make_video(tmp_path / "in.mkv", codec="ffv1", size=size, frames=2, pixel_format="yuv444p")
    ran = Ran("deidentify", tmp_path / "in.mkv", "-o", tmp_path / "out.mkv")
    assert ran.code == 0, ran.err
    assert Ran("inspect", tmp_path / "out.mkv", "--json").json["size"] == list(size)


def test_outputs_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    camera = folder / "camera.mp4"
    Ran("deidentify", camera, "-o", camera).fails(1, "is the input", "another name")
    Ran("deidentify", camera, "-o", camera, "--force").fails(1, "is the input")
    Ran("deidentify", camera, "-o", tmp_path / "no" / "out.mp4").fails(1, "does not exist")
    Ran("deidentify", camera, "-o", tmp_path / "out.avi").fails(1, ".avi", "use one of")
    Ran("deidentify", camera, "-o", tmp_path / "out.webm", "--codec", "h264").fails(
        1, "h264 does not go into .webm"
    )
    Ran("deidentify", camera, folder, "-o", camera).fails(1, "is a file")
    assert list(tmp_path.iterdir()) == []


def test_models_that_do_not_fit(folder: Path, tmp_path: Path) -> None:
    camera, public, out = folder / "camera.mp4", folder / "public.mp4", tmp_path / "out.mp4"
    (tmp_path / "model.onnx").write_bytes(b"no model")
    Ran("deidentify", camera, "-o", out, "--model", tmp_path / "gone.onnx").fails(1, "can't read the model")
    Ran("deidentify", camera, "-o", out, "--model", tmp_path / "model.onnx").fails(1, "not an ONNX model")
    Ran("deidentify", camera, "-o", out, "--model", shipped("private")).fails(1, "private decoder")
    Ran("reconstruct", public, "-o", out, "--decoder", shipped("public")).fails(1, "public encoder")
    Ran("inspect", public, "--model", tmp_path / "gone.onnx").fails(1, "can't read the model", "`demo`")
    Ran("inspect", public, "--model", tmp_path).fails(1, "can't read the model", "file in it")
    assert not out.exists()


def test_a_file_without_messages(folder: Path, tmp_path: Path) -> None:
    camera = folder / "camera.mp4"
    ran = Ran("inspect", camera)
    ran.fails(1, "no UU-Net message")
    assert "read in 0 of 5 frames" in ran.out
    assert "pair" not in ran.out and "model" not in ran.out  # of which nothing is known
    ran = Ran("inspect", camera, "--json")
    assert ran.code == 1
    assert ran.json["readable_frames"] == 0 and ran.json["pair"] is None
    Ran("reconstruct", camera, "-o", tmp_path / "out.mp4", "--decoder", "demo").fails(
        1, "no message", "NO_MESSAGE"
    )
    assert list(tmp_path.iterdir()) == []


def test_values_that_make_no_sense(folder: Path, tmp_path: Path) -> None:
    camera, public, out = folder / "camera.mp4", folder / "public.mp4", tmp_path / "out.mp4"
    publish, restore = (
        ["deidentify", camera, "-o", out],
        ["reconstruct", public, "-o", out, "--decoder", "demo"],
    )
    Ran(*publish, "--crf", "77").fails(2, "--crf 77")
    Ran(*publish, "--codec", "ffv1", "--crf", "7").fails(2, "lossless")
    Ran(*publish, "--every", "9", "--lookahead", "3").fails(1, "every")
    Ran(*publish, "--threshold", "1.5").fails(2, "--threshold 1.5", "between 0 and 1")
    Ran(*publish, "--threshold", "0").fails(2, "--threshold 0")
    Ran(*publish, "--model", "demo", "--crf", "77").fails(2, "--crf 77")
    Ran(*publish, "--preset", "hasty").fails(2, "hasty", "veryfast")
    Ran("deidentify", camera, public, "-o", tmp_path / "dir", "--boxes", "b.json").fails(2, "one video")
    Ran("reconstruct", public, "-o", out).fails(2, "--decoder is missing", "--decoder demo")
    Ran(*restore, "--from", "noon").fails(2, "not a time")
    Ran(*restore, "--from", "2", "--to", "1").fails(2, "--from is not before --to")
    Ran(*restore, "--from", "99").fails(1, "no frame lies in the chosen time")
    Ran(*restore, "--track", "64").fails(2, "track")
    for wrong in (["--codec", "mpeg2"], ["--lookahead", "0"], ["--seed", "-1"], ["--nonsense"]):
        assert Ran(*publish, *wrong).code == 2
    (tmp_path / "boxes.json").write_text("{}")
    Ran(*publish, "--boxes", tmp_path / "boxes.json").fails(1, "boxes.json can't be used")
    assert [p.name for p in tmp_path.iterdir()] == ["boxes.json"]


def test_errors_in_json(tmp_path: Path) -> None:
    ran = Ran("deidentify", tmp_path / "gone.mp4", "-o", tmp_path / "out.mp4", "--json")
    ran.fails(1, "gone.mp4")
    (file,) = ran.json["files"]
    assert file["status"] == "failed"
    assert file["error"]["kind"] == "InputError"
    assert file["error"]["hint"]
    ran = Ran("deidentify", tmp_path, "-o", tmp_path / "out", "--json")
    ran.fails(1, "no video and no image")
    assert ran.json["error"]["kind"] == "InputError"
    ran = Ran("deidentify", "--nonsense", "--json")
    ran.fails(2, "nonsense", "--help")
    assert ran.json["error"]["kind"] == "UsageError" and ran.json["exit_code"] == 2


def test_a_fault_of_the_program(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **named: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("uunet.pipeline.mask_window", broken)
    arguments = ["deidentify", str(folder / "camera.mp4"), "-o", str(tmp_path / "out.mp4")]
    Ran(*arguments).fails(70, "ZeroDivisionError: oops", "report")
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" in Ran(*arguments, "--debug", traceback=True).err


@pytest.mark.parametrize(
    ("module", "code", "said"),
    [
        ("fabric.utilities", 1, "error: the package fabric is not installed\nhint: pip install"),
        ("uunet.masks", 70, "error: an unexpected fault: ModuleNotFoundError"),
    ],
)
def test_a_package_that_is_not_installed_is_no_fault_of_the_program(
    module: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, guarded():
        raise ModuleNotFoundError(f"No module named '{module}'", name=module)
    assert ended.value.exit_code == code
    assert said in capsys.readouterr().err


def test_a_fault_that_the_program_finds_itself(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **named: object) -> None:
        raise FaultError("a path contradicts itself")

    monkeypatch.setattr("uunet.pipeline.hide", broken)
    arguments = ["deidentify", str(folder / "camera.mp4"), "-o", str(tmp_path / "out.mp4")]
    Ran(*arguments).fails(70, "error: a path contradicts itself", "report")
    assert "FaultError" in Ran(*arguments, "--debug", traceback=True).err
    assert list(tmp_path.iterdir()) == []


def test_boxes_never_replace_a_video(folder: Path, tmp_path: Path) -> None:
    camera, out = folder / "camera.mp4", tmp_path / "out.mp4"
    before = camera.read_bytes()
    publish = ["deidentify", camera, "-o", out, "--force", "--export-boxes"]
    Ran(*publish, camera).fails(1, "is the name of a video", "another name")
    Ran(*publish, tmp_path / "sub" / ".." / "out.mp4").fails(1, "is the name of a video")
    assert camera.read_bytes() == before and not out.exists()


def test_a_video_without_faces_is_published_with_a_warning(folder: Path, tmp_path: Path) -> None:
    ran = Ran("deidentify", folder / "camera.mp4", "-o", tmp_path / "out.mp4", "--threshold", "0.99")
    assert ran.code == 0
    assert "warning: no face was found" in ran.err
    assert "pseudonymised" not in ran.out


def test_sound_can_be_left_out(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    ran = Ran("deidentify", make_video(tmp_path / "in.mp4", sound=0.5), "-o", out, "--no-sound", "--json")
    (file,) = ran.json["files"]
    assert any("audio" in name for name in file["summary"]["stripped"])
    with av.open(str(out)) as public:
        assert [stream.type for stream in public.streams] == ["video"]


def test_network_streams_are_no_files(tmp_path: Path) -> None:
    ran = Ran("deidentify", "https://example.com/x.mp4", "-o", tmp_path / "out.mp4")
    assert ran.code == 1
    assert "network streams are not read" in ran.err
