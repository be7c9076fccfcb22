"""Opens a model with the engine that suits it, the machine and the user."""

from collections.abc import Callable
from pathlib import Path

from denoise_cli.errors import UsageConflict
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.options import EngineName, Precision


def open_engine(
    model: str,
    device: str,
    threads: int | None,
    engine: EngineName = EngineName.AUTO,
    precision: Precision = Precision.FLOAT32,
    files: int = 1,
    tell: Callable[[str], None] | None = None,
) -> Engine:
    """Load a bundled model by its name, or a model folder.

    device: auto, cpu, cuda, cuda:N or mps, or several with commas. threads: on the CPU, in all; None leaves the
    runtime's own choice. engine: auto takes onnxruntime on the CPU where the model has an ONNX file, as it starts
    without torch. files: so many threads will run it at a time. tell: hears of a device whose memory is short.
    Raises ModelUnavailable, CannotStart, and UsageConflict for what onnxruntime is not used for here.
    """
    from denoise_cli.models.finding import read_model

    folder = read_model(model)
    if engine is EngineName.ONNX and device not in ("auto", "cpu"):
        raise UsageConflict(f"--engine onnx runs on the CPU, not on --device {device}; leave one of them out")
    if engine is EngineName.ONNX and precision is not Precision.FLOAT32:
        raise UsageConflict(f"--engine onnx computes in float32, not in {precision.value}; leave one of them out")
    on_cpu = device == "cpu" or (device == "auto" and not has_nvidia_driver())
    in_onnx = on_cpu and precision is Precision.FLOAT32 and folder.onnx.is_file()
    if engine is EngineName.ONNX or (engine is EngineName.AUTO and in_onnx):
        from denoise_cli.inference.onnx_engine import OnnxEngine

        return OnnxEngine.load(folder.onnx, threads, files)
    from denoise_cli.inference.device import find_devices
    from denoise_cli.inference.engine_pool import EnginePool
    from denoise_cli.inference.torch_engine import TorchEngine

    found = find_devices(device, files > 1)
    engines = [TorchEngine.load(folder, each, threads, precision) for each in found]
    return engines[0] if files == len(engines) == 1 and tell is None else EnginePool(engines, tell)


def has_nvidia_driver() -> bool:
    """Whether an NVIDIA driver is installed, so that asking torch for a GPU is worth the time of importing it."""
    places = ("/dev/nvidiactl", "/dev/dxg", "C:/Windows/System32/nvcuda.dll")  # Linux, its Windows subsystem, Windows
    return any(Path(place).exists() for place in places)
