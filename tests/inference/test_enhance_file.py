import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pyloudnorm import Meter

from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.audio.reading import AudioInfo
from denoise_cli.errors import DenoiseError, EnhancementFailed, UnreadableAudio, UnusableAudio, UnwritableOutput
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhance_file import Enhanced, Listener, enhance_file
from denoise_cli.inference.options import ChannelRule, ClipRule, EnhanceOptions
from tests.audio.sounds import voice_like
from tests.inference.engines import Filtering, Halving, Passing


class Notebook(Listener):
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.seconds = 0.0
        self.begun: list[Path] = []

    def begins(self, info: AudioInfo) -> None:
        self.begun.append(info.path)

    def advances(self, seconds: float) -> None:
        self.seconds += seconds

    def notes(self, text: str, once: str | None = None) -> None:
        self.texts.append(text)


def enhance(
    source: Path, target: Path, engine: Engine | None = None, options: EnhanceOptions | None = None
) -> tuple[Enhanced, Notebook]:
    notebook = Notebook()
    result = enhance_file(source, target, engine or Passing(), options or EnhanceOptions(), notebook)
    return result, notebook


def lag(reference: np.ndarray, other: np.ndarray) -> int:
    size = 2 * len(reference)
    correlation = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(reference, size)), size)
    peak = int(np.argmax(correlation))
    return peak if peak < size // 2 else peak - size


@pytest.mark.parametrize(
    ("name", "container", "subtype"),
    [("ogg", "OGG", "VORBIS"), ("opus", "OGG", "OPUS"), ("mp3", "MP3", "MPEG_LAYER_III")],
)
@pytest.mark.parametrize("sample_rate", [16_000, 48_000])
def test_lossy_formats_keep_length_and_alignment(
    tmp_path: Path, name: str, container: str, subtype: str, sample_rate: int
) -> None:
    source, target = tmp_path / f"a.{name}", tmp_path / f"b.{name}"
    waveform = voice_like(2, sample_rate)[0]
    waveform[sample_rate] = 0.9
    soundfile.write(source, waveform, sample_rate, format=container, subtype=subtype)
    enhance(source, target)
    before, after = soundfile.read(source)[0], soundfile.read(target)[0]
    assert len(before) == len(after)
    assert lag(before, after) == 0
    assert soundfile.info(target).subtype == subtype


def test_clicks_stay_where_they_are(tmp_path: Path) -> None:
    waveform = 0.001 * np.random.default_rng(0).standard_normal(44_100)
    clicks = [0, 20_000, 44_099]
    waveform[clicks] = 0.9
    soundfile.write(tmp_path / "a.wav", waveform, 44_100)
    enhance(tmp_path / "a.wav", tmp_path / "b.wav")
    output = soundfile.read(tmp_path / "b.wav")[0]
    assert sorted(np.argsort(np.abs(output))[-3:]) == clicks


def test_ten_samples_are_enhanced(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 48_000)[0, 20_000:20_010], 48_000)
    result, _ = enhance(tmp_path / "a.wav", tmp_path / "b.wav", Filtering())
    assert soundfile.info(tmp_path / "b.wav").frames == 10
    assert result.seconds == pytest.approx(10 / 48_000)


def test_silence_stays_silence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((5_000, 2)), 44_100)
    enhance(tmp_path / "a.wav", tmp_path / "b.wav")
    assert not soundfile.read(tmp_path / "b.wav")[0].any()


def test_a_cut_short_wav_is_enhanced_as_far_as_it_goes_and_that_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(2, 16_000)[0], 16_000)
    (tmp_path / "a.wav").write_bytes((tmp_path / "a.wav").read_bytes()[: 44 + 2 * 16_000])
    _, notebook = enhance(tmp_path / "a.wav", tmp_path / "b.wav")
    assert soundfile.info(tmp_path / "b.wav").frames == 16_000
    assert notebook.texts == [f"{tmp_path / 'a.wav'}: is cut short: 1.0 s are there, 1.0 s that it promises are not"]


def test_what_is_not_a_number_leaves_no_file(tmp_path: Path) -> None:
    waveform = voice_like(1, 16_000)[0]
    waveform[3_000] = np.nan
    soundfile.write(tmp_path / "a.wav", waveform, 16_000, subtype="FLOAT")
    with pytest.raises(UnusableAudio, match=r"a\.wav: sample 3000 .* is nan"):
        enhance(tmp_path / "a.wav", tmp_path / "b.wav")
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


def test_a_wav_without_samples_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 16_000)
    with pytest.raises(UnusableAudio, match="holds no samples"):
        enhance(tmp_path / "a.wav", tmp_path / "b.wav")


class Doubling(Passing):
    def process(self, waveform: np.ndarray) -> np.ndarray:
        return 2 * waveform


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_what_would_clip_is_turned_down_as_a_whole_and_told(tmp_path: Path, subtype: str) -> None:
    waveform = voice_like(1, 16_000)
    waveform *= 0.8 / np.abs(waveform).max()
    soundfile.write(tmp_path / "a.wav", waveform[0], 16_000, subtype=subtype)
    result, notebook = enhance(tmp_path / "a.wav", tmp_path / "b.wav", Doubling())
    output = soundfile.read(tmp_path / "b.wav")[0]
    np.testing.assert_allclose(output, waveform[0] / 0.8, rtol=0, atol=1e-4)
    assert result.peak == pytest.approx(1.6, rel=1e-3)
    assert notebook.texts == [f"{tmp_path / 'b.wav'}: turned down by 4.08 dB as a whole, or it would clip (--clip)"]


def test_float_files_may_go_beyond_full_scale(tmp_path: Path) -> None:
    waveform = voice_like(1, 16_000) * 2
    soundfile.write(tmp_path / "a.wav", waveform[0], 16_000, subtype="FLOAT")
    _, notebook = enhance(tmp_path / "a.wav", tmp_path / "b.wav", Doubling())
    np.testing.assert_allclose(soundfile.read(tmp_path / "b.wav")[0], 2 * waveform[0], rtol=0, atol=1e-5)
    assert notebook.texts == []


def test_clamping_never_wraps(tmp_path: Path) -> None:
    waveform = voice_like(1, 16_000)
    waveform *= 0.8 / np.abs(waveform).max()
    soundfile.write(tmp_path / "a.wav", waveform[0], 16_000)
    _, notebook = enhance(tmp_path / "a.wav", tmp_path / "b.wav", Doubling(), EnhanceOptions(clip=ClipRule.CLAMP))
    output = soundfile.read(tmp_path / "b.wav")[0]
    np.testing.assert_allclose(output, np.clip(2 * waveform[0], -1, 1), rtol=0, atol=1e-4)
    assert "cut off" in notebook.texts[0]


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_the_same_input_makes_the_same_bytes(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 44_100, 2).T, 44_100, subtype=subtype)
    enhance(tmp_path / "a.wav", tmp_path / "b.wav", Filtering())
    enhance(tmp_path / "a.wav", tmp_path / "c.wav", Filtering())
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "c.wav").read_bytes()


def test_the_container_is_the_suffixes(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 44_100, 2).T, 44_100, subtype="PCM_24")
    enhance(tmp_path / "a.wav", tmp_path / "b.flac")
    assert soundfile.info(tmp_path / "b.flac").format == "FLAC"
    assert soundfile.info(tmp_path / "b.flac").subtype == "PCM_24"


def test_a_rate_that_the_target_cannot_hold_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 44_100)[0], 44_100)
    with pytest.raises(UnwritableOutput, match="44100 Hz"):
        enhance(tmp_path / "a.wav", tmp_path / "b.opus")
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


def test_progress_adds_up_to_the_file_and_the_band_is_spoken_of(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(3, 48_000)[0], 48_000)
    result, notebook = enhance(tmp_path / "a.wav", tmp_path / "b.wav")
    assert notebook.seconds == pytest.approx(3) == result.seconds
    assert notebook.begun == [tmp_path / "a.wav"]
    assert "48000 Hz; the model hears up to 8 kHz, the band above follows" in notebook.texts[0]


def test_a_band_that_is_not_written_is_not_spoken_of(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(0.2, 48_000)[0], 48_000)
    options = EnhanceOptions(written=OutputFormat(sample_rate=16_000))
    assert enhance(tmp_path / "a.wav", tmp_path / "b.wav", options=options)[1].texts == []


class Stopping(Passing):
    def process(self, waveform: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt


class Failing(Passing):
    def process(self, waveform: np.ndarray) -> np.ndarray:
        return np.full_like(waveform, np.inf)


@pytest.mark.parametrize(("engine", "error"), [(Stopping(), KeyboardInterrupt), (Failing(), EnhancementFailed)])
def test_failure_and_interruption_leave_the_old_target(
    tmp_path: Path, engine: Engine, error: type[BaseException]
) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 16_000)[0], 16_000)
    (tmp_path / "b.wav").write_text("old")
    with pytest.raises(error):
        enhance(tmp_path / "a.wav", tmp_path / "b.wav", engine)
    assert (tmp_path / "b.wav").read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.wav", "b.wav"]


def test_a_file_that_changes_meanwhile_is_not_finished(tmp_path: Path) -> None:
    class Meddling(Listener):
        def notes(self, text: str, once: str | None = None) -> None:  # told between the two passes over the file
            soundfile.write(tmp_path / "a.wav", voice_like(1, 48_000)[0], 48_000)

    soundfile.write(tmp_path / "a.wav", voice_like(2, 48_000)[0], 48_000)
    with pytest.raises(UnusableAudio, match="changed from 96000 to 48000 samples"):
        enhance_file(tmp_path / "a.wav", tmp_path / "b.wav", Passing(), EnhanceOptions(), Meddling())
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


def test_in_place_works_when_asked_for(tmp_path: Path) -> None:
    waveform = voice_like(1, 16_000)[0]
    soundfile.write(tmp_path / "a.wav", waveform, 16_000)
    enhance(tmp_path / "a.wav", tmp_path / "a.wav", Halving())
    np.testing.assert_allclose(soundfile.read(tmp_path / "a.wav")[0], 0.5 * waveform, rtol=0, atol=1e-4)


def test_errors_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("text")
    with pytest.raises(UnreadableAudio, match=r"a\.wav"):
        enhance(tmp_path / "a.wav", tmp_path / "b.wav")
    soundfile.write(tmp_path / "c.wav", voice_like(1, 16_000)[0], 16_000)
    with pytest.raises(DenoiseError, match=r"c\.wav: the model gave"):
        enhance(tmp_path / "c.wav", tmp_path / "b.wav", Failing())


@pytest.mark.parametrize(("sample_rate", "channels"), [(16_000, 1), (44_100, 3)])
def test_enhanced_and_residual_add_up_to_the_input(tmp_path: Path, sample_rate: int, channels: int) -> None:
    waveform = voice_like(2.3, sample_rate, channels)
    waveform[2:] = 0
    soundfile.write(tmp_path / "a.wav", waveform.T, sample_rate, "FLOAT")
    options = EnhanceOptions(chunk_seconds=0.5)
    enhance_file(tmp_path / "a.wav", tmp_path / "b.wav", Halving(), options, residual=tmp_path / "new/r.wav")
    enhanced, residual = (soundfile.read(tmp_path / name, dtype="float32")[0] for name in ("b.wav", "new/r.wav"))
    assert np.abs(residual).max() > 0.1
    assert np.abs(enhanced + residual - soundfile.read(tmp_path / "a.wav", dtype="float32")[0]).max() <= 1e-6


def test_the_residual_is_turned_down_with_what_would_clip(tmp_path: Path) -> None:
    waveform = 6 * voice_like(1, 16_000)
    soundfile.write(tmp_path / "a.wav", waveform[0], 16_000, "FLOAT")
    enhance_file(tmp_path / "a.wav", tmp_path / "b.flac", Halving(), EnhanceOptions(), residual=tmp_path / "r.wav")
    total = soundfile.read(tmp_path / "b.flac")[0] + soundfile.read(tmp_path / "r.wav")[0]
    np.testing.assert_allclose(total * np.abs(waveform).max() / 2, waveform[0], rtol=0, atol=1e-3)


def test_a_residual_that_is_cut_off_is_told_of(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(16_000, 3.0) * voice_like(1, 16_000)[0], 16_000, "FLOAT")
    notebook = Notebook()

    class Inverting(Passing):
        def process(self, waveform: np.ndarray) -> np.ndarray:
            return -waveform

    enhance_file(tmp_path / "a.wav", tmp_path / "b.wav", Inverting(), EnhanceOptions(), notebook, tmp_path / "r.flac")
    assert any("r.flac: " in text and "were cut off" in text for text in notebook.texts)


def test_another_rate_is_aligned_and_of_exact_length(tmp_path: Path) -> None:
    waveform = 0.001 * np.random.default_rng(0).standard_normal(44_101)
    waveform[22_050] = 0.9
    soundfile.write(tmp_path / "a.wav", waveform, 44_100, "FLOAT")
    options = EnhanceOptions(written=OutputFormat(sample_rate=48_000))
    enhance_file(tmp_path / "a.wav", tmp_path / "b.wav", Passing(), options, residual=tmp_path / "r.wav")
    output, rate = soundfile.read(tmp_path / "b.wav")
    assert (rate, len(output)) == (48_000, 48_002)
    assert np.argmax(np.abs(output)) == 24_000
    assert soundfile.info(tmp_path / "r.wav").frames == 48_002


def test_fewer_bits_are_dithered_and_the_same_each_time(tmp_path: Path) -> None:
    time = np.arange(32_000) / 16_000
    soundfile.write(tmp_path / "a.wav", 0.4 / 128 * np.sin(2 * np.pi * 440 * time), 16_000, "PCM_24")
    options = EnhanceOptions(written=OutputFormat(subtype="PCM_U8"))
    for name in ("b.wav", "c.wav"):
        enhance(tmp_path / "a.wav", tmp_path / name, options=options)
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "c.wav").read_bytes()
    spectrum = np.abs(np.fft.rfft(soundfile.read(tmp_path / "b.wav")[0]))
    assert np.argmax(spectrum[1:]) + 1 == 880 and spectrum[2_640] < 0.1 * spectrum[880]  # no third harmonic


@pytest.mark.parametrize(("channels", "target_lufs"), [(1, -23.0), (2, -30.0)])
def test_a_loudness_is_reached_and_told_in_figures(tmp_path: Path, channels: int, target_lufs: float) -> None:
    waveform = voice_like(3, 48_000, channels)
    soundfile.write(tmp_path / "a.wav", waveform.T, 48_000, "PCM_24")
    result, notebook = enhance(
        tmp_path / "a.wav", tmp_path / "b.wav", Halving(), EnhanceOptions(loudness_lufs=target_lufs)
    )
    meter = Meter(48_000)
    assert result.lufs_before == pytest.approx(meter.integrated_loudness(waveform.T.astype(float)), abs=0.1)
    output = soundfile.read(tmp_path / "b.wav")[0]
    assert meter.integrated_loudness(output) == pytest.approx(target_lufs, abs=0.1)
    assert result.lufs_after == pytest.approx(target_lufs)
    assert not any("--loudness" in text for text in notebook.texts)


def test_a_loudness_ends_where_the_true_peak_does(tmp_path: Path) -> None:
    time = np.arange(48_000) / 48_000
    waveform = 0.1 * np.sin(2 * np.pi * 12_000 * time + np.pi / 4)  # peaks lie between samples, 3 dB above them
    soundfile.write(tmp_path / "a.wav", waveform, 48_000, "FLOAT")
    result, notebook = enhance(tmp_path / "a.wav", tmp_path / "b.flac", options=EnhanceOptions(loudness_lufs=0.0))
    assert np.abs(soundfile.read(tmp_path / "b.flac")[0]).max() == pytest.approx(10 ** (-1 / 20) / np.sqrt(2), rel=0.02)
    assert result.lufs_after is not None and result.lufs_after < -0.5
    assert any("not to 0: its peak is at -1 dBTP then (--loudness)" in text for text in notebook.texts)


@pytest.mark.parametrize("waveform", [voice_like(0.3, 16_000)[0], np.zeros(16_000), 1e-5 * voice_like(1, 16_000)[0]])
def test_short_and_silent_files_are_left_as_loud_as_they_are(tmp_path: Path, waveform: np.ndarray) -> None:
    soundfile.write(tmp_path / "a.wav", waveform, 16_000, "FLOAT")
    result, notebook = enhance(tmp_path / "a.wav", tmp_path / "b.wav", options=EnhanceOptions(loudness_lufs=-16))
    np.testing.assert_allclose(soundfile.read(tmp_path / "b.wav")[0], waveform, rtol=0, atol=1e-6)
    assert result.lufs_after is None
    expected = "too short or too quiet for a loudness (0.4 s, -70 LUFS); left as loud as it is"
    assert notebook.texts == [f"{tmp_path / 'b.wav'}: {expected}"]


@pytest.mark.parametrize("rule", [ChannelRule.KEEP, ChannelRule.MONO, ChannelRule.MID, 2])
def test_enhanced_and_residual_add_up_to_what_was_kept_of_the_channels(tmp_path: Path, rule: ChannelRule | int) -> None:
    waveform = voice_like(1.3, 44_100, 2)
    soundfile.write(tmp_path / "a.wav", waveform.T, 44_100, "FLOAT")
    options = EnhanceOptions(channels=rule, chunk_seconds=0.5)
    enhance_file(tmp_path / "a.wav", tmp_path / "b.wav", Halving(), options, residual=tmp_path / "r.wav")
    mean = waveform.mean(axis=0, keepdims=True)
    kept = {ChannelRule.MONO: mean, 2: waveform[1:]}.get(rule, waveform)
    shared = {ChannelRule.KEEP: waveform, ChannelRule.MID: np.tile(mean, (2, 1))}.get(rule, kept)
    enhanced, residual = (soundfile.read(tmp_path / name, always_2d=True)[0].T for name in ("b.wav", "r.wav"))
    np.testing.assert_allclose(enhanced + residual, kept, rtol=0, atol=1e-6)
    np.testing.assert_allclose(residual, shared / 2, rtol=0, atol=1e-2)


@pytest.mark.parametrize("target", ["b.wav", "b.flac", "b.ogg", "b.caf", "b.w64", "b.mp3"])
def test_tags_are_kept_where_they_can_be(tmp_path: Path, target: str) -> None:
    with soundfile.SoundFile(tmp_path / "a.flac", "w", 16_000, 1) as file:
        file.title, file.artist, file.date, file.software = "Élan", "Someone", "2020", "a recorder"
        file.write(voice_like(0.2, 16_000)[0])
    _, notebook = enhance(tmp_path / "a.flac", tmp_path / target)
    tags = soundfile.SoundFile(tmp_path / target).copy_metadata()
    assert "a recorder" not in tags.values()
    if target == "b.w64":
        assert tags == {}
    else:
        assert tags["artist"] == "Someone" and tags["date"] == "2020"
        assert tags["title"] == "Élan"


def test_a_wav_beyond_its_header_becomes_rf64_and_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 16_000)[0], 16_000)
    monkeypatch.setattr("denoise_cli.audio.formats.RIFF_LIMIT", 40_000)  # in place of 4 GiB
    assert enhance(tmp_path / "a.wav", tmp_path / "b.wav")[1].texts == []
    options = EnhanceOptions(written=OutputFormat(sample_rate=32_000))  # it is the length of the output that counts
    _, notebook = enhance(tmp_path / "a.wav", tmp_path / "c.wav", options=options)
    assert notebook.texts == [f"{tmp_path / 'c.wav'}: more than a WAV header can say (4 GiB); written as RF64"]
    assert soundfile.info(tmp_path / "c.wav").format == "RF64"
    np.testing.assert_allclose(
        soundfile.read(tmp_path / "c.wav")[0][::2], soundfile.read(tmp_path / "b.wav")[0], atol=0.02
    )


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffmpeg is not installed")
def test_what_ffmpeg_reads_comes_and_goes_like_any_file(tmp_path: Path) -> None:
    waveform = voice_like(1, 16_000)
    soundfile.write(tmp_path / "a.wav", waveform[0], 16_000, "FLOAT")
    _, notebook = enhance(tmp_path / "a.wav", tmp_path / "b.m4a")
    enhance(tmp_path / "b.m4a", tmp_path / "c.flac", Halving())
    info = soundfile.info(tmp_path / "c.flac")
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", 16_000, 1)
    output = soundfile.read(tmp_path / "c.flac")[0]
    assert lag(waveform[0], output[:16_000]) == 0
    result, notebook = enhance(tmp_path / "b.m4a", tmp_path / "b.m4a", Halving())
    assert result.seconds == pytest.approx(1, abs=0.1) and notebook.texts == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.m4a", "c.flac"]


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffmpeg is not installed")
def test_a_codec_that_cannot_be_written_becomes_another_and_that_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(0.5, 48_000)[0], 48_000)
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-c:a", "dca", "-strict", "-2", tmp_path / "a.mka"]
    subprocess.run(command, check=True)
    _, notebook = enhance(tmp_path / "a.mka", tmp_path / "b.mka")
    assert f"{tmp_path / 'b.mka'}: nothing here writes dts; its sound becomes aac" in notebook.texts
