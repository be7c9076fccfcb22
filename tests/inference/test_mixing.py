import pytest

from denoise_cli.inference.mixing import wet_share


def test_without_options_all_is_enhanced() -> None:
    assert wet_share(1.0, None) == 1
    assert wet_share(0.0, None) == 0
    assert wet_share(0.3, None) == pytest.approx(0.3)


@pytest.mark.parametrize("limit_db", [0.0, 6.0, 12.0, 40.0])
def test_what_the_model_takes_away_stays_at_the_limit(limit_db: float) -> None:
    left = 1 - wet_share(1.0, limit_db)
    assert left == pytest.approx(10 ** (-limit_db / 20))
