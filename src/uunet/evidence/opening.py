"""Opening evidence: what keys and grants give of each frame of a public file, in step with its decoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from uunet.errors import EvidenceError
from uunet.evidence import crops
from uunet.evidence.chain import Chain, Judgement
from uunet.evidence.piece import Piece, Placed, lacking, lay
from uunet.evidence.reading import WindowEvidence, windows_if_any
from uunet.evidence.statement import digest_of_sealed
from uunet.keys.envelope import Opened, Place, Sealed
from uunet.keys.errors import SealError
from uunet.keys.grant import Grant
from uunet.keys.identity import SecretKey
from uunet.keys.tree import Node
from uunet.types import Box, Layout, Picture

Label = Literal["exact", "visual", "neural", "unavailable"]
"""Where a region's pixels come from: authenticated bit for bit, authenticated but lossy, an estimate by U_d,
or nowhere (it stays as published). Frozen: the words stand in reports."""


_UNSIGNED = {
    "OTHER_PUBLISHER": "it is signed by another publisher than the one that was asked for",
    "OTHER_VIDEO": "it belongs to another video",
}


@dataclass(frozen=True, slots=True)
class Keyring:
    """What somebody holds to open evidence with.

    Attributes:
        keys: secret keys.
        grants: already opened with one of them.
    """

    keys: tuple[SecretKey, ...] = ()
    grants: tuple[Grant, ...] = ()

    def opened(self, window: WindowEvidence) -> Opened:
        """What it opens of the video that this window is of.

        Raises:
            EvidenceError: the window has no evidence, or nothing that opens it.
        """
        if window.header is not None and window.envelope is None and window.shredded:
            raise EvidenceError(
                "the evidence, or what opens it, was taken away on purpose",
                "use a copy that has it",
                "SHREDDED",
            )
        if window.header is None or window.envelope is None:
            raise EvidenceError(
                "there is no sealed evidence", "it was never made, or was stripped or shredded", "NO_EVIDENCE"
            )
        video = window.header.video_id
        nodes: dict[Place, dict[int, tuple[Node, ...]]] = {}
        for grant in self.grants:
            if grant.video_id == video:
                for place, tracks in grant.nodes.items():
                    here = nodes.setdefault(place, {})
                    for track, granted in tracks.items():
                        here[track] = (*here.get(track, ()), *granted)
        thresholds = tuple(threshold for threshold, _ in window.envelope.groups)
        seeds = window.envelope.open(video, self.keys)
        if self.grants and not nodes and not seeds:
            raise EvidenceError(
                "the grants are for another video", "use those that were given for this one", "OTHER_VIDEO"
            )
        return Opened(video, thresholds, seeds, nodes)


@dataclass(frozen=True, slots=True)
class Original:
    """One region in one frame, as the camera recorded it.

    Attributes:
        track: its full number.
        placed: where.
        label: `exact` or `visual`.
        pixels: its planes.
    """

    track: int
    placed: Placed
    label: Label
    pixels: crops.Crop = field(repr=False)

    @property
    def box(self) -> Box:
        """The region."""
        return self.placed.box

    def lacking(self, opened: Sequence[Original], layout: Layout) -> int:
        """How many of its luma samples belong to regions of the same frame that are not `opened`."""
        return lacking(self.placed, [other.placed for other in opened], layout)

    def lay(self, picture: Picture) -> None:
        """Put it into a picture of the same size and layout."""
        lay(picture, self.placed, self.pixels)


@dataclass(frozen=True, slots=True)
class Digest:
    """SHA-256 of all samples of a track's regions in a window, as the camera recorded them (SPEC.md, 11).

    Attributes:
        track, window: their full numbers.
        sha256: hexadecimal.
        regions: frame of the file, x, y, width and height of each, in the order of their samples.
    """

    track: int
    window: int
    sha256: str
    regions: tuple[tuple[int, int, int, int, int], ...]


class Originals:
    """The originals of a file's frames, asked for in order of presentation.

    Args:
        path: the public file.
        keyring: what opens it.
        tracks: which are wanted; None: all.
        publisher: see `Chain`.

    Attributes:
        chain: what is known of the video so far.
        judgements: how many windows had which verdicts.
        judged: how many windows there are.
        refusals: how many pieces stayed shut, by verdict.
        faults: the last of the errors behind each of these verdicts.
        shut: why the tracks of the window that was asked for last stay shut, by track.
        verdict: the first verdict of that window.
        digests: of the exact pieces that were opened.
    """

    def __init__(
        self,
        path: Path,
        keyring: Keyring,
        tracks: frozenset[int] | None = None,
        publisher: bytes | None = None,
    ) -> None:
        self.chain = Chain(publisher)
        self.judgements: Counter[str] = Counter()
        self.judged = 0
        self.refusals: Counter[str] = Counter()
        self.faults: dict[str, SealError | EvidenceError] = {}
        self.shut: dict[int, str] = {}
        self.verdict = "NO_EVIDENCE"
        self.digests: list[Digest] = []
        self._keyring = keyring
        self._tracks = tracks
        self._windows = windows_if_any(path)
        self._here: dict[int, list[Original]] = {}
        self._until: int | None = None
        self._passed = 0  # frames of the windows that were read
        self._opened: tuple[object, Opened] | None = None

    def at(self, pts: int, picture: Picture) -> Sequence[Original]:
        """What evidence opens of the frame with this time stamp; empty where it opens nothing.

        Args:
            pts: in units of the stream's time base; not below that of the call before.
            picture: the frame, as decoded.
        """
        while self._until is None or pts > self._until:
            window = next(self._windows, None)
            if window is None:
                return ()
            judgement = self._judge(window)
            self._until = window.pts[-1]
            first, self._passed = self._passed, self._passed + len(window.pts)
            if pts > self._until:
                continue  # nobody asked for this window: it is judged, and stays shut
            self._here, self.shut, self.verdict = {}, {}, judgement.words[0]
            for frame, original in self._of(window, judgement, picture, first):
                self._here.setdefault(window.pts[frame], []).append(original)
        return self._here.get(pts, ())

    def finish(self) -> None:
        """Judge the windows that nobody asked for, so that the chain is known to its end."""
        for window in self._windows:
            self._judge(window)

    def _judge(self, window: WindowEvidence) -> Judgement:
        judgement = self.chain.judge(window)
        self.judgements.update(judgement.words)
        self.judged += 1
        return judgement

    def _of(
        self, window: WindowEvidence, judgement: Judgement, like: Picture, first: int
    ) -> Iterator[tuple[int, Original]]:
        for sealed in window.sealed:
            if self._tracks is not None and sealed.track not in self._tracks:
                continue
            try:
                piece = Piece.unpack(self._open(window, judgement, sealed))
                if piece.size != like.size or piece.layout.name != like.layout.name:
                    raise EvidenceError("the evidence does not fit these pictures", "use an undamaged copy")
                pixels = piece.pixels()
            except (SealError, EvidenceError) as error:
                self.refusals[error.verdict] += 1
                self.faults[error.verdict] = error
                self.shut[sealed.track] = error.verdict
                continue
            if piece.exact:
                where = tuple((first + p.frame, p.box.x, p.box.y, p.box.w, p.box.h) for p in piece.regions)
                self.digests.append(Digest(sealed.track, sealed.window, piece.digest.hex(), where))
            label: Label = "exact" if piece.exact else "visual"
            for placed, crop in zip(piece.regions, pixels, strict=True):
                if placed.frame < len(window.pts):
                    yield placed.frame, Original(sealed.track, placed, label, crop)

    def _open(self, window: WindowEvidence, judgement: Judgement, sealed: Sealed) -> bytes:
        for word in ("PICTURES_MISSING", "ALTERED_PICTURES"):
            # attack: a picture is taken out, and originals are shown in the wrong moment of those after it
            if word in judgement.words:
                raise EvidenceError(
                    f"the pictures of a window are not those that were signed ({word})",
                    "use an undamaged copy of the file",
                    word,
                )
        if judgement.number is None:
            word = judgement.words[0]
            said = _UNSIGNED.get(word, "no signature says whose it is")
            raise EvidenceError(f"{said} ({word})", "`uunet verify` says more", word)
        # attack: evidence that no publisher signed, made by one of its recipients, is shown as an original
        if digest_of_sealed(sealed) not in judgement.trusted or sealed.window != judgement.number:
            raise EvidenceError("this evidence is not what was signed", "use an undamaged copy", "ALTERED")
        if self._opened is None or self._opened[0] != window.envelope:
            self._opened = window.envelope, self._keyring.opened(window)
        return self._opened[1].open(sealed)
