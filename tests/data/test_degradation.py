"""What the degradation does to sound: SNR, level, alignment, targets."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from denoise_cli.config import DegradationConfig
from denoise_cli.data.corpus import Corpus
from denoise_cli.data.degradation import DrawnTensors, active_rms, as_tensors, degrade
from denoise_cli.data.segments import SegmentSource
from tests.data.small_corpus import write_corpus
from tests.data.speech_corpus import make_speech_corpus

PLAIN = DegradationConfig(
    reverb_probability=0, second_noise_probability=0, babble_probability=0, synthetic_noise_probability=0,
    clean_probability=0, noise_eq_probability=0, speech_eq_probability=0, band_limit_probability=0,
    clipping_probability=0, speed_probability=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_speech_corpus(tmp_path_factory.mktemp("corpus") / "c")


def draw(corpus: Corpus, items: int = 4, **changes: object) -> DrawnTensors:
    config = dataclasses.replace(PLAIN, **changes)  # type: ignore[arg-type]
    return as_tensors(SegmentSource(corpus, "train", config, 24_000).batch(items, 3, 0))


def decibel(ratio: torch.Tensor) -> torch.Tensor:
    return 20 * torch.log10(ratio)


def test_the_mixture_has_the_snr_and_level_drawn(corpus: Corpus) -> None:
    drawn = draw(corpus)
    noisy, target = degrade(drawn, 16_000)
    measured = decibel(active_rms(target, 16_000) / active_rms(noisy - target, 16_000))
    torch.testing.assert_close(measured, drawn.snr_db, rtol=0, atol=0.1)
    torch.testing.assert_close(decibel(active_rms(noisy, 16_000)), drawn.level_db, rtol=0, atol=0.1)


def test_input_and_target_get_one_gain(corpus: Corpus) -> None:
    # Normalising both to their own peak makes the target's level unknowable from the input.
    noisy, target = degrade(draw(corpus, snr_db=(60.0, 60.0)), 16_000)
    torch.testing.assert_close(noisy, target, rtol=0, atol=2e-3)


def test_reverberant_input_is_aligned_with_its_target(corpus: Corpus) -> None:
    drawn = draw(corpus, reverb_probability=1.0, snr_db=(60.0, 60.0))
    aperiodic = torch.randn(drawn.speech.shape, generator=torch.Generator().manual_seed(0))
    noisy, target = degrade(dataclasses.replace(drawn, speech=aperiodic), 16_000)
    for late, dry in zip(noisy.numpy(), target.numpy(), strict=True):
        correlation = np.correlate(late, dry[200:-200], mode="valid")
        assert int(np.argmax(correlation)) == 200


def test_the_target_of_a_room_is_drier_than_the_input(corpus: Corpus) -> None:
    drawn = draw(corpus, reverb_probability=1.0, rt60_s=(0.9, 0.9), drr_db=(-3.0, -3.0))
    tail = slice(int(0.1 * 16_000), None)
    assert bool((drawn.room[:, tail].square().sum(-1) > 10 * drawn.target_room[:, tail].square().sum(-1)).all())


def test_clean_items_pass_their_input_as_target(corpus: Corpus) -> None:
    sent = {"suppressor_probability": 1.0, "gain_control_probability": 1.0, "codec_probability": 1.0}
    noisy, target = degrade(draw(corpus, clean_probability=1.0, reverb_probability=1.0, **sent), 16_000)
    torch.testing.assert_close(noisy, target, rtol=0, atol=1e-6)


def test_gain_control_hits_input_and_target_alike(corpus: Corpus) -> None:
    loud = draw(corpus, snr_db=(60.0, 60.0))
    noisy, target = degrade(dataclasses.replace(loud, gain_control_ratio=torch.full((4,), 0.8)), 16_000)
    torch.testing.assert_close(noisy, target, rtol=0, atol=2e-3)
    assert not torch.allclose(target, degrade(loud, 16_000)[1], atol=1e-2)


@pytest.mark.parametrize("change", ["suppressor_probability", "codec_probability"])
def test_suppressors_and_codecs_change_the_input_and_spare_the_target(corpus: Corpus, change: str) -> None:
    plain = degrade(draw(corpus, snr_db=(5.0, 5.0)), 16_000)
    sent = degrade(draw(corpus, snr_db=(5.0, 5.0), **{change: 1.0}), 16_000)
    gain = (sent[1].square().sum(-1, keepdim=True) / plain[1].square().sum(-1, keepdim=True)).sqrt()
    torch.testing.assert_close(sent[1], plain[1] * gain, rtol=0, atol=1e-5)
    assert bool(((sent[0] - plain[0] * gain).square().mean(-1) > 1e-3 * sent[0].square().mean(-1)).all())


def test_band_limits_and_equalisers_hit_input_and_target_alike(corpus: Corpus) -> None:
    noisy, target = degrade(
        draw(corpus, band_limit_probability=1.0, speech_eq_probability=1.0, snr_db=(10.0, 10.0)), 16_000
    )
    for waveform in (noisy, target):
        power = torch.fft.rfft(waveform * torch.hann_window(24_000)).abs().square()
        above = power[:, int(7_500 / 8_000 * power.shape[1]) :].sum(-1)
        assert bool((above < 1e-4 * power.sum(-1)).all())


def test_clipping_flattens_the_input_and_spares_the_target(corpus: Corpus) -> None:
    noisy, target = degrade(draw(corpus, clipping_probability=1.0, snr_db=(40.0, 40.0)), 16_000)
    assert bool((noisy.abs().amax(-1) < 0.8 * target.abs().amax(-1)).all())
    at_ceiling = (noisy.abs() >= 0.999 * noisy.abs().amax(-1, keepdim=True)).sum(-1)
    assert bool((at_ceiling > 5).all())


def test_silent_noise_leaves_clean_speech(corpus: Corpus) -> None:
    drawn = draw(corpus)
    silent = dataclasses.replace(drawn, noise=torch.zeros_like(drawn.noise))
    noisy, target = degrade(silent, 16_000)
    assert bool(torch.isfinite(noisy).all())
    torch.testing.assert_close(noisy, target, rtol=0, atol=1e-6)


def test_everything_at_once_stays_finite(tmp_path: Path) -> None:
    corpus = make_speech_corpus(tmp_path / "c")
    often = {"suppressor_probability": 0.7, "gain_control_probability": 0.7, "codec_probability": 0.7}
    config = dataclasses.replace(DegradationConfig(), reverb_probability=0.7, **often)
    source = SegmentSource(corpus, "train", config, 16_000)
    for step in range(5):
        noisy, target = degrade(as_tensors(source.batch(4, 0, step)), 16_000)
        assert bool(torch.isfinite(noisy).all() and torch.isfinite(target).all())
        assert float(noisy.abs().max()) > 1e-3


def test_ready_pairs_come_out_as_they_were_recorded(tmp_path: Path) -> None:
    clean = np.sin(np.arange(30_000) / 20).astype(np.float32) * 0.2
    noisy = clean + 0.05 * np.random.default_rng(0).standard_normal(30_000).astype(np.float32)
    corpus = write_corpus(tmp_path / "c", [("pair", "train", 0, (noisy, clean))])
    drawn = as_tensors(SegmentSource(corpus, "train", DegradationConfig(), 16_000).batch(3, 0, 0))
    mixed, target = degrade(drawn, 16_000)
    gain = target.abs().amax(-1) / 0.2
    residual = (mixed - target) / gain[:, None]
    torch.testing.assert_close(residual.std(dim=-1), torch.full((3,), 0.05), rtol=0.03, atol=0)
    torch.testing.assert_close(decibel(active_rms(mixed, 16_000)), drawn.level_db, rtol=0, atol=0.1)


def test_pairs_and_speech_are_drawn_half_and_half(tmp_path: Path) -> None:
    tone = np.sin(np.arange(30_000) / 20).astype(np.float32)
    items = [("pair", "train", 0, (tone, tone)), ("speech", "train", 1, (tone,))]
    source = SegmentSource(write_corpus(tmp_path / "c", items), "train", PLAIN, 4_000)
    share = source.batch(60, 0, 0).as_recorded.mean()
    assert 0.3 < float(share) < 0.7
