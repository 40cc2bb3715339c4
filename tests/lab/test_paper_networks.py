"""The networks against Table I and what the paper cites."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from uunet_lab.methods.uunet.paper_networks import PairMatcher, PatchGAN, UNet

# Table I: kernels, size, stride of each convolution, then the sizes of the dense layers (t = 1).
TABLE_1 = [(16, 3, 2), (64, 3, 1), (128, 3, 1), (64, 3, 2), (64, 3, 2)]
DENSE = [128, 1]


def test_the_matcher_has_the_layers_of_table_1() -> None:
    layers = list(PairMatcher().layers)
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    assert [(c.out_channels, c.kernel_size[0], c.stride[0]) for c in convolutions] == TABLE_1
    assert convolutions[0].in_channels == 6
    after = [type(layer) for layer in layers[:20]]
    assert after == [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU, nn.Dropout] * 5
    assert {layer.momentum for layer in layers if isinstance(layer, nn.BatchNorm2d)} == {0.2}  # Keras: 0.8
    assert {layer.p for layer in layers if isinstance(layer, nn.Dropout)} == {0.25}
    tail = [type(layer) for layer in layers[20:]]
    assert tail == [nn.Flatten, nn.Linear, nn.ReLU, nn.Linear]
    assert [layer.out_features for layer in layers if isinstance(layer, nn.Linear)] == DENSE


def test_the_matcher_has_the_parameters_that_table_1_gives() -> None:
    channels, side, expected = 6, 64, 0
    for kernels, size, stride in TABLE_1:
        expected += size * size * channels * kernels + kernels + 2 * kernels
        channels, side = kernels, side // stride
    width = channels * side * side
    for units in DENSE:
        expected += width * units + units
        width = units
    assert sum(p.numel() for p in PairMatcher().parameters()) == expected == 719_953


def test_the_matcher_answers_with_probabilities_and_knows_no_light() -> None:
    net = PairMatcher().eval()
    first, second = torch.rand(4, 3, 64, 64), torch.rand(4, 3, 64, 64)
    b_hat = net(first, second)
    assert b_hat.shape == (4,)
    assert bool(((b_hat > 0) & (b_hat < 1)).all())
    assert torch.allclose(net(first * 0.5 + 0.2, second), b_hat, atol=1e-5)  # standardised
    assert torch.isfinite(net(torch.zeros(1, 3, 64, 64), second[:1])).all()


@pytest.mark.parametrize("cin", [4, 3])
def test_the_u_nets_take_what_the_paper_says(cin: int) -> None:
    net = UNet(cin, base=4).eval()
    made = net(torch.rand(2, cin, 64, 64))
    assert made.shape == (2, 3, 64, 64)
    assert bool(((made >= 0) & (made <= 1)).all())


def test_the_u_net_is_the_one_of_ronneberger() -> None:
    """Widths 64 to 1024, two 3×3 convolutions each way: 31 million parameters."""
    net = UNet(3)
    assert [pair[0].out_channels for pair in net.down] == [64, 128, 256, 512, 1024]  # type: ignore[index]
    down = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 1024)]
    up = [(1024, 512), (512, 256), (256, 128), (128, 64)]

    def pair(i: int, o: int) -> int:
        return 9 * i * o + o + 9 * o * o + o

    expected = sum(pair(i, o) for i, o in [*down, *up]) + sum(4 * i * o + o for i, o in up) + 64 * 3 + 3
    assert sum(p.numel() for p in net.parameters()) == expected == 31_031_875


def test_every_skip_of_the_u_net_is_used() -> None:
    net = UNet(3, base=4).eval()
    image = torch.rand(1, 3, 64, 64, requires_grad=True)
    for level in range(5):
        kept: list[torch.Tensor] = []
        hook = net.down[level].register_forward_hook(lambda _m, _i, out, kept=kept: kept.append(out))
        made = net(image)
        (gradient,) = torch.autograd.grad(made.sum(), kept[0])
        assert float(gradient.abs().sum()) > 0
        hook.remove()


def test_a_patch_is_seventy_pixels_wide() -> None:
    """The receptive field of one score of [25]'s PatchGAN."""
    net = PatchGAN(4)
    for layer in net.layers:  # without the statistics of the whole image
        if isinstance(layer, nn.InstanceNorm2d):
            layer.forward = nn.Identity().forward  # type: ignore[method-assign]
    image = torch.rand(1, 3, 128, 128, requires_grad=True)
    scores = net(image)
    (gradient,) = torch.autograd.grad(scores[0, 0, 7, 7], image)
    touched = gradient.abs().sum((0, 1)).nonzero()
    assert (touched.max(0).values - touched.min(0).values + 1).tolist() == [70, 70]
    assert net(torch.rand(2, 3, 64, 64)).shape == (2, 1, 6, 6)


def test_a_score_depends_on_its_own_image_only() -> None:
    net = PatchGAN(4)
    images = torch.rand(3, 3, 64, 64)
    assert torch.allclose(net(images)[:1], net(images[:1]), atol=1e-5)
