"""The demonstration: a clip, its public and its restored version, and pictures to look at."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from uunet.demo import page, scene, sheet
from uunet.errors import OutputError
from uunet.job import Listener, Options, Summary
from uunet.models import read_card, shipped
from uunet.pipeline import deidentify, reconstruct
from uunet.video import RawReader

SOURCE, PUBLIC, RESTORED, REPORT = "source.mp4", "public.mp4", "restored.mp4", "report.html"
FILES = (SOURCE, PUBLIC, RESTORED, REPORT, sheet.FACES, sheet.FRAMES)
"""What a demo leaves in its folder; SOURCE only if it builds the scene."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the demonstration wrote.

    Attributes:
        source, public, restored: the three videos.
        sheets: contact sheets x | a | r.
        report: the HTML page that shows all of it.
        published, reconstructed: what the two runs say of themselves.
    """

    source: Path
    public: Path
    restored: Path
    sheets: sheet.Sheets
    report: Path
    published: Summary
    reconstructed: Summary

    def moved(self, folder: Path) -> Result:
        """The same, with what was written under its final names."""
        return replace(
            self,
            source=folder / SOURCE if self.source.parent == self.report.parent else self.source,
            public=folder / PUBLIC,
            restored=folder / RESTORED,
            sheets=sheet.Sheets(folder / sheet.FACES, folder / sheet.FRAMES),
            report=folder / REPORT,
        )


def run(folder: Path, source: Path | None = None, listen: Listener | None = None) -> Result:
    """De-identify and restore a clip with the shipped pair, and draw what happened.

    Args:
        folder: made if it does not exist; the files of an earlier demo are replaced, but no others.
        source: the clip; None builds the lobby scene.
        listen: is told the progress of both runs.

    Raises:
        OutputError: the folder can't be made, or holds files of these names that no demo has made.
        UUNetError: what the runs fail with.
    """
    _refuse_others(folder, source)
    if source is not None:
        RawReader(source).close()  # a wrong path leaves no folder behind
    with _unfinished(folder) as work:
        if source is None:
            scene.build(work / SOURCE)
        result = _made(work, source or work / SOURCE, listen)
        # first what makes it a demo's folder: the rest may be replaced from then on
        for path in sorted(work.iterdir(), key=lambda path: path.name != REPORT):
            path.replace(folder / path.name)
    return result.moved(folder)


def _made(work: Path, source: Path, listen: Listener | None) -> Result:
    public, restored, report = (work / name for name in (PUBLIC, RESTORED, REPORT))
    published = deidentify(source, public, Options(seed=1), listen)
    reconstructed = reconstruct(public, restored, shipped("private"), listen=listen)
    card = read_card(shipped("public"))
    sheets = sheet.draw(source, public, restored, card.pair, work, total=reconstructed.frames)
    files = {
        "source": source.name if source.parent == work else source.resolve().as_uri(),
        "public": public.name,
        "restored": restored.name,
        "faces": sheets.faces.name,
        "frames": sheets.frames.name,
    }
    page.write(report, files, (published, reconstructed), demonstration=card.demonstration)
    return Result(source, public, restored, sheets, report, published, reconstructed)


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A folder inside `folder` for what is being made; it goes in the end, and `folder` if nothing came."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        work = tempfile.TemporaryDirectory(prefix=".uunet-demo-", dir=folder)
    except OSError as error:
        raise OutputError(
            f"can't make {folder}: {error.strerror}", "choose another folder; --input names a clip"
        ) from error
    try:
        with work:
            yield Path(work.name)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):  # somebody may have put something there meanwhile
                folder.rmdir()
        raise


def _refuse_others(folder: Path, source: Path | None) -> None:
    """A folder that no demo has made may hold somebody's own files under the same names."""
    there = [name for name in FILES if (folder / name).exists()]
    if there and not page.is_one(folder / REPORT):
        raise OutputError(
            f"{folder} has {', '.join(there)}, which no demo has made",
            "choose another folder, or move them away",
        )
    if source is not None and source.resolve() in {(folder / name).resolve() for name in FILES[1:]}:
        raise OutputError(f"{source} would be replaced", "choose another folder")
