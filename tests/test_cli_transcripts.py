"""What the terminal shows, letter by letter: `tests/cli/*.txt` holds commands and what they print.

`UUNET_WRITE_TRANSCRIPTS=1 pytest tests/test_cli_transcripts.py` writes them anew: look at the difference.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli_media import face_clip
from uunet.cli import app

TRANSCRIPTS = sorted((Path(__file__).parent / "cli").glob("*.txt"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"NO_COLOR": "1", "COLUMNS": "100", "TERMINAL_WIDTH": "100"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)
    face_clip(Path("camera.mp4"), frames=2)
    Path("empty.mp4").touch()
    Path("folder").mkdir()
    written = path.read_text("utf-8")
    shown = ""
    for line in written.splitlines():
        if not line.startswith("$ uunet "):
            continue
        result = CliRunner().invoke(app, shlex.split(line)[2:], prog_name="uunet")
        shown += f"{line}\n{result.output}[exit {result.exit_code}]\n\n"
    if os.environ.get("UUNET_WRITE_TRANSCRIPTS"):
        path.write_text(shown, "utf-8")
    assert shown == written
