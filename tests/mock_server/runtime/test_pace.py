"""The pace as text."""

import pytest

from sigmic_mock.runtime.pace import NATURAL, OFF, PRESETS, Pace, read_pace


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("natural", NATURAL),
        ("off", OFF),
        ("slow", PRESETS["slow"]),
        ("natural,rate=80", Pace(first=0.6, rate=80, jitter=0.4, pause=0.25)),
        ("first=1s,rate=20,jitter=0,pause=50ms", Pace(first=1.0, rate=20, jitter=0, pause=0.05)),
    ],
)
def test_a_pace_is_read(text, pace):
    assert read_pace(text) == pace


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("natrual", "must be one of off, natural, slow, fast, .*did you mean natural"),
        ("", "must be one of off"),
        ("off,rate=3", "must be one of off"),
        ("rate=0", "needs a number from 0.1 to 10000 after rate="),
        ("rate=nan", "needs a number from 0.1"),
        ("jitter=2", "needs a number from 0 to 1 after jitter="),
        ("first=soon", "needs a time, for example first=600ms"),
        ("pause=11m", "at most 10m"),
        ("ratte=5", "has the figures first, rate, jitter, pause; did you mean rate"),
        ("natural,", "has the figures"),
    ],
)
def test_a_mistake_is_reported_with_what_to_write(text, message):
    with pytest.raises(ValueError, match=message):
        read_pace(text)


def test_a_pace_says_what_it_is():
    assert str(NATURAL) == "natural: first token after 0.6 s, 45 tokens per second"
    assert (str(OFF), str(read_pace("rate=9"))[:7]) == ("off", "custom:")
