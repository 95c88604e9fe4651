"""An invalid argument is answered with what to write instead of it."""

import argparse

import pytest

from sigmic_spec.arguments import as_argument, in_our_words
from sigmic_spec.units import read_seconds

MADE = argparse.ArgumentParser(exit_on_error=False)
MADE.add_argument("-t", "--timeout", type=as_argument(read_seconds), metavar="TIME")
MADE.add_argument("--count", type=int)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--timeout", "soon"], "--timeout must be a time, for example 30s, 1h30m or 250ms, not 'soon'"),
        (["--timeout", "-5s"], "--timeout needs a value: --timeout=TIME"),
        (["--count"], "--count needs a value: --count=VALUE"),
        (["--count", "x"], "argument --count: invalid int value: 'x'"),
    ],
)
def test_a_wrong_option_value_names_the_right_form(words: list[str], told: str):
    assert MADE.parse_args(["--timeout", "90s"]).timeout == 90
    with pytest.raises(argparse.ArgumentError) as refused:
        MADE.parse_args(words)
    assert in_our_words(str(refused.value), MADE._actions).startswith(told)
