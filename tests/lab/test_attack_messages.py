"""`uunet-lab attack messages`: forged messages verify, damaged ones do not, dropped frames are noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kit import Kit
from uunet import deidentify, inspect
from uunet.hiding import reveal
from uunet.message import unwrap
from uunet.video import PublicReader
from uunet_lab.__main__ import app
from uunet_lab.attacks.film import Film, load, payloads_of, save
from uunet_lab.attacks.finding import AttackError
from uunet_lab.attacks.messages import Noticed, noticed_in, verdict_on
from uunet_lab.attacks.tampering import Forger


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, Film]:
    """The same clip, published twice."""
    folder = tmp_path_factory.mktemp("films")
    kit = Kit(folder, frames=121, size=(320, 240))
    for seed in (1, 2):
        deidentify(kit.source, folder / f"{seed}.mkv", kit.options(seed=seed))
    first, second = (load(folder / f"{seed}.mkv") for seed in (1, 2))
    return first, second


@pytest.fixture(scope="module")
def noticed(films: tuple[Film, Film], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Noticed]:
    found = noticed_in(*films, tmp_path_factory.mktemp("changed"))
    return {f"{seen.carrier}: {seen.change}": seen for seen in found}


def test_a_film_is_put_together_as_it_was(films: tuple[Film, Film], tmp_path: Path) -> None:
    film, copy = films[0], tmp_path / "copy.mkv"
    save(film, film.windows, copy)
    assert [len(window) for window in film.windows] == [48, 48, 25]
    with PublicReader(film.path) as one, PublicReader(copy) as other:
        for a, b in zip(one, other, strict=True):
            assert a.payloads == b.payloads
            assert (a.picture.planes[0] == b.picture.planes[0]).all()


def test_unchanged_files_are_whole(noticed: dict[str, Noticed]) -> None:
    for carrier in ("beside", "pixels"):
        seen = noticed[f"{carrier}: nothing"]
        assert (seen.verdicts, seen.windows, seen.unnamed) == ({"OK": 121}, (0, 1, 2), 0)
        assert not seen.detected and not seen.visible


def test_forged_messages_verify(films: tuple[Film, Film], tmp_path: Path) -> None:
    """SPEC.md: K_roi stops no forger. The forger has read the file and nothing else."""
    film, target = films[0], tmp_path / "forged.mkv"
    forger = Forger.of(film.windows[0], (320, 240))
    save(film, [forger.forged(window) for window in film.windows], target)
    true = [unwrap(payloads).plain for window in film.windows for payloads in payloads_of(window)]
    lies = [here for window in film.windows for here in forger.boxes(window)]
    with PublicReader(target) as reader:
        told = [found for group in reveal(reader, forger.pair) for found in group]
    assert [list(found.boxes) for found in told] == lies
    assert {found.verdict for found in told} == {"OK"}
    assert None not in {track for found in told for track in found.tracks}
    said = [unwrap(found.frame.payloads).plain for found in told]
    assert sum(a == b for a, b in zip(true, said, strict=True)) < 5  # where there is no face yet


@pytest.mark.parametrize("change", ["beside: forge", "beside: forge empty", "beside: forge text"])
def test_forgers_are_believed_beside_the_pictures(noticed: dict[str, Noticed], change: str) -> None:
    assert noticed[change].believed == 121
    assert not noticed[change].detected


def test_forgers_are_believed_in_the_pixels(noticed: dict[str, Noticed]) -> None:
    assert noticed["pixels: forge"].believed == 121
    assert not noticed["pixels: forge"].detected


def test_damage_and_a_wrong_key_are_noticed_where_a_window_begins(noticed: dict[str, Noticed]) -> None:
    for change in ("beside: damage", "beside: forge blind"):
        assert noticed[change].verdicts == {"BAD_MAC": 3, "OK": 118}
        assert noticed[change].detected


@pytest.mark.parametrize("carrier", ["beside", "pixels"])
def test_windows_that_move_show_in_the_list_alone(noticed: dict[str, Noticed], carrier: str) -> None:
    listed = {"replay": (0, 0, 1, 2), "drop window": (0, 2), "reorder": (1, 0, 2)}
    for change, windows in listed.items():
        seen = noticed[f"{carrier}: {change}"]
        assert seen.windows == windows
        assert seen.visible and not seen.detected


def test_what_leaves_no_trace(noticed: dict[str, Noticed]) -> None:
    for change in ("beside: splice", "pixels: splice", "beside: other's messages"):
        assert not noticed[change].detected and not noticed[change].visible


def test_frames_that_are_dropped_are_noticed_in_the_pixels(noticed: dict[str, Noticed]) -> None:
    seen = noticed["pixels: drop frames"]
    assert seen.frames == sum(seen.verdicts.values()) == 109
    assert seen.verdicts["OK"] == 48  # the first window; those after it are out of step, or of a small tail
    assert set(seen.verdicts) <= {"OK", "DESYNC", "NO_MESSAGE"} and seen.detected


def test_the_verdict_follows_from_the_table() -> None:
    loud = Noticed("damage", "beside", 10, {"BAD_MAC": 1, "OK": 9}, (0,), 0)
    listed = Noticed("replay", "beside", 20, {"OK": 20}, (0, 0), 0)
    silent = Noticed("forge", "pixels", 10, {"OK": 10}, (0,), 0, believed=10)
    said = verdict_on([Noticed("nothing", "beside", 10, {"OK": 10}, (0,), 0), loud, listed, silent])
    assert "Of 2 changes of what is said beside the pictures" in said
    assert "verdicts notice 1 (damage); the list of windows shows 1 (replay)" in said
    assert "no trace is left by 1 (forge)." in said
    assert "believed in 10 of 10 frames" in said
    assert "believed" not in verdict_on([loud, listed])


def test_other_sizes_can_t_be_spliced(films: tuple[Film, Film], tmp_path: Path) -> None:
    kit = Kit(tmp_path, frames=60, size=(160, 128))
    deidentify(kit.source, tmp_path / "small.mkv", kit.options())
    with pytest.raises(AttackError, match=r"small.mkv has other headers") as caught:
        noticed_in(films[0], load(tmp_path / "small.mkv"), tmp_path)
    assert "same size" in caught.value.hint


def test_bad_input_ends_with_an_error_a_hint_and_no_output(tmp_path: Path) -> None:
    short = Kit(tmp_path, frames=30)
    assert inspect(short.source).readable == 0
    plain = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
    for clip, output, error in (
        (tmp_path / "nowhere.mp4", tmp_path / "a.json", "does not exist"),
        (short.source, tmp_path / "a.json", "has 30 frames"),
        (short.source, tmp_path, "is no name for a file of results"),
    ):
        ran = CliRunner().invoke(app, ["attack", "messages", str(clip), "-o", str(output)], env=plain)
        assert ran.exit_code == 1, ran.stdout
        assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
        assert error in ran.stderr
    assert not (tmp_path / "a.json").exists()


def test_a_file_that_is_not_public_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AttackError, match="no messages beside its frames"):
        load(Kit(tmp_path, frames=4).source)
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(AttackError, match="can't be read as a video"):
        load(tmp_path / "text.mp4")


def test_results_hold_verdict_data_and_command(tmp_path: Path) -> None:
    from uunet_lab.attacks.finding import Finding, record  # noqa: PLC0415

    record(tmp_path / "new" / "a.json", Finding("what", "on what", {"n": 3}, "nothing came of it"), 1.25)
    held = json.loads((tmp_path / "new" / "a.json").read_text())
    assert held["metrics"]["verdict"] == "nothing came of it"
    assert {"title", "data", "commit", "command"} <= set(held)
