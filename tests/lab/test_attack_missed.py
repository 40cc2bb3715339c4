"""`uunet-lab attack missed`: a file published with no boxes has all its faces left, a good one none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from audit_media import SIZE, published, two_people
from tiny_models import public_model
from uunet.audit.coverage import covered
from uunet.audit.faces import Seen
from uunet.errors import AuditError
from uunet.types import Box, Detection, Layout, Picture
from uunet_lab.__main__ import app
from uunet_lab.attacks.missed import missed, verdict_on
from video_media import make_video

LAYOUT = Layout("yuv420p", 8, 2, 2, colour=True, full_range=False, matrix="bt709")
PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_people(tmp_path_factory.mktemp("clip") / "camera.mkv")


@pytest.mark.parametrize(("faces", "replaced"), [((), 0.0), ((1,), 0.5), ((0, 1), 1.0)])
def test_exactly_the_faces_that_no_box_named_are_left(
    clip: Path, tmp_path: Path, faces: tuple[int, ...], replaced: float
) -> None:
    public = published(clip, tmp_path, faces)
    metrics = missed(clip, public, every=2, model=public_model(tmp_path)).metrics
    assert (metrics["frames"], metrics["frames_looked_at"], metrics["faces"]) == (6, 3, 6)
    assert metrics["replaced_or_filled"] == metrics["pixels_changed"] == replaced
    assert metrics["neither"] == round(6 * (1 - replaced))
    assert metrics["frames_to_look_at"] == ([] if replaced == 1 else [0, 2, 4])
    assert len(metrics["faces_to_look_at"]) == metrics["neither"]
    for row in metrics["faces_to_look_at"]:
        assert row["box"][0] < 130 or not faces  # the one on the left is left


def test_a_file_that_was_never_published_has_all_its_faces_left(clip: Path) -> None:
    found = missed(clip, clip, every=3)
    assert found.metrics["frames_without_message"] == 6
    assert found.metrics["neither"] == found.metrics["faces"] == 4
    assert "4 are published as they were" in found.verdict
    assert "a person should look at 2 frames" in found.verdict


def test_what_is_mixed_in_at_a_border_is_not_covered() -> None:
    picture = Picture((np.zeros((240, 320), np.uint8),), LAYOUT)
    box = Box(100, 100, 60, 60)
    assert covered(Detection(115, 115, 145, 145, 1), [box], picture.size, picture.layout, 12) == 1.0
    assert 0.5 < covered(Detection(101, 101, 159, 159, 1), [box], picture.size, picture.layout, 12) < 0.9
    assert (
        covered(Detection(101, 101, 159, 159, 1), [box], picture.size, picture.layout, 80) == 1.0
    )  # filled, not replaced
    assert (
        covered(Detection(150, 115, 190, 145, 1), [box], picture.size, picture.layout, 12) == 0.0
    )  # its centre is bare
    assert covered(Detection(115, 115, 145, 145, 1), [], picture.size, picture.layout, 12) == 0.0


def test_the_verdict_follows_from_the_faces() -> None:
    face = Detection(0, 0, 10, 10, 0.9)
    bare, whole = Seen(3, 0.1, face, 0.0, 1.5, 1.0), Seen(4, 0.2, face, 1.0, 20.0, 1.0)
    ghost = Seen(5, 0.2, face, 1.0, 1.5, 1.0)
    said = verdict_on([bare, whole, ghost], 8)
    assert "Of 3 faces that a slower detector finds in 8 frames of the original, 1 are replaced" in said
    assert "1 are published as they were, 1 lie at the border" in said and "look at 2 frames." in said
    assert "none is left to look at" in verdict_on([whole], 8)
    assert verdict_on([], 1) == "A slower detector finds no face in 1 frame of the original."


def test_mtcnn_looks_too(clip: Path, tmp_path: Path) -> None:
    pytest.importorskip("joblib", reason="uunet[judge] is not installed")
    output = tmp_path / "missed.json"
    arguments = ["attack", "missed", str(clip), str(clip), "--detector", "mtcnn", "--every", "3"]
    ran = CliRunner().invoke(app, [*arguments, "-o", str(output)], env=PLAIN)
    assert ran.exit_code == 0, ran.stderr
    found = json.loads(output.read_text())["metrics"]
    assert (found["detector"], found["faces"], found["neither"]) == ("mtcnn", 4, 4)
    assert "Of 4 faces that MTCNN finds in 2 frames" in found["verdict"]


def test_other_frames_are_refused(clip: Path, tmp_path: Path) -> None:
    small = make_video(tmp_path / "small.mp4", frames=6)
    longer = make_video(tmp_path / "longer.mp4", frames=7, size=SIZE)
    with pytest.raises(AuditError, match="another size"):
        missed(clip, small)
    with pytest.raises(AuditError, match="not the same number"):
        missed(clip, longer)
    output = tmp_path / "missed.json"
    arguments = ["attack", "missed", str(clip), str(small), "-o", str(output)]
    ran = CliRunner().invoke(app, arguments, env=PLAIN)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert not output.exists()
