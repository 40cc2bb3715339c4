"""What codecs leave of restored faces and of messages, in figures."""

from __future__ import annotations

from collections.abc import Sequence

from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.tables import NONE, Table, figure, number


def _sides(results: Sequence[Measured]) -> list[str]:
    found = {side for result in results for side in result.metrics["sides"]}
    return sorted(found, key=int)


def restoration_table(results: Sequence[Measured]) -> Table:
    """PSNR of restored faces, a column for each size."""
    ours = of(results, "channel")
    sides = _sides(ours)
    rows = []
    for result in ours:
        measured = result.metrics["sides"]
        for way in next(iter(measured.values())):
            told = (figure(measured[side][way]["psnr"], 1) if side in measured else NONE for side in sides)
            rows.append((f"{result.name}: {way}", *told))
    return Table(
        "channel-restoration",
        "PSNR of restored faces, dB, by the side of the region in pixels and by what became of the published "
        "video (codec and crf, JPEG and its quantiser); `again`: published as H.264 18, then encoded by "
        "others; 95 % intervals over people. The paper tested no codec",
        ("published as", *sides),
        tuple(rows),
    )


def messages_table(results: Sequence[Measured]) -> Table:
    """Recognition of restored faces, and messages read, a column for each size."""
    ours = of(results, "channel")
    sides = _sides(ours)
    rows = []
    for result in ours:
        measured = result.metrics["sides"]
        for way in next(iter(measured.values())):
            told = (_told(measured[side][way]) if side in measured else NONE for side in sides)
            rows.append((f"{result.name}: {way}", *told))
    return Table(
        "channel-messages",
        "Recognition AUC of raw and restored faces / share of frames whose message names the regions exactly "
        "/ share from the pixels alone, by the side of the region in pixels",
        ("published as", *sides),
        tuple(rows),
    )


def _told(found: dict[str, object]) -> str:
    auc = found["auc"]
    value = auc["value"] if isinstance(auc, dict) else None
    shares = (found["message"], found["message_alone"])
    return " / ".join([number(value), *(number(float(str(share)), 2) for share in shares)])
