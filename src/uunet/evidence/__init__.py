"""Sealed evidence: what every replaced region showed, encrypted in the public file, and signed.

atoms · header · statement   what stands beside the pictures
piece · crops                a track's regions of a window, as bytes
sealing                      while a video is made
reading · chain              the windows of a public file, and their verdicts
opening                      what keys and grants open
copying                      copies for other recipients, or for none any more
"""

from uunet.evidence.header import Mode
from uunet.evidence.opening import Keyring, Originals
from uunet.evidence.reading import find_evidence
from uunet.evidence.sealing import Seal, Sealer, Unsealed

__all__ = ["Keyring", "Mode", "Originals", "Seal", "Sealer", "Unsealed", "find_evidence"]
