"""`uunet-lab attack linkability`: faces that stay are linked, faces of nobody only by chance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from typer.testing import CliRunner

from cartoon import draw, street
from tiny_models import public_model
from uunet_lab.__main__ import app
from uunet_lab.attacks.finding import AttackError
from uunet_lab.attacks.linkability import linkability, linked, recordings, verdict_on

Image = npt.NDArray[np.uint8]


class ByTint:
    """Tells people by the colour of their faces' middle."""

    def describe(self, faces: Sequence[Image]) -> npt.NDArray[np.float64]:
        return np.stack([face[16:48, 16:48].mean((0, 1)) for face in faces])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drawn people, each recorded twice in light of their own."""
    folder = tmp_path_factory.mktemp("recordings")
    rows = ["identity,path"]
    for who, tint in (("anna", (1.0, 0.95, 0.9)), ("ben", (0.8, 0.8, 0.8))):
        for take in range(2):
            rows.append(f"{who},{who}{take}.mkv")
            image = street(320, 240)
            draw(image, 140 + 20 * take, 110, 60)
            lit = cv2.GaussianBlur(np.clip(image * np.array(tint), 0, 255).astype(np.uint8), (0, 0), 0.7)
            with av.open(str(folder / f"{who}{take}.mkv"), "w") as output:
                stream = output.add_stream("libx264", rate=25, options={"crf": "12"})
                stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
                for _ in range(8):
                    output.mux(
                        stream.encode(av.VideoFrame.from_ndarray(np.asarray(lit, np.uint8), format="bgr24"))
                    )
                output.mux(stream.encode(None))
    (folder / "people.csv").write_text("\n".join(rows))
    return folder / "people.csv"


def test_people_are_linked_by_a_face_that_only_turned_negative(table: Path, tmp_path: Path) -> None:
    metrics = linkability(table, ByTint(), model=public_model(tmp_path)).metrics
    assert (metrics["recordings"], metrics["people"]) == (4, 2)
    for kind in ("raw", "published"):
        assert metrics[kind]["auc"] == metrics[kind]["nearest_is_same"] == 1.0
        assert metrics[kind]["by_chance"] == pytest.approx(1 / 3, abs=1e-3)
        assert metrics[kind]["low"] is None and "fewer than 20 people" in metrics[kind]["no_interval"]


def test_people_are_not_linked_by_noise(table: Path, tmp_path: Path) -> None:
    """Each run has noise of its own, so that no two recordings of a person look alike."""
    metrics = linkability(table, ByTint(), model=public_model(tmp_path, body="noise")).metrics
    assert metrics["raw"]["auc"] == 1.0
    assert metrics["published"]["auc"] < 1.0


def test_random_descriptors_link_as_chance_does() -> None:
    people = [f"p{i % 10}" for i in range(200)]
    figures = linked(np.random.default_rng(0).normal(size=(200, 8)), people)
    assert figures["auc"] == pytest.approx(0.5, abs=0.03)
    assert figures["nearest_is_same"] == pytest.approx(figures["by_chance"], abs=0.08)
    assert figures["by_chance"] == pytest.approx(19 / 199, abs=1e-3)


def test_whoever_was_recorded_once_is_not_asked() -> None:
    faces = np.array([[0.0], [0.1], [5.0]])
    figures = linked(faces, ["a", "a", "b"])
    assert (figures["asked"], figures["nearest_is_same"], figures["by_chance"]) == (2, 1.0, 0.5)


def test_the_verdict_follows_from_the_figures() -> None:
    def said(found: float, chance: float) -> str:
        row = {"asked": 20, "nearest_is_same": found, "by_chance": chance, "auc": 0.5}
        return verdict_on({"raw": row, "published": row})

    assert "Of 20 recordings" in said(0.25, 0.2) and "no better than chance" in said(0.25, 0.2)
    assert "links recordings better than chance;" in said(0.5, 0.2)
    assert "links recordings well;" in said(0.9, 0.2)


def test_tables_that_do_not_do_are_refused(tmp_path: Path) -> None:
    for text, error in (("who,path\na,b\n", "no column 'identity'"), ("identity,path\na,b\n", "no two")):
        (tmp_path / "table.csv").write_text(text)
        with pytest.raises(AttackError, match=error):
            recordings(tmp_path / "table.csv")
    with pytest.raises(AttackError, match="can't be read"):
        recordings(tmp_path / "nowhere.csv")


def test_command_with_dlib(table: Path, tmp_path: Path) -> None:
    pytest.importorskip("dlib", reason="uunet[judge] is not installed")
    plain = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
    output, model = tmp_path / "linkability.json", public_model(tmp_path)
    arguments = ["attack", "linkability", str(table), "--public", str(model), "-o", str(output)]
    ran = CliRunner().invoke(app, arguments, env=plain)
    assert ran.exit_code == 0, ran.stderr
    assert json.loads(output.read_text())["metrics"]["recordings"] == 4
    ran = CliRunner().invoke(app, ["attack", "linkability", "no.csv", "-o", str(output)], env=plain)
    assert ran.exit_code == 1 and ran.stderr.count("hint: ") == 1
