"""`uunet-lab attack inversion`: what a network can undo is undone from few queries, noise is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from typer.testing import CliRunner

from lab_media import drawn_set
from tiny_models import private_model, public_model
from uunet_lab.__main__ import app
from uunet_lab.attacks.asking import ask
from uunet_lab.attacks.finding import AttackError
from uunet_lab.attacks.inversion import InversionProfile, inversion, verdict_on
from uunet_lab.measuring.pair import Pair
from uunet_lab.methods.uunet.networks import Restorer
from uunet_lab.training.channel import soft_border
from uunet_lab.training.devices import open_devices

PROFILE = InversionProfile(pairs=(4, 20), steps=150, batch=4, rate=0.05, coded=0.0, held_out=6)


class Affine(nn.Module):
    """r = a + M · ((s − 1) · a + b): it can undo a negative (s = −1, b = 1), and nothing that was lost."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.bias = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))
        self.register_buffer("mask", soft_border(64))

    def restore(self, a: Tensor) -> Tensor:
        r: Tensor = a + self.mask * ((self.scale - 1) * a + self.bias)
        return r


def found(folder: Path, **public: Any) -> tuple[dict[str, Any], str]:
    pair = Pair(public_model(folder, **public), private_model(folder))
    finding = inversion(open_devices(), drawn_set(), pair, Affine, profile=PROFILE, seed=3)
    return finding.metrics, finding.verdict


def test_a_negative_is_undone_as_well_as_by_the_owner(tmp_path: Path) -> None:
    metrics, verdict = found(tmp_path)
    decoders = metrics["decoders"]
    owner, published = (decoders[name]["psnr_clean"]["mean"] for name in ("owner", "published"))
    assert owner > published + 5
    for n in ("4", "20"):
        assert decoders[n]["psnr_clean"]["mean"] > owner - 1
        assert decoders[n]["psnr_clean"]["n"] == 6
        assert abs(decoders[n]["psnr_clean_beside_owner"]["mean"]) < 1
        assert decoders[n]["psnr_h264_crf18"]["mean"] > published + 5
    assert decoders["owner"]["psnr_clean_beside_owner"] == {"mean": 0.0, "ci95": 0.0, "n": 6}
    assert "from 4 queries" in verdict and "from 20 queries" in verdict
    assert verdict.count("as well as the owner's") == 2
    assert "whoever can ask U_e needs no U_d. In " in verdict
    assert metrics["pairs_seen"]["4"] == 4 and 4 < metrics["pairs_seen"]["20"] <= 20
    assert f"a decoder meets {metrics['pairs_seen']['20']} of 20 pairs" in verdict


def test_noise_tells_nothing(tmp_path: Path) -> None:
    metrics, verdict = found(tmp_path, body="noise")
    for n in ("4", "20"):
        assert metrics["decoders"][n]["psnr_clean"]["mean"] < 20
    assert "needs no U_d" not in verdict


def test_runs_repeat(tmp_path: Path) -> None:
    assert found(tmp_path) == found(tmp_path)


def test_pairs_are_faces_as_seen_and_as_published(tmp_path: Path) -> None:
    pair, stills = Pair(public_model(tmp_path), private_model(tmp_path)), list(drawn_set(8).images)
    pairs = ask(pair.swapper, stills, seed=1)
    assert pairs.x.shape == pairs.a.shape == (8, 64, 64, 3) and pairs.x.dtype == np.uint8
    middle = np.s_[:, 20:44, 20:44]
    turned = np.abs(pairs.x[middle].astype(int) + pairs.a[middle] - 255)
    assert np.percentile(turned, 90) <= 4  # the negative, but for 4:2:0
    assert (pairs.x[:, 0, 0] == pairs.a[:, 0, 0]).all()  # the border stays


def test_the_shipped_network_is_one_that_the_attack_can_train(tmp_path: Path) -> None:
    pair = Pair(public_model(tmp_path), private_model(tmp_path))
    profile = InversionProfile(pairs=(4,), steps=2, batch=2, held_out=2)
    finding = inversion(open_devices(), drawn_set(), pair, lambda: Restorer(16), profile=profile)
    assert set(finding.metrics["decoders"]) == {"published", "owner", "4"}


def test_more_queries_than_faces_are_refused(tmp_path: Path) -> None:
    pair = Pair(public_model(tmp_path), private_model(tmp_path))
    with pytest.raises(AttackError, match="the training part has 29") as caught:
        inversion(open_devices(), drawn_set(), pair, Affine, profile=InversionProfile(pairs=(30,)))
    assert "fewer --pairs" in caught.value.hint


def test_the_verdict_follows_from_the_figures() -> None:
    def row(mean: float) -> dict[str, Any]:
        return {"psnr_clean": {"mean": mean}}

    base = {"published": row(20.0), "owner": row(30.0)}
    assert "from 100 queries of U_e restores 29.5 dB: as well" in verdict_on(base | {"100": row(29.5)})
    weak = verdict_on(base | {"100": row(21.0), "1000": row(22.0), "10000": row(24.0)})
    assert "restores 21.0 dB: 9.0 dB less well" in weak and "1000 queries of" not in weak
    assert weak.endswith("That is 40% of what the owner gains: this training did not open the file.")
    nothing = verdict_on({"published": row(20.0), "owner": row(20.2), "100": row(20.1)})
    assert nothing.endswith("There is hardly anything that U_d could restore.")


def test_a_missing_set_ends_with_an_error_and_a_hint(tmp_path: Path) -> None:
    plain = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
    output = tmp_path / "inversion.json"
    arguments = ["attack", "inversion", "--faces", str(tmp_path), "-o", str(output), "--quick"]
    ran = CliRunner().invoke(app, arguments, env=plain)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert not output.exists()
