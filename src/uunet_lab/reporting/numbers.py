"""Documents whose numbers are read from results: blocks of Markdown, each rendered from a template.

A block stands between two comments, `<!-- numbers: NAME -->` and `<!-- end of numbers -->`; what is between
them is made of the template NAME, in Jinja's language. There `read("pair.json")` is a file of results; the
filters are those below and Jinja's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.results import write_whole

_BEGIN, _END = "<!-- numbers: ", "<!-- end of numbers -->"
_BLOCK = re.compile(rf"({_BEGIN}([\w.-]+) -->\n).*?(?={_END})", re.DOTALL)


def fixed(value: float, digits: int) -> str:
    """With so many decimals, thousands apart, and no zero before the point: .546, 29.9, 2,431."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:,.{digits}f}")


def percent(value: float, digits: int = 0) -> str:
    """A share of 1 in per cent, without the sign, since several may follow each other: 99.79."""
    return f"{100 * value:.{digits}f}"


def interval(figure: dict[str, float], digits: int) -> str:
    """A figure with its interval: .213 (.159 to .262)."""
    low, high = fixed(figure["low"], digits), fixed(figure["high"], digits)
    return f"{fixed(figure['value'], digits)} ({low} to {high})"


def fill(document: str, templates: Path, results: Path) -> str:
    """A document with all of its blocks rendered anew.

    Args:
        document: Markdown.
        templates: folder of the templates that its blocks name.
        results: folder of the results that these read.

    Raises:
        MeasuringError: the document has no block; a template, or what it reads, is missing or wrong.
    """
    made = Environment(  # noqa: S701 (Markdown, made of files of one's own)
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"fixed": fixed, "percent": percent, "interval": interval, "median": median}
    made.globals["read"] = partial(_read, results)

    def render(block: re.Match[str]) -> str:
        if block[0].count(_BEGIN) > 1:  # what stands between would be lost
            raise MeasuringError(f"the block of {block[2]} has no end", f"put `{_END}` behind it")
        try:
            made_of_it = made.get_template(block[2]).render()
            if _BEGIN in made_of_it or _END in made_of_it:
                raise ValueError("it has the marks of a block in it")
            return f"{block[1]}{made_of_it}\n"
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise MeasuringError(
                f"{block[2]} can't be filled: {error}", "correct the template, or measure what it reads"
            ) from error

    filled, count = _BLOCK.subn(render, document)
    if document.count(_BEGIN) > count:
        raise MeasuringError("the last block of numbers has no end", f"put `{_END}` behind it")
    if not count:
        raise MeasuringError(
            "the document has no block of numbers",
            "put `<!-- numbers: NAME -->` and `<!-- end of numbers -->` in",
        )
    return filled


def rewrite(paths: Sequence[Path], templates: Path, results: Path) -> dict[Path, bool]:
    """`fill` files; which of them have changed. All are filled before the first one is written.

    Raises:
        MeasuringError: as `fill`, of a file that it names; or one can't be read or written.
    """
    texts = {path: _before_and_after(path, templates, results) for path in paths}
    changed = {path: before != after for path, (before, after) in texts.items()}
    for path in (path for path in paths if changed[path]):
        try:
            write_whole(path, texts[path][1])
        except OSError as error:
            raise MeasuringError(f"{path} can't be written: {error}", "name a file of yours") from error
    return changed


def _before_and_after(path: Path, templates: Path, results: Path) -> tuple[str, str]:
    try:
        before = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MeasuringError(f"{path} can't be read: {error}", "name a Markdown file of yours") from error
    try:
        return before, fill(before, templates, results)
    except MeasuringError as error:
        raise MeasuringError(f"{path}: {error}", error.hint) from error


def _read(results: Path, name: str) -> Any:
    try:
        return json.loads((results / name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise MeasuringError(f"{results / name} can't be read: {error}", "measure it again") from error
