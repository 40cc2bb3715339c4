"""What people read of a run."""

from __future__ import annotations

import io

from rich.console import Console

from uunet.job import Summary
from uunet.wording import summary_table


def shown(summary: Summary) -> dict[str, str]:
    """Rows by name."""
    console = Console(file=io.StringIO(), width=300)
    console.print(summary_table(summary))
    assert isinstance(console.file, io.StringIO)
    rows = (line.split(maxsplit=1) for line in console.file.getvalue().splitlines())
    return {name: value.strip() for name, value in rows}


def test_a_summary_needs_no_knowledge_of_how_faces_are_followed() -> None:
    engines = {"detector": "A", "U_e": "B"}
    rows = shown(Summary(frames=9, faces=20, filled=1, tracks=3, coasted=4, bridged=1, engines=engines))
    assert rows["faces"] == "20 replaced, over all frames"
    assert rows["tracks"] == "3: faces followed from frame to frame, filled ones too"
    assert rows["unseen"] == (
        "4 faces covered where none was seen in that frame, but before or after it; in 1 frame between two "
        "that show it"
    )
    assert rows["filled"] == "1 more face, too small for the model: one colour, for good"
    assert rows["engines"] == "detector: A, public model: B"
    assert not {"coasted", "bridged"} & set(rows)


def test_a_summary_names_only_what_there_was() -> None:
    rows = shown(Summary(frames=9))
    assert set(rows) == {"frames", "faces", "tracks", "stripped"}
    assert rows["faces"] == "0 replaced, over all frames"
    assert rows["stripped"] == "nothing"
    assert shown(Summary(stripped=("title", "comment")))["stripped"] == "title, comment"
    assert shown(Summary(filled=2, sealed=True))["filled"].endswith("which the sealed originals undo")


def test_a_photo_has_no_tracks() -> None:
    rows = shown(Summary(frames=1, faces=5, filled=2, tracks=7))
    assert rows["faces"] == "5 replaced"
    assert "tracks" not in rows
