"""Evidence on the command line: --to, verify, grant, reconstruct, rekey, shred, log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from desk import Desk, listing, mode
from evidence_kit import parts_of, put_together
from uunet.keys import keyfile
from uunet.types import WINDOW

# --- deidentify and verify -----------------------------------------------------------------------------


def test_verify(desk: Desk) -> None:
    ran = desk.done("verify", desk / "public.mp4")
    for text in ("2 OK", "exact, opened by one key", "publisher", "0.00-3.84"):
        assert text in ran.out, ran.out
    found = desk.done("verify", desk / "public.mp4", "--publisher", desk / "camera.pub", "--json").json
    assert found["good"] and found["complete"] and found["lasting_key"] and found["findings"] == []
    assert found["windows"] == {"OK": 2} and found["mode"] == "exact" and found["groups"] == [[1, 1]]
    assert found["tracks"] == {"0": [0.0, 3.84], "1": [0.0, 3.84]} and found["exit_code"] == 0
    assert keyfile.recipient(str(desk / "camera.pub")).custodians[0].signing.hex() == found["publisher"]
    assert not (desk / "public.mp4.json").exists() and "SECRET" not in ran.out


def test_verify_of_another_publisher(desk: Desk) -> None:
    ran = desk.run("verify", desk / "public.mp4", "--publisher", desk / "other.pub", "--json")
    assert ran.code == 1 and not ran.json["good"] and ran.json["windows"] == {"OTHER_PUBLISHER": 2}


def test_verify_of_changed_files(desk: Desk, tmp_path: Path) -> None:
    groups = parts_of(desk / "public.mp4")
    swapped = put_together(desk / "public.mp4", tmp_path / "swapped.mp4", groups[::-1])
    ran = desk.run("verify", swapped)
    assert ran.code == 1 and "window 1, 0.00-1.92 s: CHAIN_GAP (windows 0 to 0)" in ran.out
    found = desk.run("verify", swapped, "--json").json
    assert found["exit_code"] == 1 and not found["good"]
    assert found["findings"][0] == {
        "window": 1,
        "begin": 0.0,
        "end": 1.92,
        "verdicts": ["CHAIN_GAP"],
        "missing": [0, 0],
    }
    cut = put_together(desk / "public.mp4", tmp_path / "cut.mp4", groups[:1])
    ran = desk.run("verify", cut)
    assert ran.code == 1 and "TRUNCATED" in ran.out


def test_verify_of_files_without_evidence(desk: Desk, tmp_path: Path) -> None:
    (file,) = desk.publish(tmp_path / "plain.mp4", "--json").json["files"]
    assert file["summary"]["evidence"] == 0
    ran = desk.run("verify", tmp_path / "plain.mp4", "--json")
    assert ran.code == 1 and set(ran.json["windows"]) == {"NO_EVIDENCE"} and not ran.json["good"]
    assert "stripped" in desk.run("verify", tmp_path / "plain.mp4").out


def test_an_image_among_videos_is_named_where_evidence_has_no_place(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / "in" / name), np.zeros((64, 64, 3), np.uint8))
    ran = desk.run("deidentify", tmp_path / "in", "-o", tmp_path / "out", "--to", desk / "authority.pub")
    assert ran.code == 1
    for place, name in (("1 of 2", "a.png"), ("2 of 2", "b.png")):
        assert f"{place} {tmp_path / 'in' / name}: an image has no place for evidence" in ran.err


def test_deidentify_refuses(desk: Desk, tmp_path: Path) -> None:
    publish = ["deidentify", desk.kit.source, "-o", tmp_path / "x.mp4", "--boxes", desk.kit.boxes]
    publish += ["--model", desk.kit.public]
    camera, authority = desk / "camera.key", desk / "authority.pub"
    desk.run(*publish, "--evidence", "exact").fails(2, "sealed to nobody", "--to")
    desk.run(*publish, "--to", authority, "--evidence", "none").fails(2, "nothing to seal")
    desk.run(*publish, "--to", "").fails(1, "public key is empty", ".pub")
    desk.run(*publish, "--to", authority, "--codec", "ffv1").fails(1, "ffv1 has no place", "--codec h264")
    desk.run(*publish, "--to", authority, "--to", desk / "camera.pub", "--sign", camera).fails(
        1, "publisher's key"
    )
    desk.run(*publish, "--to", desk / "authority.key").fails(1, "is a secret key", ".pub")
    desk.run(*publish, "--to", authority, "--sign", desk / "camera.pub").fails(1, "is a public key")
    line = (desk / "other.key").read_text().splitlines()[1]
    desk.run(*publish, "--to", line).fails(1, "this is a secret key", "replace the secret")
    desk.run(*publish, "--to", authority, "--sign", line).fails(1, "this is a secret key")
    camera.chmod(0o644)
    desk.run(*publish, "--to", authority, "--sign", camera).fails(1, "may be read by others", "chmod 600")
    camera.chmod(0o600)
    assert listing(tmp_path) == set()


def test_deidentify_says_what_was_sealed(desk: Desk, tmp_path: Path) -> None:
    ran = desk.publish(tmp_path / "a.mp4", "--to", desk / "authority.pub", "--json")
    (file,) = ran.json["files"]
    assert file["summary"]["evidence"] > 1000
    assert desk.done("verify", tmp_path / "a.mp4", "--json").json["mode"] == "visual"


# --- reconstruct, grant --------------------------------------------------------------------------------


def restored(desk: Desk, target: Path, *how: object) -> Any:
    """The ledger beside a restored file."""
    ran = desk.done("reconstruct", desk / "public.mp4", "-o", target, "--case", "12/2026", *how)
    assert ran.out
    return json.loads(target.with_name(target.name + ".json").read_text())


def test_reconstruct_by_key(desk: Desk, tmp_path: Path) -> None:
    log = tmp_path / "openings.log"
    ledger = restored(desk, tmp_path / "r.mp4", "--key", desk / "authority.key", "--log", log)
    assert listing(tmp_path) == {"r.mp4", "r.mp4.json", "openings.log"}
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}  # for their owner alone
    assert (
        ledger["uunet"] == "restoration" and ledger["case"] == "12/2026" and ledger["public"] == "public.mp4"
    )
    assert "exact" in json.dumps(ledger) and "neural" not in json.dumps(ledger["regions"])
    entries = desk.done("log", log, "--by", desk / "authority.pub", "--json").json["entries"]
    assert [entry["action"] for entry in entries] == ["reconstruct"]
    assert entries[0]["case"] == "12/2026" and entries[0]["file"] == "public.mp4"


def test_a_sealed_video_without_faces_has_nothing_to_open(desk: Desk, tmp_path: Path) -> None:
    public, key = tmp_path / "empty.mp4", desk / "authority.key"
    publish = ("deidentify", desk.kit.source, "-o", public, "--model", desk.kit.public, "--threshold", "0.99")
    assert "no face was found" in desk.done(*publish, "--to", desk / "authority.pub").err
    restore = ("reconstruct", public, "-o", tmp_path / "r.mp4", "--key", key, "--case", "1")
    ran = desk.done(*restore, "--log", tmp_path / "log", "--decoder", desk.kit.private)
    assert "opened nothing" not in ran.err


def test_reconstruct_needs_a_case_and_a_key_that_opens(desk: Desk, tmp_path: Path) -> None:
    restore = ["reconstruct", desk / "public.mp4", "-o", tmp_path / "r.mp4", "--log", tmp_path / "log"]
    desk.run(*restore, "--key", desk / "authority.key").fails(2, "--case is missing")
    desk.run(*restore, "--case", "1").fails(2, "--key is missing")
    assert listing(tmp_path) == set()
    desk.run(*restore, "--key", desk / "other.key", "--case", "1").fails(1, "nothing could be opened")
    assert listing(tmp_path) == {"log"}  # that it was tried is written down; there is no output
    (tmp_path / "log").write_bytes((tmp_path / "log").read_bytes()[:-1])
    desk.run(*restore, "--key", desk / "authority.key", "--case", "1").fails(1, "at entry 1")
    assert listing(tmp_path) == {"log"}  # nothing is opened without a record


def test_a_grant_on_its_way(desk: Desk, tmp_path: Path) -> None:
    """From the authority to the investigator, who opens one track of one window, and no more."""
    give = ["grant", desk / "public.mp4", "--recipient", desk / "investigator.pub", "--case", "12/2026"]
    give += ["--key", desk / "authority.key", "--log", tmp_path / "log"]
    ran = desk.done(*give, "--track", "1", "--from", "2", "--to", "3", "-o", tmp_path / "g", "--json")
    assert ran.json["tracks"] == [1] and ran.json["windows"] == [1, 1] and ran.json["exit_code"] == 0
    assert mode(tmp_path / "g") == 0o600
    how = ["--key", desk / "investigator.key", "--grant", tmp_path / "g", "--log", tmp_path / "l2"]
    ledger = restored(desk, tmp_path / "r.mp4", *how)
    exact = [run for run in ledger["regions"] if run["label"] == "exact"]
    assert {(run["track"], run["first"], run["last"]) for run in exact} == {(1, WINDOW, 2 * WINDOW - 1)}
    assert {run["label"] for run in ledger["regions"]} == {"exact", "unavailable"}
    desk.run(*give, "--track", "1", "-o", tmp_path / "g").fails(1, "exists already")
    desk.run(*give, "--track", "9", "-o", tmp_path / "h").fails(1, "no evidence of track 9", "verify")
    desk.run(*give, "--track", "1", "--from", "99", "-o", tmp_path / "h").fails(1, "no evidence of track 1")
    stranger = ["reconstruct", desk / "public.mp4", "-o", tmp_path / "s.mp4", "--case", "1"]
    stranger += ["--key", desk / "other.key", "--grant", tmp_path / "g", "--log", tmp_path / "l3"]
    desk.run(*stranger).fails(1, "not for this key")
    tried = desk.done("log", tmp_path / "l3", "--json").json[
        "entries"
    ]  # what came to nothing stands there too
    assert [entry["action"] for entry in tried] == ["reconstruct", "outcome"]
    assert tried[0]["grants"] == ["g"] and "not for this key" in tried[1]["outcome"]
    give[give.index(desk / "authority.key")] = desk / "other.key"
    desk.run(*give, "--track", "1", "-o", tmp_path / "h").fails(1, "does not open")
    assert listing(tmp_path) == {"g", "log", "l2", "l3", "r.mp4", "r.mp4.json"}


# --- rekey, shred, log ---------------------------------------------------------------------------------


def test_rekey(desk: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    change = [
        "rekey",
        desk / "public.mp4",
        "--to",
        desk / "other.pub",
        "--case",
        "7",
        "--log",
        tmp_path / "log",
    ]
    ran = desk.done(*change, "-o", copy, "--key", desk / "authority.key", "--json")
    assert ran.json["uunet"] == "rekey" and ran.json["pieces"] == 4 and len(ran.json["recipients"]) == 1
    assert desk.done("verify", copy, "--json").json["good"]
    restore = ["reconstruct", copy, "-o", tmp_path / "r.mp4", "--case", "7", "--log", tmp_path / "log2"]
    desk.run(*restore, "--key", desk / "authority.key").fails(1, "nothing could be opened")
    assert not (tmp_path / "r.mp4").exists() and not (tmp_path / "r.mp4.json").exists()
    assert desk.done(*restore, "--key", desk / "other.key", "--json").json["exit_code"] == 0
    before = listing(tmp_path)
    desk.run(*change, "-o", copy, "--key", desk / "authority.key").fails(1, "exists already")
    desk.run(*change, "-o", tmp_path / "b.mp4", "--key", desk / "investigator.key").fails(
        1, "nothing given opens"
    )
    desk.run(*change, "-o", tmp_path / "b.mkv", "--key", desk / "authority.key").fails(1, "another suffix")
    assert listing(tmp_path) == before


@pytest.mark.parametrize("envelopes", [False, True])
def test_shred(desk: Desk, tmp_path: Path, envelopes: bool) -> None:
    copy = tmp_path / "copy.mp4"
    how = ["--envelopes"] if envelopes else []
    ran = desk.done("shred", desk / "public.mp4", "-o", copy, *how, "--json")
    assert ran.json["pieces"] == 4 and ran.json["envelopes_only"] is envelopes
    assert "still estimates its faces" in ran.err
    found = desk.run("verify", copy, "--json")
    assert found.code == 1 and found.json["windows"] == {"SHREDDED": 2}
    restore = ["reconstruct", copy, "-o", tmp_path / "r.mp4", "--case", "7", "--log", tmp_path / "log"]
    desk.run(*restore, "--key", desk / "authority.key").fails(1, "nothing could be opened")
    again = desk.run("shred", copy, "-o", tmp_path / "again.mp4")
    assert again.code == (0 if envelopes else 1), again.err  # what nobody can open can still be dropped
    assert not (tmp_path / "r.mp4").exists()


def test_the_record(desk: Desk, tmp_path: Path) -> None:
    log = tmp_path / "log"
    give = [
        "grant",
        desk / "public.mp4",
        "--recipient",
        desk / "investigator.pub",
        "--key",
        desk / "authority.key",
    ]
    for number in range(2):
        desk.done(
            *give, "--case", f"case {number}", "--track", "0", "-o", tmp_path / str(number), "--log", log
        )
    ran = desk.done("log", log)
    assert "case 0" in ran.out and "case 1" in ran.out
    found = desk.done("log", log, "--json", "--by", desk / "authority.pub").json
    assert [entry["number"] for entry in found["entries"]] == [0, 1]
    assert {entry["action"] for entry in found["entries"]} == {"grant"}
    desk.run("log", log, "--by", desk / "other.pub").fails(1, "unknown key")
    assert mode(log) == 0o600
    data = log.read_bytes()
    log.write_bytes(data[: len(data) // 2 - 9] + b"!" + data[len(data) // 2 - 8 :])
    for more in ((), ("--json",)):
        desk.run("log", log, *more).fails(1)


def test_each_custodian_has_a_record(desk: Desk, tmp_path: Path) -> None:
    desk.done("keygen", "-o", tmp_path / "court.key", "--threshold", "2-of-3")
    desk.publish(tmp_path / "public.mp4", "--to", tmp_path / "court.pub")
    keys = [tmp_path / f"court-{number}.key" for number in (1, 3)]
    restore = ["reconstruct", tmp_path / "public.mp4", "-o", tmp_path / "r.mp4", "--case", "5"]
    desk.run(*restore, "--key", keys[0]).fails(1, "1 of the 2 custodians", "more custodians")
    assert not (tmp_path / "r.mp4").exists()
    desk.done(*restore, "--key", keys[0], "--key", keys[1])
    counts = [len(desk.done("log", f"{key}.log", "--json").json["entries"]) for key in keys]
    assert counts == [3, 1] and (tmp_path / "r.mp4").exists()  # the first opening failed: two entries


def test_the_record_stands_beside_the_key(desk: Desk, tmp_path: Path) -> None:
    key = desk / "authority.key"
    log = key.with_name("authority.key.log")
    assert not log.exists()
    give = ["grant", desk / "public.mp4", "--recipient", desk / "other.pub", "--key", key, "--case", "1"]
    ran = desk.done(*give, "--track", "0", "-o", tmp_path / "g")
    assert f"entry 0 of {log}" in ran.out and mode(log) == 0o600
    log.unlink()
