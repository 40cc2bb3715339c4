"""Sets as their publishers lay them out, by name: packed once beside the set, then measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from cartoon import draw, street
from lab.stand_ins import Blind
from tiny_models import private_model, public_model
from uunet_lab.__main__ import app
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.named import called, packed
from uunet_lab.datasets.packing import open_set
from uunet_lab.datasets.pdestre import LABELS


def _mars(root: Path) -> Path:
    for who in (1, 2, 3):
        body = street(128, 256)
        draw(body, 64, 60, 60)
        folder = root / "bbox_test" / f"{who:04}"
        folder.mkdir(parents=True)
        for frame in (1, 2, 3):
            picture = np.clip(cv2.GaussianBlur(body, (0, 0), 0.7).astype(int) + 4 * who, 0, 255)
            cv2.imwrite(str(folder / f"{who:04}C1T0001F{frame:03}.jpg"), picture.astype(np.uint8))
    return root


def _pdestre(root: Path) -> Path:
    (root / "crops").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for who in (1, 2, 3):
        look = cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (48, 48))
        for frame in (1, 2, 3):
            name = f"08-11-2019-1_{frame:05}_{who}_{'_'.join('1' for _ in LABELS)}.jpg"
            cv2.imwrite(str(root / "crops" / name), look)
    return root


@pytest.mark.parametrize(("kind", "lay_out"), [("mars", _mars), ("p-destre", _pdestre)])
def test_a_set_is_measured_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, lay_out: Callable[[Path], Path]
) -> None:
    monkeypatch.setattr("uunet_lab.evaluation.runner.strict_detector", Blind)
    root = lay_out(tmp_path / "Published")
    models = (str(public_model(tmp_path)), str(private_model(tmp_path)))
    command = ["evaluate", "run", "--model", *models, "--unseen", f"{kind}:{root}", "--only", "detection"]
    for again in (False, True):
        ran = CliRunner().invoke(app, [*command, "-o", str(tmp_path / "results")])
        assert ran.exit_code == 0, ran.stderr
        assert ("packing" in ran.stdout) != again
    (path,) = (tmp_path / "results").rglob("detection.json")
    assert path.parent.parent.name == "Published"
    assert json.loads(path.read_text())["metrics"]["set"]["people"] == 3
    assert len(open_set(tmp_path / "Published.packed")) == 9


def test_a_packed_set_is_its_folder(tmp_path: Path) -> None:
    assert packed(str(tmp_path / "faces"), pytest.fail) == tmp_path / "faces"
    assert packed("c:/faces", pytest.fail) == Path("c:/faces")  # no kind of set
    assert called(tmp_path / "MARS.packed") == "MARS" and called(tmp_path / "lfw") == "lfw"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mars:", "names no folder"),
        ("mars:nowhere", "nowhere"),
        ("celeba:nowhere", "there is no kind 'celeba' of set"),
    ],
)
def test_a_name_that_leads_nowhere(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=said):
        packed(name, lambda _: None)
    assert not list(tmp_path.glob("*.packed/set.json"))
