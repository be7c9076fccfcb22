import numpy as np
import pytest

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import DeviceMemoryExhausted
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.streaming import ChunkStream, SampleQueue
from tests.inference.engines import Cramped, Filtering


def noise(channels: int, samples: int) -> Samples:
    return np.random.default_rng(3).standard_normal((channels, samples)).astype(np.float32)


def in_blocks(engine: Engine, waveform: Samples, block: int, chunk: int) -> Samples:
    stream = ChunkStream(engine, len(waveform), chunk)
    parts = [stream.push(waveform[:, start : start + block]) for start in range(0, waveform.shape[1], block)]
    return np.concatenate([*parts, stream.flush()], axis=1)


@pytest.mark.parametrize("samples", [1, 7, 79, 80, 81, 104, 105, 1000, 10_007])
@pytest.mark.parametrize("block", [1, 97, 1000, 20_000])
def test_chunked_output_equals_whole_file_output(samples: int, block: int) -> None:
    if block == 1 and samples > 1000:
        pytest.skip("slow and nothing new")
    waveform = noise(3, samples)
    np.testing.assert_allclose(
        in_blocks(Filtering(), waveform, block, 80), Filtering().run(waveform), rtol=0, atol=1e-5
    )


def test_the_test_engine_notices_missing_context() -> None:
    engine = Filtering()
    engine.context = (16, 16)
    waveform = noise(1, 1000)
    assert np.abs(in_blocks(engine, waveform, 97, 80) - Filtering().run(waveform)).max() > 0.1


@pytest.mark.parametrize("limit", [64, 100, 150])
def test_too_little_memory_changes_the_windows_not_the_result(limit: int) -> None:
    waveform = noise(2, 1003)
    np.testing.assert_allclose(
        in_blocks(Cramped(limit), waveform, 300, 240), Filtering().run(waveform), rtol=0, atol=1e-5
    )


def test_hopelessly_little_memory_is_an_error() -> None:
    with pytest.raises(DeviceMemoryExhausted):
        in_blocks(Cramped(20), noise(1, 1000), 100, 80)


def test_a_chunk_off_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="hop"):
        ChunkStream(Filtering(), 1, 81)


def test_no_samples_in_give_no_samples_out() -> None:
    assert in_blocks(Filtering(), noise(2, 0), 10, 80).shape == (2, 0)


def test_the_queue_forgets_what_it_is_told_and_refuses_to_make_it_up() -> None:
    queue = SampleQueue(1)
    for start in range(0, 100, 10):
        queue.append(np.arange(start, start + 10, dtype=np.float32)[None])
    np.testing.assert_array_equal(queue.read(17, 32)[0], np.arange(17, 32))
    queue.forget(25)
    with pytest.raises(IndexError):
        queue.read(24, 30)
    with pytest.raises(IndexError):
        queue.read(90, 101)
    np.testing.assert_array_equal(queue.take(10)[0], np.arange(25, 35))
    assert queue.start == 35


def test_no_run_is_larger_than_one_channel_of_a_full_window() -> None:
    class Measuring(Filtering):
        sizes: list[tuple[int, ...]] = []

        def process(self, waveform: Samples) -> Samples:
            self.sizes.append(waveform.shape)
            return super().process(waveform)

    engine = Measuring()
    in_blocks(engine, noise(5, 1000), 500, 80)
    assert max(rows * samples for rows, samples in engine.sizes) <= 80 + 32 + 24
    engine.sizes.clear()
    in_blocks(engine, noise(5, 20), 500, 80)
    assert engine.sizes == [(5, 20)]


def test_memory_is_one_chunk_and_its_context() -> None:
    stream = ChunkStream(Filtering(), 1, 80)
    for _ in range(100):
        stream.push(noise(1, 64))
    queue = stream._cutter._queue
    assert queue.end - queue.start <= 80 + 32 + 24 + 64
    assert len(queue._blocks) <= 5
