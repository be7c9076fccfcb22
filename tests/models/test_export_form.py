"""The form that is exported computes what was trained."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from denoise_cli.config import GeneratorConfig
from denoise_cli.inference.onnx_engine import OnnxEngine
from denoise_cli.models.export_form import Halves, for_export
from denoise_cli.models.generator import Generator
from denoise_cli.models.joint_batch_norm import JointBatchNorm2d
from denoise_cli.models.onnx_export import export_onnx
from tests.models.small_configs import ALL, NORMALISED


def trained(config: GeneratorConfig) -> Generator:
    """With statistics, biases and gains that are not those of the start."""
    torch.manual_seed(0)
    generator = Generator(config)
    for module in generator.modules():
        if isinstance(module, JointBatchNorm2d) and module.running_mean is not None and module.running_var is not None:
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.2, 2.0)
            nn.init.normal_(module.bias, std=0.1)
    return generator.eval()


@pytest.mark.parametrize("config", ALL.values(), ids=ALL.keys())
def test_it_computes_the_same(config: GeneratorConfig) -> None:
    generator, waveform = trained(config), 0.1 * torch.randn(1, 2000)
    exported = for_export(generator)
    with torch.no_grad():
        torch.testing.assert_close(exported.enhance(waveform), generator.enhance(waveform), rtol=0, atol=1e-6)
    modules = list(exported.modules())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in modules)
    assert sum(isinstance(module, Halves) for module in modules) == config.wavenet.stacks * config.wavenet.layers


def test_an_export_has_it_and_leaves_the_generator_as_it_was(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    generator = trained(NORMALISED)
    names = set(generator.state_dict())
    export_onnx(generator, tmp_path / "model.onnx")
    assert set(generator.state_dict()) == names
    nodes = onnx.load(tmp_path / "model.onnx").graph.node
    makers = {name: node.op_type for node in nodes for name in node.output}
    assert "BatchNormalization" not in makers.values()
    assert {makers[node.input[0]] for node in nodes if node.op_type == "Sigmoid"} == {"Conv"}
    noisy = 0.1 * torch.randn(1, 2000)
    with torch.no_grad():
        expected = generator.enhance(noisy).numpy()
    ran = OnnxEngine.load(tmp_path / "model.onnx", threads=1).run(noisy.numpy())
    np.testing.assert_allclose(ran, expected, rtol=0, atol=1e-5)
