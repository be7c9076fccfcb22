"""Writes a generator as one TorchScript file of dynamic length, for programs that embed libtorch."""

import warnings
from pathlib import Path

import torch

from denoise_cli.models.generator import Generator
from denoise_cli.models.onnx_export import FinalEstimate, metadata
from denoise_cli.models.parity import Samples, keep_if_equal, largest_difference


def export_torchscript(generator: Generator, file: Path) -> float:
    """Write the generator to `file` by temp-and-rename, after checking that the traced program computes the same.

    It takes and gives (batch, samples) at the model's rate; extra files inside, named as in `onnx_export.metadata`,
    say rate, hop and context. Returns the largest difference found on audio of several lengths.
    Raises CannotStart when the difference exceeds PARITY or is not a number.
    """
    generator = generator.cpu().eval()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of torch about its own tracer
        program = torch.jit.trace(FinalEstimate(generator), torch.zeros(2, 4 * max(generator.hop, 256)))
        temporary = file.with_name(f".{file.name}.part")
        torch.jit.save(program, str(temporary), _extra_files=metadata(generator))
        loaded = torch.jit.load(str(temporary))

    def run(noisy: Samples) -> Samples:
        with torch.inference_mode():
            output: Samples = loaded(torch.from_numpy(noisy)).numpy()
        return output

    return keep_if_equal(temporary, file, largest_difference(generator, run))
