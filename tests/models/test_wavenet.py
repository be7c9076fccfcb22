"""The WaveNet: its field, its skips, its bands."""

import pytest
import torch

from denoise_cli.config import WaveNetConfig
from denoise_cli.models.wavenet import WaveNet

SMALL = WaveNetConfig(channels=4, stacks=2, layers=3, head_channels=(4,))


def test_reach_is_what_the_gradient_sees() -> None:
    wavenet = WaveNet(SMALL, 1, 1)
    assert wavenet.reach == 2 * (1 + 2 + 4)
    inputs = torch.randn(1, 1, 101, 1, requires_grad=True)
    wavenet(inputs)[0, 0, 50, 0].backward()
    touched = torch.nonzero(inputs.grad[0, 0, :, 0])
    assert (int(touched.min()), int(touched.max())) == (50 - wavenet.reach, 50 + wavenet.reach)


def test_head_kernels_count_into_reach() -> None:
    assert WaveNet(WaveNetConfig(channels=4, layers=2, head_channels=(8, 8), head_kernel=3), 1, 1).reach == 2 * 3 + 2


def test_every_layer_contributes_through_its_skip() -> None:
    wavenet = WaveNet(SMALL, 1, 1)
    wavenet(torch.randn(1, 1, 40, 1)).square().sum().backward()
    for layer in wavenet.layers:
        assert bool((layer.skip.weight.grad != 0).any())


@pytest.mark.parametrize(("band_kernel", "reach"), [(1, 0), (5, 8)])
def test_bands_see_each_other_through_the_residual_convolutions_only(band_kernel: int, reach: int) -> None:
    config = WaveNetConfig(channels=4, stacks=1, layers=5, band_kernel=band_kernel, head_channels=())
    inputs = torch.randn(1, 3, 20, 31, requires_grad=True)
    WaveNet(config, 3, 2)(inputs)[0, 0, 10, 15].backward()
    touched = torch.nonzero(inputs.grad.abs().sum(dim=(0, 1, 2)))
    assert (int(touched.min()), int(touched.max())) == (15 - reach, 15 + reach)


def test_full_band_maps_let_every_band_see_all_others_at_its_own_moment() -> None:
    config = WaveNetConfig(channels=4, stacks=1, layers=1, full_band_channels=2, head_channels=())
    wavenet = WaveNet(config, 3, 2, bands=31)
    torch.nn.init.normal_(wavenet.layers[0].full_band.expand.weight)
    inputs = torch.randn(1, 3, 20, 31, requires_grad=True)
    wavenet(inputs)[0, 0, 10, 15].backward()
    touched = torch.nonzero(inputs.grad.abs().sum(dim=(0, 1)))
    assert {int(frame) for frame, _ in touched} == {9, 10, 11}  # the gated convolution's
    assert {int(band) for _, band in touched} == set(range(31))
