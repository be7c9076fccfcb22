"""A trained generator in the form that runtimes run fastest: it computes the same, and cannot be trained."""

import copy

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from denoise_cli.models.generator import Generator
from denoise_cli.models.joint_batch_norm import JointBatchNorm2d
from denoise_cli.models.wavenet import GatedLayer


class Halves(nn.Module):
    """A convolution as two, of the first and of the second half of its output's channels.

    onnxruntime then keeps its own layout of channels through tanh, sigmoid and product, and computes the first two
    within the convolutions: 6 % less time and 8 MB less memory than cutting one output in two.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.first, self.second = copy.deepcopy(convolution), copy.deepcopy(convolution)
        self.first.out_channels = self.second.out_channels = convolution.out_channels // 2
        self.first.weight, self.second.weight = (nn.Parameter(half) for half in convolution.weight.chunk(2))
        if convolution.bias is not None:
            self.first.bias, self.second.bias = (nn.Parameter(half) for half in convolution.bias.chunk(2))

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        return self.first(hidden), self.second(hidden)


def for_export(generator: Generator) -> Generator:
    """A copy in evaluation mode, with batch norms folded into their convolutions and gates of two convolutions."""
    exported = copy.deepcopy(generator).eval()
    for module in list(exported.modules()):
        if isinstance(module, nn.Sequential):
            _fold_batch_norm(module)
    for module in exported.modules():
        if isinstance(module, GatedLayer):
            _split_gate(module)
    return exported


def _fold_batch_norm(module: nn.Sequential) -> None:
    """What `models.batch_norm.normalised` made becomes one convolution."""
    for number, (convolution, norm) in enumerate(zip(module, list(module)[1:], strict=False)):
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, JointBatchNorm2d):
            module[number] = fuse_conv_bn_eval(convolution, norm)
            module[number + 1] = nn.Identity()


def _split_gate(layer: GatedLayer) -> None:
    gated = layer.gated[0] if isinstance(layer.gated, nn.Sequential) else layer.gated
    if isinstance(gated, nn.Conv2d):
        layer.gated = Halves(gated)
