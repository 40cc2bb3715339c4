"""Copies for other recipients or for nobody, and grants: pictures stay, who can open changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from evidence_kit import SealedKit, opened, parts_of, put_together, ring, verdicts, with_atoms
from key_kit import ALICE, BOB, CAMERA, CAROL, DAVE, flipped, only, public
from test_evidence_changed import Groups
from uunet.errors import EvidenceError, OutputError
from uunet.evidence.atoms import Kind, kind_of
from uunet.evidence.copying import rekey, shred
from uunet.evidence.opening import Keyring
from uunet.evidence.reading import windows
from uunet.evidence.sealing import Seal
from uunet.keys.grant import Grant
from uunet.keys.identity import Group, SecretKey
from uunet.ledger import Opening
from uunet.pipeline import reconstruct
from uunet.types import WINDOW
from uunet.video import Codec, CodedReader
from video_media import packets

TWO_OF_THREE = Group(2, tuple(map(public, (ALICE, BOB, CAROL))))


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> SealedKit:
    """Two windows, with sound."""
    kit = SealedKit(tmp_path_factory.mktemp("copies"), sound=1.0)
    kit.publish("public.mp4")
    kit.publish("shared.mp4", Seal((TWO_OF_THREE,), "exact", CAMERA))
    return kit


def everything(kit: SealedKit) -> dict[int, int]:
    return {0: 2 * WINDOW, 1: 2 * WINDOW}


def pictures(path: Path) -> list[tuple[int, int, bytes]]:
    with CodedReader(path) as reader:
        return [(picture.pts, picture.end, picture.digest) for picture in reader]


def listing(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- rekey ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["mp4", "ts"])
def test_new_recipients(kit: SealedKit, tmp_path: Path, suffix: str) -> None:
    source, target = kit.publish(f"public.{suffix}"), tmp_path / f"copy.{suffix}"
    before = source.read_bytes()
    done = rekey(source, target, ring(ALICE), (TWO_OF_THREE, *only(DAVE)))
    assert (done.windows, done.pieces) == (2, 4) and source.read_bytes() == before
    assert verdicts(target, public(CAMERA).signing) == (["OK"] * 2, True)
    assert opened(target, kit.source, ring(ALICE)).refusals == {"NEED_SHARES": 4}
    for keys in ((DAVE,), (BOB, CAROL)):
        assert opened(target, kit.source, ring(*keys)).exact == everything(kit)
    assert opened(source, kit.source, ring(DAVE)).exact == {}
    assert pictures(source) == pictures(target)
    assert packets(source, "audio") == packets(target, "audio")
    sealed = [
        [piece.sealed for window in windows(path) for piece in window.sealed] for path in (source, target)
    ]
    assert sealed[0] == sealed[1]


def test_the_old_key_opens_nothing_any_more(kit: SealedKit, tmp_path: Path) -> None:
    target = tmp_path / "copy.mp4"
    rekey(kit.publish("public.mp4"), target, ring(BOB, ALICE), only(BOB))
    found = opened(target, kit.source, ring(ALICE))
    assert found.exact == {} and found.refusals == {"WRONG_KEY_OR_CONTEXT": 4}
    assert opened(target, kit.source, ring(BOB)).exact == everything(kit)
    with pytest.raises(EvidenceError):
        rekey(target, tmp_path / "again.mp4", ring(ALICE), only(ALICE))
    assert listing(tmp_path) == {"copy.mp4"}


@pytest.mark.parametrize("keys", [(), (ALICE,), (DAVE,), (CAMERA,)])
def test_too_few_custodians_make_no_copy(kit: SealedKit, tmp_path: Path, keys: tuple[SecretKey, ...]) -> None:
    source, target = kit.publish("shared.mp4"), tmp_path / "copy.mp4"
    with pytest.raises(EvidenceError) as caught:
        rekey(source, target, ring(*keys), only(DAVE))
    assert caught.value.hint and listing(tmp_path) == set()
    assert caught.value.verdict == ("NEED_SHARES" if keys == (ALICE,) else "WRONG_KEY_OR_CONTEXT")
    rekey(source, target, ring(ALICE, BOB), only(DAVE))
    assert opened(target, kit.source, ring(DAVE)).exact == everything(kit)


def test_what_was_changed_is_not_given_to_others(kit: SealedKit, tmp_path: Path) -> None:
    source = kit.publish("public.mkv")
    for kind in (Kind.SEALED, Kind.HEADER, Kind.ENVELOPE):
        spoiled = with_atoms(source, tmp_path / "spoiled.mkv", _spoil(kind, 12))
        with pytest.raises(EvidenceError) as caught:
            rekey(spoiled, tmp_path / "copy.mkv", ring(ALICE), only(BOB))
        assert caught.value.hint and listing(tmp_path) == {"spoiled.mkv"}, kind


def _spoil(kind: Kind, at: int) -> Callable[[int, list[bytes]], list[bytes]]:
    def change(number: int, atoms: list[bytes]) -> list[bytes]:
        return [flipped(a, at, 0xFF) if number == 1 and kind_of(a) is kind else a for a in atoms]

    return change


def test_copies_keep_their_container(kit: SealedKit, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="another suffix"):
        rekey(kit.publish("public.mp4"), tmp_path / "copy.mkv", ring(ALICE), only(BOB))
    with pytest.raises(EvidenceError, match="no sealed evidence"):
        rekey(kit.source, tmp_path / "copy.mp4", ring(ALICE), only(BOB))
    assert listing(tmp_path) == set()


# --- shred ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("envelopes_only", [False, True])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_shredded_copies(kit: SealedKit, tmp_path: Path, suffix: str, envelopes_only: bool) -> None:
    source, target = kit.publish(f"public.{suffix}"), tmp_path / f"copy.{suffix}"
    done = shred(source, target, envelopes_only=envelopes_only)
    assert (done.windows, done.pieces) == (2, 4)
    assert verdicts(target) == (["SHREDDED"] * 2, True)
    found = opened(target, kit.source, ring(ALICE))
    assert found.exact == {} and set(found.refusals) <= {"SHREDDED"}
    assert pictures(source) == pictures(target) and packets(source, "audio") == packets(target, "audio")
    assert (target.stat().st_size < source.stat().st_size - 20_000) is not envelopes_only
    kept = [piece for window in windows(target) for piece in window.sealed]
    assert len(kept) == (4 if envelopes_only else 0) and all(piece.wraps == () for piece in kept)
    assert all(window.envelope is None for window in windows(target))
    data = target.read_bytes()
    for window in windows(source):  # nothing of what could be opened is left anywhere in the file
        assert window.envelope is not None
        assert window.envelope.groups[0][1][0][:64] not in data
        assert all(piece.wraps[0][0] not in data for piece in window.sealed)
        assert envelopes_only or all(piece.sealed[40:104] not in data for piece in window.sealed)
    with pytest.raises(EvidenceError, match="nothing could be opened"):
        reconstruct(target, tmp_path / "r.mp4", None, opening=Opening(ring(ALICE)))
    again = tmp_path / f"again.{suffix}"
    again.write_text("was there before")
    with pytest.raises(EvidenceError, match="on purpose" if envelopes_only else "no sealed evidence"):
        rekey(target, again, ring(ALICE), only(BOB))
    assert again.read_text() == "was there before"
    assert listing(tmp_path) == {target.name, again.name}


def test_shredding_what_is_damaged_leaves_nothing(kit: SealedKit, tmp_path: Path) -> None:
    source = kit.publish("public.mkv")
    for kind in Kind.HEADER, Kind.ENVELOPE, Kind.SEALED, Kind.STATEMENT:
        spoiled = with_atoms(source, tmp_path / "spoiled.mkv", _spoil(kind, 12))
        assert set(verdicts(spoiled)[0]) != {"OK"}
        shred(spoiled, tmp_path / "copy.mkv")
        assert not any(window.sealed or window.envelope for window in windows(tmp_path / "copy.mkv")), kind
        assert opened(tmp_path / "copy.mkv", kit.source, ring(ALICE)).exact == {}
        assert pictures(tmp_path / "copy.mkv") == pictures(source)
        (tmp_path / "copy.mkv").unlink()


def test_shredding_a_cut_file_leaves_nothing(kit: SealedKit, tmp_path: Path) -> None:
    groups: Groups = parts_of(kit.publish("public.mkv"))
    cut = put_together(kit.publish("public.mkv"), tmp_path / "cut.mkv", [groups[0][5:], groups[1][:30]])
    assert any(window.sealed for window in windows(cut))
    shred(cut, tmp_path / "copy.mkv")
    assert not any(window.sealed or window.envelope for window in windows(tmp_path / "copy.mkv"))
    with CodedReader(tmp_path / "copy.mkv") as reader:
        kinds = {payload[2] for picture in reader for payload in picture.payloads if payload[:2] == b"\4\1"}
    assert kinds == {Kind.HEADER, Kind.STATEMENT, Kind.SHREDDED}


# --- grants --------------------------------------------------------------------------------------------


def grant(
    path: Path, keys: Iterable[SecretKey], tracks: Iterable[int], span: tuple[int, int], to: SecretKey
) -> Grant:
    """Made by these keys, and opened by its recipient."""
    window = next(iter(windows(path)))
    assert window.header is not None and window.envelope is not None
    video = window.header.video_id
    made = Grant.of(video, "12/2026", window.envelope.open(video, keys), tracks, span)
    return Grant.open(made.seal(public(to)), to)


@pytest.mark.parametrize(
    ("tracks", "span", "wanted"),
    [
        ([0], (0, 0), {0: 1}),
        ([1], (0, 1), {1: 2}),
        ([0, 1], (1, 1), {0: 1, 1: 1}),
        ([0, 5], (0, 99), {0: 2}),
        ([5], (0, 99), {}),
        ([0, 1], (2, 99), {}),
    ],
)
def test_a_grant_opens_exactly_that(
    kit: SealedKit, tracks: list[int], span: tuple[int, int], wanted: dict[int, int]
) -> None:
    path = kit.publish("public.mp4")
    granted = grant(path, [ALICE], tracks, span, DAVE)
    found = opened(path, kit.source, Keyring((DAVE,), (granted,)))
    assert found.exact == {track: count * WINDOW for track, count in wanted.items()}
    assert found.refusals == {"WRONG_KEY_OR_CONTEXT": 4 - sum(wanted.values())}


def test_two_grants_add_up_and_those_of_other_videos_do_not(kit: SealedKit) -> None:
    path, other = kit.publish("public.mp4"), kit.publish("other.mp4", seed=2)
    grants = grant(path, [ALICE], [0], (0, 0), DAVE), grant(path, [ALICE], [1], (1, 1), DAVE)
    assert opened(path, kit.source, Keyring((), grants)).exact == {0: WINDOW, 1: WINDOW}
    assert opened(other, kit.source, Keyring((DAVE,), grants)).exact == {}
    assert opened(other, kit.source, ring(ALICE)).exact == everything(kit)


def test_custodians_grant_together(kit: SealedKit) -> None:
    path = kit.publish("shared.mp4")
    grants = [grant(path, [key], [1], (0, 0), DAVE) for key in (ALICE, BOB, CAROL)]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        found = opened(path, kit.source, Keyring((DAVE,), (grants[first], grants[second])))
        assert found.exact == {1: WINDOW}
    alone = opened(path, kit.source, Keyring((DAVE,), (grants[0], grants[0])))
    assert alone.exact == {} and alone.refusals == {"NEED_SHARES": 1, "WRONG_KEY_OR_CONTEXT": 3}
    assert opened(path, kit.source, Keyring((CAROL,), (grants[0],))).exact == {1: WINDOW}
    assert grant(path, [DAVE], [1], (0, 1), DAVE).nodes == {}


def test_a_grant_ends_with_the_old_recipients(kit: SealedKit, tmp_path: Path) -> None:
    path, copy = kit.publish("public.mp4"), tmp_path / "copy.mp4"
    granted = grant(path, [ALICE], [0], (0, 1), DAVE)
    assert opened(path, kit.source, Keyring((DAVE,), (granted,))).exact == {0: 2 * WINDOW}
    rekey(path, copy, ring(ALICE), only(ALICE))
    assert opened(copy, kit.source, Keyring((DAVE,), (granted,))).exact == {}
    assert opened(copy, kit.source, ring(ALICE)).exact == everything(kit)


def test_a_part_is_granted_and_the_rest_is_estimated(kit: SealedKit, tmp_path: Path) -> None:
    path = kit.publish("public.mp4")
    keyring = Keyring((DAVE,), (grant(path, [ALICE], [0], (1, 1), DAVE),))
    summary = reconstruct(path, tmp_path / "r.mp4", kit.private, opening=Opening(keyring))
    assert summary.ledger is not None
    assert summary.ledger.labels == {"exact": WINDOW, "neural": 3 * WINDOW}
    assert {(run.track, run.label, run.why) for run in summary.ledger.runs} == {
        (0, "exact", "IN_PART"),  # the two share samples
        (0, "neural", "WRONG_KEY_OR_CONTEXT"),
        (1, "neural", "WRONG_KEY_OR_CONTEXT"),
    }
    assert summary.ledger.in_part == WINDOW and summary.ledger.lacking > 0
    whole = reconstruct(path, tmp_path / "w.mp4", kit.private, opening=Opening(ring(ALICE))).ledger
    assert whole is not None and (whole.in_part, whole.lacking) == (0, 0)
    assert {(run.label, run.why) for run in whole.runs} == {("exact", "OK")}
    assert [(run.first, run.last) for run in summary.ledger.runs if run.label == "exact"] == [
        (WINDOW, 2 * WINDOW - 1)
    ]
    alone = reconstruct(path, tmp_path / "s.mp4", None, opening=Opening(keyring))
    assert alone.ledger is not None and alone.ledger.labels == {"exact": WINDOW, "unavailable": 3 * WINDOW}


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("across", [False, True])
def test_frames_of_one_time_keep_their_originals(
    kit: SealedKit, tmp_path: Path, codec: Codec, across: bool
) -> None:
    """Matroska has milliseconds: of a burst of pictures two may get the same one."""
    path = kit.publish(f"{codec}.mkv", codec=codec)
    groups = parts_of(path)
    if across:  # the last of a window and the first of the next
        late = max(groups[0], key=lambda part: part.pts)
        late.pts = WINDOW * 40
    else:
        by_time = sorted(groups[0], key=lambda part: part.pts)
        pairs = [(a, b) for a, b in pairwise(by_time[1:]) if a.dts > b.dts]  # decoded the other way round
        assert pairs
        first, second = pairs[0]
        first.pts = second.pts
    burst = put_together(path, tmp_path / "burst.mkv", groups)
    assert verdicts(burst) == (["OK", "OK"], True)
    assert opened(burst, kit.source, ring(ALICE)).exact == everything(kit)
