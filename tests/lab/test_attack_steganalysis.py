"""`uunet-lab attack steganalysis`: on a still camera a mark shows, and K_roi shows every mark."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from spread_media import scene
from uunet.conceal import SpreadMark, grid
from uunet.conceal.grid import Thumbnail
from uunet.message import roi_key
from uunet.types import WINDOW, Layout, Picture, RawFrame
from uunet_lab.__main__ import app
from uunet_lab.attacks.steganalysis import Score, auc_of, borders, played, spectrum, steganalysis, verdict_on
from video_media import make_video

LAYOUT = Layout("gray", 8, 1, 1, False, False, "bt709")
PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}


def thumbnails(marked: bool, shift: float = 0.0) -> list[Thumbnail]:
    """Two windows of a wall with sensor noise before which something walks, each with its own message."""
    key, found = roi_key("ab" * 16), []
    lumas = scene(2 * WINDOW, shift=shift)
    for number, begin in enumerate((0, WINDOW)):
        window = lumas[begin : begin + WINDOW]
        change = SpreadMark(bytes([number + 7] * 40), key, (320, 240)).change(window, 8, 0)
        shown = [change(Picture((luma,), LAYOUT)) for luma in window] if marked else []
        found += [grid.thumbnail(picture.luma) for picture in shown] or [grid.thumbnail(x) for x in window]
    return found


@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_windows_show_where_they_meet_and_nowhere_else(shift: float) -> None:
    (marked,), (plain,) = borders(thumbnails(True, shift)), borders(thumbnails(False, shift))
    assert marked > 1.0
    assert abs(plain) < 0.5


def test_the_spectrum_bulges_where_a_strong_mark_is() -> None:
    coefficients = np.random.default_rng(0).normal(0, 1, grid.COEFFICIENTS)
    before = spectrum(grid.picture(coefficients))
    coefficients[:832] *= 3
    assert spectrum(grid.picture(coefficients)) == pytest.approx(before + np.log(9), abs=0.05)


def test_short_clips_are_played_to_and_fro() -> None:
    frames = [RawFrame(Picture((np.full((2, 2), k, np.uint8),), LAYOUT), k, 7 * k) for k in range(20)]
    windows = played(frames)
    shown = [int(frame.picture.planes[0][0, 0]) for window in windows for frame in window]
    assert [len(window) for window in windows] == [WINDOW] * 3
    assert shown[:40] == [*range(20), *range(18, -1, -1), 1]
    assert [frame.pts for window in windows for frame in window] == list(range(3 * WINDOW))


def test_auc_counts_marked_windows_above_others() -> None:
    values = [(True, 3.0), (True, 1.0), (False, 2.0), (False, 0.0)]
    scores = [Score("key", 0, marked, value) for marked, value in values]
    found = auc_of([*scores, Score("border", 0, True, 9.0)], "key")
    assert (found["auc"], found["windows"], found["clips"], found["low"]) == (0.75, 4, 1, None)
    assert "fewer than 20 clips" in found["no_interval"]


def test_whoever_has_the_pair_id_sees_every_mark(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", frames=12, size=(320, 240), options={"crf": "12"})
    output = tmp_path / "steganalysis.json"
    ran = CliRunner().invoke(app, ["attack", "steganalysis", str(clip), "-o", str(output)], env=PLAIN)
    assert ran.exit_code == 0, ran.stderr
    metrics = json.loads(output.read_text())["metrics"]
    assert metrics["analysts"]["key"]["auc"] == 1.0
    assert metrics["analysts"]["key"]["windows"] == 6 and metrics["analysts"]["border"]["windows"] == 4
    assert "with the public K_roi 1.0" in metrics["verdict"]


def test_runs_repeat(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", frames=12, size=(160, 96), options={"crf": "12"})
    assert steganalysis([clip]) == steganalysis([clip])


def test_the_verdict_follows_from_the_aucs() -> None:
    def said(border: float, spectrum: float, key: float) -> str:
        return verdict_on({"border": {"auc": border}, "spectrum": {"auc": spectrum}, "key": {"auc": key}})

    assert "the mark is easily noticed in single windows, with it there is no secret" in said(0.95, 0.5, 1.0)
    assert "the mark is noticed in" in said(0.5, 0.7, 1.0)
    assert said(0.5, 0.55, 0.6).endswith("hardly noticed in single windows, even with it hardly better.")


def test_clips_that_are_too_short_are_refused(tmp_path: Path) -> None:
    clip, output = make_video(tmp_path / "clip.mp4", frames=4), tmp_path / "steganalysis.json"
    ran = CliRunner().invoke(app, ["attack", "steganalysis", str(clip), "-o", str(output)], env=PLAIN)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert "has 4 frames" in ran.stderr and not output.exists()
