"""What a user's first minute looks like: the installed wheel, without torch and far from the source tree.

Usage: python try_wheel.py ROOT   (ROOT: the source tree, from which nothing may be imported)
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 0.5  # seconds for `import uunet`
TIMER = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def fail(reason: str) -> None:
    """Ends with an error."""
    sys.exit(f"try_wheel: {reason}")


def output(*command: str) -> str:
    """What a command prints; ends this program if it fails."""
    ran = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        fail(f"{' '.join(command)} ended with {ran.returncode}")
    return ran.stdout


def seconds(module: str) -> float:
    """How long an import takes: the best of five, since the machine may be busy."""
    return min(float(output(sys.executable, "-c", TIMER.format(module))) for _ in range(5))


def main(root: Path) -> None:
    """Import, ask for the version, publish a second of video and restore it."""
    import uunet  # noqa: PLC0415

    if Path(uunet.__file__).resolve().is_relative_to(root.resolve()):
        fail("uunet was imported from the source tree")
    if importlib.util.find_spec("torch"):
        fail("torch is installed")
    packages = Path(uunet.__file__).parent.parent
    size = sum(file.stat().st_size for file in packages.rglob("*") if file.is_file())
    print(f"installed, with everything it needs: {size / 1e6:.0f} MB")
    quick = seconds("uunet")
    print(f"import uunet: {quick:.3f} s; import uunet.pipeline: {seconds('uunet.pipeline'):.3f} s")
    if quick > LIMIT:
        fail(f"importing takes more than {LIMIT} s")
    print(output("uunet", "--version").strip())
    with tempfile.TemporaryDirectory() as name:
        clip, public, restored = (str(Path(name) / f"{part}.mp4") for part in ("clip", "public", "restored"))
        build = "import sys, pathlib; from uunet.demo import scene; scene.SECONDS, scene.RATE = 1, 8; "
        output(sys.executable, "-c", build + "scene.build(pathlib.Path(sys.argv[1]))", clip)
        published = json.loads(output("uunet", "deidentify", clip, "-o", public, "--json"))
        output("uunet", "reconstruct", public, "-o", restored, "--decoder", "demo")
        output("uunet", "inspect", public)
        print(f"deidentify said: {json.dumps(published)[:300]}")
        if not Path(restored).stat().st_size:
            fail("nothing was restored")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
