"""The reference page of the contract is up to date and complete."""

import re

import pytest

from sigmic_spec.document import Document
from sigmic_spec.document_page import render

DOCUMENT = Document.load()
PAGE = render(DOCUMENT)


def section(title: str) -> str:
    found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


@pytest.mark.parametrize("operation", DOCUMENT.operations.values(), ids=DOCUMENT.operations)
def test_an_operation_has_its_address_parameters_fields_and_answers(operation):
    text = section(operation.operation_id)

    assert f"`{operation.method} {operation.path}`" in text
    assert re.findall(r"^\| `([\w-]+)` \| (?:path|query|header) ", text, re.MULTILINE) == [
        parameter.name for parameter in operation.parameters
    ]
    assert re.findall(r"^Body as `(.*)`:$", text, re.MULTILINE) == list(operation.bodies)
    assert [int(status) for status in re.findall(r"^\| (\d{3}) \|", text, re.MULTILINE)] == list(
        operation.responses
    )


@pytest.mark.parametrize("name", DOCUMENT.event_schemas)
def test_an_event_has_the_fields_of_its_payload(name):
    fields = DOCUMENT.schema(DOCUMENT.event_schemas[name])["properties"]

    assert re.findall(r"^\| `(\w+)` \|", section(name), re.MULTILINE) == list(fields)


def test_every_error_code_is_listed_with_its_status():
    listed = re.findall(r"^\| `([A-Z_]+)` \| (\d{3}) \|", PAGE, re.MULTILINE)

    assert {code for code, _ in listed} == DOCUMENT.error_codes
    assert len(listed) == len(DOCUMENT.error_codes)
