"""Wherever anything fails, nothing comes out: no output file, and nobody waits for ever."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kit import Kit, read
from tiny_models import public_model
from uunet.errors import ModelError, UUNetError
from uunet.pipeline import deidentify


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return Kit(tmp_path_factory.mktemp("pipeline"))


class UnforeseenError(Exception):
    """Something that nobody foresaw."""


def failing_after(calls: int, original: Callable[..., Any]) -> Callable[..., Any]:
    """Works so many times, then fails."""
    done = 0

    def fail(*args: Any, **named: Any) -> Any:
        nonlocal done
        done += 1
        if done > calls:
            raise UnforeseenError
        return original(*args, **named)

    return fail


@pytest.mark.parametrize(
    ("place", "calls"),
    [
        ("uunet.boxfile.BoxFile.detect", 0),
        ("uunet.boxfile.BoxFile.detect", 60),
        ("uunet.track.Follower.update", 0),
        ("uunet.pipeline.mask_window", 0),
        ("uunet.pipeline.mask_window", 1),
        ("uunet.masking.paste", 50),
        ("uunet.models.Swapper.swap", 1),
        ("uunet.pipeline.hide", 0),
        ("uunet.pipeline.hide", 1),
        ("uunet.conceal.SpreadMark.change", 0),
        ("uunet.conceal.SpreadMark.change", 1),
        ("uunet.conceal.SpreadMark.survives", 0),
        ("uunet.video.encoder.Encoder.encode", 0),
        ("uunet.video.encoder.Encoder.encode", 1),
        ("uunet.video.encoder.Encoder._prepared", 20),
        ("uunet.video.muxer.Muxer.add", 0),
        ("uunet.video.muxer.Muxer.finish", 0),
        ("uunet.video.pictures.Converter.picture", 70),
    ],
)
def test_any_fault_leaves_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, calls: int
) -> None:
    small = Kit(tmp_path, frames=240, size=(128, 96))
    owner, name = _owner(place)
    monkeypatch.setattr(owner, name, failing_after(calls, getattr(owner, name)))
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(UnforeseenError):
        deidentify(small.source, tmp_path / "out.mp4", small.options(export_boxes=tmp_path / "found.json"))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def _owner(place: str) -> tuple[Any, str]:
    parts = place.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:-1]:
            owner = getattr(owner, part)
        assert hasattr(owner, parts[-1]), place
        return owner, parts[-1]
    raise LookupError(place)


@pytest.mark.parametrize("body", ["identity", "nan"])
def test_a_model_that_fails_leaves_no_output(kit: Kit, tmp_path: Path, body: str) -> None:
    model = public_model(tmp_path, body)
    with pytest.raises(ModelError):
        deidentify(kit.source, tmp_path / "out.mp4", kit.options(model=model))
    assert [path.name for path in tmp_path.iterdir()] == [model.name]


@pytest.mark.parametrize("name", ["nothing.mp4", "boxes.json", "noise.mp4"])
def test_inputs_that_are_no_videos(kit: Kit, tmp_path: Path, name: str) -> None:
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(4000))
    source = kit.folder / name if name == "boxes.json" else tmp_path / name
    with pytest.raises(UUNetError) as caught:
        deidentify(source, tmp_path / "out.mp4", kit.options())
    assert caught.value.hint and not (tmp_path / "out.mp4").exists()


def test_a_cut_off_input_is_published_up_to_the_damage(tmp_path: Path) -> None:
    broken = Kit(tmp_path, frames=100, name="camera.ts")
    data = broken.source.read_bytes()
    broken.source.write_bytes(data[: len(data) // 2])
    target = tmp_path / "public.mp4"
    summary = deidentify(broken.source, target, broken.options())
    assert summary.damage is not None and summary.damage.exit_code == 4
    found = read(target)
    assert 20 < len(found) == summary.frames < 80
    assert all(f.verdict == "OK" for f in found) and all(f.boxes for f in found)
