"""Fig. 15: pairs whose outcome is known, at two sides, and the paper's own trainings, a step or two long."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from typer.testing import CliRunner, Result

from lab.stand_ins import packed
from uunet_lab.__main__ import app
from uunet_lab.comparisons import _domains, _seconds_per_step
from uunet_lab.datasets.index import FaceSet
from uunet_lab.datasets.packing import open_set, pack
from uunet_lab.datasets.records import FaceRecord
from uunet_lab.evaluation.resolution import HELD_OUT, SHOWN, Domain, resolutions, scaled, sharpness
from uunet_lab.evaluation.trained import FACES, spread
from uunet_lab.measuring.results import revision
from uunet_lab.methods.uunet.matcher import MATCHER_SLIM, MATCHERS
from uunet_lab.methods.uunet.paper_train import PAPER_THIN_256, PROFILES

SIDES = (64, 256)


class _First(nn.Module):
    """U_e that copies, blurred or not."""

    def __init__(self, blurs: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.blurs = blurs

    def forward(self, image: Tensor) -> Tensor:
        shown = image[:, :3] + self.weight
        return avg_pool2d(shown, 9, 1, 4, count_include_pad=False) if self.blurs else shown


class _Known:
    """A training that is over."""

    def __init__(self, side: int, *, blurs: bool = False, broken: bool = False) -> None:
        self.side, self.U_e, self.U_d = side, _First(blurs), nn.Identity()
        self.nets = nn.ModuleDict({"U_e": self.U_e, "U_d": self.U_d})
        if broken:
            nn.init.constant_(self.U_e.weight, float("nan"))


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    """Of 96 pixels, with detail that 64 don't hold."""
    rng = np.random.default_rng(0)
    records = (
        FaceRecord(rng.integers(0, 255, (96, 96, 3)).astype(np.uint8), f"p{person}") for person in range(30)
    )
    return pack(records, tmp_path_factory.mktemp("faces") / "set")


def _on(faces: FaceSet, **pairs: _Known) -> dict[str, dict[str, float]]:
    """Figures on one set, by side of the training: the values alone."""
    domain = Domain("set", dict.fromkeys(SIDES, (faces, np.arange(len(faces)))))
    found, _ = resolutions({pair.side: pair for pair in pairs.values()}, [domain, domain])
    return {
        side: {name: one["value"] if isinstance(one, dict) else one for name, one in figures.items()}
        for side, figures in found["set"].items()
    }


def test_a_copy_is_perfect_at_its_own_side_and_no_better_than_the_bound_above(faces: FaceSet) -> None:
    found = _on(faces, small=_Known(64), large=_Known(256))
    small, large, bound = found["64"], found["256"], found["bound"]
    assert small["psnr_64"] > 70
    assert large["psnr_256"] > 70 and large["psnr_64"] > 70
    assert small["changed_64"] == large["changed_64"] == large["changed_256"] == 0
    for name, value in bound.items():
        assert small[name] == pytest.approx(value, abs=0.011)
    assert bound["psnr_256"] < 40
    assert bound["sharp_r_256"] < 0.9 < large["sharp_r_256"] == 1


def test_blur_is_less_sharp_than_x(faces: FaceSet) -> None:
    found = _on(faces, small=_Known(64, blurs=True), large=_Known(256, blurs=True))
    assert found["64"]["sharp_r_64"] == found["64"]["sharp_a_64"] < 0.1
    assert found["256"]["sharp_r_256"] < 0.9
    assert found["64"]["psnr_64"] < found["256"]["psnr_64"]  # nine pixels of 256 are a little more than two


def test_a_training_that_diverged_is_said_to_have_beside_the_other(faces: FaceSet) -> None:
    found = _on(faces, small=_Known(64, broken=True), large=_Known(256))
    assert found["64"] == {"diverged": True}
    assert found["256"]["diverged"] is False and found["256"]["psnr_256"] > 70


def test_the_montage_is_of_the_other_domain(faces: FaceSet, tmp_path: Path) -> None:
    other = packed(tmp_path / "other", people=8)
    both = [Domain(name, dict.fromkeys(SIDES, (one, np.arange(len(one))))) for name, one in
            ((HELD_OUT, faces), ("other", other))]  # fmt: skip
    found, montage = resolutions({64: _Known(64), 256: _Known(256)}, both)
    assert list(found) == [HELD_OUT, "other"]
    assert found["other"]["256"]["psnr_64"]["people"] == 8
    assert found[HELD_OUT]["256"]["psnr_64"]["people"] == 30
    assert montage.shape == (2 * 3 * 256, SHOWN * 256, 3)
    rows = montage.reshape(6, 256, SHOWN * 256, 3)
    assert np.array_equal(rows[0], rows[1])  # 64: x, a, r
    assert np.array_equal(rows[3], rows[5])  # 256
    assert not np.array_equal(rows[0], rows[3])
    detail = [cv2.Laplacian(row, cv2.CV_64F).std() for row in rows]
    assert max(detail) < 10  # patterns: the other set is noise


def test_faces_of_a_track_are_spread() -> None:
    assert spread(np.arange(5), 48).tolist() == [0, 1, 2, 3, 4]
    assert spread(np.arange(100, 200), 3).tolist() in ([100, 149, 199], [100, 150, 199])
    assert len(np.unique(spread(np.arange(1000), FACES))) == FACES


def test_sharpness_is_the_energy_of_the_laplacian() -> None:
    flat = torch.full((1, 3, 16, 16), 0.5)
    dot = flat.clone()
    dot[:, :, 8, 8] += 10 / 255
    assert sharpness(flat).tolist() == [0]
    assert sharpness(dot)[0] == pytest.approx((16 * 100 + 4 * 100) / 256, rel=0.01)


def test_what_is_scaled_keeps_its_mean_and_has_8_bits() -> None:
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for side in (16, 64, 256):
        made = scaled(image, side)
        assert made.shape[-1] == side
        assert torch.allclose(made * 255, (made * 255).round(), atol=1e-4)
        assert float(made.mean()) == pytest.approx(float(image.mean()), abs=0.01)


def _call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"NO_COLOR": "1"})


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """Small profiles, a set packed twice, one of another domain, a matcher: the command without --other."""
    monkeypatch.setattr(sys, "argv", ["uunet-lab", "evaluate", "resolution", "runs"])
    monkeypatch.setitem(
        PROFILES, "paper-thin-256", replace(PAPER_THIN_256, batch=2, base=2, critic_base=2, critic_steps=1)
    )
    monkeypatch.setitem(MATCHERS, "paper-slim", replace(MATCHER_SLIM, batch=4))
    small = packed(tmp_path / "small", people=60, images=2)
    names = small.names["identity"]
    again = (FaceRecord(image, names[who]) for image, who in zip(small.images, small.identity, strict=True))
    pack(again, tmp_path / "large", side=256)
    packed(tmp_path / "other", people=25, images=2, noise=5.0)
    matcher = ("train", "matcher", tmp_path / "id", "--label", "id", "--faces", tmp_path / "small")
    assert _call(*matcher, "--steps", 1).exit_code == 0
    sets = ("--faces", tmp_path / "small", "--larger", tmp_path / "large", "--matcher", tmp_path / "id")
    output = ("-o", tmp_path / "results", "--sheet", tmp_path / "all.png", "--steps", 2)
    return ("evaluate", "resolution", tmp_path / "runs", *sets, *output)


def test_one_command_trains_both_sides_and_goes_on(ready: tuple[object, ...], tmp_path: Path) -> None:
    packed(tmp_path / "third", people=21, labels={"gender": 2})
    others = ("--other", tmp_path / "other", "--other", tmp_path / "third")
    command = (*ready, *others, "--note", "enlarged patterns")
    ran = _call(*command)
    assert ran.exit_code == 0, ran.stderr
    trained = {side: tmp_path / "runs" / str(side) / "last.pt" for side in SIDES}
    kinds = {side: torch.load(path) for side, path in trained.items()}
    assert {side: kind["profile"]["side"] for side, kind in kinds.items()} == {64: 64, 256: 256}
    first, second = (kind["profile"] | {"side": 0} for kind in kinds.values())
    assert first == second
    assert kinds[64]["seed"] == kinds[256]["seed"] and kinds[64]["D_a"] == kinds[256]["D_a"]
    path = tmp_path / "results" / "small" / "paper-thin-256" / "resolution.json"
    content = json.loads(path.read_text())
    assert content["command"].startswith("uunet-lab evaluate resolution")
    assert content["commit"] == revision()
    assert content["seconds"] > 0
    sets = f"{FACES} faces of large, held out from training, and of other, third"
    assert content["data"] == f"{sets}; enlarged patterns"
    found = content["metrics"]
    assert (found["steps"], found["batch"], found["s"], found["sides"]) == (2, 2, {"id": -1}, [64, 256])
    about = found["trainings"]
    assert {side: (one["set"], one["stills"]) for side, one in about.items()} == {
        "64": ("small", 96),
        "256": ("large", 256),
    }
    assert about["256"]["matchers"] == {"id": {"steps": 1, "side": 64}}
    assert about["256"]["seconds_per_step"] > about["64"]["seconds_per_step"] > 0
    assert list(found["domains"]) == [HELD_OUT, "other", "third"]
    assert len({str(one["256"]["psnr_256"]) for one in found["domains"].values()}) == 3
    assert found["domains"][HELD_OUT]["64"]["psnr_64"]["people"] == 12  # a fifth of 60, both times
    assert found["domains"]["other"]["256"]["psnr_256"]["people"] == 25
    assert found["domains"]["other"]["256"]["psnr_256"]["low"] is not None
    sheet, wrote = (tmp_path / "all.png").read_bytes(), content["metrics"]
    own = _domains((tmp_path / "small", tmp_path / "large"), [], SIDES)[0].faces
    assert own[64][0] is own[256][0] and own[64][0].images.shape[1] == 256  # the same people: one truth
    assert np.array_equal(own[64][1], own[256][1])
    trained[256].unlink()  # as if it had been stopped in the first training
    assert _call(*command).exit_code == 0
    again = json.loads(path.read_text())["metrics"]
    for one in (wrote, again):
        del one["trainings"]["256"]["seconds_per_step"]
    assert again == wrote  # the first one's seconds, too: it was not trained again
    assert _seconds_per_step(tmp_path / "runs" / "64") == wrote["trainings"]["64"]["seconds_per_step"]
    assert _seconds_per_step(tmp_path / "id") is None  # which another command trained
    assert (tmp_path / "all.png").read_bytes() == sheet


def test_sets_of_different_people_are_each_their_own_measure(tmp_path: Path) -> None:
    for name, people, side in (("small", 30, 96), ("large", 40, 256)):
        some = packed(tmp_path / f"of-{name}", people=people)
        pack((FaceRecord(one, f"{name}{i}") for i, one in enumerate(some.images)), tmp_path / name, side=side)
    (own,) = _domains((tmp_path / "small", tmp_path / "large"), [], SIDES)
    assert {side: (faces.people, len(rows)) for side, (faces, rows) in own.faces.items()} == {
        64: (30, 6),
        256: (40, 8),
    }


def test_what_was_stopped_has_no_results_and_says_how_to_go_on(
    ready: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uunet_lab.comparisons.run", lambda training, folder, log: False)
    ran = _call(*ready, "--other", tmp_path / "other")
    assert ran.exit_code == 143
    assert "stopped; the same command goes on" in " ".join(ran.output.split())
    assert not (tmp_path / "results").exists()


def test_what_does_not_go_together_is_refused_before_any_training(
    ready: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MATCHERS, "paper-256", replace(MATCHER_SLIM, batch=2, side=256))
    packed(tmp_path / "of", people=20, images=2, labels={"gender": 2})
    more = []
    for label, profile in (("id", "paper-256"), ("gender", "paper-slim")):
        more += ["--matcher", tmp_path / f"{label}-{profile}"]
        command = ("train", "matcher", more[-1], "--label", label, "--faces", tmp_path / "of")
        assert _call(*command, "--profile", profile, "--steps", 1).exit_code == 0
    twin = tmp_path / "twin" / "other"
    packed(twin, people=22)
    at = {str(one): place for place, one in enumerate(ready)}
    small = (*ready[: at["--larger"] + 1], tmp_path / "other", *ready[at["--larger"] + 2 :])
    larger_only = (*ready[: at["--matcher"]], *more[:2], *ready[at["--matcher"] + 2 :])
    other = ("--other", tmp_path / "other")
    for arguments, says in (
        ((*small, "--other", twin), "other has images of 96 pixels, the larger training has 256"),
        ((*ready, "--other", tmp_path / "small"), "small is a set of the training"),
        ((*ready, *other, "--other", twin), "two sets are named 'other'"),
        ((*ready, "--other", tmp_path / "none"), "is not a packed set"),
        ((*ready, *other, "--profile", "paper-256"), "compares images of 64 pixels, not of 256"),
        ((*larger_only, *other), "compares images of 256 pixels, not of 64"),
        ((*ready, *other, *more), "the matchers of each side are of other labels: id, gender; id"),
    ):
        ran = _call(*arguments)
        text = " ".join(ran.output.split())
        assert ran.exit_code == 1, text
        assert says in text
        assert "hint: " in text
    assert not (tmp_path / "runs").exists()


def test_faithful_profiles_want_matchers_of_their_side(
    ready: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ("train", "uunet", tmp_path / "run", "--faces", tmp_path / "large", "--steps", 1)
    judged = ("--matcher", tmp_path / "id")
    refused = _call(*run, *judged, "--profile", "paper-256")
    assert refused.exit_code == 1
    assert "hint: train it with --profile paper-256" in " ".join(refused.output.split())
    assert _call(*run, *judged, "--profile", "paper-thin-256").exit_code == 0
    assert torch.load(tmp_path / "run" / "last.pt")["profile"]["side"] == 256
    assert open_set(tmp_path / "large").images.shape[1] == 256
