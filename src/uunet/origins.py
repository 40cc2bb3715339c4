"""Where restored regions come from, in words for people and in JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from uunet.ledger import Ledger

EVIDENCE = {
    "OK": "as it was signed",
    "NO_EVIDENCE": "no evidence: stripped, encoded again, or never made",
    "UNSUPPORTED_VERSION": "its evidence is of a newer uunet",
    "OTHER_VIDEO": "from another video",
    "OTHER_PUBLISHER": "signed by another publisher than the one that was asked for",
    "BAD_SIGNATURE": "not signed, or not by the publisher of this video",
    "PICTURES_MISSING": "some of its pictures are missing",
    "ALTERED_PICTURES": "its pictures are not those that were signed",
    "ALTERED_MESSAGES": "what names its regions and tracks, beside the pictures, is not what was signed",
    "ALTERED_EVIDENCE": "its evidence is not that which was signed",
    "EVIDENCE_MISSING": "its evidence, or some of it, is missing",
    "SHREDDED": "its evidence was taken away on purpose: it can't be opened any more",
    "CHAIN_GAP": "windows before it are missing",
    "BROKEN_CHAIN": "it does not follow the window before it",
    "OUT_OF_ORDER": "it stands in another place than it was published, or twice",
    "TRUNCATED": "the end is missing: the file was cut off after it was published, or is still being made",
    "WRONG_KEY_OR_CONTEXT": "none of the keys and grants opens it",
    "NEED_SHARES": "more custodians must act together",
    "ALTERED": "it is not what the publisher signed",
    "UNREADABLE": "it can't be decoded",
    "IN_PART": "what it shares with an overlapping region that stayed shut is not the original",
    "NOT_ASKED": "no key was given",
}
"""What is said of evidence, in words."""


def origins(ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Where restored regions come from."""
    names = {"exact": "exact", "visual": "visual", "neural": "estimated", "unavailable": "left"}
    words = {
        "exact": "originals, bit for bit, authenticated",
        "visual": "originals in a small encode, authenticated",
        "neural": "drawn by the private model: like the original, no evidence of it",
        "unavailable": (
            "as published: too small for the model in this file" if ledger.video is None else "as published"
        ),
    }
    for label, name in names.items():
        count = ledger.labels[label]
        if label == "neural" and ledger.in_part:
            shared = f"{many(ledger.in_part, 'region')} of these, {many(ledger.lacking, 'luma sample')}"
            yield "  in part", f"{shared}: shared with an overlapping region that stayed shut, not originals"
        if count and (label != "neural" or ledger.video is not None):
            yield (
                f"  {name}" if ledger.video is None else f"  {label}",
                f"{many(count, 'region')}, {words[label]}",
            )
    if ledger.video is not None:
        signer = f"{(ledger.publisher or '')[:16]}, {owner(lasting=ledger.lasting, asked=ledger.asked)}"
        yield "  publisher", signer
        said = verdicts(ledger.judged, ledger.windows)
        yield "  windows", said + ("" if ledger.complete else "; the signed end was not reached")
    for verdict, count in ledger.refusals.items():
        yield "  shut", f"{many(count, 'piece')} of evidence: {verdict}, {EVIDENCE.get(verdict, '')}"


def owner(*, lasting: bool, asked: bool) -> str:
    """Whose hand a signed file is of, as far as anybody asked."""
    if not lasting:
        return "a key made for this file alone: all is of one hand, nobody knows whose"
    return "as asked for" if asked else "whose key that is was not checked: give --publisher"


def verdicts(windows: int, words: Mapping[str, int]) -> str:
    """How many windows have which verdicts; one may have several."""
    listed = ", ".join(f"{count} {word}" for word, count in words.items())
    return listed if sum(words.values()) == windows else f"{windows}, of which: {listed}"


def ledger_document(ledger: Ledger) -> dict[str, Any]:
    """What a restored file shows, for machines."""
    return {
        "video": ledger.video,
        "publisher": ledger.publisher,
        "lasting_key": ledger.lasting,
        "publisher_checked": ledger.asked,
        "signed_to_the_end": ledger.complete,
        "output_is_lossless": ledger.lossless,
        "windows_judged": ledger.judged,
        "windows": dict(ledger.windows),
        "in_part": ledger.in_part,
        "lacking_samples": ledger.lacking,
        "shut": dict(ledger.refusals),
        "labels": dict(ledger.labels),
        "regions": [asdict(run) for run in ledger.runs],
        "digests": [
            # a line for each region: "frame x y width height"
            asdict(one) | {"regions": [" ".join(map(str, region)) for region in one.regions]}
            for one in ledger.digests
        ],
    }


def many(count: int, what: str) -> str:
    """`1 face`, `2 faces`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
