"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from uunet.arguments import CodecName

Codec = Annotated[CodecName | None, typer.Option(help="Of the output; default h264, in WebM av1.")]
Crf = Annotated[int | None, typer.Option(help="Constant quality, less is better; default 18, HEVC 20.")]
Preset = Annotated[str | None, typer.Option(help="Of the encoder; default veryfast (AV1: 9).")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="Its first line is the key's passphrase; /dev/fd/N works."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite outputs that exist.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors and warnings.")]
Debug = Annotated[bool, typer.Option("--debug", envvar="UUNET_DEBUG", help="Show tracebacks of faults.")]
Keys = Annotated[
    list[Path] | None, typer.Option("--key", help="Secret key; of a group, repeat it for each custodian.")
]
Case = Annotated[str | None, typer.Option(help="Case number: stands in the record. Required with --key.")]
Log = Annotated[Path | None, typer.Option(help="Record of openings; default: the key's name and .log.")]
