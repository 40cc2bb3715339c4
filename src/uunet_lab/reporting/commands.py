"""`uunet-lab report` and `uunet-lab numbers`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from uunet.commands import guarded


def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Folder of results.")] = Path("results"),
    output: Annotated[Path, typer.Option("-o", "--output", help="The HTML page.")] = Path("report.html"),
) -> None:
    """Bind every table, figure, attack and contact sheet of RESULTS into one self-contained HTML page."""
    with guarded() as terminal:
        from uunet_lab.reporting.page import write  # noqa: PLC0415

        count = write(results, output)
        terminal.say(f"{output}: {count} files of results, in one page that needs no other")


def numbers(
    documents: Annotated[list[Path], typer.Argument(metavar="DOCUMENT…", help="Markdown with blocks.")],
    results: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
    templates: Annotated[Path, typer.Option(help="Folder of templates.")] = Path("results/numbers"),
) -> None:
    """Write the numbers of RESULTS into the blocks of documents, by their templates."""
    with guarded() as terminal:
        from uunet_lab.reporting.numbers import rewrite  # noqa: PLC0415

        for document, changed in rewrite(documents, templates, results).items():
            terminal.say(f"{document}: {'written anew' if changed else 'as it was'}")
