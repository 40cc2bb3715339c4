"""Text from files and from whoever types, as it may be shown."""

from __future__ import annotations

import re

from uunet.keys.text import SECRET

_SECRET = re.compile(f"({re.escape(SECRET)})[\\w-]+", re.IGNORECASE)


def visible(text: str) -> str:
    """The text in one line, with what can't be shown in escapes, as Python writes them."""
    # attack: a line feed, an escape sequence or a change of direction in a name or a case forges what is read
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in withheld(text))


def withheld(text: str) -> str:
    """Without secret keys, which somebody may have typed where a file's name belongs."""
    return _SECRET.sub(r"\1…", text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode()
