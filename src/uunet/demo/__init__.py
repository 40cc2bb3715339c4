"""The demonstration: a clip, its public and its restored version, and pictures to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from uunet.demo import page, scene, sheet
from uunet.errors import OutputError
from uunet.job import Listener, Options, Summary
from uunet.models import read_card, shipped
from uunet.pipeline import deidentify, reconstruct
from uunet.video import RawReader

SOURCE, PUBLIC, RESTORED, REPORT = "source.mp4", "public.mp4", "restored.mp4", "report.html"


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


def run(folder: Path, source: Path | None = None, listen: Listener | None = None) -> Result:
    """De-identify and restore a clip with the shipped pair, and draw what happened.

    Args:
        folder: made if it does not exist; the files of an earlier demo are replaced, but no others.
        source: the clip; None builds the lobby scene.
        listen: is told the progress of both runs.

    Raises:
        OutputError: the folder can't be made, or holds other files of these names.
        UUNetError: what the runs fail with.
    """
    _refuse_others(folder)
    if source is not None:
        RawReader(source).close()  # a wrong path leaves no folder behind
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"can't make {folder}: {error.strerror}", "choose another folder; --input names a clip"
        ) from error
    if source is None:
        source = folder / SOURCE
        scene.build(source)
    public, restored, report = (folder / name for name in (PUBLIC, RESTORED, REPORT))
    published = deidentify(source, public, Options(seed=1), listen)
    reconstructed = reconstruct(public, restored, shipped("private"), listen=listen)
    card = read_card(shipped("public"))
    sheets = sheet.draw(source, public, restored, card.pair, folder, total=reconstructed.frames)
    files = {
        "source": source.name if source.parent == folder else source.resolve().as_uri(),
        "public": public.name,
        "restored": restored.name,
        "faces": sheets.faces.name,
        "frames": sheets.frames.name,
    }
    page.write(report, files, (published, reconstructed), demonstration=card.demonstration)
    return Result(source, public, restored, sheets, report, published, reconstructed)


def _refuse_others(folder: Path) -> None:
    """A folder that no demo has finished in may hold somebody's own videos under the same names."""
    if (folder / REPORT).exists():
        return
    for name in (SOURCE, PUBLIC, RESTORED):
        if (folder / name).exists():
            raise OutputError(
                f"{folder / name} exists, and no demo that came to its end has made it",
                "choose another folder, or remove the file",
            )
