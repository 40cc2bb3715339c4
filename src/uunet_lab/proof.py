"""All that proves a pair: experiments, attacks, a contact sheet, the paper's tables and figures, one page."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from uunet import Options, deidentify
from uunet.errors import OutputError, UUNetError
from uunet.video import RawReader
from uunet_lab.attacks.finding import AttackError, Finding, record
from uunet_lab.attacks.linkability import recordings
from uunet_lab.attacks.messages import messages
from uunet_lab.attacks.metadata import metadata
from uunet_lab.attacks.missed import Eye, missed
from uunet_lab.attacks.naive import PEOPLE
from uunet_lab.attacks.steganalysis import steganalysis
from uunet_lab.evaluation.registry import EXPERIMENTS
from uunet_lab.evaluation.report import held_out_sheet
from uunet_lab.evaluation.runner import COUNT, Source, run
from uunet_lab.measuring import mtcnn
from uunet_lab.measuring.embedder import TrainedJudge
from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.names import Name
from uunet_lab.measuring.results import write as record_results
from uunet_lab.paper.drawing import draw
from uunet_lab.reporting.page import write
from uunet_lab.trials import try_inversion, try_linkability, try_naive, try_parrot

QUICK = 60
"""Faces of each set, where all shall be done in some minutes."""

LONGEST: tuple[Name, ...] = ("channel", "detection_mtcnn")
"""Measured on the first set alone then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a pair is proved on.

    Attributes:
        sources: sets; that of the training is the first which trainings have seen.
        models: U_e and U_d.
        clips: videos; the first, of 120 frames and more, is attacked in every way.
        recordings: a CSV with identity and path, several videos of a person.
        own: a recogniser of our own, which judges beside dlib's.
    """

    sources: Sequence[Source]
    models: tuple[Path, Path]
    clips: Sequence[Path] = ()
    recordings: Path | None = None
    own: TrainedJudge | None = None

    @property
    def trained(self) -> Path | None:
        """The packed set of the training."""
        return next((source.folder for source in self.sources if not source.unseen), None)

    @property
    def people(self) -> Path | None:
        """A packed set of which no training saw anything."""
        return next((source.folder for source in self.sources if source.unseen), None)


@dataclass(frozen=True, slots=True)
class Trial:
    """An attack, ready to be tried."""

    name: str
    attempt: Callable[[], Finding]


def trials(given: Material, quick: bool, public: Path) -> list[Trial]:
    """All attacks, those that need no training first; one that lacks something says so when it is tried.

    Args:
        given: what there is to attack.
        quick: whether they shall ask fewer people and recordings, take the smallest clip for the first, and
            hardly train.
        public: where the first clip is published, once, by the first attack that looks at it.
    """
    return [*_on_clips(given, quick, public), *_on_recordings(given, quick), *_on_sets(given, quick)]


def _on_clips(given: Material, quick: bool, public: Path) -> list[Trial]:
    if not given.clips:
        return _wanting("--clip", "metadata", "missed", "missed-mtcnn", "messages", "steganalysis")
    clip, shown = given.clips[0], given.clips
    if quick:
        clip, shown = min(given.clips, key=lambda path: path.stat().st_size), given.clips[:3]
    return [
        Trial("metadata", partial(metadata, clip)),
        Trial("missed", partial(_missed, clip, public, given.models[0], 32 if quick else 4)),
        *_by_mtcnn(partial(_missed, clip, public, given.models[0], 8, "mtcnn"), quick),
        Trial("messages", partial(_messages, clip, public, given.models[0])),
        Trial("steganalysis", partial(steganalysis, shown)),
    ]


def _by_mtcnn(attempt: Callable[[], Finding], quick: bool) -> list[Trial]:
    """It takes seconds for a frame."""
    if quick or not mtcnn.installed():
        return _wanting("a proof without --quick" if quick else "MTCNN's weights", "missed-mtcnn")
    return [Trial("missed-mtcnn", attempt)]


def _missed(clip: Path, public: Path, model: Path, every: int, eye: Eye = "centerface") -> Finding:
    return missed(clip, _published(clip, public, model), every=every, model=model, eye=eye)


def _messages(clip: Path, public: Path, model: Path) -> Finding:
    return messages(clip, public=_published(clip, public, model), model=model)


def _published(clip: Path, public: Path, model: Path) -> Path:
    if not public.is_file():
        deidentify(clip, public, Options(model=model, seed=1))
    return public


def _on_recordings(given: Material, quick: bool) -> list[Trial]:
    if given.recordings is None:
        return _wanting("--recordings", "linkability")
    each = 2 if quick else None
    return [Trial("linkability", partial(try_linkability, given.recordings, given.models[0], each=each))]


def _on_sets(given: Material, quick: bool) -> list[Trial]:
    public, found = given.models[0], []
    if given.people is None:
        found += _wanting("--unseen", "naive")
    else:
        count = QUICK if quick else PEOPLE
        found.append(Trial("naive", partial(try_naive, given.people, public, count=count, own=given.own)))
    if given.people is None or given.trained is None:
        found += _wanting("--unseen" if given.people is None else "--data", "parrot")
    else:
        found.append(Trial("parrot", partial(try_parrot, given.people, given.trained, public, quick=quick)))
    if given.trained is None:
        return found + _wanting("--data", "inversion")
    return [*found, Trial("inversion", partial(try_inversion, given.trained, given.models, quick=quick))]


def _wanting(option: str, *names: str) -> list[Trial]:
    """Attacks that can't be tried."""

    def attempt() -> Finding:
        raise AttackError(f"for want of {option}", "give it, and prove again")

    return [Trial(name, attempt) for name in names]


def prove(given: Material, output: Path, tell: Callable[[str], None], *, quick: bool = False) -> Path:
    """Measure, attack, draw and bind.

    What has been measured stays if a later part fails; an attack that can't be tried stops nothing.

    Args:
        given: what the pair is proved on.
        output: a folder: `results/` as the laboratory's commands write it, `paper/`, `report.html`, and
            `public.mkv`, the first clip as published.
        tell: is told what is written, and what is skipped and why, a line each.
        quick: whether all shall be small: minutes, wide intervals.

    Returns:
        The page.

    Raises:
        MeasuringError: nothing was measured; or attacks failed, which are told then, after all else is done.
        UUNetError: a set, or the models, don't do.
    """
    _check(given, output)
    began, results = time.monotonic(), output / "results"
    count, once = (QUICK, LONGEST) if quick else (COUNT, ())
    everything = tuple(EXPERIMENTS)
    earlier = set(results.glob("*/*/*.json"))
    written = run(given.sources, given.models, everything, count, results, tell, quick, given.own, once)
    if not written:
        raise MeasuringError("nothing was measured", "the lines above say what each set lacks")
    for path in sorted(earlier - set(written)):
        tell(f"{path}: of an earlier proof, and on the page with what is new")
    public = output / "public.mkv"
    public.unlink(missing_ok=True)  # another pair's, it may be
    # beside the attacks, none of which is drawn: most of them leave a core idle
    with ProcessPoolExecutor(1, get_context("spawn")) as beside:
        drawing = beside.submit(draw, results, output / "paper")
        outcomes = {trial.name: _tried(trial, results, tell) for trial in trials(given, quick, public)}
    drawn = drawing.result()
    if given.trained is not None:
        sheet = results / "pair" / "faces.png"
        held_out_sheet(given.trained, given.models, sheet)
        tell(f"{sheet}: x, a, r of people whom training never saw; it shows faces")
    tell(f"{drawn[0]}: tables and figures")
    tried = [name for name, outcome in outcomes.items() if not outcome.why]
    record_results(
        results / "proof.json",
        "How long all of it took, but for binding the page",
        f"{len(given.sources)} sets, {len(given.clips)} clips",
        {"experiments": len(written), "attacks": len(tried), "quick": quick, "cores": os.cpu_count()},
        seconds=time.monotonic() - began,
    )
    page = output / "report.html"
    left_out = {name: outcome.why for name, outcome in outcomes.items() if outcome.why}
    write(results, page, figures=output / "paper", left_out=left_out)
    failed = [name for name, outcome in outcomes.items() if outcome.failed]
    if failed:
        raise MeasuringError(f"failed: {', '.join(failed)}", f"the lines above say why; {page} has the rest")
    return page


def _check(given: Material, output: Path) -> None:
    """What would fail after an hour fails at once."""
    if any(place.exists() and not place.is_dir() for place in (output, *output.parents)):
        raise OutputError(f"{output} is no folder", "name a folder, or one that is not there yet")
    for path in (*given.clips, *([given.recordings] if given.recordings else [])):
        if not path.is_file():
            raise MeasuringError(f"{path} is no file", "give videos to --clip, a CSV to --recordings")
    for clip in given.clips:
        RawReader(clip, codec="h264").close()
    if given.recordings is not None:
        recordings(given.recordings)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a trial: why it found nothing out, empty where it did; whether it failed on what it was given."""

    why: str = ""
    failed: bool = False


def _tried(trial: Trial, results: Path, tell: Callable[[str], None]) -> Outcome:
    """Try an attack and write what it found."""
    path = results / "attacks" / f"{trial.name}.json"
    path.unlink(missing_ok=True)  # what an earlier proof found must not stand for this one
    began = time.monotonic()
    try:
        found = trial.attempt()
    except UUNetError as error:
        failed = not isinstance(error, AttackError)
        outcome = Outcome(f"{'failed' if failed else 'skipped'}, {error}", failed)
        tell(f"{path}: {outcome.why}")
        return outcome
    seconds = time.monotonic() - began
    record(path, found, seconds)
    tell(f"{path}: {seconds:.0f} s. {found.verdict}")
    return Outcome()
