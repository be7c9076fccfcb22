"""What is read of a CTranslate2 model, and what a file that is none says."""

from pathlib import Path

import numpy as np
import pytest

from denoise_cli.errors import ModelUnavailable
from denoise_cli.losses.ctranslate2_weights import read_half_precision
from tests.whisper_file import write_ctranslate2

ARRAYS = {
    "encoder/a": np.arange(6, dtype=np.float16).reshape(2, 3),
    "encoder/number": np.array(6, np.int16),
    "decoder/b": np.ones(2, np.float16),
}


def test_it_reads_the_half_precision_arrays_of_a_part(tmp_path: Path) -> None:
    write_ctranslate2(tmp_path / "model.bin", ARRAYS)
    read = read_half_precision(tmp_path / "model.bin", "encoder/")
    assert list(read) == ["a"]
    assert read["a"].dtype == np.float32
    np.testing.assert_array_equal(read["a"], ARRAYS["encoder/a"])


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    with pytest.raises(ModelUnavailable, match="No such file"):
        read_half_precision(file, "encoder/")
    write_ctranslate2(file, ARRAYS, version=5)
    with pytest.raises(ModelUnavailable, match="version 5, not 6"):
        read_half_precision(file, "encoder/")
    write_ctranslate2(file, ARRAYS)
    whole = file.read_bytes()
    for length in range(0, len(whole), 3):
        file.write_bytes(whole[:length])
        with pytest.raises(ModelUnavailable, match="not a CTranslate2 model"):
            read_half_precision(file, "encoder/")
