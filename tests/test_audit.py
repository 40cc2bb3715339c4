"""`uunet audit`: a file published with no boxes has all its faces left, a good one none."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from audit_media import FRAMES, SIZE, Told, published, two_people
from cli_media import Ran, face_clip
from kit import Kit
from tiny_models import private_model, public_model
from uunet import Options, deidentify
from uunet.audit import page
from uunet.audit.copies import WAYS
from uunet.audit.document import document
from uunet.audit.examination import Audit, Settings, audit
from uunet.audit.figures import figures
from uunet.audit.recogniser import installed
from uunet.audit.remarks import TO_LOOK_AT, exit_code, remarks, verdict
from uunet.errors import AuditError, OutputError
from uunet.models import read_card, shipped
from uunet.types import Detection
from video_media import make_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_people(tmp_path_factory.mktemp("clip") / "camera.mkv")


def looks(found: Audit) -> list[str]:
    return [remark.text for remark in remarks(found) if remark.level == "look"]


@pytest.mark.parametrize(("faces", "bare"), [((), 2), ((1,), 1), ((0, 1), 0)])
def test_exactly_the_faces_that_no_box_named_are_to_be_looked_at(
    clip: Path, tmp_path: Path, faces: tuple[int, ...], bare: int
) -> None:
    public = published(clip, tmp_path, faces)
    found = audit(public, clip, model=public_model(tmp_path))
    assert (found.inspection.frames, found.looked, found.faces) == (FRAMES, FRAMES, 2 * FRAMES)
    assert found.fates.get("bare", 0) == bare * FRAMES
    assert found.fates.get("replaced", 0) == (2 - bare) * FRAMES
    assert [(event.kind, event.first, event.last) for event in found.events] == [("bare", 0, 5)] * bare
    assert exit_code(found) == (TO_LOOK_AT if bare else 0)
    assert len(looks(found)) == (0, 1, 2)[bare]
    assert found.presence.regions == found.presence.seen == len(faces) * FRAMES
    assert found.presence.tracks == len(faces)
    assert sum(one.flagged for one in found.over_time) == bare * FRAMES
    shown = page.page(found)
    assert shown.count("<figure>") == bare
    for name in re.findall(r'(?:src|href)="([^"]{0,30})', shown):
        assert name.startswith("data:image/jpeg;base64,")
    assert "http" not in shown and "anonym" not in shown


def test_every_second_frame(clip: Path, tmp_path: Path) -> None:
    found = audit(published(clip, tmp_path, (1,)), clip, Settings(every=2), model=public_model(tmp_path))
    assert (found.looked, found.faces, found.fates) == (3, 6, {"bare": 3, "replaced": 3})
    assert [(event.first, event.last, event.frames) for event in found.events] == [(0, 4, 3)]


def test_a_face_that_only_the_public_file_shows(clip: Path, tmp_path: Path) -> None:
    public, model = published(clip, tmp_path, (0, 1)), public_model(tmp_path)
    ghost, replaced = Detection(150, 10, 170, 34, 0.8), Detection(215, 90, 245, 130, 0.9)
    found = audit(public, clip, model=model, detector=Told([], [ghost, replaced]))
    assert [(event.kind, event.worst.face) for event in found.events] == [("shown", ghost)]
    assert found.still_found == 1
    found = audit(public, clip, model=model, detector=Told([ghost], [ghost]))
    assert [event.kind for event in found.events] == ["bare"]  # once: it is in both


def test_a_region_that_changes_nothing_is_noticed(clip: Path, tmp_path: Path) -> None:
    """Whoever forges a message may name a region round a face that stays as it was."""
    public = published(clip, tmp_path, (0, 1))
    inside = Detection(70, 80, 90, 100, 0.9)
    found = audit(public, public, model=public_model(tmp_path), detector=Told([inside]))
    assert [event.kind for event in found.events] == ["unchanged"]


def test_a_file_that_was_never_published(clip: Path) -> None:
    found = audit(clip, clip)
    assert found.fates == {"bare": 2 * FRAMES} and found.card is None
    assert [text for text in looks(found) if "message of 6 frames of 6 can't be read" in text]
    none = "No face of the original was replaced"
    assert looks(found)[0] == (
        f"{none}: 12 of 12, counted anew in each frame, are as they were; this file is the original, bit for "
        "bit."
    )
    assert verdict(found).startswith(f"{none}. A person has to look at ")
    assert looks(found)[1].startswith(
        "2 faces, followed from frame to frame (12 counted anew in each frame), p"
    )
    shown = page.page(found)
    assert "as you treat the raw video" in shown and "pseudonymised" not in shown


def test_that_no_face_is_replaced_is_not_said_where_they_changed(clip: Path, tmp_path: Path) -> None:
    """A file whose messages are lost may have replaced them all."""
    public = published(clip, tmp_path, ())
    assert "is this what is to be published?" in looks(audit(public, clip, model=public_model(tmp_path)))[0]
    found = audit(clip, clip)
    for fates, said in (
        ({"bare": 7, "partly": 5}, "No face of the original is known to be replaced: 7 of 12"),
        ({"bare": 6, "partly": 6}, "2 faces"),
        ({"bare": 11, "replaced": 1}, "2 faces"),
    ):
        found.fates = dict(fates)
        assert looks(found)[0].startswith(said)


def test_how_well_a_decoder_restores_this_file(clip: Path, tmp_path: Path) -> None:
    public = published(clip, tmp_path, (0, 1))
    found = audit(public, clip, decoder=private_model(tmp_path)).likeness
    assert found is not None and found.psnr_restored is not None
    assert found.psnr_published < 12 and found.psnr_restored > 25  # a negative, and its negative
    assert found.correlation < -0.9 and found.tracks == 2
    assert audit(public, clip, model=public_model(tmp_path)).likeness.psnr_restored is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"size": (64, 48)}, "another size"),
        ({"size": SIZE, "frames": FRAMES + 1}, "not the same number"),
        ({"size": SIZE, "frames": FRAMES}, "shows something else"),
    ],
)
def test_wrong_pairs_are_refused(clip: Path, tmp_path: Path, other: dict[str, object], error: str) -> None:
    public, wrong = published(clip, tmp_path, (0, 1)), tmp_path / "wrong.mp4"
    make_video(wrong, **other)  # type: ignore[arg-type]
    with pytest.raises(AuditError, match=error):
        audit(public, wrong)
    Ran("audit", public, "--original", wrong, "-o", tmp_path / "a.html").fails(1, error)
    assert not (tmp_path / "a.html").exists()


def test_sound_and_what_remains_ask_for_a_person(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", size=(192, 144), sound=0.3, tags={"title": "my front door"})
    found = audit(source, source)
    assert [text for text in looks(found) if "voices identify people" in text]
    assert [text for text in looks(found) if "still tells" in text]
    assert "container tag title: my front door" in [trace.shown() for trace in found.remains]
    assert [text for text in looks(found) if "No face was found" in text]
    assert "my front door" in page.page(found)
    assert [text for text in looks(found) if "container tag title" in text]


def test_the_banner_of_the_sound_is_said_to_be_the_sounds(tmp_path: Path) -> None:
    """Sound is copied, and what encoded it stands inside."""
    source, public = make_video(tmp_path / "in.mp4", size=(192, 144), sound=0.3), tmp_path / "public.mp4"
    deidentify(source, public, Options(model=public_model(tmp_path)))
    found = audit(public, source)
    (told,) = found.remains
    assert told.shown().startswith("banner of the sound's encoder: Lavc")
    assert [text for text in looks(found) if text.endswith("picture: banner of the sound's encoder.")]


def test_figures_say_what_they_count(clip: Path, tmp_path: Path) -> None:
    """Regions with a face may be more than faces: regions overlap, and there fainter faces count too."""
    public, model = published(clip, tmp_path, (0, 1)), public_model(tmp_path)
    faint = Detection(215, 90, 245, 130, 0.2)
    found = audit(public, clip, model=model, detector=Told([faint]))
    assert (found.faces, found.presence.seen) == (0, 1)
    told = {figure.name: figure for figure in figures(found)}
    assert told["… with a face in the original"].value.endswith(", faint ones too")
    assert "a score below 0.25" in told["… with a face in the original"].meaning
    assert "one face can lie in several" in told["regions"].meaning
    for name in ("faces in the original", "regions"):
        assert "counted anew in each frame" in told[name].value


def test_without_a_recogniser_it_says_so(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    assert installed() is None
    found = audit(published(clip, tmp_path, (0, 1)), clip, recogniser=installed())
    (row,) = [figure for figure in figures(found) if figure.name == "recogniser"]
    assert row.value == "not asked" and "uunet[judge]" in row.meaning


def test_command(clip: Path, tmp_path: Path) -> None:
    public, report = published(clip, tmp_path, (0,)), tmp_path / "re <port>.html"
    arguments = ("audit", public, "--original", clip, "--model", public_model(tmp_path), "-o", report)
    ran = Ran(*arguments)
    assert ran.code == TO_LOOK_AT and "1 face, followed from frame to frame (6 " in ran.out
    assert "public.mkv" in report.read_text("utf-8") and str(tmp_path) not in report.read_text("utf-8")
    Ran(*arguments).fails(1, "exists already")
    told = Ran(*arguments, "--force", "--json").json
    assert told["exit_code"] == TO_LOOK_AT and told["fates"] == {"replaced": FRAMES, "bare": FRAMES}
    assert told["events"][0]["kind"] == "bare" and len(told["look_at"]) == 1
    assert json.dumps(told) and document(audit(public, clip))["uunet"] == "audit"
    for given in (public, clip):
        Ran("audit", public, "--original", clip, "-o", given, "--force").fails(1, "is the input")
    Ran("audit", public, "--original", clip, "-o", tmp_path / "no" / "a.html").fails(1, "can't be written")
    Ran("audit", public, "--original", tmp_path / "none.mp4").fails(1, "none.mp4")
    Ran("audit", public).fails(2, "--original")
    Ran("audit", public, "--original", clip, "--threshold", "1.5").fails(2, "--threshold")


def test_a_report_that_can_not_be_written(clip: Path, tmp_path: Path) -> None:
    found = audit(clip, clip, Settings(every=6))
    with pytest.raises(OutputError, match="can't write"):
        page.write(tmp_path / "none" / "a.html", found)


def test_the_demonstration_pair_asks_for_a_person(tmp_path: Path) -> None:
    source, public = face_clip(tmp_path / "in.mp4"), tmp_path / "public.mp4"
    assert Ran("deidentify", source, "-o", public).code == 0
    found = audit(public, source)
    assert found.card is not None and found.card.demonstration
    (said,) = [text for text in looks(found) if "everybody can restore" in text]
    assert found.fates == {"replaced": 5}
    restored = audit(public, source, Settings(every=5), decoder=shipped("private"))
    assert said in looks(restored)  # of the same name, whatever is given
    assert found.model == restored.model == read_card(shipped("public")).name
    assert all(f"<td>{found.model}, pair " in page.page(one) for one in (found, restored))
    assert said.startswith(found.model or "?")


def test_sealed_originals_are_said(tmp_path: Path) -> None:
    source, public = face_clip(tmp_path / "in.mp4"), tmp_path / "public.mp4"
    assert Ran("keygen", "-o", tmp_path / "court.key").code == 0
    arguments = ("deidentify", source, "-o", public, "--model", public_model(tmp_path))
    assert Ran(*arguments, "--to", tmp_path / "court.pub").code == 0
    found = audit(public, source, model=public_model(tmp_path))
    assert found.evidence > 500 and found.kept == "visual"
    assert [remark.text for remark in remarks(found) if "in a small encode" in remark.text]
    assert exit_code(found) == 0
    for options, kept, words in (
        (("--envelopes",), "closed", "but not what opens them"),
        ((), "signed", "no sealed originals"),
    ):
        copy = tmp_path / f"{kept}.mp4"
        assert Ran("shred", public, "-o", copy, *options).code == 0
        shredded = audit(copy, source, model=public_model(tmp_path))
        assert shredded.kept == kept
        assert [remark.text for remark in remarks(shredded) if words in remark.text]


def test_what_copies_leave(tmp_path: Path) -> None:
    """Without anything beside the pictures, messages are read from the pixels, and faces come back."""
    kit = Kit(tmp_path, frames=48, size=(320, 240))
    public = tmp_path / "public.mp4"
    deidentify(kit.source, public, kit.options())
    found = audit(public, kit.source, Settings(48, copies=True), decoder=kit.private, detector=Told())
    assert [(copy.way, copy.frames) for copy in found.copies] == [(way, 48) for way in WAYS]
    mild = found.copies[0]
    assert mild.readable == 48 and mild.regions == 4 and mild.psnr is not None and mild.psnr > 20
    assert document(found)["copies"][0]["readable"] == 48
    assert "messages of 48 of 48 frames; restored" in page.page(found)
    assert audit(public, kit.source, Settings(48), detector=Told()).copies == []
