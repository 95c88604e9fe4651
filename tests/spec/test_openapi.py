"""The contract: complete, closed for requests, open for answers, with the same sets of values as the code."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from sigmic_mock.domain.errors import ErrorCode
from sigmic_mock.domain.model import Outcome, TaskStatus, ToolStatus
from sigmic_spec.document import METHODS, Document

DOCUMENT = Document.load()
TREE = DOCUMENT.tree
OPERATIONS = DOCUMENT.operations
SCHEMAS = TREE["components"]["schemas"]
EVIDENCE = {"documented", "example", "inherited", "inferred", "chosen"}


def nodes(node: Any, at: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping of the document with its pointer."""
    if isinstance(node, dict):
        yield at, node
        for key, value in node.items():
            yield from nodes(value, f"{at}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from nodes(value, f"{at}/{index}")


def reachable(pointer: str, seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema node that is reachable from a schema, including references."""
    if pointer in seen:
        return
    seen.add(pointer)
    for at, node in nodes(DOCUMENT.schema(pointer), pointer):
        yield at, node
        if isinstance(node.get("$ref"), str):
            yield from reachable(node["$ref"], seen)


def test_every_operation_but_the_token_exchange_takes_each_of_three_credentials():
    schemes = {"ApiKeyBearer", "ApiKeyHeader", "WidgetToken"}

    assert set(TREE["components"]["securitySchemes"]) == schemes
    for operation in OPERATIONS.values():
        expected = set() if operation.operation_id == "create_token" else {frozenset({s}) for s in schemes}
        assert set(operation.security) == expected, operation.operation_id


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_possible_refusal_of_an_operation_is_documented(operation):
    expected = {400, 401, 405, 429, 500, 501}
    expected |= {403} if operation.security else set()
    expected |= {404} if operation.parameters_in("path") else set()
    expected |= {413, 415} if operation.bodies else set()
    expected |= {409} if operation.operation_id in {"send_message", "cancel_task"} else set()
    expected |= {416} if operation.operation_id == "download_artifact" else set()

    assert {status for status in operation.responses if status >= 400} == expected


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_answer_has_a_request_id_and_says_how_it_may_be_stored(operation):
    for response in operation.responses.values():
        assert {"X-Request-Id", "Cache-Control"} <= set(response.headers)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_codes_of_a_response_have_its_status_in_the_catalogue(operation):
    for response in operation.responses.values():
        for code in response.error_codes:
            assert ErrorCode[code].status == response.status, code
        is_envelope = "application/json" in response.schemas and response.status >= 400
        assert bool(response.error_codes) == is_envelope


def test_every_error_code_can_come_from_some_operation():
    reached = {code for o in OPERATIONS.values() for r in o.responses.values() for code in r.error_codes}

    assert reached == DOCUMENT.error_codes, "the enum ErrorCode and `x-error-codes` of openapi.yaml differ"
    assert reached == {code.value for code in ErrorCode}, (
        "openapi.yaml and ErrorCode (domain/errors.py) differ"
    )


def test_codes_that_were_chosen_are_marked():
    chosen = {code.value for code in ErrorCode if not code.is_documented}

    marked = set(SCHEMAS["ErrorCode"]["x-chosen-codes"])
    assert marked == chosen, "`x-chosen-codes` of openapi.yaml and ErrorCode (domain/errors.py) differ"


def test_the_error_code_of_a_field_is_documented_for_its_operation():
    for operation in OPERATIONS.values():
        for body in operation.bodies.values():
            assert set(body.refusals.values()) <= set(operation.responses[400].error_codes)


def test_closed_lists_are_those_of_the_code():
    assert SCHEMAS["TaskStatus"]["enum"] == [status.value for status in TaskStatus]
    assert SCHEMAS["Outcome"]["enum"] == [outcome.value for outcome in Outcome]
    assert SCHEMAS["ToolStatus"]["x-extensible-enum"] == [status.value for status in ToolStatus]


def test_bodies_are_closed():
    bodies = {body.schema for operation in OPERATIONS.values() for body in operation.bodies.values()}

    assert len(bodies) == 8
    for pointer in bodies:
        assert DOCUMENT.schema(pointer)["additionalProperties"] is False, pointer


def test_answers_are_open():
    roots = {s for o in OPERATIONS.values() for r in o.responses.values() for s in r.schemas.values() if s}
    roots |= set(DOCUMENT.event_schemas.values())
    seen: set[str] = set()
    closed = [
        at
        for root in roots
        for at, node in reachable(root, seen)
        if node.get("additionalProperties") is False or node.get("unevaluatedProperties") is False
    ]

    assert len(seen) > 40
    assert closed == []


def test_links_lead_to_operations_and_give_parameters_that_these_have():
    for name, link in TREE["components"]["links"].items():
        operation = OPERATIONS[link["operationId"]]
        known = {f"{p.location}.{p.name}" for p in operation.parameters}
        assert set(link["parameters"]) <= known, name


def test_every_operation_names_its_evidence_and_source():
    for path in TREE["paths"].values():
        for method in set(path) & set(METHODS):
            assert path[method]["x-evidence"] in EVIDENCE
            assert path[method]["x-source"]


def test_extensions_are_explained_and_evidence_has_one_vocabulary():
    used = Counter(key for _, node in nodes(TREE) for key in node if key.startswith("x-"))
    del used["x-extensions"]
    grades = {
        node["x-evidence"] for at, node in nodes(TREE) if "x-evidence" in node and at != "#/x-extensions"
    }

    assert set(used) == set(TREE["x-extensions"])
    assert grades == EVIDENCE


def test_every_field_and_header_is_described():
    undescribed = [
        f"{at}/properties/{name}"
        for at, node in nodes(SCHEMAS)
        if isinstance(node.get("properties"), dict) and "examples" not in at
        for name, field in node["properties"].items()
        if not {"description", "$ref", "const", "properties", "contentSchema"} & set(field)
        and not ("items" in field and "$ref" in field["items"])
    ]

    assert undescribed == []
    assert all(header["description"] for header in TREE["components"]["headers"].values())
