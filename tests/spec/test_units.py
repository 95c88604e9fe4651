"""Durations and sizes as text."""

import re

import pytest

from sigmic_spec.units import SIZE_PATTERN, TIME_PATTERN, read_bytes, read_seconds

TIMES = {
    "15s": 15,
    "30m": 1800,
    "1h30m": 5400,
    "1h 30m": 5400,
    "250ms": 0.25,
    "1.5s": 1.5,
    "30 s": 30,
    "7d": 604_800,
    "10": 10,
    "0.1": 0.1,
    "0s": 0,
}
SIZES = {
    "200MB": 200_000_000,
    "1.5GiB": 1_610_612_736,
    "20 KB": 20_000,
    "5kB": 5_000,
    "7B": 7,
    "50000": 50_000,
}
NO_TIMES = ["", "s", "-15s", "15s!", "1y", "1e3s", "²s", "nan", "inf", ".", "15 apples", "9" * 10_000_000]
NO_SIZES = ["", "MB", "-1", "5TB", "9 apples", "1e3", "9" * 10_000_000]


@pytest.mark.parametrize(("text", "seconds"), TIMES.items())
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert read_seconds(text) == seconds


@pytest.mark.parametrize(("text", "count"), SIZES.items())
def test_a_size_is_read(text: str, count: int) -> None:
    assert read_bytes(text) == count


@pytest.mark.parametrize("text", NO_TIMES)
def test_an_invalid_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="must be a time, for example 30s"):
        read_seconds(text)


@pytest.mark.parametrize("text", NO_SIZES)
def test_an_invalid_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="must be a size, for example 20MB"):
        read_bytes(text)


def test_the_schema_patterns_accept_the_same_times_and_sizes_as_the_reader() -> None:
    assert all(re.search(TIME_PATTERN, text) for text in TIMES)
    assert all(re.search(SIZE_PATTERN, text) for text in SIZES)
    assert not any(re.search(TIME_PATTERN, text) for text in NO_TIMES)
    assert not any(re.search(SIZE_PATTERN, text) for text in NO_SIZES)
