"""A table in Markdown and in LaTeX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "_": r"\_",
    "#": r"\#",
    "↔": r"$\leftrightarrow$",
    "′": "$'$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\le$",
    "–": "--",
}

NONE = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text.

    Attributes:
        name: of its files.
        caption: what it shows, and where in the paper.
        header: of the columns.
        rows: each as long as the header.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """A pipe table under its caption; the first column is text, the others are figures."""
        ruler = ["---"] + ["---:"] * (len(self.header) - 1)
        lines = [" | ".join(row) for row in (self.header, ruler, *self.rows)]
        return f"**{self.caption}**\n\n" + "".join(f"| {line} |\n" for line in lines)

    def latex(self) -> str:
        """A `table` that needs no package."""
        head, *body = [" & ".join(map(_escaped, row)) + r" \\" for row in (self.header, *self.rows)]
        return "\n".join(
            [
                r"\begin{table}",
                rf"\caption{{{_escaped(self.caption)}}}",
                rf"\begin{{tabular}}{{l{'r' * (len(self.header) - 1)}}}",
                r"\hline",
                head,
                r"\hline",
                *body,
                r"\hline",
                r"\end{tabular}",
                r"\end{table}",
                "",
            ]
        )


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


def number(value: float | None, digits: int = 3) -> str:
    """0.57 → .570, as the paper prints; – for none."""
    if value is None:
        return NONE
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def figure(found: dict[str, Any], digits: int = 3) -> str:
    """A figure of the results with its 95 % interval, if it has one."""
    value = number(found["value"], digits)
    if found["low"] is None:
        return value
    return f"{value} [{number(found['low'], digits)}, {number(found['high'], digits)}]"


def spread(mean: float, sd: float, digits: int = 2) -> str:
    """Mean ± standard deviation."""
    return f"{number(mean, digits)} ± {number(sd, digits)}"
