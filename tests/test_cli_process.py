"""The program as a process: start-up, signals, pipes, a full disk."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli_media import face_clip

SOURCES = str(Path(__file__).parents[1] / "src")
HEAVY = {"av", "cv2", "numpy", "onnxruntime", "openvino", "rich.progress", "uunet.pipeline"}


def environment() -> dict[str, str]:
    paths = [SOURCES, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"}


def start(*arguments: object, **setup: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "uunet", *map(str, arguments)]
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        **({"preexec_fn": _listen_to_interrupts} | setup),
    )


def _listen_to_interrupts() -> None:
    """Shells start background jobs, and with them a test run in the background, with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom uunet.cli import app\n"
        "try: app(['--help'], prog_name='uunet')\n"
        f"except SystemExit: print('HEAVY', sorted(set(sys.modules) & {HEAVY!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert "deidentify" in done.stdout
    assert "HEAVY []" in done.stdout


@pytest.mark.parametrize(
    ("sent", "code", "again"),
    [(signal.SIGINT, 130, ()), (signal.SIGTERM, 143, ()), (signal.SIGINT, 130, (0.05, 0.1, 0.1, 0.1, 0.2))],
)
def test_stopped_runs_leave_nothing(
    tmp_path: Path, sent: signal.Signals, code: int, again: tuple[float, ...]
) -> None:
    face_clip(tmp_path / "camera.mp4", frames=80)
    process = start("deidentify", tmp_path / "camera.mp4", "-o", tmp_path / "out.mp4", "--json")
    deadline = time.monotonic() + 120
    while not any(tmp_path.glob(".*partial*")):  # the run has begun to write
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for pause in again:  # impatient people press Ctrl-C while the first one is being obeyed
        process.send_signal(sent)
        time.sleep(pause)
    process.send_signal(sent)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    assert json.loads(out)["exit_code"] == code
    assert "stopped" in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["camera.mp4"]


def test_nobody_reads(tmp_path: Path) -> None:
    face_clip(tmp_path / "camera.mp4", frames=2)
    process = start("inspect", tmp_path / "camera.mp4", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) == 141
    assert "Traceback" not in err
    assert "Broken" not in err


def test_a_full_disk(tmp_path: Path) -> None:
    face_clip(tmp_path / "camera.mp4", frames=20)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))

    process = start("deidentify", tmp_path / "camera.mp4", "-o", tmp_path / "out.mp4", preexec_fn=limit)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "can't write" in err
    assert "hint: " in err
    assert [path.name for path in tmp_path.iterdir()] == ["camera.mp4"]
