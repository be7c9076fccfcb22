"""Writes a generator as one ONNX file of dynamic length, with all that is needed to run it in its metadata."""

import json
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import CannotStart, MissingPackage
from denoise_cli.models.export_form import for_export
from denoise_cli.models.generator import Generator
from denoise_cli.models.parity import Samples, keep_if_equal, largest_difference

if TYPE_CHECKING:
    import onnx_ir

INPUT, OUTPUT = "noisy", "enhanced"


class FinalEstimate(nn.Module):
    """(batch, samples) -> (batch, samples): what `enhance` runs."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, noisy: Tensor) -> Tensor:
        return self.generator.enhance(noisy)


def metadata(generator: Generator) -> dict[str, str]:
    """What the file says of itself: rates and context in samples, and the generator's config as JSON."""
    left, right = generator.context
    return {
        "sample_rate": str(generator.sample_rate),
        "hop": str(generator.hop),
        "context_left": str(left),
        "context_right": str(right),
        "generator": json.dumps(to_mapping(generator.config)),
    }


def export_onnx(generator: Generator, file: Path) -> float:
    """Write the generator to `file` by temp-and-rename, after checking that onnxruntime computes the same with it.

    Returns the largest difference found on random audio of several lengths.
    Raises MissingPackage without the extra `onnx`; CannotStart when the difference exceeds PARITY or is not a number.
    """
    try:
        import onnxscript  # noqa: F401  torch's exporter needs it
    except ImportError as error:
        raise MissingPackage("export to ONNX needs onnx and onnxscript: pip install 'hifidenoise[onnx]'") from error
    generator = generator.cpu().eval()
    exported = FinalEstimate(for_export(generator))
    dynamic = {0: torch.export.Dim("batch"), 1: torch.export.Dim("samples", min=2)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter about itself
        program = torch.onnx.export(
            exported, (torch.zeros(2, 4 * max(generator.hop, 256)),), dynamo=True, verbose=False,
            input_names=[INPUT], output_names=[OUTPUT], dynamic_shapes={"noisy": dynamic},
        )  # fmt: skip
    if program is None:
        raise CannotStart(f"{file}: torch returned no ONNX program")
    forget_origins(program.model)
    program.model.metadata_props.update(metadata(generator))
    temporary = file.with_name(f".{file.name}.part")
    program.save(temporary)
    return keep_if_equal(temporary, file, parity(generator, temporary))


def forget_origins(model: "onnx_ir.Model") -> None:
    """Drop the stack traces that torch's exporter notes at each node: they hold paths of the exporting machine."""
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
    for value in (*model.graph.inputs, *model.graph.initializers.values()):
        value.metadata_props.clear()


def parity(generator: Generator, file: Path) -> float:
    """Largest absolute difference between torch and onnxruntime, see `models.parity`."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])

    def run(noisy: Samples) -> Samples:
        output: Samples = session.run([OUTPUT], {INPUT: noisy})[0]
        return output

    return largest_difference(generator, run)
