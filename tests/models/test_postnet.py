"""The PostNet: near the identity at its start, aligned also with an even kernel."""

import pytest
import torch

from denoise_cli.config import PostNetConfig
from denoise_cli.models.postnet import PostNet


@pytest.mark.parametrize(
    ("config", "planes"), [(PostNetConfig(), 1), (PostNetConfig(layers=3, channels=8, kernel=3, band_kernel=3), 2)]
)
def test_it_starts_near_the_identity(config: PostNetConfig, planes: int) -> None:
    torch.manual_seed(1)
    estimate = 0.1 * torch.randn(1, planes, 600, 1 if planes == 1 else 9)
    with torch.no_grad():
        refined = PostNet(config, planes)(estimate)
    error = (refined - estimate).square().mean() / estimate.square().mean()
    assert refined.shape == estimate.shape
    assert 10 * float(error.log10()) < -20


def test_an_even_kernel_keeps_alignment_through_twelve_layers() -> None:
    torch.manual_seed(1)
    impulse = torch.zeros(1, 1, 1000, 1)
    impulse[0, 0, 500, 0] = 0.5
    with torch.no_grad():
        refined = PostNet(PostNetConfig(), 1)(impulse)
    assert int(refined.abs().argmax()) == 500


def test_every_layer_ends_in_tanh() -> None:
    with torch.no_grad():
        refined = PostNet(PostNetConfig(layers=2, channels=4, kernel=3), 1)(100 * torch.ones(1, 1, 50, 1))
    assert float(refined.abs().max()) <= 1.0


def test_all_weights_get_gradients() -> None:
    torch.manual_seed(1)
    postnet = PostNet(PostNetConfig(layers=3, channels=4, kernel=4), 1)
    postnet(torch.randn(1, 1, 100, 1)).square().sum().backward()
    assert all(bool((parameter.grad != 0).any()) for parameter in postnet.parameters())
