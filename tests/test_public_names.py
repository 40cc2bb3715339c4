"""What `import uunet` gives, what it costs, and that README's example works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import uunet
import uunet.evidence
import uunet.keys
from cli_media import face_clip

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_public_names() -> None:
    assert len(uunet.__all__) <= 15
    assert sorted(uunet.__all__) == sorted(name for names in uunet._HOMES.values() for name in names)
    for name in uunet.__all__:
        value = getattr(uunet, name)
        assert value.__name__ == name and value.__doc__
        assert name in dir(uunet)
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        _ = uunet.train  # type: ignore[attr-defined]


@pytest.mark.parametrize("room", [uunet.keys, uunet.evidence])
def test_public_names_of_rooms(room: Any) -> None:
    assert sorted(room.__all__) == sorted(name for names in room._HOMES.values() for name in names)
    for name in room.__all__:
        value = getattr(room, name)
        assert value.__name__ == name and value.__doc__
        assert name in dir(room)
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        _ = room.train


def test_a_name_means_the_same_after_its_module_is_loaded() -> None:
    """A module of the name of a function would take its place once it is imported."""
    code = "import uunet, uunet.cli, uunet.inspection as _; print(callable(uunet.inspect))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_importing_loads_nothing_heavy() -> None:
    """Not even the rooms of keys and evidence, where nobody asks for their names."""
    code = (
        "import sys, uunet, uunet.keys, uunet.evidence\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "av", "cv2", "onnxruntime", "openvino", "torch", "cryptography", "cbor2", "pyrage"}
    assert not heavy & set(done.stdout.split())


def test_the_examples_in_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other, as somebody would type them."""
    plain, sealed = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    face_clip(Path("camera.mp4"))
    names: dict[str, Any] = {}
    exec(compile(plain, "README.md", "exec"), names)  # noqa: S102
    said = capsys.readouterr().out
    assert "5 faces" in said and "track 0" in said
    assert Path("public.mp4").stat().st_size and Path("restored.mp4").stat().st_size
    exec(compile(sealed, "README.md", "exec"), names)  # noqa: S102
    assert "exact: 5" in capsys.readouterr().out
    assert Path("authority.key").stat().st_mode & 0o777 == 0o600 and Path("opened.mp4").stat().st_size
