"""Names, sizes and precedence of `env` and `secrets`."""

import pytest

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.variables import MOST_VALUE_BYTES, as_secrets, check_variables
from sigmic_spec.document import Document

SCHEMA = Document.load().validator("#/components/schemas/Variables")

GOOD = [
    {},
    {"A": ""},
    {"_a1": "x", "TENANT_ID": "é"},
    {"PATHS": "x", "HOMER": "x", "LD": "x", "path": "x"},
    {"A": "x" * MOST_VALUE_BYTES},
    {f"A{n}": "x" for n in range(100)},
    {"A" * 256: "x"},
]
BAD = [
    {"1A": "x"},
    {"A-B": "x"},
    {"": "x"},
    {"Ä": "x"},
    {"A\n": "x"},
    {"A": 1},
    {"A": None},
    {"A": ["x"]},
    {"A": "a\0b"},
    {"A": "x" * (MOST_VALUE_BYTES + 1)},
    {f"A{n}": "x" for n in range(101)},
    {"A" * 257: "x"},
    {"PATH": "x"},
    {"HOME": "x"},
    {"NODE_OPTIONS": "x"},
    {"LD_PRELOAD": "x"},
    {"PYTHONPATH": "x"},
    ["x"],
    "x",
]


@pytest.mark.parametrize("variables", GOOD, ids=range(len(GOOD)))
def test_these_are_taken_by_the_code_and_by_the_document(variables):
    assert check_variables("env", variables) == variables
    assert SCHEMA.is_valid(variables)


@pytest.mark.parametrize("variables", BAD, ids=range(len(BAD)))
def test_these_are_refused_by_the_code_and_by_the_document(variables):
    with pytest.raises(ApiError) as refused:
        check_variables("secrets", variables)

    assert refused.value.code == "INVALID_ENV"
    assert "secrets" in refused.value.message
    assert not SCHEMA.is_valid(variables)


def test_a_value_is_measured_in_bytes():
    with pytest.raises(ApiError):
        check_variables("env", {"A": "é" * (MOST_VALUE_BYTES - 1)})


def test_a_refusal_does_not_repeat_the_value():
    with pytest.raises(ApiError) as refused:
        check_variables("secrets", {"TOKEN": "hunter2\0"})

    assert "hunter2" not in str(refused.value)


def test_secrets_cannot_be_printed_by_accident():
    assert "hunter2" not in f"{as_secrets({'A': 'hunter2'})}"
