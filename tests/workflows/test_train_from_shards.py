"""Training on shards: resumed exactly, with the same readers only."""

from pathlib import Path

import pytest

from denoise_cli.data.shard_store import write_shards
from denoise_cli.errors import UsageConflict
from tests.data.speech_corpus import make_speech_corpus
from tests.training.small_runs import with_train
from tests.workflows.test_train_stage import assert_same, run, state_of


def test_a_run_on_shards_is_resumed_bit_for_bit_and_by_as_many_readers(tmp_path: Path) -> None:
    address = str(tmp_path / "shards")
    write_shards(make_speech_corpus(tmp_path / "corpus"), address)
    config = with_train(window_shards=1, crop_seconds=0.25)
    run(address, tmp_path / "unbroken", config, max_steps=2)  # type: ignore[arg-type]
    for end in (1, 2):
        run(address, tmp_path / "broken", config, max_steps=end)  # type: ignore[arg-type]
    assert_same(state_of(tmp_path / "unbroken")["generator"], state_of(tmp_path / "broken")["generator"])
    with pytest.raises(UsageConflict, match="lanes: 1 -> 2"):
        run(address, tmp_path / "broken", with_train(window_shards=1, crop_seconds=0.25, loader_workers=2))  # type: ignore[arg-type]
