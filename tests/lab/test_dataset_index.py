"""Packed sets: what goes in comes out; splits never share a person; runs are consecutive."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from faces import NONE, face_set, patch
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.index import FaceSet, Origin
from uunet_lab.datasets.packing import open_set, pack
from uunet_lab.datasets.records import FaceRecord


def _people(folder: Path, count: int = 10, each: int = 6, cameras: int = 5) -> FaceSet:
    """Person i has `each` images in two sequences, all by camera i % cameras."""
    return face_set(
        folder,
        [
            (f"p{i:02d}", f"p{i:02d}/{k * 2 // each}", k, f"c{i % cameras}", {"gender": "MF"[i % 2]})
            for i in range(count)
            for k in range(each)
        ],
    )


def test_what_is_packed_can_be_opened(tmp_path: Path) -> None:
    records = [
        FaceRecord(patch(1, 12), "ann", "door/1", 7, "door", {"gender": "F"}),
        FaceRecord(patch(2, 12), "bob", "", 0, "", {"age": "3-9"}),
    ]
    pack(records, tmp_path / "set", side=12, source="two")
    faces = open_set(tmp_path / "set")
    assert np.array_equal(faces.images, np.stack([record.image for record in records]))
    assert not faces.images.flags.writeable
    assert [faces.names["identity"][code] for code in faces.identity] == ["ann", "bob"]
    assert (faces.sequence.tolist(), faces.frame.tolist(), faces.camera.tolist()) == (
        [0, -1],
        [7, 0],
        [0, -1],
    )
    assert {name: codes.tolist() for name, codes in faces.labels.items()} == {
        "age": [-1, 0],
        "gender": [0, -1],
    }
    assert faces.values("gender") == ("F",)
    assert faces.values("id") == ("ann", "bob")


def test_images_are_packed_at_one_size(tmp_path: Path) -> None:
    faces = pack([FaceRecord(patch(i, side), str(i)) for i, side in enumerate((4, 8, 30))], tmp_path, side=8)
    assert faces.images.shape == (3, 8, 8, 3)
    assert np.array_equal(faces.images[:, 0, 0, 0], [0, 1, 2])


def test_a_set_is_known_by_its_content(tmp_path: Path) -> None:
    """Wherever it lies and whatever it is called; a label, an image or a size makes it another."""

    def origin(name: str, *, gender: str = "F", light: int = 9, side: int = 8, source: str = "x") -> Origin:
        records = [
            FaceRecord(patch(i + light * (i == 0)), f"p{i}", labels={"gender": gender}) for i in range(3)
        ]
        made = pack(records, tmp_path / name, side=side, source=source).origin
        assert made is not None
        return made

    one = origin("a")
    assert (one.source, one.faces, len(one.fingerprint)) == ("x", 3, 64)
    assert open_set((tmp_path / "a").rename(tmp_path / "b")).origin == one
    same = origin("c", source="y")
    others = [origin("d", gender="M"), origin("e", light=8), origin("f", side=12)]
    assert same.fingerprint == one.fingerprint
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 4


def test_a_set_is_not_packed_over_another_and_failure_leaves_none(tmp_path: Path) -> None:
    pack([FaceRecord(patch(1), "a")], tmp_path / "one", side=8)
    with pytest.raises(DatasetError, match="already"):
        pack([FaceRecord(patch(1), "a")], tmp_path / "one", side=8)
    with pytest.raises(DatasetError, match="no faces"):
        pack([], tmp_path / "none", side=8)
    with pytest.raises(DatasetError, match="named 'frame'"):
        pack([FaceRecord(patch(1), "a", labels={"frame": "1"})], tmp_path / "label", side=8)
    with pytest.raises(DatasetError, match="not a packed set"):
        open_set(tmp_path / "label")
    assert not list((tmp_path / "label").glob("*.partial"))


@pytest.mark.parametrize("what", ["rows", "images", "version"])
def test_a_damaged_set_is_refused(tmp_path: Path, what: str) -> None:
    _people(tmp_path)
    if what == "rows":
        table = tmp_path / "index.csv"
        table.write_text("\n".join(table.read_text().splitlines()[:-1]) + "\n")
    elif what == "images":
        array = tmp_path / "images.npy"
        array.write_bytes(array.read_bytes()[:-1])
    else:
        about = json.loads((tmp_path / "set.json").read_text())
        (tmp_path / "set.json").write_text(json.dumps(about | {"version": 2}))
    with pytest.raises(DatasetError, match=r"damaged|is not uunet-faces"):
        open_set(tmp_path)


def test_a_split_holds_out_whole_people_the_same_ones_every_time(tmp_path: Path) -> None:
    faces = _people(tmp_path)
    training, held = faces.split(13)
    assert sorted([*training, *held]) == list(range(len(faces)))
    assert len(held) == 18  # three people of six images: the least that is 13 or more
    assert not set(faces.identity[training]) & set(faces.identity[held])
    assert np.array_equal(open_set(tmp_path).split(13)[1], held)
    assert not np.array_equal(faces.split(13, seed=1)[1], held)
    assert sorted(set(faces.identity[held])) == sorted(np.random.default_rng(0).permutation(10)[:3])


def test_a_split_may_hold_out_nothing_but_never_everything(tmp_path: Path) -> None:
    faces = _people(tmp_path)
    assert len(faces.split(0)[1]) == 0
    with pytest.raises(DatasetError, match="can't hold out"):
        faces.split(55)


def test_a_split_by_camera_shares_neither_cameras_nor_people(tmp_path: Path) -> None:
    rows = [(f"p{i}", f"s{i}", 0, f"c{i // 2}", NONE) for i in range(12)] + [("p0", "t0", 0, "c1", NONE)]
    faces = face_set(tmp_path, rows)  # p0 walks from c0 to c1: these two go together
    for seed in range(8):
        training, held = faces.split(1, seed, by="camera")
        assert not set(faces.camera[training]) & set(faces.camera[held])
        assert not set(faces.identity[training]) & set(faces.identity[held])
        assert len(held) in (2, 5)
    with pytest.raises(DatasetError, match="no camera"):
        face_set(tmp_path / "still", [("a", "", 0, "", NONE), ("b", "", 0, "", NONE)]).split(1, by="camera")


@pytest.mark.parametrize(("cameras", "by"), [(9, "identity"), (10, "camera")])
def test_tracks_of_many_cameras_are_split_by_camera(tmp_path: Path, cameras: int, by: str) -> None:
    rows = [(f"c{c}/{t}", f"c{c}/{t}", 0, f"c{c}", NONE) for c in range(cameras) for t in range(4)]
    faces = face_set(tmp_path / "tracks", rows)
    assert faces.merely_tracks().all()
    assert np.array_equal(faces.split(6)[1], faces.split(6, by="camera" if by == "camera" else "identity")[1])
    assert len(faces.split(6)[1]) == (8 if by == "camera" else 6)
    known = face_set(tmp_path / "known", [(f"p{i}", *row[1:]) for i, row in enumerate(rows)])
    assert not known.merely_tracks().any()
    assert len(known.split(6)[1]) == 6


def test_runs_are_consecutive_frames_of_one_sequence(tmp_path: Path) -> None:
    frames = [("a", 3), ("a", 4), ("a", 6), ("a", 7), ("a", 8), ("b", 9), ("b", 10), ("b", 1)]
    order = np.random.default_rng(0).permutation(len(frames))
    rows = [(frames[i][0], frames[i][0], frames[i][1], "c", NONE) for i in order]
    faces = face_set(tmp_path, [*rows, ("still", "", 5, "", NONE)])
    runs = faces.runs(2)
    found = {(faces.names["sequence"][faces.sequence[a]], int(faces.frame[a])) for a, _ in runs}
    assert found == {("a", 3), ("a", 6), ("a", 7), ("b", 9)}
    assert (faces.frame[runs[:, 1]] - faces.frame[runs[:, 0]] == 1).all()
    assert (faces.sequence[runs[:, 1]] == faces.sequence[runs[:, 0]]).all()
    assert len(faces.runs(3)) == 1
    only = np.flatnonzero(faces.frame > 6)
    assert set(faces.runs(2, only).ravel()) <= set(only)
    assert faces.runs(4).shape == (0, 4)


def test_an_unknown_label_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="beard") as caught:
        _people(tmp_path).codes("beard")
    assert "gender" in caught.value.hint
