"""What runs a model on an array: the only thing that the rest of inference knows about torch or any other runtime."""

from typing import Protocol

from denoise_cli.audio.samples import Samples


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
