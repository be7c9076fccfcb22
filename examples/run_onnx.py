"""Run model.onnx with onnxruntime and numpy alone: python examples/run_onnx.py model.onnx noisy.wav clean.wav

noisy.wav: mono, 16 bits, at the model's rate. It goes through in chunks, each with as much signal around it as the
model's metadata says that it looks at; what comes out for that is dropped, and the rest is what one pass gives.
"""

import sys
import wave

import numpy as np
import onnxruntime

MODEL_LEVEL = 10 ** (-25 / 20)  # RMS of speech that the model was trained with, full scale at 1


def enhance(session: onnxruntime.InferenceSession, noisy: np.ndarray, chunk_seconds: float = 10.0) -> np.ndarray:
    """(samples,) float32 -> the same; the RMS of its speech should be about MODEL_LEVEL."""
    facts = session.get_modelmeta().custom_metadata_map
    hop, left, right = (int(facts[name]) for name in ("hop", "context_left", "context_right"))
    chunk = max(1, int(chunk_seconds * int(facts["sample_rate"])) // hop) * hop  # chunks start at multiples of hop
    parts = []
    for start in range(0, len(noisy), chunk):
        begin = max(0, start - left)
        output = session.run(["enhanced"], {"noisy": noisy[None, begin : start + chunk + right]})[0]
        parts.append(output[0, start - begin : start - begin + chunk])
    return np.concatenate(parts)


def speech_level(samples: np.ndarray, block: int = 320) -> float:
    """RMS of the blocks that are at most 30 dB below the loudest."""
    power = (
        np.square(samples[: max(1, len(samples) // block) * block]).reshape(-1, min(block, len(samples))).mean(axis=1)
    )
    return float(np.sqrt(power[power >= power.max() / 1000].mean()))


def main(model: str, source: str, target: str) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    with wave.open(source) as reader:
        header = reader.getparams()
        noisy = np.frombuffer(reader.readframes(header.nframes), "<i2").astype(np.float32) / 32768
    rate = int(session.get_modelmeta().custom_metadata_map["sample_rate"])
    if (header.nchannels, header.sampwidth, header.framerate) != (1, 2, rate):
        sys.exit(f"{source}: must be mono, 16 bits, {rate} Hz")
    gain = np.float32(MODEL_LEVEL / max(speech_level(noisy), 1e-6))
    clean = enhance(session, noisy * gain) / gain
    with wave.open(target, "wb") as writer:
        writer.setparams(header)
        writer.writeframes(np.clip(np.round(clean * 32768), -32768, 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
