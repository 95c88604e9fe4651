"""Modes and durations as text."""

import pytest

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.runtime.clock.mode import (
    AUTOJUMP,
    MANUAL,
    REAL,
    Mode,
    read_duration,
    read_mode,
)


@pytest.mark.parametrize(
    ("text", "mode"),
    [("real", REAL), ("manual", MANUAL), ("autojump", AUTOJUMP), ("scaled:60", Mode("scaled", 60.0))],
)
def test_every_mode_is_read_and_written_alike(text: str, mode: Mode) -> None:
    assert read_mode(text) == mode
    assert str(mode) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("manul", "did you mean manual?"),
        ("auto-jump", "did you mean autojump?"),
        ("scaled", "did you mean scaled:60?"),
        ("scaled:", "as in scaled:60"),
        ("scaled:0", "above 0"),
        ("scaled:-1", "above 0"),
        ("scaled:nan", "above 0"),
        ("scaled:inf", "above 0"),
        ("manual:3", "must be one of"),
        ("", "must be one of real, scaled:N, manual, autojump"),
    ],
)
def test_an_unknown_mode_is_refused_with_the_nearest(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        read_mode(text)

    assert told in str(refused.value)


@pytest.mark.parametrize(("value", "seconds"), [("1h30m", 5400), ("1.5", 1.5), (10, 10), (0, 0)])
def test_a_duration_is_read(value: object, seconds: float) -> None:
    assert read_duration("by", value) == seconds


@pytest.mark.parametrize("value", ["", "15 apples", "367d", -15, None, True, float("nan"), 1e300, []])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(ApiError) as refused:
        read_duration("by", value)

    assert refused.value.message.startswith("by m")
