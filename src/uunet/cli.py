"""The command line. What is heavy is imported inside the commands: `uunet --help` must not wait."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from uunet import key_commands, looking_commands
from uunet.arguments import (
    EvidenceName,
    UsageError,
    check_quality,
    check_span,
    check_threshold,
    parse_time,
    parse_tracks,
    usual_codec,
)
from uunet.options import AsJson, Case, Codec, Crf, Debug, Force, Keys, Log, PassphraseFile, Preset, Quiet
from uunet.usage import HintedGroup

app = typer.Typer(
    name="uunet",
    cls=HintedGroup,
    help="Publish surveillance video without its faces, and restore it from the published file alone.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        try:
            typer.echo(f"uunet {version('uunet')}")
        except PackageNotFoundError:
            typer.echo("uunet (not installed)")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Publish surveillance video without its faces, and restore it from the published file alone."""


@app.command()
def deidentify(  # noqa: PLR0917
    inputs: Annotated[
        list[Path], typer.Argument(metavar="INPUT", help="Videos, images, folders, or frame_%04d.png.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A file; a folder for several inputs or a folder.")
    ],
    model: Annotated[
        Path | None, typer.Option(help="Public model (U_e); default: the demonstration.")
    ] = None,
    codec: Codec = None,
    crf: Crf = None,
    preset: Preset = None,
    lookahead: Annotated[
        int | None, typer.Option(min=1, help="Frames looked ahead, and the longest gap filled; default 1 s.")
    ] = None,
    every: Annotated[
        int | None, typer.Option(min=1, help="Detect every N frames, fewer if all is still; default 0.2 s.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Score above which something is a face; default 0.2.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the virtual identities; default: random.")
    ] = None,
    keep_metadata: Annotated[
        bool, typer.Option("--keep-metadata", help="Keep tags, chapters and data streams.")
    ] = False,
    no_sound: Annotated[
        bool, typer.Option("--no-sound", help="Leave out sound and subtitles: voices identify people.")
    ] = False,
    require_faces: Annotated[
        bool, typer.Option("--require-faces", help="Fail where no face is found: for unattended use.")
    ] = False,
    boxes: Annotated[Path | None, typer.Option(help="Faces from a file instead of the detector.")] = None,
    export_boxes: Annotated[Path | None, typer.Option(help="Write the detected faces to a file.")] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Public key of who can open the originals, sealed in the file; repeat it."),
    ] = None,
    evidence: Annotated[
        EvidenceName | None,
        typer.Option(
            help="How originals are sealed: exact (bit for bit), or visual (small; default with --to); none "
            "signs the file only, with --sign or a key made for it."
        ),
    ] = None,
    sign: Annotated[
        Path | None, typer.Option(help="Secret key that signs the file; default with --to: one made for it.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Publish videos without their faces.

    Every face is replaced, and what is needed to restore it is hidden in the result. That is pseudonymised
    personal data: whoever has the private model can restore it. Several inputs or a folder fill the folder
    OUTPUT; outputs that exist are taken for done and skipped.
    """
    from uunet import batch  # noqa: PLC0415
    from uunet.commands import conclude, finish, guarded, model_path, publisher, report  # noqa: PLC0415
    from uunet.custody import wanted_seal  # noqa: PLC0415
    from uunet.job import Options  # noqa: PLC0415
    from uunet.video import EncodeSettings  # noqa: PLC0415
    from uunet.wording import runs_document  # noqa: PLC0415

    with guarded(quiet=quiet, as_json=json, debug=debug) as terminal:
        check_threshold(threshold)
        model = None if model is None else model_path(str(model), "public")
        codec = codec or usual_codec(output)
        check_quality(codec, crf, preset)
        encode = EncodeSettings(codec=codec.value, crf=crf, preset=preset)
        todo = batch.plan(inputs, output, encode)
        if todo.several and (boxes or export_boxes):
            raise UsageError("--boxes and --export-boxes are for one video", "run it once for each video")
        if export_boxes and not force:
            batch.refuse_existing(export_boxes)
        options = Options(
            model=model,
            encode=encode,
            lookahead=lookahead,
            every=every,
            threshold=threshold,
            seed=seed,
            keep_metadata=keep_metadata,
            keep_sound=not no_sound,
            boxes=boxes,
            export_boxes=export_boxes,
            seal=wanted_seal(to or [], evidence, sign, passphrase_file),
            require_faces=require_faces,
        )
        options.tracking_at(25.0)  # refuses what can't work before anything is opened
        outcomes = []
        for path in todo.ignored:
            terminal.say(f"ignored: {path}")
        place = f" of {len(todo.jobs)}" if todo.several else ""
        for number, outcome in enumerate(batch.run(todo, publisher(options, terminal, place), force=force)):
            outcomes.append(outcome)
            report(terminal, outcome, f"{number + 1}{place} " if place else "")
        code = batch.exit_code(outcomes, several=todo.several)
        conclude(terminal, outcomes, model, several=todo.several)
        if options.seal is not None and any(outcome.status == "skipped" for outcome in outcomes):
            terminal.warn("what was there already stays sealed and signed as it is: --force does it again")
        terminal.document(runs_document(outcomes, code, "deidentify", todo))
        finish(code)


@app.command()
def reconstruct(  # noqa: PLR0917
    public: Annotated[Path, typer.Argument(metavar="PUBLIC", help="The public file, or a copy of it.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The restored file, which shows faces; or its folder.")
    ],
    decoder: Annotated[
        str | None,
        typer.Option(help="Private model (U_d) of the pair; `demo` is the demonstration's."),
    ] = None,
    key: Keys = None,
    grant: Annotated[
        list[Path] | None, typer.Option("--grant", help="What was granted to the key; repeat it.")
    ] = None,
    case: Case = None,
    log: Log = None,
    publisher: Annotated[
        str | None, typer.Option(help="Public key of who must have signed the originals.")
    ] = None,
    outline: Annotated[
        bool,
        typer.Option(
            "--outline",
            help="Draw a line round each region: where its pixels come from. None crosses an original: where "
            "originals overlap, the line goes round them together.",
        ),
    ] = False,
    passphrase_file: PassphraseFile = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Seconds or [hh:]mm:ss.f from the beginning.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="As --from; not included.")] = None,
    track: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N",
            help="Restore only these tracks of `inspect` (with --key: of `verify`); repeat it, or 3,5.",
        ),
    ] = None,
    codec: Codec = None,
    crf: Crf = None,
    preset: Preset = None,
    force: Force = False,
    json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Restore the faces of a public file.

    Nothing is read but the public file, and the private model of the pair that made it (an estimate) or keys
    that its originals were sealed to. With --key, OUTPUT.json beside the output says what each region shows.
    """
    from uunet import batch  # noqa: PLC0415
    from uunet.commands import finish, for_target, guarded, model_path, report  # noqa: PLC0415
    from uunet.job import Selection, Summary  # noqa: PLC0415
    from uunet.keyring_commands import ledger_file, refuse_ledger, write_ledger  # noqa: PLC0415
    from uunet.openings import Held  # noqa: PLC0415
    from uunet.pipeline import reconstruct as restore  # noqa: PLC0415
    from uunet.video import EncodeSettings, refuse_input  # noqa: PLC0415
    from uunet.wording import runs_document  # noqa: PLC0415

    with guarded(quiet=quiet, as_json=json, debug=debug) as terminal:
        if not key and (grant or case or log or publisher):
            raise UsageError("--key is missing", "the other options about keys go with it")
        if decoder is None and not key:
            raise UsageError(
                "--decoder is missing",
                "give the private model of the pair that made the file (--decoder demo: the shipped one), or "
                "--key if its originals were sealed",
            )
        selection = Selection(parse_time(begin), parse_time(end), parse_tracks(track or [], modulo=not key))
        check_span(selection.begin, selection.end)
        codec = codec or usual_codec(output)
        check_quality(codec, crf, preset)
        encode = EncodeSettings(codec=codec.value, crf=crf, preset=preset)
        if output.is_dir() and not public.is_dir():
            (job,) = batch.plan((public,), output, encode).jobs
        else:
            job = batch.Job(public, output)
        private = None if decoder is None else model_path(decoder)
        refuse_input(job.target, job.source)
        if not force:
            batch.refuse_existing(job.target)  # before anything is opened, and written down as opened
        if key:
            refuse_ledger(job.target, force=force)
        held = None if not key else Held.of(key, passphrase_file, case, log)
        session = (
            nullcontext()
            if held is None
            else held.opening(
                *(terminal, public, (job.target, ledger_file(job.target)), selection),
                grants=grant or [],
                publisher=publisher,
            )
        )

        def work(job: batch.Job) -> Summary:
            with terminal.progress(job.source.name) as listen, session as opening:
                settings = for_target(encode, job)
                done = restore(
                    *(job.source, job.target, private, selection),
                    opening=opening,
                    outline=outline,
                    encode=settings,
                    listen=listen,
                )
            write_ledger(job.target, job.source, done, held, force=force)
            return done

        (outcome,) = batch.run(batch.Plan((job,)), work, force=force)
        report(terminal, outcome, restored=True)
        terminal.document(runs_document([outcome], outcome.exit_code, "reconstruct"))
        finish(outcome.exit_code)


looking_commands.register(app)
key_commands.register(app)


def main() -> None:
    """The program."""
    app(prog_name="uunet")
