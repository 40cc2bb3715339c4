"""Sealing while a video is made: what each window's regions showed, encrypted, and a chain of signatures."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from uunet.errors import EvidenceError, OutputError
from uunet.evidence import crops
from uunet.evidence.atoms import Atom, Kind, spread, whole
from uunet.evidence.faults import explained
from uunet.evidence.header import EvidenceHeader, Mode
from uunet.evidence.piece import Piece, Placed, cut, placed_together
from uunet.evidence.statement import Statement, digest_of_sealed
from uunet.evidence.unsealed import Regions, Unsealed
from uunet.fingerprint import CodedWindow
from uunet.keys import signing
from uunet.keys.envelope import Envelope, Sealed, Sealing
from uunet.keys.identity import Group, SecretKey
from uunet.message import wrap_evidence
from uunet.types import FrameSize, Layout, PublicFrame, RawFrame
from uunet.video import EncodeSettings

_WORKERS = 1  # little videos are coded while the faces of their window are painted


@dataclass(frozen=True, slots=True)
class Seal:
    """What evidence is wanted.

    Attributes:
        recipients: who can open it: any of these groups.
        mode: how the pixels are kept; `none` only signs.
        signer: signs; None makes a key for the file and forgets it.
    """

    recipients: tuple[Group, ...] = ()
    mode: Mode = "visual"
    signer: SecretKey | None = None

    def check(self, encode: EncodeSettings) -> None:
        """Refuse what can't work, before anything is opened.

        Raises:
            OutputError: the codec has no place for evidence.
            EvidenceError: see `check_mode`; or who publishes could open it.
        """
        if encode.still or not encode.takes_user_data:
            raise OutputError(
                f"{'an image' if encode.still else encode.codec} has no place for evidence",
                "it goes into videos of --codec h264, h264-lossless, hevc and av1, in .mp4, .mov, .mkv, .ts "
                "and .webm (av1)",
            )
        check_mode(self.mode, self.recipients)
        if self.signer is not None:
            signing = self.signer.public().signing
            if any(group.includes(signing) for group in self.recipients):
                # attack: who steals the camera must not get the faces
                raise EvidenceError(
                    "the publisher's key is among those that can open",
                    "sign with a key of its own: what stands at the camera must open nothing",
                )


def check_mode(mode: Mode, recipients: Sequence[object]) -> None:
    """Raises EvidenceError if evidence is for nobody, or somebody is named for none."""
    if mode != "none" and not recipients:
        raise EvidenceError("evidence is sealed to nobody", "name who may open it, with --to")
    if mode == "none" and recipients:
        raise EvidenceError("there is nothing to seal", "leave --to out, or choose other --evidence")


class Sealer(Unsealed):
    """Makes the evidence of one video, window by window, in order. Use inside `with`.

    Args:
        seal: what is wanted; must have passed `Seal.check`.
        size: of the frames.
        pair: id of the models that replace the faces.

    Attributes:
        bytes: of evidence and signatures so far.
        witness: signs each window once it is coded; for the writer, whose thread calls it.
    """

    def __init__(self, seal: Seal, size: FrameSize, pair: str) -> None:
        self._exact = seal.mode == "exact"
        self._key = seal.signer or SecretKey.generate()
        publisher = self._key.public().signing
        lasting = seal.signer is not None
        self._header = EvidenceHeader.new(publisher, seal.mode, size, pair, lasting=lasting)
        self._video = self._header.video_id
        self._previous = signing.digest(self._header.pack())
        self._envelope: Envelope | None = None
        self._sealing: Sealing | None = None
        if seal.mode != "none":
            with explained():
                self._envelope, self._sealing = Envelope.seal(self._video, seal.recipients)
        self._taken: list[Future[Sealed]] = []
        self._unsigned: deque[list[tuple[int, bytes]]] = deque()  # windows that are not in the file yet
        self._begun, self._signed = 0, 0  # windows
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="uunet-sealer")
        self.bytes = 0
        self.witness = self._testify

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.shutdown(cancel_futures=True)

    def take(self, frames: Sequence[RawFrame], regions: Regions) -> None:
        """Keep what the next window's regions show, before they are replaced.

        Args:
            frames: as the camera recorded them.
            regions: of each frame.
        """
        self._taken = []
        if self._sealing is None:
            return
        tracks: dict[int, tuple[list[Placed], list[crops.Crop]]] = {}
        for k, (frame, here) in enumerate(zip(frames, regions, strict=True)):
            regions_here = placed_together(k, [box for _, box in here])
            for (track, _), placed in zip(here, regions_here, strict=True):
                where, pixels = tracks.setdefault(track, ([], []))
                where.append(placed)
                pixels.append(cut(frame.picture, placed))
        layout = frames[0].picture.layout
        for track, (where, pixels) in sorted(tracks.items()):
            named = self._sealing, track, self._begun
            self._taken.append(self._workers.submit(self._sealed, named, where, pixels, layout))

    def beside(self, frames: Sequence[PublicFrame]) -> Sequence[PublicFrame]:
        """The window's public frames, with what was taken sealed beside them.

        Raises:
            EvidenceError: it could not be coded.
        """
        pieces = [job.result() for job in self._taken]
        self._taken = []
        self._unsigned.append([digest_of_sealed(piece) for piece in pieces])
        number = self._begun
        self._begun += 1
        atoms = [Atom(Kind.HEADER, number, 0, self._header.pack())]
        if self._envelope is not None:
            atoms.append(Atom(Kind.ENVELOPE, number, 0, self._envelope.pack()))
        atoms += [Atom(Kind.SEALED, number, item, piece.pack()) for item, piece in enumerate(pieces)]
        places = spread(atoms, len(frames))
        self.bytes += sum(len(piece) for place in places for piece in place)
        return [
            frame.with_payloads((*frame.payloads, *wrap_evidence(place)))
            for frame, place in zip(frames, places, strict=True)
        ]

    def _sealed(
        self,
        named: tuple[Sealing, int, int],
        where: Sequence[Placed],
        pixels: Sequence[crops.Crop],
        layout: Layout,
    ) -> Sealed:
        sealing, track, window = named
        piece = Piece.of(where, pixels, layout, self._header.size, exact=self._exact)
        return sealing.seal(track, window, piece.pack())

    def _testify(self, coded: CodedWindow) -> tuple[bytes, ...]:
        evidence = self._unsigned.popleft()
        said = Statement.of(self._video, self._signed, self._previous, coded, evidence)
        statement = said.sign(self._key)
        atom = Atom(Kind.STATEMENT, self._signed, 0, statement)
        self._previous = signing.digest(statement)
        self._signed += 1
        self.bytes += len(statement)
        return wrap_evidence([whole(atom)])
