"""Names of devices, as users type them, to devices that exist here."""

import torch

from denoise_cli.errors import CannotStart


def find_device(name: str) -> torch.device:
    """The device called auto, cpu, cuda, cuda:N or mps; auto is the first CUDA device, else the CPU.

    Apple's mps is never chosen by itself: nobody tests it here.
    Raises CannotStart when there is no such device, with those that there are.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    present = devices()
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in present:
        raise CannotStart(f"--device {name}: not here; there are auto, {', '.join(present)}")
    return torch.device(wanted)


def devices() -> list[str]:
    """Names of the devices of this machine."""
    cuda = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]
