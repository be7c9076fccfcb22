"""What runs a model on an array: the only thing that the rest of inference knows about torch or any other runtime."""

from pathlib import Path
from typing import Protocol

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UsageConflict
from denoise_cli.inference.options import EngineName


class Engine(Protocol):
    """A loaded model, ready to run."""

    @property
    def sample_rate(self) -> int:
        """Rate in Hz of what `run` takes and gives."""

    @property
    def hop(self) -> int:
        """A window given to `run` must start at a multiple of this many samples from the start of the recording."""

    @property
    def context(self) -> tuple[int, int]:
        """Samples (left, right) that an output sample depends on; multiples of `hop`.

        What `run` gives for a sample with that much real signal on both sides equals what it gives for the whole
        recording.
        """

    def run(self, waveform: Samples) -> Samples:
        """Enhance (batch, samples), any length from one sample on; the same shape comes back, aligned to the sample.

        Raises DeviceMemoryExhausted when the window is too large for the device.
        """


def open_engine(model: str, device: str, threads: int | None, engine: EngineName = EngineName.AUTO) -> Engine:
    """Load a bundled model by its name, or a model folder.

    device: auto, cpu, cuda, cuda:N or mps. threads: on the CPU; None leaves the runtime's own choice.
    engine: auto takes onnxruntime on the CPU where the model has an ONNX file, as it starts without torch.
    Raises ModelUnavailable, CannotStart, and UsageConflict for onnx on another device than the CPU.
    """
    from denoise_cli.models.model_folder import find_model, read_model_folder

    folder = read_model_folder(find_model(model))
    if engine is EngineName.ONNX and device not in ("auto", "cpu"):
        raise UsageConflict(f"--engine onnx runs on the CPU, not on --device {device}; leave one of them out")
    on_cpu = device == "cpu" or (device == "auto" and not has_nvidia_driver())
    if engine is EngineName.ONNX or (engine is EngineName.AUTO and on_cpu and folder.onnx.is_file()):
        from denoise_cli.inference.onnx_engine import OnnxEngine

        return OnnxEngine.load(folder.onnx, threads)
    from denoise_cli.inference.torch_engine import TorchEngine

    return TorchEngine.load(folder, device, threads)


def has_nvidia_driver() -> bool:
    """Whether an NVIDIA driver is installed, so that asking torch for a GPU is worth the time of importing it."""
    places = ("/dev/nvidiactl", "/dev/dxg", "C:/Windows/System32/nvcuda.dll")  # Linux, its Windows subsystem, Windows
    return any(Path(place).exists() for place in places)
