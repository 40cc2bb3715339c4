"""`uunet-lab attack parrot`: what a replacement keeps of a person is learnt, noise is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lab.stand_ins import Middle, packed
from tiny_models import public_model
from uunet.models import Swapper
from uunet_lab.__main__ import app
from uunet_lab.attacks.asking import Pairs
from uunet_lab.attacks.finding import AttackError
from uunet_lab.attacks.lineup import distances, named_more
from uunet_lab.attacks.listener import Listener, Training, hear, train, unit
from uunet_lab.attacks.parrot import WAYS, ParrotProfile, discriminant, parrot, verdict_on
from uunet_lab.training.devices import open_devices

PROFILE = ParrotProfile(
    people=24,
    labelled=3,
    probes=2,
    times=2,
    network=Training(faces=60, times=1, steps=3, batch=8, width=8),
)


def found(folder: Path, body: str) -> tuple[dict[str, Any], str]:
    faces, others = packed(folder / "people", 24, 5, noise=8), packed(folder / "others", 60, 1)
    swapper = Swapper(public_model(folder, body=body))
    finding = parrot(open_devices(), faces, others, swapper, Middle(), profile=PROFILE, seed=3)
    return finding.metrics, finding.verdict


def test_a_negative_is_no_face_to_the_recogniser_and_no_riddle_to_a_parrot(tmp_path: Path) -> None:
    metrics, verdict = found(tmp_path, "negative")
    assert (metrics["people"], metrics["probes"], metrics["labelled_each"]) == (24, 48, 3)
    assert metrics["raw"]["rank1"]["value"] > 0.95
    assert metrics["off_the_shelf"]["rank1"]["value"] < 0.5
    assert metrics["gallery"]["rank1"]["value"] > 0.95
    assert metrics["classifier"]["rank1"]["value"] > 0.95
    assert metrics["network"]["genuine"] == 48 and metrics["network_steps"] == 3
    assert "knowing of the replacement helps" in verdict


def test_noise_teaches_nothing(tmp_path: Path) -> None:
    metrics, verdict = found(tmp_path, "noise")
    assert metrics["raw"]["rank1"]["value"] > 0.95
    for name in WAYS:
        assert metrics[name]["rank1"]["value"] < 0.25 and metrics[name]["auc"]["low"] < 0.55
    assert "knowing of the replacement helps" not in verdict


def test_a_discriminant_learns_which_directions_tell_people_apart() -> None:
    rng = np.random.default_rng(1)
    whose = np.repeat(np.arange(10), 8)
    told, loud = rng.normal(size=(10, 1))[whose], rng.normal(size=(80, 5)) * 30
    known = np.concatenate([told + rng.normal(size=(80, 1)) * 0.01, loud], 1)
    probes = np.concatenate([told[::8], rng.normal(size=(10, 5)) * 30], 1)
    learnt = discriminant(known, whose, probes, shrink=0.0)
    assert (learnt.argmin(0) == np.arange(10)).mean() > 0.8
    plain = distances(np.stack([known[whose == person].mean(0) for person in range(10)]), probes)
    assert (plain.argmin(0) == np.arange(10)).mean() < 0.5
    alike = discriminant(known, whose, probes, shrink=1.0)  # a multiple of Euclid's, squared
    assert np.allclose(alike / plain**2, (alike / plain**2).mean())


def test_a_network_hears_what_is_there() -> None:
    rng = np.random.default_rng(2)
    colours = rng.integers(30, 220, (40, 3))
    images = np.broadcast_to(colours[:, None, None], (40, 64, 64, 3)).astype(np.uint8)
    targets = unit(colours - colours.mean(0))
    how = Training(faces=40, times=1, steps=50, batch=16, width=8)
    net = train(open_devices(), Pairs(images, images), targets, how, seed=1)
    heard = hear(open_devices(), net, images, per=16)
    assert np.allclose(np.linalg.norm(heard, axis=1), 1, atol=1e-5)
    assert (heard * targets).sum(1).mean() > 0.6


def test_a_listener_takes_regions_and_gives_directions() -> None:
    net = Listener(128, 16)
    said = net(torch.rand(3, 3, 64, 64))
    assert said.shape == (3, 128) and torch.allclose(said.norm(dim=1), torch.ones(3), atol=1e-5)


def test_too_few_faces_are_refused(tmp_path: Path) -> None:
    faces, others = packed(tmp_path / "people", 6, 5), packed(tmp_path / "others", 10, 1)
    with pytest.raises(AttackError, match="wants 60 faces, the set has 10") as caught:
        parrot(open_devices(), faces, others, Swapper(public_model(tmp_path)), Middle(), profile=PROFILE)
    assert "--quick" in caught.value.hint


def test_the_verdict_follows_from_the_figures() -> None:
    def row(rank: float) -> dict[str, Any]:
        interval = {"value": rank, "low": rank - 0.02, "high": rank + 0.02}
        return {
            "rank1": interval,
            "auc": {"value": 0.5 + rank / 2, "low": 0.45, "high": 0.9},
            "by_chance": 0.01,
        }

    def more(first: float, low: float | None) -> dict[str, Any]:
        high = None if low is None else first + 0.05
        return {name: {"value": first, "low": low, "high": high} for name in ("rank1", "rank10")}

    base = {"people": 100, "probes": 300, "labelled_each": 3, "raw": row(0.95)}
    base |= {name: row(0.05) for name in WAYS}
    none = {name: more(0.0, -0.05) for name in list(WAYS)[1:]}
    said = verdict_on(base | {"more_than_off_the_shelf": none | {"network": more(0.35, 0.3)}})
    assert "names 35.0 percentage points (30.0 to 40.0) more" in said
    assert "more among the ten nearest: knowing of the replacement helps." in said
    assert "By guessing it is 1.0%; unreplaced they are named in 95.0%" in said
    said = verdict_on(base | {"more_than_off_the_shelf": none | {"gallery": more(0.01, -0.01)}})
    assert "names 1.0 percentage points (-1.0 to 6.0) more" in said
    assert "nor that it does not. A larger training may" in said
    few = {name: more(0.0, None) for name in list(WAYS)[1:]}
    assert "too few people to say" in verdict_on(base | {"more_than_off_the_shelf": few})


def test_differences_are_of_the_same_probes() -> None:
    gallery, probes = np.arange(30), np.repeat(np.arange(30), 2)
    right = np.abs(gallery[:, None] - probes[None]).astype(float)
    wrong = right.copy()
    wrong[:, ::2] = np.roll(right[:, ::2], 15, 0)
    found = named_more(right, wrong, gallery, probes)
    assert found["rank1"]["value"] == 0.5 and found["rank1"]["low"] == found["rank1"]["high"] == 0.5
    same = named_more(wrong, wrong, gallery, probes)
    assert same["rank1"]["value"] == same["rank10"]["value"] == 0


def test_a_missing_set_ends_with_an_error_and_a_hint(tmp_path: Path) -> None:
    plain = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
    output = tmp_path / "parrot.json"
    arguments = ["attack", "parrot", "--people", str(tmp_path), "--faces", str(tmp_path), "-o", str(output)]
    ran = CliRunner().invoke(app, [*arguments, "--quick"], env=plain)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert not output.exists()
