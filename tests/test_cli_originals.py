"""What a restored file says of itself: outlines, publishers, lossy outputs; and who is which track."""

from __future__ import annotations

import hashlib
import json
import shutil
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.frame import PictureType
from av.video.stream import VideoStream

from cli_media import Ran
from desk import Desk, mode
from evidence_kit import parts_of, put_together
from uunet.evidence.opening import Keyring, Originals
from uunet.evidence.piece import cut, placed_together
from uunet.evidence.reading import find_evidence
from uunet.geometry import plane_slices
from uunet.keys import keyfile
from uunet.types import Box
from uunet.video import PublicReader, RawReader
from uunet.video.coded import copy_with_payloads


def open_with(desk: Desk, target: Path, *more: object) -> tuple[object, ...]:
    key = ("--key", desk / "authority.key", "--case", "7")
    return ("reconstruct", desk / "public.mp4", "-o", target, *key, *more)


def test_an_outline_stands_round_originals_and_not_on_them(desk: Desk, tmp_path: Path) -> None:
    plain, lined = tmp_path / "plain.mkv", tmp_path / "lined.mkv"
    desk.done(*open_with(desk, plain, "--codec", "ffv1"))
    desk.done(*open_with(desk, lined, "--codec", "ffv1", "--outline"))
    keyring = Keyring((keyfile.load(desk / "authority.key", str),))
    originals, seen = Originals(desk / "public.mp4", keyring), 0
    readers = (
        PublicReader(desk / "public.mp4"),
        RawReader(plain, codec="ffv1"),
        RawReader(lined, codec="ffv1"),
    )
    with readers[0] as public, readers[1] as a, readers[2] as b:
        for frame, without, with_line in zip(public, a, b, strict=True):
            here = originals.at(frame.pts, frame.picture)
            same = [
                np.array_equal(*pair)
                for pair in zip(without.picture.planes, with_line.picture.planes, strict=True)
            ]
            assert all(same) is (not here)
            for original in here:
                seen += 1
                for i, where in enumerate(plane_slices(frame.picture.layout, original.box)):
                    assert np.array_equal(
                        without.picture.planes[i][where], with_line.picture.planes[i][where]
                    )
    assert seen


def test_a_lossy_output_is_said_and_only_then(desk: Desk, tmp_path: Path) -> None:
    for name, codec, lossless in (("a.mp4", "h264", False), ("a.mkv", "ffv1", True)):
        ran = desk.done(*open_with(desk, tmp_path / name, "--codec", codec))
        assert ("lossy encode" in ran.out) is not lossless
        said = json.loads((tmp_path / f"{name}.json").read_text())
        assert said["output_is_lossless"] is lossless and said["signed_to_the_end"] is True
        assert said["labels"]["exact"] and said["case"] == "7" and len(said["digests"][0]["sha256"]) == 64
        assert mode(tmp_path / name) == mode(tmp_path / f"{name}.json") == 0o600


def test_only_of_a_publisher(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    refused = desk.run(*open_with(desk, out, "--publisher", desk / "other.pub"))
    refused.fails(1, "nothing could be opened", "OTHER_PUBLISHER")
    assert not out.exists()
    desk.done(*open_with(desk, out, "--publisher", desk / "camera.pub"))
    assert json.loads((tmp_path / "out.mp4.json").read_text())["labels"]["exact"]


def test_keys_that_open_nothing_are_no_estimate(desk: Desk, tmp_path: Path) -> None:
    """Whoever gives keys asks for originals: a script must not take an estimate for them."""
    command = ("reconstruct", desk / "public.mp4", "--decoder", desk.kit.private, "--case", "8")
    good = desk.done(*command, "-o", tmp_path / "a.mp4", "--key", desk / "authority.key")
    assert "opened nothing" not in good.err
    for more, word in (
        (("--key", desk / "other.key"), "none of the keys"),
        (("--key", desk / "authority.key", "--publisher", desk / "other.pub"), "OTHER_PUBLISHER"),
    ):
        desk.run(*command, "-o", tmp_path / "b.mp4", *more).fails(1, "nothing could be opened", word)
    assert not (tmp_path / "b.mp4").exists() and not (tmp_path / "b.mp4.json").exists()


def test_no_command_writes_over_what_it_reads(desk: Desk) -> None:
    public, keyed = desk / "public.mp4", ("--key", desk / "authority.key", "--case", "8")
    before = public.read_bytes()
    desk.run("reconstruct", public, "-o", public, *keyed).fails(1, "is the input", "another name")
    desk.run("rekey", public, "-o", public, *keyed, "--to", desk / "camera.pub").fails(1, "is the input")
    desk.run("shred", public, "-o", public).fails(1, "is the input")
    assert public.read_bytes() == before


def test_a_copy_without_evidence_is_estimated_and_said(desk: Desk, tmp_path: Path) -> None:
    desk.done("shred", desk / "public.mp4", "-o", tmp_path / "shredded.mp4")
    ran = desk.done(
        *("reconstruct", tmp_path / "shredded.mp4", "-o", tmp_path / "r.mp4", "--decoder", desk.kit.private),
        *("--key", desk / "authority.key", "--case", "8", "-q"),
    )
    assert "warning: the keys opened nothing" in ran.err and "SHREDDED" in ran.err
    assert "was dropped on purpose" in ran.err and "not as it was published" not in ran.err
    document = json.loads((tmp_path / "r.mp4.json").read_text())
    assert document["labels"]["neural"] and not {"exact", "visual"} & set(document["labels"])
    assert {region["why"] for region in document["regions"]} == {"SHREDDED"}


def test_a_file_that_is_not_as_published_is_restored_with_a_warning(desk: Desk, tmp_path: Path) -> None:
    """The first window's copy stands behind the last."""
    parts = parts_of(desk / "public.mp4")
    path = put_together(desk / "public.mp4", tmp_path / "twice.mp4", [*parts, parts[0]])
    command = ("--key", desk / "authority.key", "--case", "8", "-q")
    ran = desk.done("reconstruct", path, "-o", tmp_path / "r.mp4", *command)
    assert "is not as it was published" in ran.err and "OUT_OF_ORDER" in ran.err
    give = ("--track", "0", "--recipient", desk / "other.pub", "-o", tmp_path / "g")
    assert "is not as it was published" in desk.done("grant", path, *command[:-1], *give).err
    whole = desk.done("reconstruct", desk / "public.mp4", "-o", tmp_path / "s.mp4", *command)
    assert "not as it was published" not in whole.err


def test_forged_numbers_are_found(desk: Desk, tmp_path: Path) -> None:
    """What says who is which track is signed: else a custodian opens somebody else."""

    def bare(payloads: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return tuple(payload for payload in payloads if payload[:1] == b"\x04")

    path = tmp_path / "forged.mp4"
    copy_with_payloads(desk / "public.mp4", path, bare, lambda: None)
    ran = desk.run("verify", path)
    assert ran.code == 1 and "ALTERED_MESSAGES" in ran.out
    good = desk.done("inspect", desk / "public.mp4", "--model", desk.kit.public, "--json")
    assert good.json["as_signed"] is True and "as it was signed" not in good.err
    bad = desk.run("inspect", path, "--model", desk.kit.public, "--json")
    assert bad.json["as_signed"] is False and "is not as it was signed" in bad.err
    key = ("--key", desk / "authority.key", "--case", "8")
    give = ("--track", "0", "--recipient", desk / "other.pub", "-o", tmp_path / "g")
    desk.run("grant", path, *key, *give).fails(1, "ALTERED_MESSAGES", "undamaged copy")
    assert not (tmp_path / "g").exists()
    assert "not as it was published" not in desk.done("grant", desk / "public.mp4", *key, *give).err
    ran = desk.done("reconstruct", path, "-o", tmp_path / "r.mp4", *key)
    assert "ALTERED_MESSAGES" in ran.err and "stay as they were published" not in ran.err


def test_samples_of_others_are_told(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "r.mkv"
    ran = desk.done(*open_with(desk, target, "--codec", "ffv1", "--track", "0", "--outline"))
    document = json.loads(target.with_name("r.mkv.json").read_text())
    assert document["in_part"] > 0 and document["lacking_samples"] > 0
    assert "in part" in ran.out
    assert {region["why"] for region in document["regions"] if region["label"] == "exact"} == {"IN_PART"}


def test_digests_can_be_made_again_from_what_was_restored(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "r.mkv"
    desk.done(*open_with(desk, target, "--codec", "ffv1"))
    document = json.loads(target.with_name("r.mkv.json").read_text())
    with RawReader(target) as reader:
        pictures = [frame.picture for frame in reader]
    for digest in document["digests"]:
        found = hashlib.sha256()
        for region in digest["regions"]:
            frame, x, y, w, h = map(int, region.split())
            here = [
                Box(*map(int, text.split()[1:]))
                for other in document["digests"]
                for text in other["regions"]
                if text.split()[0] == str(frame)
            ]
            placed = {one.box: one for one in placed_together(0, here)}
            for plane in cut(pictures[frame], placed[Box(x, y, w, h)]):
                found.update(np.ascontiguousarray(plane).tobytes())
        assert found.hexdigest() == digest["sha256"]


def test_an_outline_needs_no_key(desk: Desk, tmp_path: Path) -> None:
    command = ("reconstruct", desk / "public.mp4", "--decoder", desk.kit.private, "--codec", "ffv1", "-o")
    desk.done(*command, tmp_path / "plain.mkv")
    desk.done(*command, tmp_path / "lined.mkv", "--outline")
    with RawReader(tmp_path / "plain.mkv") as plain, RawReader(tmp_path / "lined.mkv") as lined:
        assert any(
            (a.picture.planes[0] != b.picture.planes[0]).any() for a, b in zip(plain, lined, strict=True)
        )


def test_what_is_skipped_keeps_its_recipients(desk: Desk, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    shutil.copy(desk.kit.source, source)
    command = ("deidentify", source, "-o", out, "--model", desk.kit.public, "-q")
    assert "stays sealed" not in desk.done(*command, "--to", desk / "authority.pub").err
    assert "stays sealed and signed as it is" in desk.done(*command, "--to", desk / "other.pub").err
    assert "stays sealed" not in desk.done(*command).err


@pytest.mark.parametrize("command", ["verify", "inspect", "log", "shred", "audit"])
def test_a_secret_key_in_place_of_a_file_is_not_repeated(desk: Desk, tmp_path: Path, command: str) -> None:
    secret = (desk / "authority.key").read_text().splitlines()[1]
    assert secret.startswith("UUNET-SECRET-KEY-1-")
    more: tuple[object, ...] = ("-o", tmp_path / "x.mp4") if command == "shred" else ()
    more = ("--original", secret) if command == "audit" else more
    for options in ((), ("--debug",), ("--json",)):
        if command == "shred" and "--debug" in options:
            continue
        ran = Ran(command, secret, *more, *options)
        assert ran.code == 1 and secret[19:31] not in ran.out + ran.err, ran.err
        assert "error: " in ran.err and "UUNET-SECRET-KEY-1-…" in ran.err


def test_a_passphrase_in_a_file_for_all(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("a b c\n")
    words.chmod(0o644)
    desk.run("keygen", "-o", tmp_path / "k.key", "--passphrase-file", words).fails(
        1, "read by others", "chmod 600"
    )
    assert not (tmp_path / "k.key").exists()


def test_a_sheet_of_tracks(desk: Desk, tmp_path: Path) -> None:
    sheet = tmp_path / "tracks.png"
    found = desk.done("inspect", desk / "public.mp4", "--model", desk.kit.public, "--sheet", sheet, "--json")
    image = cv2.imread(str(sheet))
    assert image is not None and image.shape == (224, 200 * len(found.json["tracks"]), 3)
    yellow = (image.astype(int) - (66, 228, 240) == 0).all(axis=2)
    assert yellow.sum() > 40, "the region is marked"
    desk.run("inspect", desk / "public.mp4", "--model", desk.kit.public, "--sheet", tmp_path / "x.txt").fails(
        1, "no image has this suffix"
    )
    desk.run("inspect", desk.kit.source, "--sheet", tmp_path / "none.png").fails(1, "no track to show")
    assert not (tmp_path / "x.txt").exists() and not (tmp_path / "none.png").exists()


def test_a_copy_of_another_codec_has_no_evidence_and_is_no_error(desk: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mkv"
    with av.open(str(desk / "public.mp4")) as reader, av.open(str(copy), "w") as writer:
        stream = writer.add_stream("mpeg4", 25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = desk.kit.size
        stream.pix_fmt = "yuv420p"
        for number, frame in enumerate(reader.decode(video=0)):
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, 25), PictureType.NONE
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))
    keyring = Keyring((keyfile.load(desk / "authority.key", str),))
    assert find_evidence(desk / "public.mp4") is not None and find_evidence(copy) is None
    originals = Originals(copy, keyring)
    with PublicReader(copy) as frames:
        assert not any(originals.at(frame.pts, frame.picture) for frame in frames)
    desk.run("verify", copy).fails(1, "no H.264, HEVC or AV1 video")
