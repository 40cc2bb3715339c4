"""The whole program on one page: `deidentify` and `reconstruct`, one the mirror of the other."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from uunet.ahead import Ahead
from uunet.allocator import give_back_holes, give_back_large_blocks
from uunet.boxfile import BoxFile, BoxFileWriter
from uunet.detect import CenterFaceDetector, reduction_note
from uunet.errors import EvidenceError
from uunet.evidence.unsealed import Unsealed
from uunet.hiding import Signature, find_header, hide, reveal, was_published
from uunet.job import Listener, Options, Progress, Selection, Summary, note_frame, sound_note
from uunet.ledger import Opening, Restoring
from uunet.listening import Revealed
from uunet.masking import NoiseBank, Region, is_reversible, mask_window, unmask
from uunet.meter import Meter
from uunet.models import Restorer, read_card, shipped
from uunet.refusals import not_shown, of_a_copy, of_a_lossy_output, refuse_faceless, refuse_nothing
from uunet.tools import Tools
from uunet.track import Tracker
from uunet.types import WINDOW, FaceDetector, FrameSize, RawFrame, Window
from uunet.video import EncodeSettings, PublicReader, PublicWriter, RawReader, RawWriter

if TYPE_CHECKING:
    from uunet.evidence.opening import Originals

_SPARE = 18_000_000  # bytes of frames that may be held beside those that the tracker needs: 13 at 720p


def deidentify(
    source: Path,
    target: Path,
    options: Options | None = None,
    listen: Listener | None = None,
    *,
    tools: Tools | None = None,
) -> Summary:
    """Publish a video without its faces: detect, track, replace, hide the message, encode.

    The result is pseudonymised personal data: whoever has the private model can restore it.

    Args:
        source: any video, image sequence or image that FFmpeg reads.
        target: the public file. It appears only when it is complete.
        options: how.
        listen: is told the progress after every window.
        tools: models that stay open for further runs; None opens them for this one.

    Raises:
        UUNetError: anything that goes wrong; there is no output then. A source that breaks off half way is
            no error: see `Summary.damage`.
    """
    options, tools = options or Options(), tools or Tools()
    if options.seal is not None:
        options.seal.check(options.encode)
    give_back_large_blocks()
    meter, summary, tracks = Meter(), Summary(), set[int]()
    with (
        RawReader(source, codec=options.encode.codec) as reader,
        _sealer(options, reader.info.size) as sealer,
        PublicWriter(
            *(target, reader.info, options.encode),
            keep_metadata=options.keep_metadata,
            keep_sound=options.keep_sound,
            witness=sealer.witness,
        ) as writer,
        ExitStack() as extras,
    ):
        detector = _detector(options, tools)  # after the files: a wrong path is told at once
        exported = options.export_boxes and extras.enter_context(
            BoxFileWriter(options.export_boxes, reader.info.size, (source, target))
        )
        windows = extras.enter_context(_tracked(reader, detector, options, meter))
        swapper = tools.swapper(options.model)  # while the first faces are looked for
        seed = secrets.randbits(64) if options.seed is None else options.seed
        noise, signature = NoiseBank(seed, swapper.card.side), Signature.new(swapper.card, options.seed)
        for window in meter.each("wait for the tracker", windows):
            regions = _regions(window, reader.info.size)
            if exported:
                exported.add(window)
            reader.published |= window.number == 0 and was_published(window.frames[0], swapper.card.pair)
            raw, window = window.frames, replace(window, frames=())  # noqa: PLW2901
            with meter.stage("seal"):
                sealer.take(raw, [[(region.track, region.box) for region in here] for here in regions])
            with meter.stage("mask"):  # in place, and nobody keeps what was raw: a window takes 70 MB at 720p
                frames = mask_window(raw, regions, swapper, noise, reader.info.rotation)
                del raw
            boxes = [[region.box for region in here] for here in regions]
            with meter.stage("hide"):
                hidden = hide(frames, window, boxes, signature, lossless=options.encode.lossless)
            with meter.stage("seal"):
                public = sealer.beside(hidden.frames)
            with meter.stage("wait for the encoder"):
                writer.write(public, hidden.mark, boxes, windows.done)
            _count(summary, window, regions, swapper.card.smallest, hidden.left_out)
            del frames, hidden, public
            give_back_holes()
            tracks.update(window.tracks)
            if listen:
                listen(Progress(summary.frames, reader.info.frames, summary.faces))
        if options.require_faces:
            refuse_faceless(source, summary)
        if exported:
            exported.finish()
        with meter.stage("wait for the encoder"):
            report = writer.commit(reader.last_duration)
        if exported:
            exported.commit()
    summary.engines = {"detector": _found_by(detector), "U_e": swapper.engine}
    summary.tracks, summary.evidence = len(tracks), sealer.bytes
    summary.sealed = options.seal is not None and options.seal.mode != "none"
    seen = reduction_note(reader.info.size) if isinstance(detector, CenterFaceDetector) else ()
    return summary.concluded(reader, report, meter.seconds(), (*seen, *sound_note(reader.info, options)))


def reconstruct(
    source: Path,
    target: Path,
    decoder: Path | None,
    selection: Selection | None = None,
    *,
    opening: Opening | None = None,
    outline: bool = False,
    encode: EncodeSettings | None = None,
    listen: Listener | None = None,
) -> Summary:
    """Restore a scene from its public file alone: reveal the boxes, replace the faces back, encode.

    Args:
        source: the public file, or a copy that was encoded again.
        target: the restored file; it shows faces. It appears only when it is complete.
        decoder: the private model of the pair that made the public file; None: only evidence is opened.
        selection: which frames are restored and written, and which tracks; None for all.
        opening: keys and grants that open sealed evidence; what they don't open U_d estimates.
        outline: draw a thin line round each region that tells where its pixels come from.
        encode: codec and quality of the restored file.
        listen: is told the progress.

    Raises:
        MessageError: no frame had a message that fits the decoder.
        EvidenceError: there is no decoder, and nothing could be opened.
        UUNetError: anything else that goes wrong; there is no output then.
    """
    selection, encode = selection or Selection(), encode or EncodeSettings()
    give_back_large_blocks()
    meter, summary, tracks = Meter(), Summary(), set[int | None]()
    with (
        PublicReader(source, codec=encode.codec) as reader,
        RawWriter(target, reader.info, encode, span=(selection.begin, selection.end)) as writer,
    ):
        restorer = None if decoder is None else Restorer(decoder)
        pair = _pair_of(source) if restorer is None else restorer.card.pair
        turn, start = reader.info.rotation, None
        restoring = Restoring(_originals(source, opening, selection), outlined=outline, turns=turn)
        for group in meter.each("decode and reveal", reveal(reader, pair)):
            restored = []
            for found in group:
                start = found.frame.pts if start is None else start
                if not selection.holds((found.frame.pts - start) * reader.info.time_base):
                    continue
                chosen = found.positions(selection.numbers)
                with meter.stage("open"):
                    left = restoring.estimated(found, chosen)
                with meter.stage("unmask"):
                    frame = unmask(found.frame, found.boxes, restorer, turn, left, in_place=True)
                with meter.stage("open"):
                    restoring.finish(frame, found, {i: _estimates(restorer, found, i) for i in left})
                restored.append(reader.prepared(frame))
                tracks.update(found.tracks[i] for i in chosen)
                _note(summary, found, chosen, named=selection.tracks is not None, opened=restoring.opens)
            summary.frames += len(restored)
            with meter.stage("wait for the encoder"):
                writer.write(restored)
            if listen:
                listen(Progress(summary.frames, reader.info.frames, summary.faces))
        ledger = restoring.conclude(lossless=encode.lossless)
        refuse_nothing(summary, ledger, tracks, selection, reader.damage, estimating=restorer is not None)
        report = writer.commit(reader.last_duration)
    summary.ledger, summary.tracks = ledger, ledger.tracks
    summary.faces = ledger.restored
    summary.filled = sum(ledger.labels.values()) - summary.faces
    summary.engines = {} if restorer is None else {"U_d": restorer.engine}
    notes = (not_shown(selection, tracks), of_a_copy(summary), of_a_lossy_output(ledger))
    return summary.concluded(reader, report, meter.seconds(), tuple(filter(None, notes)))


def _pair_of(source: Path) -> str:
    """Whose messages a file without decoder has, by its own word."""
    from uunet.evidence.reading import find_evidence  # noqa: PLC0415

    header = find_header(source) or find_evidence(source)
    if header is None:
        raise EvidenceError(
            f"{source} says nothing beside its pictures: evidence, if there was any, was stripped",
            "give --decoder too: the private model can still estimate the faces from the pixels",
            "NO_EVIDENCE",
        )
    return header.pair


def _originals(source: Path, opening: Opening | None, selection: Selection) -> Originals | None:
    if opening is None:
        return None
    from uunet.evidence.opening import Originals  # noqa: PLC0415

    return Originals(source, opening.keyring, selection.tracks, opening.publisher)


def _estimates(restorer: Restorer | None, found: Revealed, i: int) -> bool:
    """Whether U_d restores this box."""
    return restorer is not None and is_reversible(found.boxes[i], restorer.card.smallest)


def _sealer(options: Options, size: FrameSize) -> Unsealed:
    if options.seal is None:
        return Unsealed()
    from uunet.evidence.sealing import Sealer  # noqa: PLC0415

    return Sealer(options.seal, size, read_card(options.model or shipped("public")).pair)


def _detector(options: Options, tools: Tools) -> FaceDetector:
    if options.boxes is not None:
        return BoxFile(options.boxes)
    return options.detector or tools.detector(options.threshold)


def _found_by(detector: FaceDetector) -> str:
    if isinstance(detector, CenterFaceDetector):
        return detector.engine.name
    return "file of boxes" if isinstance(detector, BoxFile) else type(detector).__name__


def _tracked(
    reader: RawReader, detector: FaceDetector, options: Options, meter: Meter
) -> Ahead[RawFrame, Window]:
    """The windows of a video, tracked in a thread of their own."""
    tracker = Tracker(detector, options.tracking_at(float(reader.info.average_rate)))

    def windows(frames: Iterable[RawFrame]) -> Iterator[Window]:
        return meter.each("detect and track", tracker.windows(frames, reader.info.rotation))

    return Ahead(windows, reader, room=tracker.holds + _spare(reader.info.size), name="uunet-tracker")


def _spare(size: FrameSize) -> int:
    """Frames, of 1.5 bytes a pixel as most are: more let nobody wait for another, and take memory."""
    return min(max(_SPARE * 2 // (size[0] * size[1] * 3), 7), WINDOW)


def _regions(window: Window, size: FrameSize) -> list[list[Region]]:
    """The regions of each frame of a window, in the order of its segments."""
    every = []
    for k in range(len(window.frames)):
        placed = zip((segment.box(k, size) for segment in window.segments), window.tracks, strict=True)
        every.append([Region(box, track) for box, track in placed if box is not None])
    return every


def _count(
    summary: Summary, window: Window, regions: Sequence[Sequence[Region]], smallest: int, left_out: int
) -> None:
    filled = sum(not is_reversible(region.box, smallest) for here in regions for region in here)
    summary.frames += len(regions)
    summary.filled += filled
    summary.faces += sum(map(len, regions)) - filled
    summary.coasted += window.stats.get("coasted", 0)
    summary.bridged += window.stats.get("bridged", 0)
    if left_out:
        summary.left_out[window.number] = left_out


def _note(summary: Summary, found: Revealed, chosen: frozenset[int], *, named: bool, opened: bool) -> None:
    """Counts the boxes at the positions `chosen`, and where tracks were `named` those of no known track."""
    summary.faces += len(chosen)
    summary.unnamed += found.tracks.count(None) if named else 0
    summary.carriers[found.carrier] = summary.carriers.get(found.carrier, 0) + 1
    if found.verdict == "INCOMPLETE":
        note_frame(summary.incomplete_frames, found.frame.index, found.verdict)
    elif found.verdict != "OK":
        note_frame(summary.silent_frames, found.frame.index, found.verdict)
        summary.silent_opened += opened
