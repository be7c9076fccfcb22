"""How much a generator computes: weights that run, and multiplications with addition for a second of audio."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from denoise_cli.models.generator import Generator

MEASURED_SECONDS = 0.1


def count_parameters(generator: Generator) -> int:
    """Weights and biases that run: without the PostNet's where the generator stops before it."""
    unused = [] if generator.use_postnet else generator.postnet_parameters()
    return sum(p.numel() for p in generator.parameters()) - sum(p.numel() for p in unused)


def count_multiply_adds(generator: Generator) -> int:
    """Of convolutions and matrix products, Fourier transforms too, for one second; without activations and sums."""
    samples = max(1, round(MEASURED_SECONDS * generator.sample_rate / generator.hop)) * generator.hop
    # the difference is free of what the ends of a recording cost; an operation is half of a multiply-add
    operations = _operations(generator, 2 * samples) - _operations(generator, samples)
    return round(operations / 2 / samples * generator.sample_rate)


def _operations(generator: Generator, samples: int) -> int:
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        generator.enhance(torch.zeros(1, samples))
    return int(counter.get_total_flops())
