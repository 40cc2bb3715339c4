"""The file of boxes: what is written is read again, and every broken rule is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uunet.boxfile import BoxFile, BoxFileWriter
from uunet.errors import DetectionError, OutputError
from uunet.types import Detection, Layout, Picture, RawFrame, Window

LAYOUT = Layout("gray", 8, 1, 1, False, True, "bt601")
PICTURE = Picture((np.zeros((48, 64), np.uint8),), LAYOUT)
GOOD: dict[str, Any] = {
    "format": "uunet-boxes",
    "version": 1,
    "size": [64, 48],
    "frames": {"0": [[1, 2, 11.5, 14], [-3, 2, 8, 9, 0.5]], "7": []},
}


def write(folder: Path, text: str) -> Path:
    path = folder / "boxes.json"
    path.write_text(text, "utf-8")
    return path


def window(first: int, detected: tuple[tuple[Detection, ...] | None, ...]) -> Window:
    frames = tuple(RawFrame(PICTURE, first + i, first + i) for i in range(len(detected)))
    return Window(0, frames, (), (), detected)


def test_reads(tmp_path: Path) -> None:
    boxes = BoxFile(write(tmp_path, json.dumps(GOOD)))
    assert boxes.detect(PICTURE, 0, 0) == [Detection(1, 2, 11.5, 14, 1), Detection(-3, 2, 8, 9, 0.5)]
    assert boxes.detect(PICTURE, 7, 0) == boxes.detect(PICTURE, 3, 0) == []
    assert [k for k in range(9) if boxes.knows(k)] == [0, 7]


def change(**members: Any) -> str:
    return json.dumps(GOOD | members)


BROKEN = {
    "not JSON": "{",
    "not an object": "[]",
    "format": change(format="boxes"),
    "version": change(version=2),
    "version true": change(version=True),
    "extra member": change(colour=1),
    "missing member": json.dumps({k: v for k, v in GOOD.items() if k != "size"}),
    "size": change(size=[64]),
    "size float": change(size=[64.0, 48]),
    "size 0": change(size=[0, 48]),
    "frames": change(frames=[]),
    "frame name": change(frames={"x": []}),
    "frame leading zero": change(frames={"01": []}),
    "frame negative": change(frames={"-1": []}),
    "frame arabic digit": change(frames={"٣": []}),
    "frame too long": change(frames={"1" * 5000: []}),
    "number too long": '{"format": ' + "1" * 5000 + "}",
    "frame null": change(frames={"0": None}),
    "box short": change(frames={"0": [[1, 2, 3]]}),
    "box long": change(frames={"0": [[1, 2, 3, 4, 0.5, 6]]}),
    "box text": change(frames={"0": [[1, 2, 3, "4"]]}),
    "box true": change(frames={"0": [[0, 0, 3, True]]}),
    "box empty": change(frames={"0": [[3, 2, 3, 4]]}),
    "box upside down": change(frames={"0": [[1, 5, 3, 4]]}),
    "box huge": change(frames={"0": [[1, 2, 1e300, 4]]}),
    "score": change(frames={"0": [[1, 2, 3, 4, 1.5]]}),
    "nan": change(frames={"0": [[1, 2, 3, float("nan")]]}),
    "infinity": '{"format": Infinity}',
    "deep": "[" * 100_000,
    "twice": '{"format": "uunet-boxes", "version": 1, "size": [9, 9], "frames": {"0": [], "0": []}}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_broken_rules(tmp_path: Path, text: str) -> None:
    with pytest.raises(DetectionError) as caught:
        BoxFile(write(tmp_path, text))
    assert "boxes.json" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_missing_and_binary(tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match="can't read"):
        BoxFile(tmp_path / "absent.json")
    (tmp_path / "boxes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DetectionError, match="UTF-8"):
        BoxFile(tmp_path / "boxes.json")


def test_other_size(tmp_path: Path) -> None:
    boxes = BoxFile(write(tmp_path, change(size=[48, 64])))
    with pytest.raises(DetectionError, match=r"48x64.*64x48"):
        boxes.detect(PICTURE, 0, 0)


@given(
    st.lists(
        st.none()
        | st.lists(
            st.tuples(
                st.integers(-500, 500), st.integers(-500, 500), st.integers(1, 900), st.integers(0, 10_000)
            ),
            max_size=4,
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(deadline=None)  # a disk has times of its own
def test_written_is_read(tmp_path_factory: pytest.TempPathFactory, frames: list[Any]) -> None:
    path = tmp_path_factory.mktemp("boxes") / "out.json"
    found = tuple(
        None
        if f is None
        else tuple(Detection(x / 4, y / 4, (x + s) / 4, (y + s) / 4, c / 1e4) for x, y, s, c in f)
        for f in frames
    )
    half = len(found) // 2
    with BoxFileWriter(path, PICTURE.size) as writer:
        writer.add(window(0, found[:half]))
        writer.add(window(half, found[half:]))
        writer.finish()
        assert not path.exists()
        writer.commit()
    boxes = BoxFile(path)
    for index, expected in enumerate(found):
        assert boxes.knows(index) == (expected is not None)
        assert boxes.detect(PICTURE, index, 0) == list(expected or ())
    assert [p.name for p in path.parent.iterdir()] == ["out.json"]


def test_nothing_is_left_without_commit(tmp_path: Path) -> None:
    with pytest.raises(KeyError), BoxFileWriter(tmp_path / "out.json", (64, 48)) as writer:
        writer.add(window(0, ((),)))
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        BoxFileWriter(tmp_path, (64, 48))


def test_a_link_under_a_name_that_could_be_foreseen_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / ".out.json.partial").symlink_to(tmp_path / "victim")
    with BoxFileWriter(tmp_path / "out.json", (64, 48)) as writer:
        writer.finish()
        writer.commit()
    assert (tmp_path / "victim").read_text() == "mine"
    assert (tmp_path / "out.json").is_file() and not (tmp_path / "out.json").is_symlink()


def test_folder_missing(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        BoxFileWriter(tmp_path / "absent" / "out.json", (64, 48))
