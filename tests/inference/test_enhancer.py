import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import denoise_cli
from denoise_cli.errors import UnusableAudio, UsageConflict
from denoise_cli.inference.enhancer import Enhancer
from denoise_cli.inference.options import ChannelRule, EnhanceOptions
from tests.audio.sounds import voice_like
from tests.inference.engines import Filtering, Halving, Passing


@pytest.mark.parametrize("shape", [(48_000,), (1, 48_000), (3, 48_000), (1,), (1, 1), (2, 2)])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16])
def test_what_comes_out_has_the_shape_of_what_went_in(shape: tuple[int, ...], kind: type[np.floating]) -> None:
    waveform = (0.1 * np.random.default_rng(0).standard_normal(shape)).astype(kind)
    output = Enhancer(Passing()).enhance(waveform, 44_100)
    assert output.shape == shape and output.dtype == np.float32
    np.testing.assert_allclose(output, waveform, rtol=0, atol=1e-6)


def test_lists_and_views_are_taken_and_not_changed() -> None:
    waveform = voice_like(1, 16_000, 4)[::2, ::3]
    before = waveform.copy()
    np.testing.assert_allclose(Enhancer(Halving()).enhance(waveform, 16_000), 0.5 * before, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(waveform, before)
    assert Enhancer(Passing()).enhance([0.1, 0.2, 0.1], 16_000).shape == (3,)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("shape", [(8_000,), (2, 8_000), (0,)])
def test_a_tensor_comes_back_as_a_tensor(kind: torch.dtype, shape: tuple[int, ...]) -> None:
    waveform = (0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(0))).to(kind)
    output = Enhancer(Halving()).enhance(waveform, 16_000)
    assert isinstance(output, torch.Tensor) and output.shape == shape and output.dtype == torch.float32
    torch.testing.assert_close(output, waveform.float() / 2, rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="int32"):
        Enhancer(Passing()).enhance(torch.zeros(10, dtype=torch.int32), 16_000)


@pytest.mark.parametrize(
    ("rule", "count"), [(ChannelRule.KEEP, 2), (ChannelRule.MONO, 1), (ChannelRule.MID, 2), (1, 1)]
)
def test_channels_are_chosen_as_in_files(rule: ChannelRule | int, count: int) -> None:
    waveform = voice_like(1, 16_000, 2)
    output = Enhancer(Halving()).enhance(waveform, 16_000, EnhanceOptions(channels=rule))
    assert output.shape == (count, 16_000)
    if rule is ChannelRule.MONO:
        np.testing.assert_allclose(output[0], waveform.mean(axis=0) / 2, rtol=0, atol=1e-6)
    assert Enhancer(Halving()).enhance(waveform[:, :0], 16_000, EnhanceOptions(channels=rule)).shape == (count, 0)


def test_a_turned_array_is_refused_with_both_shapes() -> None:
    with pytest.raises(ValueError, match=r"\(16000, 2\).*\(2, 16000\)"):
        Enhancer(Passing()).enhance(voice_like(1, 16_000, 2).T, 16_000)


def test_integers_and_cubes_are_refused() -> None:
    with pytest.raises(ValueError, match="int16"):
        Enhancer(Passing()).enhance(np.zeros(100, np.int16), 16_000)
    with pytest.raises(ValueError, match="shape"):
        Enhancer(Passing()).enhance(np.zeros((1, 2, 100)), 16_000)


def test_nothing_gives_nothing() -> None:
    assert Enhancer(Passing()).enhance(np.zeros(0), 16_000).shape == (0,)
    assert Enhancer(Passing()).enhance(np.zeros((2, 0)), 16_000).shape == (2, 0)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(UnusableAudio, match="sample 1"):
        Enhancer(Passing()).enhance(np.asarray([0.0, np.nan]), 16_000)


def test_options_are_the_enhancers_unless_given() -> None:
    waveform = voice_like(1, 16_000)
    enhancer = Enhancer(Halving(), EnhanceOptions(mix=0))
    np.testing.assert_array_equal(enhancer.enhance(waveform, 16_000), waveform)
    np.testing.assert_allclose(enhancer.enhance(waveform, 16_000, EnhanceOptions()), waveform / 2, rtol=0, atol=1e-6)


def test_arrays_and_files_come_out_the_same(tmp_path: Path) -> None:
    waveform = voice_like(2.2, 44_100, 2)
    soundfile.write(tmp_path / "a.wav", waveform.T, 44_100, subtype="FLOAT")
    enhancer = Enhancer(Filtering())
    result = enhancer.enhance_file(tmp_path / "a.wav", str(tmp_path / "b.wav"))
    assert result.seconds == pytest.approx(2.2)
    file = soundfile.read(tmp_path / "b.wav", dtype="float32")[0].T
    np.testing.assert_allclose(file, enhancer.enhance(waveform, 44_100), rtol=0, atol=1e-5)
    with pytest.raises(UsageConflict, match="exists"):
        enhancer.enhance_file(tmp_path / "a.wav", tmp_path / "b.wav")
    enhancer.enhance_file(tmp_path / "a.wav", tmp_path / "b.wav", overwrite=True)


def test_the_package_gives_its_names_and_no_others() -> None:
    assert denoise_cli.Enhancer is Enhancer
    assert set(denoise_cli.__all__) <= set(dir(denoise_cli))
    assert all(getattr(denoise_cli, name).__name__ == name for name in denoise_cli.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        denoise_cli.nonsense  # noqa: B018


FORBIDDEN = "torch torchaudio scipy huggingface_hub pyloudnorm rich typer click"
SCRIPT = f"""
import sys
import soundfile
from tests.audio.sounds import voice_like
from tests.inference.engines import Passing
from denoise_cli import Enhancer

folder = sys.argv[1]
soundfile.write(folder + "/a.wav", voice_like(1, 44_100, 2).T, 44_100)
Enhancer(Passing()).enhance_file(folder + "/a.wav", folder + "/b.flac")
loaded = [name for name in {FORBIDDEN.split()} if name in sys.modules]
assert not loaded, loaded
"""


def test_only_the_engine_decides_what_is_imported(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], check=True, cwd=Path(__file__).parents[2])
    assert (tmp_path / "b.flac").exists()
