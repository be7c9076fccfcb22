"""Training runs end to end on a small corpus."""

import dataclasses
import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from denoise_cli.config import Config
from denoise_cli.errors import ModelUnavailable, TrainingFailed, UsageConflict
from denoise_cli.models.loading import load_generator
from denoise_cli.models.model_folder import read_model_folder
from denoise_cli.training.batches import batches_from
from denoise_cli.training.stages import STAGE1, STAGE2, STAGE3
from denoise_cli.workflows.train_stage import TrainOptions, train_stage
from tests.data.speech_corpus import make_speech_corpus
from tests.models.small_configs import FLAT
from tests.training.small_runs import CONFIG, STAGE, with_adversarial, with_train


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "c"
    make_speech_corpus(path)
    return path


def run(
    corpus: Path, output: Path, config: Config = CONFIG, stage: object = STAGE1, **options: object
) -> dict[str, float]:
    return train_stage(stage, config, TrainOptions(corpus, output, **options), on_progress=lambda report: None)  # type: ignore[arg-type]


def state_of(run_folder: Path) -> dict[str, object]:
    return torch.load(run_folder / "state.pt", weights_only=True)  # type: ignore[no-any-return]


def assert_same(one: object, two: object) -> None:
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, two)  # type: ignore[arg-type]
    elif isinstance(one, dict):
        assert one.keys() == two.keys()  # type: ignore[attr-defined]
        for key in one:
            assert_same(one[key], two[key])  # type: ignore[index]
    else:
        assert one == two


def test_a_resumed_run_equals_an_unbroken_one_bit_for_bit(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "unbroken", max_steps=6)
    run(corpus, tmp_path / "broken", max_steps=3)
    run(corpus, tmp_path / "broken", max_steps=6)
    unbroken, broken = state_of(tmp_path / "unbroken"), state_of(tmp_path / "broken")
    for name in ("generator", "optimizer", "ema", "step", "random"):
        assert_same(unbroken[name], broken[name])


def test_a_resumed_adversarial_run_equals_an_unbroken_one_bit_for_bit(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "two", stage=STAGE2, init=make_stage_1(corpus, tmp_path), max_steps=0)
    config = with_adversarial(instance_noise=0.01, generator_frozen_steps=1)
    config = dataclasses.replace(config, train=with_train(accumulate=2).train)
    for name, ends in (("unbroken", (4,)), ("broken", (2, 4))):
        for end in ends:
            run(corpus, tmp_path / name, config, STAGE3, init=tmp_path / "two", max_steps=end)
    unbroken, broken = state_of(tmp_path / "unbroken"), state_of(tmp_path / "broken")
    assert unbroken["adversary"]
    for name in ("generator", "optimizer", "adversary", "ema", "step", "random"):
        assert_same(unbroken[name], broken[name])


def make_stage_1(corpus: Path, tmp_path: Path) -> Path:
    run(corpus, tmp_path / "one", max_steps=0)
    return tmp_path / "one"


def test_stage_3_starts_from_the_stage_2_model_with_all_of_its_weights(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "two", stage=STAGE2, init=make_stage_1(corpus, tmp_path), max_steps=1)
    run(corpus, tmp_path / "three", stage=STAGE3, init=tmp_path / "two", max_steps=0)
    two, three = load_file(tmp_path / "two/model.safetensors"), load_file(tmp_path / "three/model.safetensors")
    assert_same(two, three)
    assert read_model_folder(tmp_path / "three").trained_with["stage"] == "stage3"
    with pytest.raises(UsageConflict, match="stage3 starts from a stage2 model"):
        run(corpus, tmp_path / "nowhere", stage=STAGE3)


def test_a_run_of_an_earlier_version_is_resumed(corpus: Path, tmp_path: Path) -> None:
    """Its config has no table for stage 3 and none of the later fields; its state knows no adversary."""
    run(corpus, tmp_path / "run", max_steps=1)
    file, state = tmp_path / "run/train_config.json", state_of(tmp_path / "run")
    content = json.loads(file.read_text())
    del content["config"]["stage3"], content["config"]["train"]["accumulate"]
    del content["config"]["train"]["explosion_factor"], content["config"]["stage1"]["adversarial"]
    file.write_text(json.dumps(content))
    del state["adversary"], state["first_losses"]
    torch.save(state, tmp_path / "run/state.pt")
    run(corpus, tmp_path / "run", max_steps=2)
    assert state_of(tmp_path / "run")["step"] == 2


def test_what_another_stage_would_do_does_not_matter_to_a_resumed_run(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", max_steps=1)
    run(corpus, tmp_path / "run", dataclasses.replace(CONFIG, stage2=dataclasses.replace(STAGE, steps=7)), max_steps=1)


def test_batches_from_a_worker_process_are_the_same(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "inline", max_steps=2)
    run(corpus, tmp_path / "worker", with_train(loader_workers=1), max_steps=2)
    assert_same(state_of(tmp_path / "inline")["generator"], state_of(tmp_path / "worker")["generator"])


def test_a_run_folder_is_a_model_folder(corpus: Path, tmp_path: Path) -> None:
    scores = run(corpus, tmp_path / "run", max_steps=2)
    folder = read_model_folder(tmp_path / "run")
    generator = load_generator(folder)
    assert generator.config == CONFIG.generator
    assert not generator.use_postnet
    assert folder.trained_with["stage"] == "stage1"
    assert folder.trained_with["dev_scores"]["si_sdr"] == pytest.approx(scores["si_sdr"], abs=1e-3)
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert {"train", "dev"} == set(kinds)


def test_stage_2_starts_from_the_stage_1_model(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "one", max_steps=2)
    run(corpus, tmp_path / "two", stage=STAGE2, init=tmp_path / "one", max_steps=0)
    one, two = load_file(tmp_path / "one/model.safetensors"), load_file(tmp_path / "two/model.safetensors")
    wavenet = [name for name in one if ".postnet." not in name]
    assert wavenet
    assert all(torch.equal(one[name], two[name]) for name in wavenet)
    assert load_generator(read_model_folder(tmp_path / "two")).use_postnet


def test_stage_2_without_a_start_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageConflict, match="--init"):
        run(corpus, tmp_path / "two", stage=STAGE2)
    assert not (tmp_path / "two").exists()


def test_a_start_of_another_architecture_is_refused(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "one", max_steps=0)
    other = dataclasses.replace(CONFIG, generator=FLAT)
    with pytest.raises(ModelUnavailable, match="another"):
        run(corpus, tmp_path / "two", other, stage=STAGE2, init=tmp_path / "one")


def test_resuming_with_another_config_names_the_difference(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", max_steps=1)
    with pytest.raises(UsageConflict, match=r"config\.train\.batch_size: 2 -> 3"):
        run(corpus, tmp_path / "run", with_train(batch_size=3))
    run(corpus, tmp_path / "run", with_train(checkpoint_minutes=1.0), max_steps=1)  # changes nothing that is computed


def test_no_resume_refuses_to_touch_a_run(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", max_steps=1)
    before = (tmp_path / "run/state.pt").read_bytes()
    with pytest.raises(UsageConflict, match="holds a run"):
        run(corpus, tmp_path / "run", resume=False)
    assert (tmp_path / "run/state.pt").read_bytes() == before


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_state(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", max_steps=2)
    good = state_of(tmp_path / "run")
    exploding = dataclasses.replace(CONFIG, stage1=dataclasses.replace(STAGE, learning_rate=float("inf")))
    run_config = json.loads((tmp_path / "run/train_config.json").read_text())
    run_config["config"]["stage1"]["learning_rate"] = float("inf")
    (tmp_path / "run/train_config.json").write_text(json.dumps(run_config))
    with pytest.raises(TrainingFailed, match="not finite"):
        run(corpus, tmp_path / "run", exploding, max_steps=6)
    assert_same(state_of(tmp_path / "run")["generator"], good["generator"])


def test_an_exploding_loss_stops_the_run_before_a_checkpoint_can_keep_it(corpus: Path, tmp_path: Path) -> None:
    """A checkpoint is due after every step: none may be written of a state whose losses were not looked at."""
    stage = dataclasses.replace(STAGE, losses={"l1": 1.0}, learning_rate=1e6)
    config = dataclasses.replace(with_train(checkpoint_minutes=0.0, warmup_steps=1, ema_decay=0.0), stage1=stage)
    with pytest.raises(TrainingFailed, match=r"step \d"):
        run(corpus, tmp_path / "run", config, max_steps=6)
    kept = state_of(tmp_path / "run")["generator"]
    assert isinstance(kept, dict)
    assert all(bool(torch.isfinite(value).all()) for value in kept.values())


def test_minutes_limit_a_run(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", max_minutes=0.0)
    assert state_of(tmp_path / "run")["step"] == 0


def test_a_broken_state_is_said_in_one_line(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", max_steps=1)
    (tmp_path / "run/state.pt").write_bytes(b"half a file")
    with pytest.raises(TrainingFailed, match="cannot be read"):
        run(corpus, tmp_path / "run")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # of torch's own compiler
def test_a_compiled_generator_trains_validates_and_is_saved_under_the_same_names(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "plain", max_steps=1)
    run(corpus, tmp_path / "compiled", with_train(compile=True), max_steps=1)
    plain, compiled = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "compiled"))
    assert plain.keys() == compiled.keys()
    for name, value in plain.items():
        torch.testing.assert_close(compiled[name], value, rtol=0, atol=1e-3)


def test_readers_outlive_signals_that_a_scheduler_sends_to_all(corpus: Path) -> None:
    batches = batches_from(corpus, with_train(loader_workers=1), 0, 40)
    next(batches)
    readers = multiprocessing.active_children()
    assert readers
    for reader in readers:
        os.kill(reader.pid, signal.SIGTERM)
        os.kill(reader.pid, signal.SIGINT)
    assert sum(1 for _ in batches) == 39
