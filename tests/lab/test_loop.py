"""The loop: it resumes bit for bit, stops when told, tells what it does, and shares its work."""

from __future__ import annotations

import os
import signal
import struct
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from lightning_fabric import Fabric
from tensorboardX.proto.event_pb2 import Event
from torch import nn

from uunet_lab.training.devices import agree, descend, draws, open_devices, share_of
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.loop import load, resume, run, save


class Line:
    """The smallest training: a line fitted to random points, with dropout and running statistics."""

    def __init__(self, fabric: Fabric, steps: int = 4, batch: int = 8) -> None:
        torch.manual_seed(1)
        self.fabric, self.steps, self.batch, self.step = fabric, steps, batch, 0
        self.net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))
        self.opt = torch.optim.Adam(self.net.parameters(), 0.05)
        self.stop_at, self.shown = -1, 0

    def advance(self) -> dict[str, float]:
        rng = draws(7, self.step, self.fabric.global_rank)
        x = torch.rand(share_of(self.batch, self.fabric), 3, generator=rng)
        loss = (self.net(x)[:, 0] - x.sum(1)).square().mean()
        descend(self.fabric, self.opt, loss, clip=1.0)
        agree(self.fabric, self.net)
        self.step += 1
        if self.step == self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
        return {"loss": float(loss.detach()), "step": float(self.step)}

    def state(self) -> dict[str, Any]:
        return {"step": self.step, "net": self.net.state_dict(), "opt": self.opt.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self.step = state["step"]
        self.net.load_state_dict(state["net"])
        self.opt.load_state_dict(state["opt"])

    def sheet(self) -> npt.NDArray[np.uint8]:
        self.shown += 1
        return np.full((4, 6, 3), 10 * self.step, np.uint8)

    def weights(self) -> list[float]:
        return [float(v) for value in self.net.state_dict().values() for v in value.flatten()]


def _silent(_: str) -> None: ...


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    straight, stopped = Line(open_devices()), Line(open_devices())
    stopped.stop_at = 2
    assert run(straight, tmp_path / "a", _silent)
    assert not run(stopped, tmp_path / "b", _silent)
    assert stopped.step == 2
    again = Line(open_devices())
    torch.rand(5)  # what was drawn elsewhere must not matter
    assert resume(again, tmp_path / "b")
    assert run(again, tmp_path / "b", _silent)
    assert again.weights() == straight.weights()
    one, two = load(tmp_path / "a" / "last.pt"), load(tmp_path / "b" / "last.pt")
    for key, moments in one["opt"]["state"].items():
        for name, value in moments.items():
            assert torch.equal(value, two["opt"]["state"][key][name])


def test_sigterm_means_what_it_meant_before_when_the_run_is_over(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    line = Line(open_devices())
    line.stop_at = 1
    run(line, tmp_path, _silent)
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_logs_means_and_speed_and_keeps_sheets(tmp_path: Path) -> None:
    said: list[str] = []
    line = Line(open_devices(), steps=4)
    run(line, tmp_path, said.append, log_every=2, sheet_every=2)
    assert [text.split(" loss")[0] for text in said] == ["step 2", "step 4"]
    assert "step 1.5000" in said[0]  # the mean of steps 1 and 2
    assert "step 3.5000" in said[1]
    assert said[0].endswith("images/s")
    assert line.shown == 2
    assert (tmp_path / "sheet.png").stat().st_size > 0
    told = _events(tmp_path)
    assert [(step, tag) for step, tag, _ in told] == [
        (step, tag) for step in (2, 4) for tag in ("loss", "step", "images/s", "sheet")
    ]
    assert told[1][2] == 1.5


def _events(folder: Path) -> list[tuple[int, str, float]]:
    """(step, tag, value) of TensorBoard's file: records of length, check sum, message, check sum."""
    [path] = folder.glob("events.out.tfevents.*")
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = Event.FromString(data[at + 12 : at + 12 + length])
        found += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
        at += length + 16
    return found


def test_it_saves_on_the_way_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    line = Line(open_devices(), steps=5)
    original, at = line.state, []
    line.state = lambda: at.append(line.step) or original()  # type: ignore[func-returns-value,method-assign]
    run(line, tmp_path, _silent, save_every=2)
    assert at == [2, 4, 5]
    run(line, tmp_path, _silent, save_every=2)
    assert at == [2, 4, 5]  # nothing was done, nothing is written
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", None])
def test_a_checkpoint_that_can_not_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "last.pt").write_bytes(content)
    else:
        torch.save([1], tmp_path / "last.pt")
    with pytest.raises(TrainingError) as caught:
        resume(Line(open_devices()), tmp_path)
    assert caught.value.hint


def test_a_run_goes_on_with_as_many_processes_as_it_had(tmp_path: Path) -> None:
    line = Line(open_devices())
    save(line, tmp_path)
    state = load(tmp_path / "last.pt") | {"processes": 3}
    torch.save(state, tmp_path / "last.pt")
    with pytest.raises(TrainingError, match="3 processes, not 1"):
        resume(line, tmp_path)


def test_devices_that_are_not_there_are_refused() -> None:
    with pytest.raises(TrainingError, match="0 devices"):
        open_devices(count=0)


@pytest.mark.parametrize(("known", "chosen"), [({"avx512_bf16": True}, "bf16-mixed"), ({}, "32-true")])
def test_bfloat16_only_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, bool], chosen: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True} | known, raising=False)
    assert open_devices("auto")._precision.precision == chosen


def test_draws_depend_on_all_three_and_on_nothing_else() -> None:
    def three(seed: int, step: int, rank: int) -> tuple[float, float]:
        rng = draws(seed, step, rank)
        return float(torch.rand(1, generator=rng)), float(torch.rand(1))

    first = three(1, 2, 0)
    assert first == three(1, 2, 0)
    assert len({first, three(1, 2, 1), three(1, 3, 0), three(2, 2, 0)}) == 4


def test_descend_touches_only_what_the_optimiser_owns() -> None:
    fabric, own, other = open_devices(), nn.Linear(2, 1), nn.Linear(2, 2)
    before = other.weight.detach().clone()
    descend(fabric, torch.optim.SGD(own.parameters(), 0.1), own(other(torch.ones(1, 2))).sum())
    assert other.weight.grad is None
    assert torch.equal(other.weight, before)


def _plane() -> nn.Linear:
    layer = nn.Linear(3, 1)
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


POINTS = torch.arange(24.0).reshape(8, 3) / 24


def _in_a_process(fabric: Fabric, folder: str) -> None:
    straight, stopped, again = (Line(fabric, steps=5, batch=8) for _ in range(3))
    run(straight, Path(folder) / "straight", _silent)
    stopped.stop_at = 3 if fabric.global_rank == 1 else -1
    finished = run(stopped, Path(folder) / "run", _silent, save_every=2)
    resume(again, Path(folder) / "run")
    begun = again.step
    run(again, Path(folder) / "run", _silent)
    layer = _plane()
    share = POINTS[fabric.global_rank :: 2]
    descend(fabric, torch.optim.SGD(layer.parameters(), 0.0), layer(share).square().mean())
    assert layer.weight.grad is not None
    told = [straight.weights(), again.weights(), layer.weight.grad[0].tolist(), begun, finished]
    torch.save(told, Path(folder) / f"{fabric.global_rank}.pt")


def test_two_processes_train_one_model(tmp_path: Path) -> None:
    fabric = Fabric(accelerator="cpu", strategy="ddp_spawn", devices=2)
    fabric.launch(partial(_in_a_process, folder=str(tmp_path)))
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first == second  # the same weights, though each saw its own points
    straight, again, gradient, begun, finished = first
    assert (begun, finished) == (3, False)  # SIGTERM came to one of them, both stopped
    assert again == straight
    assert load(tmp_path / "run" / "last.pt")["processes"] == 2
    alone = Line(open_devices(), steps=5, batch=8)
    run(alone, tmp_path / "alone", _silent)
    assert straight != alone.weights()  # two shares are drawn, not one twice
    layer = _plane()
    layer(POINTS).square().mean().backward()
    assert layer.weight.grad is not None
    assert gradient == pytest.approx(layer.weight.grad[0].tolist())


def test_a_run_that_begins_at_its_end_leaves_a_checkpoint(tmp_path: Path) -> None:
    line = Line(open_devices(), steps=4)
    line.step = 4
    assert run(line, tmp_path, lambda _: None)
    assert load(tmp_path / "last.pt")["step"] == 4
