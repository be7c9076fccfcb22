"""Batch normalisation after a convolution, where a config asks for it."""

from torch import nn

from denoise_cli.models.joint_batch_norm import JointBatchNorm2d

# Of the running statistics: a batch is some seconds of few voices, so the statistics of many are averaged.
MOMENTUM = 0.03


def normalised(convolution: nn.Conv2d, batch_norm: bool, gain: float = 1.0) -> nn.Module:
    """The convolution, followed by batch normalisation with a start at `gain` if `batch_norm`.

    Not in the paper: with it (and Muon) one hour of audio taught a compact network what took ten without, see
    docs/experiments.md. In evaluation mode it is a fixed scale and shift, so chunks and whole files come out alike.
    """
    if not batch_norm:
        return convolution
    norm = JointBatchNorm2d(convolution.out_channels, momentum=MOMENTUM)
    nn.init.constant_(norm.weight, gain)
    return nn.Sequential(convolution, norm)
