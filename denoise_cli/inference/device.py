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


def find_devices(names: str, several: bool = False) -> list[torch.device]:
    """The devices called by names with commas between them; several: cuda and auto are then all CUDA devices.

    Raises CannotStart when there is no such device, or one is named twice.
    """
    words = [word.strip() for word in names.split(",")]
    if several and words in (["cuda"], ["auto"]) and torch.cuda.device_count() > 1:
        words = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    found = [find_device(word) for word in words]
    if len(set(found)) < len(found):
        raise CannotStart(f"--device {names}: names a device twice")
    return found


def devices() -> list[str]:
    """Names of the devices of this machine."""
    cuda = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]
