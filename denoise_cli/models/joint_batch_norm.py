"""Batch norm whose batch is that of all processes of a distributed run."""

import torch
import torch.distributed as dist
from torch import Tensor, nn


class JointBatchNorm2d(nn.BatchNorm2d):
    """torch's BatchNorm2d; in training within a process group, over the batches of all processes.

    (batch, channels, height, width), of equal size in all processes. torch's SyncBatchNorm does this on CUDA only, and
    has no second derivative, which the penalty R1 needs.
    """

    def forward(self, input: Tensor) -> Tensor:
        uses_batch = self.training or not self.track_running_stats
        if not uses_batch or not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
            return super().forward(input)
        with torch.autocast(input.device.type, enabled=False):
            exact = input.float() if input.dtype in (torch.bfloat16, torch.float16) else input
            mean = _mean_over_processes(exact)
            centred = exact - mean
            variance = _mean_over_processes(centred.square())
            self._follow(mean.flatten(), variance.flatten(), exact.numel() // exact.shape[1])
            scale = self.weight[:, None, None] * (variance + self.eps).rsqrt()
            return torch.addcmul(self.bias[:, None, None], centred, scale).to(input.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, values: int) -> None:
        """Move the running statistics where there are any; values: a channel's, in this process."""
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        joint = values * dist.get_world_size()
        share = 0.1 if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * (joint / max(joint - 1, 1)), share)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)


def _mean_over_processes(values: Tensor) -> Tensor:
    """(batch, channels, height, width) -> (channels, 1, 1)."""
    sums: Tensor = _SumOverProcesses.apply(values.mean(dim=(0, 2, 3), keepdim=True)[0])  # type: ignore[no-untyped-call]
    return sums / dist.get_world_size()


class _SumOverProcesses(torch.autograd.Function):
    """Its gradient is the sum of the processes' gradients, again one of these: it can be differentiated twice."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, values: Tensor) -> Tensor:
        together = values.contiguous().clone()
        dist.all_reduce(together)
        return together

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor) -> Tensor:
        summed: Tensor = _SumOverProcesses.apply(gradients[0])  # type: ignore[no-untyped-call]
        return summed
