"""Forgery, splice, replay, drop and reorder of the messages of a public file: what does a reader notice?

Each change is made twice where it can be: on the coded file, whose pictures stay as they were published and
whose messages stand beside them, and on a file that was encoded again, where nothing but the pixels speaks.
"""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from uunet import Options, deidentify, inspect
from uunet.hiding import reveal
from uunet.types import Box
from uunet.video import PublicReader
from uunet_lab.attacks.film import Coded, Film, load, save
from uunet_lab.attacks.finding import AttackError, Finding, named
from uunet_lab.attacks.remade import LEAST_FRAMES, SHUFFLED, decoded, remake, written_over
from uunet_lab.attacks.tampering import REARRANGED, Forger, damaged, late

Carrier = Literal["beside", "pixels"]

_MOST = 4  # windows that are changed and read: memory must not grow with the clip

REWRITTEN = {
    "forge": "all messages name regions in other places, made with the public K_roi",
    "forge empty": "all messages say that there is no face, made with the public K_roi",
    "forge text": "the text of each frame names other regions; the packets, which name the tracks, stay",
    "forge blind": "as `forge`, by somebody who has not read the pair's name: the key is a guess",
    "damage": "one bit of each packet is another",
    "late text": "the text of each frame is that of half a second before",
}
MOVED = {
    "nothing": "the file as it is",
    "splice": "the second window is that of another public file, pictures and all",
    "replay": "the first window comes twice",
    "drop window": "the second window is missing",
    "drop frames": "half a second of the second window is missing",
    "reorder": "the first two windows have changed places",
    "other's messages": "beside the second window stand the messages of another public file",
}


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a reader says of a changed file.

    Attributes:
        change: its name in REWRITTEN or MOVED.
        carrier: where the messages were read.
        frames: how many the changed file has.
        verdicts: how many frames have which verdict.
        windows: the numbers of the windows as `inspect` lists them; None for frames without a message.
        unnamed: regions that belong to no track.
        believed: frames in which the reader takes the forger's boxes for the file's; None if none were
            forged.
    """

    change: str
    carrier: Carrier
    frames: int
    verdicts: dict[str, int]
    windows: tuple[int | None, ...]
    unnamed: int
    believed: int | None = None

    @property
    def detected(self) -> bool:
        """Whether the reader's verdict on some frame is anything but OK: what a program notices."""
        return set(self.verdicts) != {"OK"}

    @property
    def visible(self) -> bool:
        """Whether the list of windows has a gap, a repetition or a region of no track: what a person may
        notice who reads it."""
        return self.windows != tuple(range(len(self.windows))) or self.unnamed > 0

    def row(self) -> dict[str, Any]:
        """Plain values, for the results."""
        return {
            "change": self.change,
            "what": (REWRITTEN | MOVED)[self.change],
            "read_from": self.carrier,
            "frames": self.frames,
            "frames_by_verdict": self.verdicts,
            "frames_not_ok": self.frames - self.verdicts.get("OK", 0),
            "windows_listed": list(self.windows),
            "regions_without_track": self.unnamed,
            "frames_believed": self.believed,
            "detected": self.detected,
            "visible_in_list": self.visible,
        }


def messages(
    clip: Path, other: Path | None = None, *, public: Path | None = None, model: Path | None = None
) -> Finding:
    """Publish a clip, change the file in every way, and read it.

    Args:
        clip: a video of at least 120 frames, with or without faces.
        other: whose windows and messages are brought in, of the same size; None publishes `clip` once more,
            with other virtual identities.
        public: what was published of `clip` with that model already, as H.264; None publishes it.
        model: U_e; None takes the shipped one.

    Raises:
        AttackError: a clip is too short, or the two don't fit together.
        UUNetError: a clip can't be published.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = _film(public or _published(clip, folder / "own.mkv", 1, model), clip)
        source = other or clip
        foreign = _film(_published(source, folder / "foreign.mkv", 2, model), source)
        noticed = noticed_in(own, foreign, folder)
    whose = other.name if other else "the same clip, published once more"
    return Finding(
        "what a reader notices of changed messages",
        f"{clip.name}, published (H.264); foreign windows: {whose}",
        {
            "frames": own.frames,
            "windows": len(own.windows),
            "changes": [seen.row() for seen in noticed],
            "detected": f"{sum(s.detected for s in _changed(noticed))} of {len(_changed(noticed))}",
        },
        verdict_on(noticed),
    )


def _published(source: Path, target: Path, seed: int, model: Path | None) -> Path:
    deidentify(source, target, Options(model=model, seed=seed))
    return target


def _film(public: Path, source: Path) -> Film:
    film = load(public)
    if film.frames < LEAST_FRAMES:
        raise AttackError(f"{source} has {film.frames} frames", f"give a clip of at least {LEAST_FRAMES}")
    return replace(film, windows=film.windows[:_MOST])


def noticed_in(own: Film, other: Film, folder: Path) -> list[Noticed]:
    """All changes of a public file, and what a reader says of each.

    Args:
        own: at least three windows.
        other: another public file, with the same headers.
        folder: for the changed files; it must be writable.

    Raises:
        AttackError: the two can't be spliced.
    """
    if (own.codec, own.headers) != (other.codec, other.headers):
        raise AttackError(
            f"{other.path.name} has other headers than {own.path.name}",
            "give clips of the same size and rate",
        )
    info, pictures = decoded(own.path, own.windows)
    forger = Forger.of(own.windows[0], info.size)
    blind = replace(forger, key=secrets.token_bytes(32))
    target = folder / "changed.mkv"

    def seen(change: str, carrier: Carrier, told: Sequence[Sequence[Box]] | None = None) -> Noticed:
        return read(target, forger.pair, change, carrier, told)

    rewritten: dict[str, Callable[[Coded], Coded]] = {
        "forge": forger.forged,
        "forge empty": forger.emptied,
        "forge text": forger.retold,
        "forge blind": blind.forged,
        "damage": damaged,
        "late text": late,
    }
    lies = [here for window in own.windows for here in forger.boxes(window)]
    told = dict.fromkeys(("forge", "forge text", "forge blind"), lies)
    told["forge empty"] = [[] for _ in lies]
    save(own, own.windows, target)
    found = [seen("nothing", "beside")]
    for change, rewrite in rewritten.items():
        save(own, [rewrite(window) for window in own.windows], target)
        found.append(seen(change, "beside", told.get(change)))
    for change, rearrange in REARRANGED.items():
        save(own, rearrange(own.windows, other.windows), target)
        found.append(seen(change, "beside"))
    _, foreign = decoded(other.path, other.windows)
    for change, shuffle in SHUFFLED.items():
        windows = shuffle(pictures, foreign)
        remake(info, windows, target, [None] * len(windows))
        found.append(seen(change, "pixels"))
    remake(info, pictures, target, written_over(own.windows, forger))
    found.append(seen("forge", "pixels", lies))
    return found


def read(
    path: Path, pair: str, change: str, carrier: Carrier, told: Sequence[Sequence[Box]] | None = None
) -> Noticed:
    """What `inspect` and `reveal` say of a file.

    Args:
        path: the file.
        pair: whose messages are looked for.
        change, carrier: what was done to it, and where its messages are.
        told: the boxes of each frame as a forger wants them to be read; None if nothing was forged.
    """
    health = inspect(path, pair)
    believed = None
    if told is not None:
        with PublicReader(path) as reader:
            boxes = [found.boxes for group in reveal(reader, pair) for found in group]
        believed = sum(list(a) == list(b) for a, b in zip(boxes, told, strict=True))
    return Noticed(
        change,
        carrier,
        health.frames,
        dict(sum((window.verdicts for window in health.windows), Counter())),
        tuple(window.number for window in health.windows),
        health.unnamed,
        believed,
    )


def _changed(noticed: Iterable[Noticed]) -> list[Noticed]:
    return [seen for seen in noticed if seen.change != "nothing"]


def verdict_on(noticed: Sequence[Noticed]) -> str:
    """What the table says, in plain words."""
    sentences = []
    for carrier, where in (("beside", "beside the pictures"), ("pixels", "in the pixels alone")):
        here = [seen for seen in _changed(noticed) if seen.carrier == carrier]
        flagged = [seen.change for seen in here if seen.detected]
        listed = [seen.change for seen in here if not seen.detected and seen.visible]
        silent = [seen.change for seen in here if not seen.detected and not seen.visible]
        sentences.append(
            f"Of {named(len(here), 'change')} of what is said {where}, the reader's verdicts notice "
            f"{_list(flagged)}; the list of windows shows {_list(listed)} to whoever reads it; "
            f"no trace is left by {_list(silent)}."
        )
    forged = [seen for seen in noticed if seen.believed is not None and seen.change == "forge"]
    believed, of = sum(seen.believed or 0 for seen in forged), sum(seen.frames for seen in forged)
    if believed:
        sentences.append(
            f"Forged boxes are believed in {believed} of {of} frames: a message proves neither origin nor "
            "integrity."
        )
    return " ".join(sentences)


def _list(names: Sequence[str]) -> str:
    return f"{len(names)} ({', '.join(names)})" if names else "none"
