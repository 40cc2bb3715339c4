"""The table of a pair: stills, people, tracks, and the contact sheets that belong to it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.models import Swapper
from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.datasets.lfw import lfw
from uunet_lab.datasets.packing import open_set
from uunet_lab.evaluation.labels import LabelProbe
from uunet_lab.evaluation.pair import (
    CRFS,
    Judges,
    faces_to_show,
    measure_people,
    measure_sizes,
    measure_stills,
)
from uunet_lab.evaluation.tracks import measure_consistency, track_faces
from uunet_lab.measuring.judge import REGION_INSET, DlibDetector
from uunet_lab.measuring.mosaic import MARGIN
from uunet_lab.measuring.pair import Pair
from uunet_lab.measuring.recogniser import FastJudge
from uunet_lab.measuring.results import write
from uunet_lab.training.parts import parts

Image = npt.NDArray[np.uint8]

SHOWN = 48
"""Faces of a contact sheet."""

_PROBED = 2000  # raw faces from which the classifier of the gender learns
_STILL_INSET = (
    0.164  # where a face begins in a still: 0.22 of a region that is 1.2 stills wide, less the margin
)


def _two_of_each(archive: Path, table: Path, limit: int) -> list[tuple[Image, Image]]:
    """The first two images of people who have two, with the margin of the stills that are trained on."""
    images: dict[str, list[Image]] = defaultdict(list)
    for record in lfw(archive, table):
        if len(images[record.identity]) < 2:
            images[record.identity].append(record.image)
    return [(two[0], two[1]) for two in images.values() if len(two) == 2][:limit]


def measure(
    faces: Path,
    *,
    people: tuple[Path, Path] | None,
    clips: list[Path],
    models: tuple[Path, Path],
    count: int,
    output: Path,
    sheets: Path | None,
) -> dict[str, Any]:
    """Measure and write `output`; draw contact sheets if a folder is given.

    Args:
        faces: the packed set of the training; its held-out part is used.
        people: LFW's archive and table (`datasets.lfw`), all unseen; None leaves it out.
        clips: videos with tracks, all unseen.
        models: U_e and U_d.
        count: how many images are measured.
        output: the JSON file.
        sheets: folder for the pictures.

    Returns:
        The figures, as in `output`.

    Raises:
        ModelError, DatasetError, TrainingError: the models or the set don't do.
    """
    pair, packed = Pair(*models), open_set(faces)
    learnt, unseen = parts(packed)
    rows = unseen[:count]
    chosen = [np.ascontiguousarray(packed.images[i]) for i in rows]
    judge = FastJudge(inset=REGION_INSET)
    judges = Judges(judge, DlibDetector(), _gender(packed, learnt, rows))
    metrics: dict[str, Any] = {
        "stills": measure_stills(chosen, pair, judges, MARGIN),
        "sizes": measure_sizes(chosen, pair, MARGIN),
    }
    named = f"{len(chosen)} held-out images of {faces.name}"
    if people is not None:
        two = _two_of_each(*people, limit=count)
        metrics["people"] = measure_people(two, pair, judge, MARGIN)
        named += f"; {len(two)} people of {people[0].name}"
    if clips:
        metrics["consistency"] = measure_consistency(clips, pair.swapper, judge)
        named += f"; {len(clips)} clips"
    metrics["models"] = {net.card.role: net.card.sha256 for net in (pair.swapper, pair.restorer)}
    write(output, "a pair of models", named, metrics)
    if sheets is not None:
        _sheet(sheets / "faces.png", faces_to_show(chosen[:SHOWN], pair, MARGIN))
        if clips:
            _sheet(sheets / "track.png", _track(clips[0], pair.swapper))
    return metrics


def held_out_sheet(faces: Path, models: tuple[Path, Path], path: Path) -> None:
    """Draw x, a and r of the first 48 faces that every training keeps of a packed set, as a PNG.

    Raises:
        ModelError, DatasetError, TrainingError: the models or the set don't do.
    """
    packed = open_set(faces)
    chosen = [np.ascontiguousarray(packed.images[row]) for row in parts(packed)[1][:SHOWN]]
    _sheet(path, faces_to_show(chosen, Pair(*models), MARGIN))


def headline(metrics: dict[str, Any]) -> str:
    """The figures of `measure` that say most, in a line: privacy, then restoration."""
    stills, crf = metrics["stills"], CRFS[0]
    clean, coded = (stills[name]["mean"] for name in ("psnr_clean", f"psnr_h264_crf{crf}"))
    return (
        f"recognition AUC raw ↔ replaced {stills['auc_x_a']} (.5 is chance), "
        f"raw ↔ restored {stills['auc_x_r']}; "
        f"restored {clean:.1f} dB, after H.264 crf {crf} {coded:.1f} dB; "
        f"replaced faces still found {stills['detected_a_relative']:.0%}"
    )


def _gender(packed: FaceSet, learnt: Codes, rows: Codes) -> tuple[LabelProbe, npt.NDArray[np.int64]] | None:
    """A classifier of the gender that saw raw faces of other people, and the truth; None if unknown."""
    codes = packed.labels.get("gender")
    if codes is None or len(packed.values("gender")) != 2 or (codes[rows] < 0).any():
        return None
    known = learnt[codes[learnt] >= 0]
    drawn = np.sort(np.random.default_rng(0).permutation(known)[:_PROBED])
    described = FastJudge(inset=_STILL_INSET).describe([np.asarray(packed.images[i]) for i in drawn])
    return LabelProbe.fit(described, codes[drawn]), codes[rows]


def _track(clip: Path, swapper: Swapper) -> list[list[Image]]:
    """24 frames of a clip's longest track: rows x and a."""
    raw, public = track_faces(clip, swapper, every=4, limit=24)
    longest = int(np.argmax([len(faces) for faces in raw]))
    return [raw[longest], public[longest]]


def _sheet(path: Path, rows: list[list[Image]], columns: int = 12, scale: int = 2) -> None:
    """Write rows of faces, 12 a line, each line with all its rows."""
    lines = []
    for begin in range(0, len(rows[0]), columns):
        for row in rows:
            part = row[begin : begin + columns]
            part = part + [np.full_like(part[0], 255)] * (columns - len(part))
            lines.append(np.concatenate(part, 1))
        lines.append(np.full((4, lines[0].shape[1], 3), 255, np.uint8))
    sheet = np.concatenate(lines[:-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    large = cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    path.write_bytes(cv2.imencode(".png", large[:, :, ::-1])[1].tobytes())
