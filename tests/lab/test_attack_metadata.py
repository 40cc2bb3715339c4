"""`uunet-lab attack metadata`: a raw copy tells all that was planted, a published file nothing of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kit import boxes_file
from tiny_models import public_model
from uunet import EncodeSettings, Options, deidentify
from uunet.audit.traces import Trace, left, traces
from uunet.video import Codec
from uunet_lab.__main__ import app
from uunet_lab.attacks.finding import AttackError
from uunet_lab.attacks.metadata import Told, compare, metadata, verdict_on
from uunet_lab.attacks.planting import plant_image, plant_video
from video_media import scene

SIZE = (192, 144)
PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
KINDS = {
    ".mp4": {"container tag", "stream tag", "chapter", "cover picture", "user data in the video", "banner"},
    ".mov": {"container tag", "stream tag", "chapter", "user data in the video", "banner"},
    ".mkv": {"container tag", "stream tag", "chapter", "attachment", "user data in the video", "banner"},
    ".ts": {"stream tag", "data stream", "user data in the video", "banner"},
    ".jpg": {"image segment", "banner"},
    ".png": {"image segment"},
}
CODEC: dict[str, Codec] = {".jpg": "jpeg", ".png": "png", ".mkv": "ffv1"}


def plant(path: Path) -> Path:
    if path.suffix in (".jpg", ".png"):
        return plant_image(path, scene(0, SIZE))
    return plant_video(path, [scene(k, SIZE) for k in range(6)])


@pytest.mark.parametrize("suffix", KINDS)
def test_what_is_planted_is_found_and_a_raw_copy_keeps_all_of_it(tmp_path: Path, suffix: str) -> None:
    source = plant(tmp_path / f"source{suffix}")
    copy = tmp_path / f"copy{suffix}"
    shutil.copyfile(source, copy)
    told = compare(source, copy)
    assert {trace.kind for trace in told.planted} == KINDS[suffix]
    assert sum(b"PLANTED" in trace.value for trace in told.planted) >= 2
    assert told.remains == told.planted
    assert told.own == ()
    assert f"{len(told.planted)} remain" in verdict_on([told])


def test_exif_tells_device_and_place(tmp_path: Path) -> None:
    exif = next(trace for trace in traces(plant(tmp_path / "a.jpg")) if trace.name == "APP1")
    assert b"serial 4711" in exif.value and b"\x33\0\0\0\x01\0\0\0\x1e\0\0\0\x01\0\0\0" in exif.value


@pytest.mark.parametrize("suffix", KINDS)
def test_what_is_published_tells_nothing_of_it(tmp_path: Path, suffix: str) -> None:
    """But for what comes with the sound, which is copied: its language, and how its encoder signed it."""
    source, public = plant(tmp_path / f"source{suffix}"), tmp_path / f"public{suffix}"
    boxes = boxes_file(tmp_path / "boxes.json", SIZE, 6)
    settings = EncodeSettings(CODEC.get(suffix, "h264"))
    deidentify(source, public, Options(model=public_model(tmp_path), seed=1, boxes=boxes, encode=settings))
    told = compare(source, public)
    of_the_sound = [trace for trace in told.remains if trace.name == "language" or b"Lavc" in trace.value]
    assert list(told.remains) == of_the_sound
    assert b"PLANTED" not in public.read_bytes()
    if suffix in (".jpg", ".png"):
        assert told.remains == told.own == ()


def test_utf16_and_pieces_are_found(tmp_path: Path) -> None:
    public = tmp_path / "public.png"
    plant_image(public, scene(0, SIZE))
    hidden = Trace("container tag", "title", b"my front door")
    picture = Trace("cover picture", "", bytes(range(200)))
    absent = Trace("container tag", "comment", b"nowhere in it")
    public.write_bytes(public.read_bytes() + "my front door".encode("utf-16-le") + picture.value[60:140])
    assert left([hidden, picture, absent], public) == [hidden, picture]


def test_the_verdict_counts_what_remains() -> None:
    tag, own = Trace("stream tag", "language", b"eng"), Trace("container tag", "encoder", b"Lavf")
    told = Told("a.mp4", "b.mp4", (tag, Trace("container tag", "title", b"door")), (tag,), (own,))
    said = verdict_on([told])
    assert said.startswith("Of 2 things that the sources of 1 public file told, 1 remain in what was publ")
    assert "stream tag language: eng (1)." in said
    assert said.endswith("the public files tell: container tag encoder: Lavf.")
    assert "nothing could remain" in verdict_on([Told("a", "b", (), (), ())])


def test_command_writes_what_it_found(tmp_path: Path) -> None:
    source, output = plant(tmp_path / "a.jpg"), tmp_path / "metadata.json"
    arguments = ["attack", "metadata", str(source), "--public", str(source), "-o", str(output)]
    ran = CliRunner().invoke(app, arguments, env=PLAIN)
    assert ran.exit_code == 0, ran.stderr
    metrics = json.loads(output.read_text())["metrics"]
    assert metrics["left_in_public"] == metrics["told_by_sources"] == 5
    assert metrics["verdict"].startswith("Of 5 things that the sources of 1 public file told, 5 remain")


def test_what_can_t_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    source, output = plant(tmp_path / "a.png"), tmp_path / "metadata.json"
    arguments = ["attack", "metadata", str(source), "--public", str(tmp_path / "text.mp4"), "-o", str(output)]
    ran = CliRunner().invoke(app, arguments, env=PLAIN)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert not output.exists()
    with pytest.raises(AttackError, match="can't be read"):
        metadata(tmp_path / "text.mp4")
