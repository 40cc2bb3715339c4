"""Keys: who can open what, and who said so. Readable alone: nothing of ours is imported here.

identity    secret and public keys, groups of custodians        text · keyfile   as lines, as files
tree        one seed → a key for each track and window          shares           t of n, wrapped
content     sealing one thing under its own key                 envelope         brings the four together
grant       part of a tree, sealed to somebody else             signing          COSE_Sign1
journal     the record of every opening                         codec · errors   CBOR · what can go wrong

The public names, each imported when it is first used: most runs need no cryptography, and its memory neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uunet.keys.errors import SealError
    from uunet.keys.grant import Grant
    from uunet.keys.identity import Group, PublicKey, SecretKey
    from uunet.keys.keyfile import load, recipient, save, save_public
else:

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(f"uunet.keys.{home}"), name)
        raise AttributeError(f"module 'uunet.keys' has no attribute {name!r}")


__all__ = [
    "Grant",
    "Group",
    "PublicKey",
    "SealError",
    "SecretKey",
    "load",
    "recipient",
    "save",
    "save_public",
]

_HOMES = {
    "errors": ("SealError",),
    "grant": ("Grant",),
    "identity": ("Group", "PublicKey", "SecretKey"),
    "keyfile": ("load", "recipient", "save", "save_public"),
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
