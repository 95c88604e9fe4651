"""The error for a body that does not match its schema."""

from typing import Any

import pytest

from sigmic_mock.http.validation import refusals
from sigmic_spec.document import Document

DOCUMENT = Document.load()
CREATION = DOCUMENT.operations["create_task"].bodies["application/json"]

KNOWN = "message, systemPrompt, showInHistory, autoExecute, env, secrets"


def said(value: Any) -> list[tuple[str, str]]:
    return [(each.code.value, each.message) for each in refusals(DOCUMENT, CREATION, value)]


def test_the_first_error_of_each_field_comes_in_the_order_of_the_schema_and_unknown_fields_last():
    names = {f"not-a-name-{number}": "x" for number in range(100)}

    found = said({"colour": "red", "secrets": names, "env": {"A": 1}, "autoExecute": "yes"})

    assert found == [
        ("VALIDATION_ERROR", "message is required; 'colour' is not a field"),
        ("VALIDATION_ERROR", "autoExecute must be true or false"),
        ("INVALID_ENV", "env.A must be a string"),
        (
            "INVALID_ENV",
            (
                "secrets has the name 'not-a-name-0'; a name has letters, digits and underscores,"
                " and no digit at its beginning"
            ),
        ),
        ("VALIDATION_ERROR", f"Unknown field 'colour'; known are {KNOWN}"),
    ]


@pytest.mark.parametrize("value", [[], "text", None, 7])
def test_a_body_must_be_an_object(value: Any):
    assert said(value) == [("VALIDATION_ERROR", "The body must be an object")]


@pytest.mark.parametrize("field", ["message", "env", "colour"])
def test_a_body_that_is_nested_too_deeply_is_refused_as_a_whole(field: str):
    value: Any = 1
    for _ in range(900):
        value = [value]

    assert said({"message": "hi", field: value}) == [("VALIDATION_ERROR", "The body is nested too deeply")]
