"""A folder with keys and a sealed public file, for tests of the commands about them. Helpers, no tests."""

from __future__ import annotations

import stat
from pathlib import Path

from cli_media import Ran
from evidence_kit import SealedKit
from uunet.keys import journal


class Desk:
    """A folder with keys, a camera's file and its public file; no command may print a secret of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kit = SealedKit(folder)

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def run(self, *arguments: object) -> Ran:
        ran = Ran(*arguments)
        for path in self.folder.glob("**/*.key"):
            for line in path.read_text("utf-8", "replace").splitlines():
                if line.startswith("UUNET-SECRET-KEY"):
                    assert line[19:31] not in ran.out + ran.err and line[-12:] not in ran.out + ran.err
        return ran

    def done(self, *arguments: object) -> Ran:
        ran = self.run(*arguments)
        assert ran.code == 0, ran.err
        return ran

    def key(self, name: str) -> Path:
        """A key, and NAME.pub beside it."""
        self.done("keygen", "-o", self / f"{name}.key")
        return self / f"{name}.key"

    def publish(self, target: Path, *more: object) -> Ran:
        kit = self.kit
        return self.done(
            *("deidentify", kit.source, "-o", target, "--model", kit.public, "--boxes", kit.boxes), *more
        )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def listing(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def made_desk(folder: Path) -> Desk:
    """Four keys, and `public.mp4`, exact, sealed to `authority`, signed by `camera`."""
    made = Desk(folder)
    for name in ("authority", "investigator", "camera", "other"):
        made.key(name)
    made.publish(
        made / "public.mp4",
        *("--to", made / "authority.pub", "--evidence", "exact", "--sign", made / "camera.key"),
    )
    return made


def give(
    desk: Desk, target: Path, *more: object, case: str = "17", by: str = "authority", to: str = "investigator"
) -> tuple[object, ...]:
    """A grant of track 0."""
    whom = ("--recipient", desk / f"{to}.pub", "--track", "0", "-o", target)
    return ("grant", desk / "public.mp4", "--key", desk / f"{by}.key", "--case", case, *whom, *more)


def restore(
    desk: Desk, target: Path, *more: object, case: str = "17", by: str = "authority"
) -> tuple[object, ...]:
    key = ("--key", desk / f"{by}.key", "--case", case)
    return ("reconstruct", desk / "public.mp4", "-o", target, *key, *more)


def entries(log: Path) -> list[journal.Entry]:
    return list(journal.entries(log))
