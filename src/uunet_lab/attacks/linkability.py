"""Can the published faces of one person in two recordings be linked by a recogniser?"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from uunet import Options, Tools, deidentify
from uunet.geometry import crop
from uunet.hiding import reveal
from uunet.models import read_card, shipped
from uunet.types import Box, Picture
from uunet.video import PublicReader, RawReader
from uunet_lab.attacks.finding import AttackError, Finding
from uunet_lab.measuring.agreement import auc_interval

Image = npt.NDArray[np.uint8]

SIDE = 64
_EVERY = 6  # frames from one face that is judged to the next
_MOST = 8  # faces of a recording


class Recogniser(Protocol):
    """Who tells faces apart: `measuring.judge.DlibJudge`."""

    def describe(self, faces: Sequence[Image]) -> npt.NDArray[np.float64]:
        """Descriptors of RGB crops, (n, d); near ones are of one person."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A clip that shows one person most of the time, and who that is."""

    path: Path
    identity: str


def recordings(table: Path) -> list[Recording]:
    """The rows of a CSV with the columns `identity` and `path`, which is relative to the CSV's folder.

    Raises:
        AttackError: the table can't be read, lacks a column, or has fewer than two recordings of anybody.
    """
    try:
        with table.open(newline="", encoding="utf-8") as file:
            found = [Recording(table.parent / r["path"], r["identity"]) for r in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AttackError(f"{table} can't be read: {error}", "give a CSV") from error
    except KeyError as error:
        raise AttackError(f"{table} has no column {error}", "name the columns identity and path") from error
    times = Counter(recording.identity for recording in found)
    if len(times) < 2 or max(times.values()) < 2:
        raise AttackError(
            f"{table} has no two recordings of one person, or one person only", "add recordings"
        )
    return found


def first_of_each(found: Sequence[Recording], each: int | None) -> list[Recording]:
    """At most `each` recordings of a person, in their order; None keeps all."""
    seen: Counter[str] = Counter()
    kept = []
    for recording in found:
        seen[recording.identity] += 1
        if each is None or seen[recording.identity] <= each:
            kept.append(recording)
    return kept


def linkability(
    table: Path,
    recogniser: Recogniser,
    *,
    model: Path | None = None,
    each: int | None = None,
    seed: int = 1,
) -> Finding:
    """Publish recordings, each in a run of its own, and link them by the faces that are seen most.

    Args:
        table: see `recordings`.
        recogniser: who links.
        model: U_e; None takes the shipped one.
        each: how many recordings of a person at most, the first ones; None takes all.
        seed: the first run's; each run has another, so that nothing but the face can link them.

    Raises:
        AttackError: the table does not do, or a recording shows no face.
        UUNetError: a recording can't be published.
    """
    chosen, tools = first_of_each(recordings(table), each), Tools()
    pair = read_card(model or shipped("public")).pair
    described: dict[str, list[npt.NDArray[np.float64]]] = {"raw": [], "published": []}
    with tempfile.TemporaryDirectory() as name:
        for number, recording in enumerate(chosen):
            public = Path(name) / f"{number}.mkv"
            deidentify(recording.path, public, Options(model=model, seed=seed + number), tools=tools)
            x, a = faces_of(recording.path, public, pair)
            described["raw"].append(recogniser.describe(x).mean(0))
            described["published"].append(recogniser.describe(a).mean(0))
    identities = [recording.identity for recording in chosen]
    metrics: dict[str, Any] = {"recordings": len(chosen), "people": len(set(identities))}
    metrics |= {kind: linked(np.stack(faces), identities) for kind, faces in described.items()}
    return Finding(
        "are published faces of one person linked across recordings?",
        f"{len(chosen)} recordings of {table.name}",
        metrics,
        verdict_on(metrics),
    )


def faces_of(original: Path, public: Path, pair: str) -> tuple[list[Image], list[Image]]:
    """Faces of the track that is seen most, as they were and as they are published, up to 8 each.

    Raises:
        AttackError: no face is replaced.
    """
    found: dict[int, list[tuple[Image, Image]]] = {}
    with RawReader(original, codec="h264") as raw, PublicReader(public) as reader:
        for frame, told in zip(raw, chain.from_iterable(reveal(reader, pair)), strict=True):
            if frame.index % _EVERY:
                continue
            for box, track in zip(told.boxes, told.tracks, strict=True):
                if track is not None:
                    two = _rgb(frame.picture, box), _rgb(told.frame.picture, box)
                    found.setdefault(track, []).append(two)
    if not found:
        raise AttackError(f"{original} shows no face", "leave it out")
    most = max(found.values(), key=len)[:_MOST]
    return [x for x, _ in most], [a for _, a in most]


def _rgb(picture: Picture, box: Box) -> Image:
    return np.rint(crop(picture, box, SIDE) * 255).astype(np.uint8)


def linked(described: npt.NDArray[np.float64], identities: Sequence[str]) -> dict[str, Any]:
    """How well recordings of one person lie nearer to one another than to those of others.

    Args:
        described: (n, d), a descriptor of each recording.
        identities: who is in it.

    Returns:
        AUC over all pairs of recordings; how often the nearest other recording is of the same person, of
        those that have one, and how often it would be by chance.
    """
    codes = np.unique(identities, return_inverse=True)[1]
    pairs = np.array(list(combinations(range(len(codes)), 2)))
    distance = np.linalg.norm(described[:, None] - described[None], axis=2)
    first, second = codes[pairs[:, 0]], codes[pairs[:, 1]]
    figures = auc_interval(-distance[pairs[:, 0], pairs[:, 1]], first == second, first, second)
    np.fill_diagonal(distance, np.inf)
    others = np.array([int((codes == code).sum()) - 1 for code in codes])
    able = others > 0
    hits = codes[distance.argmin(1)][able] == codes[able]
    figures |= {"nearest_is_same": round(float(hits.mean()), 3), "asked": int(able.sum())}
    return figures | {"by_chance": round(float((others[able] / (len(codes) - 1)).mean()), 3)}


def verdict_on(metrics: dict[str, Any]) -> str:
    """What the figures say, in plain words."""
    raw, public = metrics["raw"], metrics["published"]
    return (
        f"Of {public['asked']} recordings, the nearest other one by the published face shows the same person "
        f"in {public['nearest_is_same']:.0%} (by the raw face {raw['nearest_is_same']:.0%}, by chance "
        f"{public['by_chance']:.0%}); AUC {public['auc']} (raw {raw['auc']}). The published face links "
        f"recordings {_how_well(public['nearest_is_same'], public['by_chance'], public['asked'])}; clothes, "
        "hair and place were not asked."
    )


def _how_well(found: float, chance: float, asked: int) -> str:
    """In words; what lies within two standard deviations of chance is no better than it."""
    if found <= chance + 2 * (chance * (1 - chance) / asked) ** 0.5:
        return "no better than chance, as far as so few recordings tell"
    return "well" if found > (1 + chance) / 2 else "better than chance"
