"""`uunet-lab paper`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from uunet.commands import guarded


def paper(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for tables and figures.")],
    results: Annotated[Path, typer.Option(help="Where `evaluate run` wrote.")] = Path("results"),
) -> None:
    """Draw the paper's tables (Markdown, LaTeX) and figures (PNG, SVG) from results alone."""
    with guarded() as terminal:
        from uunet_lab.paper.drawing import draw  # noqa: PLC0415

        first, *others = draw(results, output)
        terminal.say(f"{first}: shows all of it; {len(others)} files")
