"""The commands about keys and evidence: keygen, grant, rekey, shred, verify, log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from uunet.arguments import (
    UsageError,
    check_span,
    parse_threshold,
    parse_time,
    parse_tracks,
    refuse_typed_passphrase,
)
from uunet.options import AsJson, Case, Debug, Keys, Log, PassphraseFile

_Public = Annotated[Path, typer.Argument(metavar="PUBLIC", help="A public file.")]


def keygen(  # noqa: PLR0917
    context: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", help="The secret key's file; .pub beside it.")],
    threshold: Annotated[
        str | None,
        typer.Option(metavar="T-of-N", help="N keys for N custodians, of whom T must act together."),
    ] = None,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Ask for a passphrase.")] = False,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Make a key.

    Writes the secret key (mode 600) and its public form, one line in a file .pub. With --threshold: a secret
    key for each of N custodians, and one public form for all of them.
    """
    from uunet.commands import guarded  # noqa: PLC0415
    from uunet.custody import new_passphrase  # noqa: PLC0415
    from uunet.keyring_commands import make_keys  # noqa: PLC0415

    with guarded(as_json=json, debug=debug) as terminal:
        refuse_typed_passphrase(context.args)
        if passphrase and passphrase_file:
            raise UsageError(
                "--passphrase and --passphrase-file contradict each other",
                "--passphrase asks for one, --passphrase-file reads it: give one of them",
            )
        needed, count = parse_threshold(threshold)
        secret = new_passphrase(passphrase_file) if passphrase or passphrase_file else None
        make_keys(terminal, output, needed, count, secret)


def grant(  # noqa: PLR0917
    public: _Public,
    output: Annotated[Path, typer.Option("-o", "--output", help="The grant.")],
    recipient: Annotated[str, typer.Option(help="Public key of who shall be able to open it.")],
    key: Keys = None,
    track: Annotated[
        list[str] | None, typer.Option(metavar="N", help="Which tracks; repeat it, or 3,5. Required.")
    ] = None,
    begin: Annotated[str | None, typer.Option("--from", metavar="TIME", help="From the beginning.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Not included.")] = None,
    case: Case = None,
    log: Log = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Let another key open some tracks for some time, and nothing else.

    Evidence is sealed in windows of about two seconds: every window that the span touches is granted. Of a
    group of custodians, each grants for themselves; who opens needs as many grants as the threshold says.
    """
    from uunet.commands import guarded  # noqa: PLC0415
    from uunet.job import Selection  # noqa: PLC0415
    from uunet.keyring_commands import give_grant  # noqa: PLC0415
    from uunet.openings import Held  # noqa: PLC0415

    with guarded(as_json=json, debug=debug) as terminal:
        selection = Selection(parse_time(begin), parse_time(end), parse_tracks(track or [], modulo=False))
        check_span(selection.begin, selection.end)
        if selection.tracks is None:
            raise UsageError("--track is missing", "name whom the grant is about; `uunet verify` lists them")
        held = Held.of(key, passphrase_file, case, log)
        give_grant(terminal, public, output, selection, recipient=recipient, held=held)


def rekey(  # noqa: PLR0917
    public: _Public,
    output: Annotated[Path, typer.Option("-o", "--output", help="The copy; of the same suffix.")],
    to: Annotated[list[str], typer.Option("--to", help="Public key of who can open the copy; repeat it.")],
    key: Keys = None,
    case: Case = None,
    log: Log = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Copy a file for other recipients.

    Not a picture is touched, and no evidence is encrypted again: only who can open it changes. Copies that
    others hold already stay as they are.
    """
    from uunet.commands import guarded  # noqa: PLC0415
    from uunet.keyring_commands import give_to_others  # noqa: PLC0415
    from uunet.openings import Held  # noqa: PLC0415

    with guarded(as_json=json, debug=debug) as terminal:
        give_to_others(terminal, public, output, to, Held.of(key, passphrase_file, case, log))


def shred(
    public: _Public,
    output: Annotated[Path, typer.Option("-o", "--output", help="The copy; of the same suffix.")],
    envelopes: Annotated[
        bool, typer.Option("--envelopes", help="Drop only what opens the evidence, not the evidence.")
    ] = False,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Copy a file without its evidence.

    Nobody can open the originals in the copy, which says so. Delete the file itself and its other copies.
    What U_d estimates from the pictures is not evidence, and stays.
    """
    from uunet.commands import guarded  # noqa: PLC0415
    from uunet.keyring_commands import drop_evidence  # noqa: PLC0415

    with guarded(as_json=json, debug=debug) as terminal:
        drop_evidence(terminal, public, output, envelopes_only=envelopes)


def verify(
    public: _Public,
    publisher: Annotated[str | None, typer.Option(help="Public key of who must have signed it.")] = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Check the signatures of a file.

    Says which windows are as they were published, which were changed, moved or removed, and what can still be
    restored. The exit code is 0 only if everything is as it was signed.
    """
    from uunet.commands import finish, guarded  # noqa: PLC0415
    from uunet.verification import check, show  # noqa: PLC0415

    with guarded(as_json=json, debug=debug) as terminal:
        found = check(public, publisher)
        show(terminal, public, found)
        finish(0 if found.good else 1)


def log(
    file: Annotated[Path, typer.Argument(metavar="LOG", help="A record of openings.")],
    by: Annotated[list[str] | None, typer.Option("--by", help="Public keys of all who may open.")] = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show and check a record of openings: who, case, what, when.

    Entries are signed and each names the one before, so that a changed or removed one is found; only the last
    ones can be cut off unseen, unless their digest was kept elsewhere. An opening from which nothing came is
    followed by its outcome.
    """
    from uunet.commands import guarded  # noqa: PLC0415
    from uunet.log_command import show_record  # noqa: PLC0415

    with guarded(as_json=json, debug=debug) as terminal:
        show_record(terminal, file, by or [])


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    # what is typed behind --passphrase comes to `keygen` itself, which does not repeat it as Typer does
    app.command(context_settings={"allow_extra_args": True})(keygen)
    for command in (grant, rekey, shred, verify, log):
        app.command()(command)
