"""The seen/hidden pair: what may pass where, training that resumes exactly, export that computes the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lab_media import made_up_source
from uunet.models import Card, Restorer, Swapper
from uunet_lab.methods.uunet import losses
from uunet_lab.methods.uunet.networks import Restorer as RestorerNet
from uunet_lab.methods.uunet.networks import Scatter, SeenHiddenEncoder
from uunet_lab.methods.uunet.painter import CODE, Observation, conv, doubled
from uunet_lab.methods.uunet.pair import labels_asked, load_pair
from uunet_lab.methods.uunet.profile import SEEN_HIDDEN, SeenHiddenProfile, ramp
from uunet_lab.methods.uunet.train import SeenHiddenTraining, painted_steps
from uunet_lab.training.augment import crop, draw_boxes, nudge, split
from uunet_lab.training.devices import open_devices
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.export import export
from uunet_lab.training.loop import resume, run, save

TINY = replace(
    SEEN_HIDDEN, batch=8, paint_steps=3, hide_steps=3, plain_steps=1, seen_base=10, restorer_base=10
)
CARD = Card("tiny", "public", "0" * 32, 64, 20, demonstration=True, data="noise", revision="test")


def _training(profile: SeenHiddenProfile = TINY) -> SeenHiddenTraining:
    return SeenHiddenTraining(open_devices("auto"), made_up_source(), profile, seed=3)


def test_the_painter_sees_ring_thumbnail_and_what_is_observed() -> None:
    torch.manual_seed(0)
    net = SeenHiddenEncoder(10, (2,)).eval()
    x, z = torch.rand(1, 3, 64, 64), torch.randn(1, CODE)
    other = x.clone()
    cell = other[:, :, 24:32, 24:32]
    other[:, :, 24:32, 24:32] = cell.flip(3)  # another face with the same 8×8 thumbnail
    with torch.no_grad():
        seen = net.observer(x)
        assert torch.allclose(net.paint(x, z, seen), net.paint(other, z, seen), atol=1e-5)
        moved = Observation(seen.points + 0.1, seen.labels, seen.mouth)
        assert not torch.allclose(net.paint(x, z, seen), net.paint(x, z, moved), atol=1e-5)
        noise = torch.rand(1, 1, 64, 64)
        assert not torch.allclose(net(torch.cat([x, noise], 1)), net(torch.cat([other, noise], 1)), atol=1e-5)


@pytest.mark.parametrize("beside", [5, 0])
def test_a_layer_of_doubled_pixels_is_computed_at_their_own_size(beside: int) -> None:
    torch.manual_seed(1)
    layer = conv(3 + beside, 4)
    torch.nn.init.normal_(layer.bias)  # type: ignore[arg-type]
    low, skip = torch.randn(2, 3, 6, 9), torch.randn(2, beside, 12, 18)
    large = torch.cat([low.repeat_interleave(2, 2).repeat_interleave(2, 3), skip], 1)
    assert torch.allclose(doubled(layer, low, skip if beside else None), layer(large), atol=1e-5)


def test_reconstruction_is_measured_in_decibels() -> None:
    x = torch.zeros(2, 3, 8, 8)
    r = x.clone()
    r[0], r[1] = 0.1, 0.2
    expected = (np.log(0.01 + 1e-4) + np.log(0.04 + 1e-4)) / 2
    assert float(losses.L_psnr(x, r)) == pytest.approx(expected)


def test_ssim_is_scikit_images() -> None:
    structural_similarity = pytest.importorskip("skimage.metrics").structural_similarity
    rng = np.random.default_rng(5)
    x = rng.random((3, 32, 32))
    r = np.clip(x + rng.normal(0, 0.1, x.shape), 0, 1)
    expected = structural_similarity(x, r, data_range=1.0, channel_axis=0)
    found = losses.L_ssim(torch.from_numpy(x)[None], torch.from_numpy(r)[None])
    assert 1 - float(found) == pytest.approx(expected, abs=1e-6)


def test_too_few_images_are_said_to_be_too_few() -> None:
    with pytest.raises(TrainingError, match="too few"):
        made_up_source().stills(0, 64)


def test_the_ring_stays_the_source() -> None:
    net = SeenHiddenEncoder(10).eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        a = net(torch.cat([x, torch.rand(1, 1, 64, 64)], 1))
    assert torch.equal(a[:, :, 0], x[:, :, 0])


def test_scattering_moves_every_block_and_undoes_itself() -> None:
    scatter = Scatter()
    x = torch.rand(2, 3, 64, 64)
    assert torch.equal(scatter(scatter(x)), x)
    assert not bool((scatter(x) == x).all((1, 2, 3)).any())
    assert bool((scatter.order != torch.arange(64)).all())


def test_hidden_content_costs_more_in_chroma_than_in_luma() -> None:
    grey = torch.full((1, 3, 4, 4), 0.1)
    tint = torch.zeros(1, 3, 4, 4)
    tint[:, 0], tint[:, 1] = 0.1, -0.1 * 0.299 / 0.587  # no luma
    assert float(losses.L_hide(grey)) == pytest.approx(0.01 / 3, rel=1e-3)
    luma_free = float((tint.square()).mean())
    assert float(losses.L_hide(tint)) > luma_free / 3


def test_training_resumes_exactly(tmp_path: Path) -> None:
    straight, broken = _training(), _training()
    for _ in range(TINY.steps):
        straight.advance()
    for _ in range(4):
        broken.advance()
    save(broken, tmp_path)
    again = _training()
    assert resume(again, tmp_path)
    for _ in range(TINY.steps - 4):
        again.advance()
    assert again.step == straight.step == TINY.steps
    for (name, one), two in zip(
        straight.nets.state_dict().items(), again.nets.state_dict().values(), strict=True
    ):
        assert torch.equal(one, two), name


def test_the_second_phase_leaves_the_painter_alone() -> None:
    trainer = _training(replace(TINY, paint_steps=0))
    before = {k: v.clone() for k, v in trainer.U_e.painter.state_dict().items()}
    observer = trainer.U_e.observer.head.weight.clone()
    hidden = trainer.U_e.hidden.out.weight.clone()
    trainer.advance()
    assert all(torch.equal(before[k], v) for k, v in trainer.U_e.painter.state_dict().items())
    assert torch.equal(observer, trainer.U_e.observer.head.weight)
    assert not torch.equal(hidden, trainer.U_e.hidden.out.weight)


def test_a_painter_is_taken_from_another_run() -> None:
    first, second = _training(), _training(replace(TINY, hide_steps=5, w_hide=(1.0, 2.0)))
    with pytest.raises(TrainingError, match="has learnt 0 of 3 steps"):
        painted_steps(first.state())
    for _ in range(TINY.paint_steps + 1):
        first.advance()
    assert painted_steps(first.state()) == TINY.paint_steps
    fresh = {name: value.clone() for name, value in second.nets.state_dict().items()}
    second.take_painter(first.state())
    assert second.step == TINY.paint_steps
    theirs = first.nets.state_dict()
    for name, value in second.nets.state_dict().items():
        anew = name.startswith(("U_e.hidden.", "U_d."))
        assert torch.equal(value, fresh[name] if anew else theirs[name]), name
    second.advance()
    assert not torch.equal(second.U_e.hidden.out.weight, fresh["U_e.hidden.out.weight"])


def test_a_painter_of_other_labels_is_refused() -> None:
    training = SeenHiddenTraining(open_devices(), made_up_source(keep=()), TINY, seed=3)
    with pytest.raises(TrainingError, match=r"keeps gender .*, this run no labels"):
        training.take_painter(_training().state())


def test_the_painter_gets_nearer_to_surrogates_and_the_observer_to_the_landmarks() -> None:
    trainer = _training(replace(TINY, paint_steps=60, plain_steps=60))
    scalars = [trainer.advance() for _ in range(60)]
    for name in ("l1", "points"):
        early, late = (float(np.mean([s[name] for s in part])) for part in (scalars[:10], scalars[-10:]))
        assert late < 0.8 * early, name


def test_it_runs_through_both_phases_and_shows_what_it_does(tmp_path: Path) -> None:
    said: list[str] = []
    training = _training()
    assert run(training, tmp_path, said.append, log_every=3, sheet_every=3)
    assert " adv " in said[0]
    assert " hide " in said[1]
    assert training.sheet() is not None
    assert "nan" not in " ".join(said)


def test_a_run_that_makes_no_pair_is_said_to_make_none(tmp_path: Path) -> None:
    torch.save({"method": "matcher", "step": 1}, tmp_path / "last.pt")
    with pytest.raises(TrainingError, match="makes no pair"):
        load_pair(tmp_path / "last.pt")


def test_the_exported_models_open_in_the_instrument(tmp_path: Path) -> None:
    save(_training(), tmp_path / "run")
    encoder, decoder = load_pair(tmp_path / "run" / "last.pt")
    export(encoder, 4, CARD, tmp_path / "public.onnx")
    export(decoder, 3, replace(CARD, role="private"), tmp_path / "private.onnx")
    swapper, restorer = Swapper(tmp_path / "public.onnx"), Restorer(tmp_path / "private.onnx")
    assert swapper.card.name == restorer.card.name == "tiny"
    patches = list(np.random.default_rng(0).random((3, 64, 64, 3), dtype=np.float32))
    noise = list(np.random.default_rng(1).random((3, 64, 64), dtype=np.float32))
    a = swapper.swap(patches, noise)
    assert [face.shape for face in a] == [(64, 64, 3)] * 3
    assert [face.shape for face in restorer.restore(a)] == [(64, 64, 3)] * 3


def test_a_pair_that_ships_changes_the_identity_and_keeps_what_it_was_told_to() -> None:
    assert labels_asked({"method": "seen-hidden", "kept": {"race": ["a", "b"]}}) == {"id": -1, "ethnicity": 1}


def test_an_export_that_computes_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uunet_lab.training.export._difference", lambda *_: 1.0)
    with pytest.raises(RuntimeError, match="differ"):
        export(RestorerNet(10), 3, replace(CARD, role="private"), tmp_path / "private.onnx")
    assert not list(tmp_path.iterdir())


def test_consistency_follows_the_displacement() -> None:
    stills = torch.rand(4, 3, 96, 96)
    rng = torch.Generator().manual_seed(1)
    boxes = draw_boxes(4, replace(TINY.crops, turn=0.0, zoom=(0.667, 0.667)), rng)
    moved, step = nudge(boxes, 3, rng)
    here, there = crop(stills, boxes, 64), crop(stills, moved, 64)
    aligned = float(losses.L_con(here, there, step))
    assert aligned < 0.02 < float(losses.L_con(here, there, -step - 1))


def test_the_split_is_fixed_and_disjoint() -> None:
    training, unseen = split(1000, 50)
    assert len(unseen) == 50
    assert not set(training.tolist()) & set(unseen.tolist())
    assert unseen[:3].tolist() == split(1000, 50)[1][:3].tolist()


def test_hiding_begins_lightly_constrained_and_ends_in_full() -> None:
    assert [ramp((2.0, 10.0), done) for done in (0, 0.25, 0.375, 0.5, 1)] == [2, 2, 6, 10, 10]
    assert SEEN_HIDDEN.w_face[0] == 0


@pytest.mark.parametrize(("steps", "same"), [(2, True), (7, False)])
def test_what_d_f_sees_counts_only_after_h_has_learnt_to_hide(steps: int, same: bool) -> None:
    lengths = replace(TINY, paint_steps=1, hide_steps=8)
    ends = []
    for full in (0.0, 800.0):
        training = _training(replace(lengths, w_face=(0.0, full)))
        for _ in range(1 + steps):
            training.advance()
        ends.append(training.U_e.hidden.out.weight.detach().clone())
    assert torch.equal(*ends) is same
