"""Loaders of shards and published sets, on small trees in their layouts, right and wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from faces import Image, patch, write_image
from uunet.types import Detection, Picture
from uunet_lab.datasets.biodi import biodi
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.heads import head_of
from uunet_lab.datasets.lfw import age_bin, consensus
from uunet_lab.datasets.mars import mars
from uunet_lab.datasets.pdestre import LABELS
from uunet_lab.datasets.records import FaceRecord, shard_writer, stills, write_table
from uunet_lab.datasets.registry import KINDS, Kind, load

Tree = Callable[[Path], None]


def _all(kind: Kind, root: Path, side: int = 16) -> list[FaceRecord]:
    records = list(load(kind, root, side))
    assert all(record.image.shape == (side, side, 3) for record in records)
    assert all(record.image.dtype == np.uint8 for record in records)
    return records


def _shown(records: list[FaceRecord]) -> list[tuple[str, str, int, str]]:
    return [(r.identity, r.sequence, r.frame, r.camera) for r in records]


# shards


def _shard(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    with shard_writer(folder / f"{name}.tar") as add:
        for i, row in enumerate(rows):
            add(row["file"], patch(i, 20))
    write_table(folder / f"{name}.csv", rows)


def test_what_is_written_to_a_shard_is_read_from_it(tmp_path: Path) -> None:
    rows = [
        {"file": "0/1.png", "identity": "ann", "sequence": "s", "frame": "41", "camera": "c", "age": "3-9"},
        {"file": "0/2.png"},
    ]
    _shard(tmp_path, "b", rows)
    _shard(tmp_path, "a", [{"file": "x.png", "gender": "F"}])
    last, first, second = _all("shards", tmp_path, 20)
    assert _shown([first, second]) == [("ann", "s", 41, "c"), ("0/2.png", "", 0, "")]
    assert (first.labels, second.labels, last.labels) == ({"age": "3-9"}, {}, {"gender": "F"})
    assert np.array_equal(second.image, patch(1, 20))
    assert _shown(_all("shards", tmp_path / "b.tar")) == _shown([first, second])


def test_a_shard_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with shard_writer(tmp_path / "a.tar") as add:
            add("1.png", patch(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ("name\nx.png\n", "no column `file`"),
        ("file\ny.png\n", "no member 'y.png'"),
        ("file\nx.png,1\n", "more cells than the header"),
        ("file,frame\nx.png,later\n", "'later' of x.png is not a number"),
        ("file\ntext.png\n", "is not an image"),
    ],
)
def test_a_shard_that_does_not_fit_its_table_is_refused(tmp_path: Path, table: str, what: str) -> None:
    with shard_writer(tmp_path / "a.tar") as add:
        add("x.png", patch(1))
    import tarfile  # noqa: PLC0415

    (tmp_path / "text.png").write_text("no image")
    with tarfile.open(tmp_path / "a.tar", "a") as tar:
        tar.add(tmp_path / "text.png", "text.png")
    (tmp_path / "a.csv").write_text(table)
    with pytest.raises(DatasetError, match=what):
        list(stills(tmp_path / "a.tar", tmp_path / "a.csv"))


def test_archives_cut_off_or_without_a_table_are_refused(tmp_path: Path) -> None:
    _shard(tmp_path, "a", [{"file": f"{i}.png"} for i in range(9)])
    whole = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(whole[: len(whole) // 2 + 100])
    with pytest.raises(DatasetError, match=r"can't be read|has no member"):
        _all("shards", tmp_path)
    (tmp_path / "a.csv").unlink()
    with pytest.raises(DatasetError, match=r"no CSV beside a\.tar"):
        _all("shards", tmp_path)


# LFW


def test_labels_of_a_person_are_agreed_on() -> None:
    def row(who: str, age: str, hair: str) -> dict[str, str]:
        return {"file": f"{who}{age}{hair}", "identity": who, "age": age, "hair": hair}

    rows = [row("a", "28", "grey"), row("a", "36", "blond"), row("a", "", "grey"), row("b", "9", "bald")]
    agreed = consensus([*rows, row("c", "70", "bald"), row("c", "70", "blond"), row("c", "71", "")])
    assert agreed["a"] == {"age": "30-39", "hair": "grey"}  # 32
    assert agreed["b"] == {"age": "3-9", "hair": "bald"}
    assert agreed["c"] == {"age": "more than 70"}


@pytest.mark.parametrize(
    ("years", "name"), [(0, "0-2"), (2.9, "0-2"), (3, "3-9"), (19.5, "10-19"), (20, "20-29"), (69, "60-69")]
)
def test_ages_fall_in_fairfaces_bins(years: float, name: str) -> None:
    assert age_bin(years) == name


def test_lfw_is_cut_to_the_face(tmp_path: Path) -> None:
    image = np.zeros((180, 180, 3), np.uint8)
    image[40:160, 30:150] = 200  # what is to be seen lies in this
    with shard_writer(tmp_path / "lfw.tar") as add:
        add("a.png", image)
    write_table(tmp_path / "lfw.csv", [{"file": "a.png", "identity": "a", "race": "white", "age": "31"}])
    [record] = _all("lfw", tmp_path / "lfw.tar", 96)
    assert record.labels == {"race": "white", "age": "30-39"}
    assert (record.image[4:-4, 4:-4] > 190).all()


# P-DESTRE


def _pdestre_name(recording: str, frame: int, who: int, **said: int) -> str:
    codes = [str(said.get(label, 1)) for label in LABELS]
    return f"{recording}_{frame:05d}_{who}_{'_'.join(codes)}.jpg"


def test_pdestre_is_read_from_its_names(tmp_path: Path) -> None:
    for name in (
        _pdestre_name("08-11-2019-1", 12, 45, gender=0, age=8, beard=-1),
        _pdestre_name("08-11-2019-1", 13, -1),
        _pdestre_name("10-07-2019-2", 7, 45, hairstyle=5),
    ):
        write_image(tmp_path / "crops" / name, patch(3, 24))
    first, second = _all("p-destre", tmp_path)
    assert _shown([first, second]) == [
        ("45", "08-11-2019-1/45", 12, "08-11-2019-1"),
        ("45", "10-07-2019-2/45", 7, "10-07-2019-2"),
    ]
    assert first.labels["gender"] == "0"
    assert not {"age", "beard"} & set(first.labels)  # unknown
    assert "hairstyle" not in second.labels
    assert set(second.labels) == set(LABELS) - {"hairstyle"}


# MARS and BIODI: whole bodies


class Chest:
    """Finds a face at a fixed place in bodies that are not dark."""

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
        found = Detection(44, 20, 76, 60, 0.8)
        weak = Detection(0, 100, 32, 140, 0.2)
        return [weak, found] if picture.planes[0].mean() > 40 else [weak]


def _body(red: int) -> Image:
    body = np.full((256, 128, 3), red, np.uint8)
    body[22:62, 40:80] = (red, 0, 200)
    return body


def test_mars_gives_the_heads_of_people(tmp_path: Path) -> None:
    for who, name, red in (
        ("0001", "0001C1T0002F003", 90),
        ("0001", "0001C1T0002F004", 10),  # a back
        ("00-1", "00-1C1T0001F001", 90),
        ("0000", "0000C1T0001F001", 90),
    ):
        write_image(tmp_path / "bbox_train" / who / f"{name}.jpg", _body(red))
    write_image(tmp_path / "bbox_test" / "0002" / "0002C6T0011F100.jpg", _body(120))
    (tmp_path / "labels.csv").write_text("identity,gender\n0002,F\n")
    records = list(mars(tmp_path, 40, Chest()))
    assert _shown(records) == [("0001", "0001C1T0002", 3, "C1"), ("0002", "0002C6T0011", 100, "C6")]
    assert [record.labels for record in records] == [{}, {"gender": "F"}]
    assert np.abs(records[0].image[3:-3, 3:-3].astype(int) - (90, 0, 200)).mean() < 6  # the head alone


def test_biodi_gives_heads_with_the_labels_of_their_sequence(tmp_path: Path) -> None:
    write_image(tmp_path / "images" / "cam7" / "12" / "000031.jpg", _body(90))
    write_image(tmp_path / "images" / "cam7" / "13" / "000001.jpg", _body(10))
    (tmp_path / "labels.csv").write_text("sequence,gender,beard\ncam7/12,M,\ncam7/13,F,no\n")
    [record] = biodi(tmp_path, 16, Chest())
    assert _shown([record]) == [("cam7/12", "cam7/12", 31, "cam7")]
    assert record.labels == {"gender": "M"}


def test_a_head_is_found_by_the_real_detector() -> None:
    from cartoon import draw, street  # noqa: PLC0415

    body = street(128, 256)
    draw(body, 64, 60, 60)
    image: Image = np.ascontiguousarray(cv2.GaussianBlur(body, (0, 0), 0.7)[:, :, ::-1], np.uint8)
    head = head_of()(image)
    assert head is not None
    assert 40 <= head.shape[0] == head.shape[1] <= 90
    assert head_of()(np.full((256, 128, 3), 120, np.uint8)) is None


# YouTube Faces


def test_youtube_faces_are_cut_by_their_boxes(tmp_path: Path) -> None:
    frames = tmp_path / "frame_images_DB"
    image = np.zeros((240, 320, 3), np.uint8)
    image[110 - 55 : 110 + 55, 160 - 55 : 160 + 55] = (
        250,
        0,
        0,
    )  # 1.1 × 100 round (160, 100), 0.1 × 100 down
    for name in ("Ann_Lee/0/0.555", "Ann_Lee/0/0.556", "Ann_Lee/3/3.1"):
        write_image(frames / f"{name}.jpg", image)
    write_image(frames / "Ann_Lee" / "0" / "0.999.jpg", image)  # not in the table
    lines = [f"Ann_Lee\\{s}\\{s}.{k}.jpg,0,160,100,100,96,0.0,1" for s, k in ((0, 555), (0, 556), (3, 1))]
    (frames / "Ann_Lee.labeled_faces.txt").write_text("\r\n".join(lines) + "\r\n")
    records = _all("youtube-faces", tmp_path, 32)
    sequences = [("Ann_Lee/0", 555), ("Ann_Lee/0", 556), ("Ann_Lee/3", 1)]
    assert _shown(records) == [("Ann_Lee", s, k, s) for s, k in sequences]
    assert np.abs(records[0].image[2:-2, 2:-2].astype(int) - (250, 0, 0)).mean() < 6
    assert records[0].image[0, 0, 0] > 100  # the square fits: nothing of the black round it
    assert _shown(_all("youtube-faces", frames)) == _shown(records)


def test_youtube_faces_that_are_aligned_are_cut_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "aligned_images_DB" / "Bo" / "2" / "aligned_detect_2.77.jpg"
    image = np.zeros((220, 220, 3), np.uint8)
    image[120 - 55 : 120 + 55, 110 - 55 : 110 + 55] = (0, 250, 0)
    write_image(path, image)
    [record] = _all("youtube-faces", tmp_path)
    assert _shown([record]) == [("Bo", "Bo/2", 77, "Bo/2")]
    assert record.image[1:-1, 1:-1, 1].min() > 200


# wrong layouts


def _stray(root: Path) -> None:
    write_image(root / "holiday" / "IMG_1.jpg", patch(1, 16))


def _empty(root: Path) -> None:
    root.mkdir()


@pytest.mark.parametrize("tree", [_stray, _empty])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("shards", "lfw")])
def test_another_layout_is_refused_with_what_was_expected(tmp_path: Path, kind: Kind, tree: Tree) -> None:
    root = tmp_path / "set"
    tree(root)
    with pytest.raises(DatasetError, match="another layout: found") as caught:
        list(load(kind, root))
    assert "holiday" in str(caught.value) or "an empty folder" in str(caught.value)
    assert "expected" in caught.value.hint and "<" in caught.value.hint + "<" * (kind == "mars")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_said(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(DatasetError, match="does not exist") as caught:
        list(load(kind, tmp_path / "nothing"))
    assert "expected" in caught.value.hint


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    path = tmp_path / _pdestre_name("1-1-2019-1", 1, 1)
    path.write_bytes(b"")
    with pytest.raises(DatasetError, match=r"1-1-2019-1_00001.* is not an image"):
        list(load("p-destre", tmp_path))
