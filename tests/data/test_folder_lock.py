import pytest

from denoise_cli.data.folder_lock import locked
from denoise_cli.errors import CannotStart


def test_only_one_holds_the_lock_and_it_is_given_back(tmp_path):
    with locked(tmp_path):
        with pytest.raises(CannotStart, match="another prepare-data"), locked(tmp_path):
            pass
    with locked(tmp_path):
        pass
