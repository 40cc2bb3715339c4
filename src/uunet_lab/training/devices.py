"""Devices, precision and processes, by Lightning Fabric; what a step of an optimiser is on several of them.

Methods here have networks with several entries (`paint`, `hide`, `features`) and losses with gradients of
gradients, which wrappers round `forward` such as DistributedDataParallel don't bear. So every process holds
the same weights, takes its own share of a batch, and Fabric averages the gradients before an optimiser's
step.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from uunet_lab.training.errors import TrainingError

Precision = Literal["auto", "32-true", "bf16-mixed"]


def open_devices(precision: Precision = "32-true", count: int = 1) -> Fabric:
    """One or several of the best devices of this computer: GPUs if it has any, else the CPU.

    With several, every process but the first is started here, by running the same command line again.

    Args:
        precision: of the forward passes; weights are 32 bits wide in all. `auto` is `bf16-mixed` where the
            device computes with bfloat16; a processor that has to emulate it is faster with 32 bits.
        count: GPUs, or processes on the CPU.

    Raises:
        TrainingError: `count` is not positive, or there are fewer GPUs.
    """
    if count < 1:
        raise TrainingError(f"{count} devices can't train anything", "give --devices a positive number")
    accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    if accelerator == "cuda" and count > torch.cuda.device_count():
        raise TrainingError(
            f"{count} devices wanted, there are {torch.cuda.device_count()}",
            "give --devices a smaller number",
        )
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it tells every process and precision
    chosen = _fastest(accelerator) if precision == "auto" else precision
    fabric = Fabric(
        accelerator=accelerator, strategy="ddp" if count > 1 else "auto", devices=count, precision=chosen
    )
    fabric.launch()
    return fabric


def _fastest(accelerator: str) -> Literal["32-true", "bf16-mixed"]:
    if accelerator == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:  # amx_bf16, avx512_bf16, …; a torch that can't tell is older than most such processors
        known: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        native = any(there for name, there in known.items() if name.endswith("bf16"))
    return "bf16-mixed" if native else "32-true"


def draws(seed: int, step: int, rank: int) -> torch.Generator:
    """The random numbers of one step of one process; torch's own generator (dropout) is set to them too.

    They are a pure function of the arguments, so a run that was stopped goes on as if it had not been.
    """
    state = int(np.random.SeedSequence((seed, step, rank)).generate_state(1, np.uint64)[0] >> 1)
    torch.manual_seed(state)
    return torch.Generator().manual_seed(state)


def share_of(batch: int, fabric: Fabric) -> int:
    """Images of a batch that each process takes.

    Raises:
        TrainingError: the batch can't be shared equally.
    """
    if batch % fabric.world_size:
        raise TrainingError(
            f"a batch of {batch} can't be shared by {fabric.world_size} processes",
            "take a number of --devices that divides it",
        )
    return batch // fabric.world_size


def descend(fabric: Fabric, opt: Optimizer, loss: Tensor, clip: float | None = None) -> None:
    """One step of an optimiser on the mean of the processes' losses.

    Args:
        fabric: where.
        opt: its parameters get the gradient; what others got is left where it is.
        loss: a scalar.
        clip: largest norm of the gradient; None leaves it as it is.
    """
    own = [parameter for group in opt.param_groups for parameter in group["params"]]
    opt.zero_grad(set_to_none=True)
    fabric.backward(loss, inputs=own)
    if fabric.world_size > 1:
        average(fabric, own)
    if clip is not None:
        nn.utils.clip_grad_norm_(own, clip)
    opt.step()


def average(fabric: Fabric, parameters: Sequence[nn.Parameter]) -> None:
    """Give all processes the mean of their gradients."""
    _share_mean(fabric, [p.grad for p in parameters if p.grad is not None])


def agree(fabric: Fabric, net: nn.Module) -> None:
    """Give all processes the mean of their running statistics, which each has from its own share; after every
    step, so that the first one's checkpoint is everybody's."""
    if fabric.world_size > 1:
        _share_mean(fabric, [b for b in net.buffers() if b.is_floating_point()])


def _share_mean(fabric: Fabric, tensors: Sequence[Tensor]) -> None:
    """Replace tensors by their means over the processes, in one message."""
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    mean = cast(Tensor, fabric.all_reduce(flat, reduce_op="mean"))
    begin = 0
    for tensor in tensors:
        tensor.copy_(mean[begin : begin + tensor.numel()].view_as(tensor))
        begin += tensor.numel()
