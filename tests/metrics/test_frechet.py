import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.frechet import frechet_distance, mel_statistics, paired_statistics, pooled_frechet_distance
from tests.metrics.signals import SAMPLE_RATE, speech_like, with_noise

RANDOM = np.random.default_rng(0)


def test_known_value_of_two_gaussians() -> None:
    """Means 3 apart in one of two dimensions, deviations 1 and 2 in both: 9 + 2 (1 - 2)^2 = 11."""
    first = RANDOM.standard_normal((200_000, 2))
    second = 2.0 * RANDOM.standard_normal((200_000, 2)) + [3.0, 0.0]
    assert frechet_distance(first, second) == pytest.approx(11.0, abs=0.1)


def test_a_set_has_no_distance_to_itself() -> None:
    vectors = RANDOM.standard_normal((500, 40))
    assert frechet_distance(vectors, vectors) == pytest.approx(0.0, abs=1e-6)


def test_copies_of_recordings_have_no_distance_and_noise_has_one() -> None:
    clean = [speech_like(seed=seed) for seed in range(3)]
    copies = [paired_statistics(x, x, SAMPLE_RATE) for x in clean]
    little = [paired_statistics(x, with_noise(x, 30), SAMPLE_RATE) for x in clean]
    much = [paired_statistics(x, with_noise(x, 5), SAMPLE_RATE) for x in clean]
    distances = [pooled_frechet_distance(parts) for parts in (copies, little, much)]
    assert distances[0] == pytest.approx(0.0, abs=1e-4)
    assert 1.0 < distances[1] < distances[2]


def test_order_of_files_does_not_count() -> None:
    parts = [paired_statistics(speech_like(seed=s), with_noise(speech_like(seed=s), 5), SAMPLE_RATE) for s in range(3)]
    assert pooled_frechet_distance(parts) == pytest.approx(pooled_frechet_distance(parts[::-1]), rel=1e-9)


def test_level_does_not_count() -> None:
    np.testing.assert_allclose(mel_statistics(speech_like(), 16_000), mel_statistics(0.1 * speech_like(), 16_000))


def test_less_than_a_second_has_no_value() -> None:
    with pytest.raises(MetricUndefined, match="shorter than a second"):
        mel_statistics(speech_like(0.9), SAMPLE_RATE)
