"""Batch norm whose batch is that of all processes of a distributed run."""

import torch
import torch.distributed as dist
from torch import Tensor, nn

POSITIONS = (0, 2, 3)  # all but channels


class JointBatchNorm2d(nn.BatchNorm2d):
    """torch's BatchNorm2d; in training within a process group, over the batches of all processes.

    (batch, channels, height, width), of equal size in all processes. torch's SyncBatchNorm does this on CUDA only, and
    has no second derivative, which the penalty R1 needs. With `joint` off, each process has statistics of its own.
    """

    joint = True

    def forward(self, input: Tensor) -> Tensor:
        uses_batch = self.training or not self.track_running_stats
        if not uses_batch or not self.joint or _processes() == 1:
            return super().forward(input)
        with torch.autocast(input.device.type, enabled=False):
            exact = input.float() if input.dtype in (torch.bfloat16, torch.float16) else input
            output, mean, variance = _Normalise.apply(exact, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
            self._follow(mean, variance, exact.numel() // exact.shape[1])
            normalised: Tensor = output.to(input.dtype)
            return normalised

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, values: int) -> None:
        """Move the running statistics where there are any; values: a channel's, in this process."""
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        joint = values * _processes()
        share = 0.1 if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * (joint / max(joint - 1, 1)), share)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)


def set_joint(network: nn.Module, joint: bool) -> None:
    """Whether all batch norms of a network are over the batches of all processes."""
    for module in network.modules():
        if isinstance(module, JointBatchNorm2d):
            module.joint = joint


class _Normalise(torch.autograd.Function):
    """(input, weight, bias, eps) -> (output, mean, variance); the moments are the joint batch's, (channels,).

    Forward and backward read the input twice each: it is memory that they wait for.
    """

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx, input: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        mean, square = _mean_over_processes(torch.stack([input.mean(POSITIONS), input.square().mean(POSITIONS)]))
        variance = (square - mean.square()).clamp(min=0)
        scale = (variance + eps).rsqrt()
        ctx.save_for_backward(input, weight, bias, mean, scale)
        ctx.eps = eps  # type: ignore[attr-defined]
        ctx.mark_non_differentiable(mean, variance)
        return _affine(input, weight * scale, bias - mean * weight * scale), mean, variance

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        input, weight, bias, mean, scale = ctx.saved_tensors  # type: ignore[attr-defined]
        gradient = gradients[0]
        if torch.is_grad_enabled():  # a second derivative is wanted
            output = _normalise(input, weight, bias, ctx.eps)  # type: ignore[attr-defined]
            inputs = torch.autograd.grad(output, (input, weight, bias), gradient, create_graph=True)
            return inputs[0], inputs[1], inputs[2], None
        of_bias = gradient.sum(POSITIONS)
        of_weight = ((gradient * input).sum(POSITIONS) - mean * of_bias) * scale
        joint = _sum_over_processes(torch.stack([of_weight, of_bias])) / (input.numel() // len(mean) * _processes())
        gain = weight * scale
        slope = -gain * scale * joint[0]
        of_input = _affine(input, slope, -mean * slope - gain * joint[1])
        return of_input.addcmul_(gradient, _of_channels(gain)), of_weight, of_bias, None


def _normalise(input: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """The same out of operations that can be differentiated twice."""
    centred = input - _of_channels(_mean_over_processes(input.mean(POSITIONS)))
    variance = _mean_over_processes(centred.square().mean(POSITIONS))
    return _affine(centred, weight * (variance + eps).rsqrt(), bias)


def _affine(values: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return torch.addcmul(_of_channels(shift), values, _of_channels(gain))


def _of_channels(values: Tensor) -> Tensor:
    return values[:, None, None]


def _processes() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def _mean_over_processes(values: Tensor) -> Tensor:
    if _processes() == 1:
        return values
    sums: Tensor = _SumOverProcesses.apply(values)  # type: ignore[no-untyped-call]
    return sums / _processes()


def _sum_over_processes(values: Tensor) -> Tensor:
    if _processes() > 1:
        dist.all_reduce(values)
    return values


class _SumOverProcesses(torch.autograd.Function):
    """Its gradient is the sum of the processes' gradients, again one of these: it can be differentiated twice."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, values: Tensor) -> Tensor:
        return _sum_over_processes(values.contiguous().clone())

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor) -> Tensor:
        summed: Tensor = _SumOverProcesses.apply(gradients[0])  # type: ignore[no-untyped-call]
        return summed
