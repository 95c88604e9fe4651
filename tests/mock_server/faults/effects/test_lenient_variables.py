"""A lenient server repairs what it should refuse, as far as it is asked to."""

import pytest

from sigmic_conformance.mock_server.faults.effects.lenient_variables import repaired


@pytest.mark.parametrize(
    ("wanted", "env"),
    [
        ({"name", "value"}, {"_1A": "1", "_a_b": "x", "GOOD": "y"}),
        ({"name"}, {"_1A": 1, "_a_b": "x", "GOOD": "y"}),
        ({"value"}, {"1A": "1", "a-b": "x", "GOOD": "y"}),
        (set(), {"1A": 1, "a-b": "x", "GOOD": "y"}),
    ],
)
def test_bad_names_and_values_are_repaired_when_wanted(wanted: set[str], env: dict[str, object]):
    body = {"message": "hi", "env": {"1A": 1, "a-b": "x", "GOOD": "y"}}

    assert repaired(body, wanted.__contains__) == {"message": "hi", "env": env}


@pytest.mark.parametrize("body", [[], "text", {"env": []}, {"env": {"A": "x"}, "secrets": {}}])
def test_what_is_right_or_no_variables_at_all_stays_and_is_not_asked_about(body: object):
    def never(_code: str) -> bool:
        raise AssertionError

    assert repaired(body, never) == body
