"""What may show faces and what may be published are two types, and only masking leads to the other."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import uunet
from uunet.errors import FaultError
from uunet.video import PublicWriter, RawReader
from video_media import make_video, publish

SOURCE = Path(uunet.__file__).parent

MAKERS = {"masking.py", "video/reader.py"}
"""The only files that may make a PublicFrame."""


def calls(path: Path, name: str) -> bool:
    tree = ast.parse(path.read_text("utf-8"))
    return any(
        isinstance(node, ast.Call)
        and name in (getattr(node.func, "id", None), getattr(node.func, "attr", None))
        for node in ast.walk(tree)
    )


def callers(name: str) -> set[str]:
    """The instrument's files that call this."""
    return {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if calls(path, name)}


def test_only_mask_and_the_public_reader_make_public_frames() -> None:
    assert callers("PublicFrame") == MAKERS


def test_pixels_of_public_frames_change_in_carriers_only() -> None:
    """`with_picture` is the other way to bring a picture into a PublicFrame; marks change pictures on their
    way to the encoder, after the writer has seen that they are public."""
    assert callers("with_picture") == {"hiding.py"}
    assert callers("change") == {"video/writer.py"}


@pytest.mark.parametrize("mixed", [False, True])
def test_the_public_writer_refuses_raw_frames(tmp_path: Path, mixed: bool) -> None:
    source = make_video(tmp_path / "in.mp4", frames=3)
    with RawReader(source) as reader:
        frames = list(reader)
        given = [publish(frames[0]), *frames[1:]] if mixed else frames
        with (
            pytest.raises(FaultError, match="only public frames"),
            PublicWriter(tmp_path / "out.mp4", reader.info) as writer,
        ):
            writer.write(given)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_the_type_checker_refuses_raw_frames(tmp_path: Path) -> None:
    snippet = tmp_path / "snippet.py"
    snippet.write_text(
        "from uunet.types import PublicFrame, RawFrame\n"
        "from uunet.video import PublicWriter\n"
        "def good(writer: PublicWriter, frame: PublicFrame) -> None:\n"
        "    writer.write([frame])\n"
        "def bad(writer: PublicWriter, frame: RawFrame) -> None:\n"
        "    writer.write([frame])\n"
    )
    root = SOURCE.parent.parent
    command = [sys.executable, "-m", "mypy", "--config-file", str(root / "pyproject.toml"), str(snippet)]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=300)
    errors = [line for line in ran.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1 and "snippet.py:6: error" in errors[0] and "RawFrame" in errors[0], ran.stdout
