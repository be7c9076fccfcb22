import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnusableAudio, UsageConflict
from denoise_cli.metrics.table import select_families
from denoise_cli.workflows.benchmark import compare_systems, measure_costs
from denoise_cli.workflows.benchmark_record import to_mapping, write_csv, write_json
from denoise_cli.workflows.benchmark_systems import Model, OutputFolder, Unprocessed
from denoise_cli.workflows.model_cost import Cost
from denoise_cli.workflows.pairing import Pairs, find_pairs
from tests.metrics.signals import speech_like, with_noise

FAMILIES = select_families(["si_sdr", "level_change"], with_reference=True)


class Halver:
    """A model that halves the amplitude, and refuses one sort of file."""

    def enhance(self, waveform: Samples, sample_rate: int) -> Samples:
        if np.abs(waveform).max() > 10.0:
            raise UnusableAudio("too loud for this model")
        return 0.5 * waveform


def halver(clean_in: bool = False) -> Model:
    return Model("halver (clean in)" if clean_in else "halver", "halver", lambda source: Halver(), 1, clean_in)


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    for number, snr_db in enumerate((0, 10, 20)):
        clean = speech_like(seed=number)
        for kind, samples in (("clean", clean), ("noisy", with_noise(clean, snr_db))):
            file = tmp_path / kind / "sub" / f"{number}.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(str(file), samples, 16_000, subtype="FLOAT")
    return find_pairs(tmp_path / "noisy", tmp_path / "clean")


def test_the_input_scores_its_own_signal_to_noise_ratio(pairs: Pairs, tmp_path: Path) -> None:
    comparison = compare_systems(pairs, [Unprocessed()], FAMILIES, jobs=0, folder=tmp_path / "outputs")
    found = comparison.systems[0].by_file("si_sdr")
    assert found == pytest.approx({"sub/0": 0.0, "sub/1": 10.0, "sub/2": 20.0}, abs=0.1)
    assert comparison.exit_code == 0


def test_a_model_is_compared_with_the_input_file_by_file(pairs: Pairs, tmp_path: Path) -> None:
    comparison = compare_systems(pairs, [Unprocessed(), halver()], FAMILIES, jobs=0, folder=tmp_path / "outputs")
    first, second = comparison.systems
    level, quality = second.difference("level_change", first), second.difference("si_sdr", first)
    assert level is not None and level == pytest.approx((-6.02, -6.02, -6.02, 3), abs=0.01)
    assert quality is not None and quality.mean == pytest.approx(0.0, abs=1e-4)
    assert second.speed is not None and second.speed.audio_seconds == pytest.approx(9.0)
    assert second.speed.real_time_factor > 0


def test_clean_files_fed_in_are_scored_against_themselves(pairs: Pairs, tmp_path: Path) -> None:
    comparison = compare_systems(
        pairs, [Unprocessed(), halver(clean_in=True)], FAMILIES, jobs=0, folder=tmp_path / "outputs"
    )
    assert comparison.systems[1].by_file("si_sdr") == {name: 100.0 for name in ("sub/0", "sub/1", "sub/2")}
    assert to_mapping(comparison, [])["systems"][1]["difference"] == {}


def test_a_missing_file_of_another_tool_is_named_and_fails_the_run(pairs: Pairs, tmp_path: Path) -> None:
    (tmp_path / "noisy" / "sub" / "1.wav").rename(tmp_path / "elsewhere.wav")
    other = OutputFolder("other", tmp_path / "noisy")
    remaining = Pairs(pairs.items[::2] + (pairs.items[1],), ())
    (tmp_path / "elsewhere.wav").rename(tmp_path / "noisy" / "sub" / "1.flac.bak")
    comparison = compare_systems(remaining, [other], FAMILIES, jobs=0, folder=tmp_path / "outputs")
    assert comparison.systems[0].problems == {"sub/1": f"not in {tmp_path / 'noisy'}"}
    assert comparison.systems[0].by_file("si_sdr").keys() == {"sub/0", "sub/2"}
    assert comparison.exit_code == 1


def test_a_file_that_a_model_refuses_is_named_and_the_rest_is_scored(pairs: Pairs, tmp_path: Path) -> None:
    soundfile.write(str(tmp_path / "noisy/sub/1.wav"), 100 * speech_like(), 16_000, subtype="FLOAT")
    comparison = compare_systems(pairs, [Unprocessed(), halver()], FAMILIES, jobs=0, folder=tmp_path / "outputs")
    assert comparison.systems[1].problems == {"sub/1": "too loud for this model"}
    assert len(comparison.systems[1].files) == 2


def test_a_gap_is_counted_with_its_reason_and_does_not_fail_the_run(pairs: Pairs, tmp_path: Path) -> None:
    soundfile.write(str(tmp_path / "clean/sub/1.wav"), np.zeros(48_000), 16_000)
    comparison = compare_systems(pairs, [Unprocessed()], FAMILIES, jobs=0, folder=tmp_path / "outputs")
    reason = "MetricUndefined: the reference is silent"
    assert comparison.gaps == {f"si_sdr: {reason}": 1, f"level_change: {reason}": 1}
    assert comparison.systems[0].mean("si_sdr") is not None
    assert comparison.exit_code == 0


def test_two_systems_of_one_name_are_refused(pairs: Pairs, tmp_path: Path) -> None:
    with pytest.raises(UsageConflict, match="same name"):
        compare_systems(pairs, [halver(), halver()], FAMILIES, jobs=0, folder=tmp_path / "outputs")


def test_outputs_are_kept_on_request(pairs: Pairs, tmp_path: Path) -> None:
    compare_systems(pairs, [Unprocessed(), halver()], FAMILIES, 0, tmp_path / "kept")
    kept, sample_rate = soundfile.read(str(tmp_path / "kept" / "1_halver" / "sub" / "2.wav"))
    noisy, _ = soundfile.read(str(tmp_path / "noisy" / "sub" / "2.wav"))
    np.testing.assert_allclose(kept, 0.5 * noisy, atol=1e-7)
    assert sample_rate == 16_000


def test_progress_counts_every_output_and_every_score(pairs: Pairs, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    record: Callable[[int, int, str], None] = lambda done, total, text: seen.append((done, total))  # noqa: E731
    compare_systems(pairs, [Unprocessed(), halver()], FAMILIES, jobs=0, folder=tmp_path / "outputs", on_progress=record)
    assert [done for done, _ in seen] == list(range(1, 16))  # 3 outputs, 2 systems x 3 files x 2 metrics
    assert seen[-1] == (15, 15)


def test_json_holds_everything_to_repeat_the_run(pairs: Pairs, tmp_path: Path) -> None:
    comparison = compare_systems(pairs, [Unprocessed(), halver()], FAMILIES, jobs=0, folder=tmp_path / "outputs")
    write_json(comparison, tmp_path / "r.json", ["hifidenoise", "benchmark", "--noisy", "n"])
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert content["command"] == ["hifidenoise", "benchmark", "--noisy", "n"]
    assert content["versions"]["hifidenoise"] and content["versions"]["numpy"]
    first, second = content["systems"]
    assert first["files"]["sub/1"]["values"]["si_sdr"] == pytest.approx(10.0, abs=0.1)
    assert second["mean"]["si_sdr"].keys() == {"mean", "low", "high", "files"}
    assert second["difference"]["level_change"]["mean"] == pytest.approx(-6.02, abs=0.01)
    assert second["speed"]["threads"] == 1
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_csv_has_a_row_for_each_system_and_file(pairs: Pairs, tmp_path: Path) -> None:
    comparison = compare_systems(pairs, [Unprocessed(), halver()], FAMILIES, jobs=0, folder=tmp_path / "outputs")
    write_csv(comparison, tmp_path / "r.csv")
    lines = (tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "system,file,si_sdr,level_change"
    assert len(lines) == 7 and lines[4].startswith("halver,sub/0,")


def test_a_system_that_changes_nothing_gets_the_best_of_every_metric(pairs: Pairs, tmp_path: Path) -> None:
    """Clean files as output: the known end of every scale, through the whole of a benchmark."""
    pytest.importorskip("pesq")
    pytest.importorskip("pystoi")
    names = ["pesq_wb", "pesq_nb", "stoi", "estoi", "si_sdr", "seg_snr", "csig", "covl", "lsd", "m_stft", "f0_error",
             "frechet", "level_change", "loudness_change"]  # fmt: skip
    identity = OutputFolder("identity", tmp_path / "clean")
    one = Pairs(pairs.items[:1], ())
    comparison = compare_systems(one, [identity], select_families(names, True), 0, tmp_path / "outputs")
    means = {column.key: comparison.systems[0].mean(column.key) for column in comparison.columns}
    found = {key: interval.mean for key, interval in means.items() if interval is not None}
    ends = {"pesq_wb": 4.644, "pesq_nb": 4.549, "stoi": 1, "estoi": 1, "si_sdr": 100, "seg_snr": 35, "csig": 5,
            "cbak": 5, "covl": 5, "lsd": 0, "m_stft": 0, "f0_error": 0, "frechet_mel": 0, "level_change": 0,
            "loudness_change": 0}  # fmt: skip
    assert {key: found[key] for key in ends} == pytest.approx(ends, abs=1e-3)
    assert comparison.gaps == {}


def test_a_models_cost_is_measured_once_and_written_everywhere(pairs: Pairs, tmp_path: Path) -> None:
    cost = Cost(0.6, 0.5, {1: 0.02, 2: 0.012}, 0.019, 140.0, 309_156, 388_000_000)
    asked: list[str] = []
    systems = [Unprocessed(), halver(), replace(halver(), name="twin"), halver(clean_in=True)]
    costs = measure_costs(systems, lambda source: [asked.append(source), cost][1])
    assert asked == ["halver"] and costs == {"halver": cost, "twin": cost}
    comparison = compare_systems(pairs, systems, FAMILIES, 0, tmp_path / "outputs", costs=costs)
    assert [system.cost for system in comparison.systems] == [None, cost, cost, None]
    found = to_mapping(comparison, [])["systems"][1]["cost"]
    assert found["real_time_factors"] == {1: 0.02, 2: 0.012} and found["parameters"] == 309_156
    write_csv(comparison, tmp_path / "r.csv")
    rows = list(csv.DictReader((tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[3]["real_time_factor_2"] == "0.012" and rows[3]["peak_mb"] == "140.0" and rows[0]["peak_mb"] == ""


def test_a_pooled_metric_is_one_number_of_all_files(pairs: Pairs, tmp_path: Path) -> None:
    families = select_families(["frechet"], with_reference=True)
    comparison = compare_systems(
        pairs, [Unprocessed(), halver(clean_in=True)], families, jobs=0, folder=tmp_path / "outputs"
    )
    first, second = (system.mean("frechet_mel") for system in comparison.systems)
    assert first is not None and first.mean > 100.0 and first.files == 3
    assert second is not None and second.mean == pytest.approx(0.0, abs=1e-3)
    assert comparison.systems[0].by_file("frechet_mel") == {}
