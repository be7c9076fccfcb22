import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined, MissingPackage, ModelUnavailable, UsageConflict
from denoise_cli.metrics.recogniser import load_recogniser, recognise, weights_file
from tests.metrics.signals import SAMPLE_RATE, speech_like, with_noise


@pytest.fixture(autouse=True)
def nothing_loaded() -> Iterator[None]:
    load_recogniser.cache_clear()
    yield
    load_recogniser.cache_clear()


def test_what_is_heard_depends_neither_on_level_nor_on_what_was_heard_before() -> None:
    pytest.importorskip("pocketsphinx")
    first, second = speech_like(1.0), with_noise(speech_like(0.3, seed=3), 0)
    alone = recognise(first, SAMPLE_RATE)
    recognise(second, SAMPLE_RATE)
    assert recognise(0.125 * first, SAMPLE_RATE) == alone
    assert alone


def test_silence_has_no_words_and_no_samples_have_no_value() -> None:
    assert recognise(np.zeros(16_000), SAMPLE_RATE, "not asked") == ""
    with pytest.raises(MetricUndefined):
        recognise(np.zeros(0), SAMPLE_RATE)


def test_a_missing_package_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    (tmp_path / "model.bin").touch()
    with pytest.raises(MissingPackage, match=r"pip install 'hifidenoise\[recogniser\]'"):
        load_recogniser("pocketsphinx")
    with pytest.raises(MissingPackage, match="pip install faster-whisper"):
        load_recogniser(f"whisper:{tmp_path}")


def test_a_folder_without_a_model_and_an_unknown_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no such file; give the folder"):
        load_recogniser(f"whisper:{tmp_path}")
    with pytest.raises(UsageConflict, match="--word-error vosk: no such recogniser; there are pocketsphinx and"):
        load_recogniser("vosk")


def test_whisper_runs_from_a_folder_on_one_thread_and_its_segments_are_joined(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class FakeModel:
        def __init__(self, folder: str, **settings: object) -> None:
            assert folder == str(tmp_path) and settings["cpu_threads"] == 1 and settings["local_files_only"] is True

        def transcribe(self, audio: np.ndarray, **settings: object) -> tuple[list[SimpleNamespace], None]:
            assert audio.dtype == np.float32 and audio.size == 24_000 and settings["temperature"] == 0.0
            return [SimpleNamespace(text=" Hello there."), SimpleNamespace(text=" Bye.")], None

    monkeypatch.setitem(sys.modules, "faster_whisper", SimpleNamespace(WhisperModel=FakeModel))
    (tmp_path / "model.bin").touch()
    assert recognise(speech_like(1.5, 48_000), 48_000, f"whisper:{tmp_path}") == "Hello there. Bye."


def test_the_weights_say_which_whisper_it_is() -> None:
    assert weights_file("whisper:a/b") == Path("a/b/model.bin")
    assert weights_file("pocketsphinx") is None
