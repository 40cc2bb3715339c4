"""Sealed evidence: what every replaced region showed, encrypted in the public file, and signed.

atoms · header · statement   what stands beside the pictures
piece · crops                a track's regions of a window, as bytes
sealing                      while a video is made
reading · chain              the windows of a public file, and their verdicts
opening                      what keys and grants open
copying                      copies for other recipients, or for none any more
unsealed                     where there is none

What seals and opens is imported where it is needed: most runs need no cryptography, and its memory neither.
So are the public names, each when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uunet.evidence.chain import Chain, Judgement
    from uunet.evidence.copying import rekey, shred
    from uunet.evidence.header import EvidenceHeader
    from uunet.evidence.opening import Keyring
    from uunet.evidence.reading import WindowEvidence, find_evidence, windows
    from uunet.evidence.sealing import Seal
else:

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(f"uunet.evidence.{home}"), name)
        raise AttributeError(f"module 'uunet.evidence' has no attribute {name!r}")


__all__ = [
    "Chain",
    "EvidenceHeader",
    "Judgement",
    "Keyring",
    "Seal",
    "WindowEvidence",
    "find_evidence",
    "rekey",
    "shred",
    "windows",
]

_HOMES = {
    "chain": ("Chain", "Judgement"),
    "copying": ("rekey", "shred"),
    "header": ("EvidenceHeader",),
    "opening": ("Keyring",),
    "reading": ("WindowEvidence", "find_evidence", "windows"),
    "sealing": ("Seal",),
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
