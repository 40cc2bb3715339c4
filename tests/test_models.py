"""Models by their card: what is refused, and what a net may not do."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from tiny_models import CARD, PAIR, SIDE, private_model, public_model, write_model
from uunet.errors import ModelError
from uunet.models import Restorer, Swapper, read_card, shipped, shipped_pair


def face(seed: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(seed).random((SIDE, SIDE, 3), np.float32)


def test_a_card_is_read(tmp_path: Path) -> None:
    path = public_model(tmp_path, metrics={"psnr": 20.5}, labels={"id": -1, "gender": 1})
    card = read_card(path)
    assert (card.name, card.role, card.pair, card.side) == ("negative", "public", PAIR, SIDE)
    assert card.metrics == {"psnr": 20.5} and not card.demonstration
    assert card.labels == {"id": -1, "gender": 1}
    assert card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (None, "no UU-Net card"),
        ("", "damaged card"),
        ("[]", "damaged card"),
        ("{", "damaged card"),
        (json.dumps({**CARD, "format": 2}), "card of format 2"),
        (json.dumps({k: v for k, v in CARD.items() if k != "format"}), "damaged card"),
        (json.dumps({k: v for k, v in CARD.items() if k != "pair"}), "damaged card"),
        (json.dumps({**CARD, "pair": "zz"}), "damaged card"),
        (json.dumps({**CARD, "pair": 7}), "damaged card"),
        (json.dumps({**CARD, "role": "both"}), "damaged card"),
        (json.dumps({**CARD, "side": "64"}), "damaged card"),
        (json.dumps({**CARD, "side": 0}), "damaged card"),
        (json.dumps({**CARD, "smallest": None}), "damaged card"),
        (json.dumps({**CARD, "demonstration": "no"}), "damaged card"),
        (json.dumps({**CARD, "labels": ["gender"]}), "damaged card"),
        (json.dumps({**CARD, "labels": {"gender": 2}}), "damaged card"),
        (json.dumps({**CARD, "labels": {"gender": True}}), "damaged card"),
        (json.dumps({**CARD, "surprise": 1}), "damaged card"),
    ],
)
def test_cards_that_are_refused(tmp_path: Path, card: str | None, reason: str) -> None:
    path = write_model(tmp_path / "m.onnx", card=card)
    with pytest.raises(ModelError, match=reason) as caught:
        read_card(path)
    assert caught.value.hint


def test_files_that_are_no_models(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't read the model"):
        read_card(tmp_path / "none.onnx")
    whole = public_model(tmp_path).read_bytes()
    for name, data in (("empty", b""), ("text", b"hello"), ("cut", whole[: len(whole) // 2])):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ModelError, match=r"not an ONNX model|no UU-Net card"):
            read_card(path)


def test_the_wrong_role_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"public encoder \(U_e\), not a private decoder"):
        Restorer(public_model(tmp_path))
    with pytest.raises(ModelError, match=r"private decoder \(U_d\), not a public encoder"):
        Swapper(private_model(tmp_path))


def test_a_batch_is_swapped_and_restored(tmp_path: Path) -> None:
    swapper, restorer = Swapper(public_model(tmp_path)), Restorer(private_model(tmp_path))
    faces = [face(0), face(1), face(2)]
    published = swapper.swap(faces, [np.zeros((SIDE, SIDE), np.float32)] * 3)
    assert len(published) == 3
    for x, a, r in zip(faces, published, restorer.restore(published), strict=True):
        assert a.dtype == np.float32 and a.shape == (SIDE, SIDE, 3)
        assert np.abs(1 - x - a).max() < 0.01  # engines may compute in bfloat16
        assert np.abs(x - r).max() < 0.01
    assert swapper.swap([], []) == [] and restorer.restore([]) == []
    assert swapper.engine


def test_the_fourth_channel_is_the_noise(tmp_path: Path) -> None:
    planes = [np.random.default_rng(i).random((SIDE, SIDE), np.float32) for i in (5, 6)]
    published = Swapper(public_model(tmp_path, "noise")).swap([face(), face()], planes)
    for plane, image in zip(planes, published, strict=True):
        assert np.abs(image - plane[..., None]).max() < 0.01


def test_a_net_that_publishes_the_face_is_refused(tmp_path: Path) -> None:
    swapper = Swapper(public_model(tmp_path, "identity"))
    with pytest.raises(ModelError, match="returned a face unchanged"):
        swapper.swap([face()], [face(1)[..., 0]])
    flat = np.full((SIDE, SIDE, 3), 0.5, np.float32)  # a wall may come back as it was
    assert len(swapper.swap([flat], [face(1)[..., 0]])) == 1
    with pytest.raises(ModelError, match="returned a face unchanged"):  # one among others
        swapper.swap([flat, face()], [face(1)[..., 0]] * 2)


@pytest.mark.parametrize("body", ["nan", "narrow"])
def test_results_that_are_no_images_are_refused(tmp_path: Path, body: str) -> None:
    with pytest.raises(ModelError, match="no valid image"):
        Swapper(public_model(tmp_path, body)).swap([face()], [face(1)[..., 0]])
    with pytest.raises(ModelError, match="no valid image"):
        Restorer(private_model(tmp_path, body)).restore([face()])


def test_a_net_with_another_input_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx", "negative", 3, CARD)
    with pytest.raises(ModelError):
        Swapper(path).swap([face()], [face(1)[..., 0]])


def test_the_shipped_pair_belongs_together() -> None:
    public, private = read_card(shipped("public")), read_card(shipped("private"))
    assert (public.role, private.role) == ("public", "private")
    assert public.pair == private.pair == shipped_pair()
    assert (public.side, public.smallest) == (private.side, private.smallest)
    assert public.demonstration and private.demonstration
    assert public.data and public.revision
