"""The joint batch norm against torch's; over processes it is in tests/integration/test_several_processes.py."""

import torch
from torch import Tensor

from denoise_cli.models.joint_batch_norm import JointBatchNorm2d, _Normalise, set_joint


def normalise(values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    output: Tensor = _Normalise.apply(values, weight, bias, 1e-5)[0]  # type: ignore[no-untyped-call]
    return output


def inputs() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    values = 3 + 2 * torch.randn(2, 3, 4, 5, dtype=torch.float64)
    weight, bias = torch.rand(3, dtype=torch.float64) + 0.5, torch.randn(3, dtype=torch.float64)
    return values.requires_grad_(), weight.requires_grad_(), bias.requires_grad_()


def test_output_and_gradients_are_those_of_torch() -> None:
    results = []
    for norm in (normalise, lambda x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, training=True)):
        arguments = inputs()
        output = norm(*arguments)
        output.sin().sum().backward()
        results.append([output, *(argument.grad for argument in arguments)])
    for own, reference in zip(*results, strict=True):
        torch.testing.assert_close(own, reference)


def test_first_and_second_derivatives_are_right() -> None:
    assert torch.autograd.gradcheck(normalise, inputs())
    assert torch.autograd.gradgradcheck(normalise, inputs())


def test_a_channel_that_is_constant_comes_out_as_its_bias() -> None:
    output = normalise(torch.full((2, 1, 3, 3), 1e3), torch.ones(1), torch.tensor([0.25]))
    torch.testing.assert_close(output, torch.full((2, 1, 3, 3), 0.25), atol=0.1, rtol=0)


def test_every_norm_of_a_network_is_told_whether_to_be_joint() -> None:
    network = torch.nn.Sequential(JointBatchNorm2d(2), torch.nn.Sequential(JointBatchNorm2d(3)))
    set_joint(network, False)
    assert [module.joint for module in network.modules() if isinstance(module, JointBatchNorm2d)] == [False, False]
