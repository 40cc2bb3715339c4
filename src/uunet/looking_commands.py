"""The commands that look: inspect, audit, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from uunet.arguments import check_threshold
from uunet.errors import MessageError
from uunet.options import AsJson, Debug, Force, Quiet


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A public file.")],
    model: Annotated[
        str | None,
        typer.Option("--model", "--decoder", help="A model of the pair; default: what the file says."),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Write a picture of each track as published, with its number.")
    ] = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say what is in a public file.

    The model that made it, the tracks with their times, and how well each window's message can be read.
    """
    from uunet.commands import finish, guarded, model_path  # noqa: PLC0415
    from uunet.inspection import inspect as examine  # noqa: PLC0415
    from uunet.lineup import Lineup  # noqa: PLC0415
    from uunet.models import read_card  # noqa: PLC0415
    from uunet.verification import check  # noqa: PLC0415
    from uunet.wording import inspection_document, inspection_tables, seen  # noqa: PLC0415

    with guarded(as_json=json, debug=debug) as terminal:
        lineup = None if sheet is None else Lineup()
        found = examine(file, None if model is None else read_card(model_path(model)).pair, lineup)
        if lineup is not None and sheet is not None:
            lineup.write(sheet, {track: seen(spans) for track, spans in found.tracks.items()})
        for table in inspection_tables(found):
            terminal.show(table)
        signatures = check(file) if found.evidence else None
        signed = None if signatures is None else signatures.good
        terminal.document(inspection_document(found, file, signed))
        if signatures is not None and signatures.shredded:
            terminal.warn(
                f"{file} was shredded: its originals were taken away on purpose and can't be opened any "
                "more; all else is as it was signed"
            )
        elif signed is False:  # attack: who changes the numbers has somebody else's originals opened
            terminal.warn(
                f"{file} is not as it was signed, tracks and regions perhaps neither, however well its "
                "messages are read: see `uunet verify`"
            )
        if found.damage is not None:
            terminal.fail(found.damage)
        if not found.readable:
            terminal.fail(
                MessageError(
                    f"{file} has no UU-Net message that can be read",
                    "it may not come from uunet, or be restored already; if another pair made it, give "
                    "--model with one of that pair",
                )
            )
        finish(1 if not found.readable else found.damage.exit_code if found.damage else 0)


def audit(  # noqa: PLR0917
    public: Annotated[Path, typer.Argument(metavar="PUBLIC", help="The public file.")],
    original: Annotated[Path, typer.Option(help="What it was made of. Required; nothing of it is kept.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a report, one HTML page, without the original."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Public model of the pair; default: the demonstration's, if it is.")
    ] = None,
    decoder: Annotated[
        str | None, typer.Option(help="Private model of the pair: how well does it restore? `demo` as ever.")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Look for faces in every N-th frame only.")] = 1,
    threshold: Annotated[float, typer.Option(help="Score above which something is a face.")] = 0.25,
    copies: Annotated[
        bool, typer.Option("--copies", help="Encode its first ten seconds again: what does that leave?")
    ] = False,
    force: Force = False,
    json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Hold a public file against its original.

    Looks for faces in every frame of both, without tracking, and says which frames a person should look at.
    Exit code 3: there are such, or other things to decide.
    """
    from uunet.audit import page  # noqa: PLC0415
    from uunet.audit.document import document  # noqa: PLC0415
    from uunet.audit.examination import Settings  # noqa: PLC0415
    from uunet.audit.examination import audit as examine  # noqa: PLC0415
    from uunet.audit.figures import table  # noqa: PLC0415
    from uunet.audit.recogniser import installed  # noqa: PLC0415
    from uunet.audit.remarks import exit_code  # noqa: PLC0415
    from uunet.commands import finish, guarded, model_path  # noqa: PLC0415

    with guarded(quiet=quiet, as_json=json, debug=debug) as terminal:
        check_threshold(threshold)
        if output is not None:
            page.refuse(output, (public, original), force=force)
        with terminal.progress(public.name) as listen:
            found = examine(
                public,
                original,
                Settings(every, threshold, copies),
                model=model and model_path(str(model), "public"),
                decoder=None if decoder is None else model_path(decoder),
                recogniser=installed(),
                listen=listen,
            )
        if output is not None:
            page.write(output, found)
        terminal.show(table(found))
        terminal.document(document(found))
        finish(exit_code(found))


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to.")] = Path("uunet-demo"),
    clip: Annotated[
        Path | None, typer.Option("--input", help="A clip of yours instead of the scene.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Show it on a clip.

    De-identifies and restores a clip with the shipped pair, and draws a page to look at.
    """
    from uunet import demo as show  # noqa: PLC0415
    from uunet.commands import guarded  # noqa: PLC0415
    from uunet.models import read_card, shipped  # noqa: PLC0415
    from uunet.wording import demonstration_warning, faceless_warning, summary_table  # noqa: PLC0415

    with guarded(debug=debug) as terminal:
        with terminal.progress("demo") as listen:
            result = show.run(folder, clip, listen)
        terminal.say(f"{result.source} → {result.public}")
        terminal.show(summary_table(result.published))
        terminal.say(f"{result.public} → {result.restored}")
        terminal.show(summary_table(result.reconstructed, restored=True))
        terminal.say(f"look at {result.report}")
        if result.published.faceless:
            terminal.warn(faceless_warning(result.source, result.public))
        terminal.warn(demonstration_warning(read_card(shipped("public"))))


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (inspect, audit, demo):
        app.command()(command)
