"""The model run by onnxruntime on the CPU: starts without torch."""

from pathlib import Path
from typing import cast

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import ModelUnavailable
from denoise_cli.models.config_limits import MAX_CONTEXT_SECONDS

REFUSALS = (
    runtime_errors.Fail, runtime_errors.InvalidArgument, runtime_errors.InvalidGraph, runtime_errors.InvalidProtobuf,
    runtime_errors.NoModel, runtime_errors.NotImplemented, runtime_errors.RuntimeException,
)  # fmt: skip


class OnnxEngine:
    """An `inference.engine.Engine` around a model.onnx that `models.onnx_export` wrote."""

    def __init__(self, session: onnxruntime.InferenceSession, properties: dict[str, str]) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self.sample_rate = int(properties["sample_rate"])
        self.hop = int(properties["hop"])
        self.context = (int(properties["context_left"]), int(properties["context_right"]))
        longest = MAX_CONTEXT_SECONDS * self.sample_rate
        if not (
            self.sample_rate > 0 and 0 < self.hop <= longest and 0 <= min(self.context) <= max(self.context) <= longest
        ):
            raise ValueError(f"rate {self.sample_rate}, hop {self.hop}, context {self.context}")

    @classmethod
    def load(cls, file: Path, threads: int | None, files: int = 1) -> "OnnxEngine":
        """threads: None leaves onnxruntime's choice, one a physical core.

        files: so many threads will call `run` at a time. Each then runs alone, and `threads` bounds only what it may
        use besides: a window to a core is faster than a window over all cores.

        Raises ModelUnavailable when the file is missing, broken, or not one of ours.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = (threads or 0) if files == 1 else max(1, (threads or 1) // files)
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # One arena without a plan per shape: a fifth faster and a quarter smaller than fresh pages for every chunk,
        # while plans would keep the memory of the first, last and middle chunk side by side.
        options.enable_mem_pattern = False
        if not file.is_file():
            raise ModelUnavailable(f"{file}: no such file; export the model, or run it with --engine torch")
        try:
            session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
            return cls(session, session.get_modelmeta().custom_metadata_map)
        except REFUSALS as error:
            reason = str(error).splitlines()[0]
            raise ModelUnavailable(f"{file}: onnxruntime cannot load it ({reason})") from error
        except KeyError as error:
            raise ModelUnavailable(f"{file}: has no {error} in its metadata; export it with hifidenoise") from error
        except ValueError as error:
            raise ModelUnavailable(f"{file}: its metadata makes no sense ({str(error)[:100]})") from error

    def run(self, waveform: Samples) -> Samples:
        """(batch, samples) -> (batch, samples): the model's final estimate."""
        return cast(Samples, self._session.run(None, {self._input: waveform})[0])
