"""Weights into a generator and back: safetensors only, checked before anything is allocated."""

import math
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from denoise_cli.errors import ModelUnavailable
from denoise_cli.file_replacement import replace_file
from denoise_cli.models.generator import Generator
from denoise_cli.models.model_folder import ModelFolder
from denoise_cli.models.safetensors_header import read_shapes
from denoise_cli.models.weight_count import count_weights


def load_generator(folder: ModelFolder, device: torch.device | str = "cpu") -> Generator:
    """The generator of a model folder with its weights, in evaluation mode, in float32.

    Memory is bounded by the size of the weights' file. Raises ModelUnavailable when they are missing, broken, of
    another type, not finite, or do not fit the config.
    """
    shapes = read_shapes(folder.weights)
    # counted before anything is built: the config may ask for a network that no memory can hold
    fits = sum(math.prod(shape) for shape in shapes.values()) == count_weights(folder.generator)
    generator = Generator(folder.generator, folder.use_postnet) if fits else None
    if generator is None or shapes != {name: tuple(value.shape) for name, value in generator.state_dict().items()}:
        raise ModelUnavailable(f"{folder.weights}: weights do not fit {folder.path / 'config.json'}")
    try:
        weights = load_file(folder.weights)
    except (OSError, SafetensorError) as error:
        raise ModelUnavailable(f"{folder.weights}: cannot be read ({error})") from error
    if not all(torch.isfinite(value).all() for value in weights.values()):
        raise ModelUnavailable(f"{folder.weights}: weights are not finite")
    generator.load_state_dict({name: value.float() for name, value in weights.items()})
    return generator.to(device).eval()


def save_weights(generator_state: dict[str, torch.Tensor], path: Path, dtype: torch.dtype = torch.float32) -> None:
    """Write model.safetensors whole or not at all; `dtype` is that of matrices, vectors are few and stay in float32."""
    weights = {
        name: value.detach().to("cpu", dtype if value.ndim > 1 else torch.float32).contiguous()
        for name, value in generator_state.items()
    }
    replace_file(path, save(weights))  # not save_file: it makes files that only their owner can read
