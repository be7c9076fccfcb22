"""Import torchaudio where its compiled part cannot load.

torchaudio's wheels hold a shared library for one build of torch. Beside another build (a CPU build, a newer torch)
loading it fails, and with it the whole import, although resampling, mel spectrograms, `fftconvolve` and `lfilter` are
plain torch operations that do not need it.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

EXTENSION = "torchaudio._extension"


def import_torchaudio() -> ModuleType:
    """The module `torchaudio`, without its compiled part where that cannot load. Seen with 2.11.0 beside torch 2.13.

    Use `functional` and `transforms` only: its reading and writing of files needs TorchCodec, and is not used here.
    Raises ImportError when torchaudio is not installed.
    """
    try:
        return importlib.import_module("torchaudio")
    except OSError:
        for name in [name for name in sys.modules if name == "torchaudio" or name.startswith("torchaudio.")]:
            del sys.modules[name]  # the half that had been imported
        sys.modules[EXTENSION] = _extension_without_library()
        return importlib.import_module("torchaudio")


def _extension_without_library() -> ModuleType:
    def fail_if_no_align(function: Any) -> Any:
        return function

    extension = ModuleType(EXTENSION)
    vars(extension).update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False, _IS_ALIGN_AVAILABLE=False, fail_if_no_align=fail_if_no_align
    )
    return extension
