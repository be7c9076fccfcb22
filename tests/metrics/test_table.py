import pytest

from denoise_cli.errors import UsageConflict
from denoise_cli.metrics.table import FAMILIES, select_families


def test_column_keys_are_unique() -> None:
    keys = [column.key for family in FAMILIES.values() for column in family.columns]
    assert len(set(keys)) == len(keys)


def test_no_names_mean_all() -> None:
    assert select_families([], with_reference=True) == tuple(FAMILIES.values())


def test_without_reference_only_those_that_need_none_are_left() -> None:
    assert [family.name for family in select_families([], with_reference=False)] == ["dnsmos", "srmr"]


def test_a_column_names_its_family() -> None:
    assert [family.name for family in select_families(["dnsmos_bak", "stoi"], True)] == ["stoi", "dnsmos"]


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageConflict, match="pesk: no such metric; there are pesq_wb"):
        select_families(["pesk"], True)


def test_a_metric_that_needs_a_reference_is_refused_without_one() -> None:
    with pytest.raises(UsageConflict, match="stoi: needs --clean"):
        select_families(["stoi"], False)
