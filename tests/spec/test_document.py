"""The reader of the contract: what it finds in a document, and the errors of its validators."""

import subprocess
import sys

import pytest

from sigmic_spec.document import Document

DOCUMENT = Document.load()

SMALL = """
openapi: 3.2.0
security: [{key: []}, {a: [], b: []}]
paths:
  /things/{name}:
    parameters: [{$ref: '#/components/parameters/Name'}]
    get:
      operationId: read_thing
      tags: [Things]
      parameters:
        - {name: depth, in: query, schema: {type: integer, default: 3}}
        - {name: Range, in: header, required: true, schema: {type: string}}
      responses:
        '206': {description: part, content: {'*/*': {}}}
        '200':
          description: ok
          headers: {ETag: {required: true, schema: {type: string}}, Age: {schema: {type: integer}}}
          content:
            application/json: {schema: {$ref: '#/components/schemas/Alias'}}
            text/event-stream: {itemSchema: {type: object}}
        '404': {$ref: '#/components/responses/Missing'}
    put:
      operationId: write_thing
      tags: [Things]
      security: []
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Thing'}}
          text/plain: {schema: {type: string, maxLength: 2}}
      responses: {'204': {description: done}}
components:
  parameters:
    Name: {name: name, in: path, required: true, schema: {type: string}}
  responses:
    Missing: {description: gone, x-error-codes: [NOT_FOUND]}
  schemas:
    Alias: {$ref: '#/components/schemas/Thing'}
    Thing:
      type: object
      properties:
        size: {type: integer, x-error-code: TOO_BIG}
        colour: {$ref: '#/components/schemas/Colour'}
        shade: {$ref: '#/components/schemas/Colour', x-error-code: BAD_SHADE}
        note: {type: string}
    Colour: {type: string, enum: [red], x-error-code: BAD_COLOUR}
    Moment: {type: string, format: date-time}
"""


@pytest.fixture
def small() -> Document:
    return Document.parse(SMALL)


def test_parameters_of_the_path_and_of_the_operation_are_joined(small):
    found = [(p.name, p.location, p.required, p.default) for p in small.operations["read_thing"].parameters]

    assert found == [
        ("name", "path", True, None),
        ("depth", "query", False, 3),
        ("Range", "header", True, None),
    ]


def test_a_parameters_schema_can_be_validated_wherever_it_is_written(small):
    (depth,) = small.operations["read_thing"].query_parameters
    (name,) = small.operations["read_thing"].parameters_in("path")

    assert (depth.schema, name.schema) == (
        "#/paths/~1things~1{name}/get/parameters/0/schema",
        "#/components/parameters/Name/schema",
    )
    assert small.validator(depth.schema).is_valid(1)
    assert not small.validator(depth.schema).is_valid("1")


def test_security_is_inherited_unless_the_operation_says_otherwise(small):
    assert small.operations["read_thing"].security == (frozenset({"key"}), frozenset({"a", "b"}))
    assert small.operations["write_thing"].security == ()


def test_a_field_names_the_code_of_its_refusal_itself_or_by_its_schema(small):
    assert small.operations["write_thing"].bodies["application/json"].refusals == {
        "size": "TOO_BIG",
        "colour": "BAD_COLOUR",
        "shade": "BAD_SHADE",
    }


def test_responses_list_their_schemas_headers_and_error_codes(small):
    responses = small.operations["read_thing"].responses

    assert responses[200].schemas == {
        "application/json": "#/components/schemas/Thing",
        "text/event-stream": (
            "#/paths/~1things~1{name}/get/responses/200/content/text~1event-stream/itemSchema"
        ),
    }
    assert responses[200].headers == {"ETag": True, "Age": False}
    assert responses[206].schemas == {"*/*": None}
    assert responses[404].error_codes == ("NOT_FOUND",)
    assert small.operations["read_thing"].success is responses[200]
    assert small.operations["write_thing"].success.status == 204


def test_a_pointer_to_nothing_is_an_error_when_it_is_asked_for(small):
    with pytest.raises(LookupError):
        small.schema("#/components/schemas/Missing")
    with pytest.raises(LookupError):
        small.validator("#/components/schemas/Missing")


def test_formats_count(small):
    moment = small.validator("#/components/schemas/Moment")

    assert moment.is_valid("2026-01-26T15:50:54.870Z")
    assert not moment.is_valid("yesterday")


def test_an_error_says_where_and_why_but_never_shows_the_value():
    validator = DOCUMENT.validator("#/components/schemas/CreateTaskJson")
    body = {"message": "hello", "secrets": {"TOKEN": "hunter2\x00", "PIN": 4711}}

    errors = list(validator.iter_errors(body))

    assert {tuple(error.instance_path) for error in errors} == {("secrets", "TOKEN"), ("secrets", "PIN")}
    shown = " ".join(f"{error.message} {error}" for error in errors)
    assert "hunter2" not in shown
    assert "4711" not in shown


def test_the_document_is_read_without_a_validator(tmp_path):
    program = (
        "import sys, sigmic_spec.document as d;"
        "print(len(d.Document.load().operations), 'jsonschema_rs' in sys.modules)"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )

    assert answer.stdout.split() == ["11", "False"]
