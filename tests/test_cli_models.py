"""When the command line opens models: once for a folder, and not before it knows that it needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli_media import Ran, face_clip, face_file
from uunet.engine import Engine


def test_a_folder_opens_its_models_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    original = Engine.__init__

    def count(self: Engine, source: Path, **settings: Any) -> None:
        opened.append(Path(source).name)
        original(self, source, **settings)

    monkeypatch.setattr(Engine, "__init__", count)
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        face_file(tmp_path / "in" / name)
    ran = Ran("deidentify", tmp_path / "in", "-o", tmp_path / "out")
    assert ran.code == 0 and "3 done" in ran.out
    assert sorted(opened) == ["centerface.onnx", "public.onnx"]


def test_a_wrong_path_is_told_before_models_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = face_clip(tmp_path / "camera.mp4")
    monkeypatch.setattr(Engine, "__init__", lambda *_, **__: pytest.fail("a model was opened"))
    out = tmp_path / "out.mp4"
    Ran("deidentify", tmp_path / "gone.mp4", "-o", out).fails(1, "gone.mp4 does not exist")
    Ran("deidentify", camera, "-o", tmp_path / "no" / "out.mp4").fails(1, "does not exist")
    Ran("reconstruct", tmp_path / "gone.mp4", "-o", out, "--decoder", "demo").fails(1, "does not exist")
