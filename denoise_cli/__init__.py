"""HiFi-GAN for denoising and dereverberation of speech (Su, Jin, Finkelstein, Interspeech 2020).

from denoise_cli import load_model

enhancer = load_model()
clean = enhancer.enhance(waveform, sample_rate)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from denoise_cli.inference.enhancer import Enhancer, enhance, load_model
    from denoise_cli.inference.options import EnhanceOptions
    from denoise_cli.inference.stream import EnhancerStream

__version__ = "0.1.0"
__all__ = ["EnhanceOptions", "Enhancer", "EnhancerStream", "enhance", "load_model"]


def __getattr__(name: str) -> Any:
    """Import what has a price only when it is used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from denoise_cli.inference import enhancer, options, stream

    return getattr({"EnhanceOptions": options, "EnhancerStream": stream}.get(name, enhancer), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
