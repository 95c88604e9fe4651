"""The table of the control plane: an operation's rules apply at its route and are in the document."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs
import pytest

from sigmic_mock.console.router import console_table
from sigmic_mock.control.openapi import document_of
from sigmic_mock.control.router import Routes
from sigmic_mock.control.table import Operation, Table, choices_of, control_table, types_of
from tests.fakes.served import Reply, Served

ROOT = "/__mock/v1"
OPERATIONS = control_table().operations
IN_THE_PATH = {"id": "sse.crlf", "number": "1", "name": "crm", "task": "{task}"}
WRONG: Mapping[str, Any] = {
    "string": [],
    "integer": -1,
    "object": 7,
    "array": 7,
    "boolean": "yes",
    "number": "x",
}


def path_of(operation: Operation, **names: str) -> str:
    return ROOT + operation.path.format(**{**IN_THE_PATH, **names})


async def ask(mock: Served, operation: Operation, body: Any = None, **query: str) -> Reply:
    more = {"json": body or {}} if operation.takes_body else {}
    path = path_of(operation)
    return await mock.call(operation.method, path, headers=mock.control, params=query, **more)


def wrong_values() -> list[Any]:
    """Return a call for each rule of the table that a caller can break: the rule, and words of the error."""
    cases = []
    for operation in OPERATIONS.values():
        right = {field.name: _right(field.schema) for field in operation.body.values() if field.required}
        for place, fields in (("body", operation.body), ("query", operation.query)):
            for field in fields.values():
                for what, value, told in _wrong(field.name, field.schema, place):
                    given = {"body": right, "query": {}} | {
                        place: (right if place == "body" else {}) | {field.name: value}
                    }
                    cases.append(
                        pytest.param(operation, given, told, id=f"{operation.id} {field.name} {what}")
                    )
        for name in right:
            rest = {key: value for key, value in right.items() if key != name}
            given = {"body": rest, "query": {}}
            cases.append(
                pytest.param(operation, given, f"{name} is required", id=f"{operation.id} without {name}")
            )
    return cases


def _right(schema: Mapping[str, Any]) -> Any:
    if choices := choices_of(schema):
        return next(iter(choices))
    return {"string": "x", "integer": 1, "object": {}, "array": []}[types_of(schema)[0]]


def _wrong(name: str, schema: Mapping[str, Any], place: str) -> Any:
    """Yield values that break a rule of a field, each with words of the error."""
    kinds, choices = types_of(schema), list(choices_of(schema))
    if choices:
        yield "near", f"{choices[0]}x", f"did you mean {choices[0]}?"
        yield "far", "qqqqqq", f"{name} must be one of"
    elif kinds and (place == "body" or kinds == ("integer",)):
        yield "kind", WRONG[kinds[0]] if place == "body" else "1e3", f"{name} must "
    for what, (value, told) in _beyond(schema).items():
        yield what, value, told
    if isinstance(items := schema.get("items"), Mapping):
        for what, value, told in _wrong(name, items, place):
            yield f"item {what}", [value], told


def _beyond(schema: Mapping[str, Any]) -> Mapping[str, tuple[Any, str]]:
    """Return a value beyond each bound of a schema, with words of the error."""
    each: dict[str, Callable[[Any], tuple[Any, str]]] = {
        "maximum": lambda most: (most + 1, f"to {most}"),
        "minimum": lambda least: (least - 1, "must be a whole number"),
        "maxLength": lambda most: ("a" * (most + 1), " must "),
        "maxItems": lambda most: (["a"] * (most + 1), f"at most {most} entries"),
        "minLength": lambda _: (" ", " must "),
        "minItems": lambda _: ([], " must "),
    }
    return {bound: value(schema[bound]) for bound, value in each.items() if bound in schema}


async def test_an_invalid_call_is_refused_with_a_hint_and_changes_nothing(
    mock: Served,
) -> None:
    """One server for all: a refused call changes nothing, as the end of this test checks."""
    before = await _state(mock)
    for case in wrong_values():
        operation, given, told = case.values
        reply = await ask(
            mock, operation, given["body"], **{key: str(value) for key, value in given["query"].items()}
        )
        assert (reply.status, reply.code) == (400, "VALIDATION_ERROR"), (case.id, reply.body)
        assert told in reply.message, (case.id, reply.message)
    for operation in OPERATIONS.values():
        known = [*operation.query, "project"]
        reply = await ask(mock, operation, {}, **{f"{known[0]}x": "1"})
        assert (reply.status, f"did you mean {known[0]}?" in reply.message) == (400, True), operation.id
        if operation.body:
            name = next(iter(operation.body))
            reply = await ask(mock, operation, {f"{name}x": 1})
            assert (reply.status, f"did you mean {name}" in reply.message) == (400, True), reply.body
    assert await _state(mock) == before


async def _state(mock: Served) -> Any:
    reads = ("show_clock", "show_seed", "show_settings", "show_members", "list_projects", "list_armed_faults")
    more = ("list_snapshots", "list_playbooks")
    seen = [(await mock.ask(name)).json for name in (*reads, *more)]
    return [{name: value for name, value in each.items() if name != "now"} for each in seen]


async def test_every_route_has_its_methods_and_no_others_and_takes_json_alone(mock: Served) -> None:
    by_path: dict[str, set[str]] = {}
    for operation in OPERATIONS.values():
        by_path.setdefault(path_of(operation), set()).add(operation.method)
    for path, methods in by_path.items():
        refused = await mock.call("OPTIONS", path, headers=mock.control)
        assert refused.status == 405, path
        assert set(refused.headers["Allow"].split(", ")) >= methods, path
        for method in methods & {"POST", "PUT"}:
            for sent in ({"data": b"{}"}, {"data": {"a": "form"}}):
                assert (await mock.call(method, path, headers=mock.control, **sent)).status == 415, path


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "told"),
    [
        ("GET", "/__mock/v1/clok", {}, 404, "did you mean /__mock/v1/clock?"),
        ("GET", "/__mock/v1", {}, 404, "see /__mock/v1/openapi.json"),
        ("GET", "/__mock/v2/clock", {}, 404, "under /__mock/v1"),
        ("GET", "/__mock/v1/snapshots/a%2Fb", {}, 404, "'a/b'"),
        ("GET", "/__mock/v1/clock?project=a&project=b", {}, 400, "once"),
        ("GET", "/__mock/v1/clock?project=nowhere", {}, 404, "nowhere"),
        ("POST", "/__mock/v1/clock/advance", {"json": ["by"]}, 400, "must be a JSON object"),
        ("POST", "/__mock/v1/clock/advance", {"json": {"xyz": "15s"}}, 400, "known: by"),
    ],
)
async def test_an_invalid_address_or_body_is_refused_with_a_hint(
    mock: Served, method: str, path: str, options: Any, status: int, told: str
) -> None:
    reply = await mock.call(method, path, headers=mock.control, **options)

    assert (reply.status, told in reply.message) == (status, True), reply.body


REFUSED: list[tuple[str, Mapping[str, Any], str, str]] = [
    ("change_clock", {}, "VALIDATION_ERROR", "Send mode, now or both"),
    ("change_clock", {"mode": "manul"}, "VALIDATION_ERROR", "did you mean manual?"),
    ("change_clock", {"mode": "real", "now": "tomorrow"}, "VALIDATION_ERROR", "instant"),
    ("change_clock", {"now": "2030-01-31T12:00:00"}, "VALIDATION_ERROR", "zone"),
    ("change_clock", {"now": "9999-01-31T12:00:00Z"}, "VALIDATION_ERROR", "2100"),
    ("advance_clock", {"by": "soon"}, "VALIDATION_ERROR", "for example 30s"),
    ("advance_clock", {"by": "1s"}, "CONFLICT", "First set it to manual"),
    ("fire_timer", {"number": "9" * 13}, "NOT_FOUND", "not pending"),
    ("create_project", {"clock": "manul"}, "VALIDATION_ERROR", "did you mean manual?"),
    ("create_project", {"origins": ["*"]}, "VALIDATION_ERROR", "exact origin"),
    ("create_key", {"expires_in": "never"}, "VALIDATION_ERROR", "expires_in must be"),
    ("create_token", {"end_user": "u", "expires_in": "banana"}, "VALIDATION_ERROR", "expires_in must be"),
    ("create_token", {"end_user": "u", "app_id": "app_nobody"}, "NOT_FOUND", "no such widget app"),
    ("delete_project", {"id": "elsewhere"}, "CONFLICT", "reset it"),
    ("take_snapshot", {"name": "../up"}, "VALIDATION_ERROR", "letters"),
    ("take_snapshot", {"name": "up\n"}, "VALIDATION_ERROR", "letters"),
    ("take_snapshot", {"name": "taken"}, "CONFLICT", "already"),
    ("fork_snapshot", {"name": "nobody"}, "NOT_FOUND", "taken"),
    ("restore_snapshot", {"name": "nobody"}, "NOT_FOUND", "taken"),
    ("expire_session", {"task": "nobody"}, "NOT_FOUND", ""),
    ("expire_session", {"task": "TASK", "project": "elsewhere"}, "NOT_FOUND", ""),
    ("show_timeline", {"task": "TASK", "project": "elsewhere"}, "NOT_FOUND", ""),
    ("inject_event", {"event": "thougt", "data": {}}, "VALIDATION_ERROR", "did you mean thought?"),
    ("inject_event", {"event": "thought", "data": {}}, "VALIDATION_ERROR", "unchecked"),
    ("inject_event", {"event": "a\nb", "data": {}, "unchecked": True}, "VALIDATION_ERROR", "framing"),
    ("inject_event", {"event": "own", "data": {}, "unchecked": True}, "CONFLICT", "no open stream"),
    ("arm_fault", {"fault": "http.rate-limted"}, "VALIDATION_ERROR", "http.rate-limited"),
    ("arm_fault", {"fault": "net.slow", "with": {"secnds": 1}}, "VALIDATION_ERROR", "seconds"),
    ("put_playbook", {}, "VALIDATION_ERROR", "Send either playbook"),
    ("put_playbook", {"playbook": {}, "yaml": ""}, "VALIDATION_ERROR", "Send either playbook"),
    (
        "put_playbook",
        {"playbook": {"when": {"message": "x"}, "stepps": []}},
        "VALIDATION_ERROR",
        "mean steps?",
    ),
    ("put_playbook", {"yaml": "name: one\nsteps:\n  - sya: x\n"}, "VALIDATION_ERROR", "one.yaml:3: steps/0"),
    ("put_playbook", {"yaml": "name: one\nsteps: [{fault: sse.crfl}]"}, "VALIDATION_ERROR", "mean sse.crlf?"),
    ("list_entries", {"kind": "requests"}, "VALIDATION_ERROR", "kind must be one of"),
    *(
        ("wait_for_entries", {"timeout": value}, "VALIDATION_ERROR", "timeout")
        for value in (-1, 301, True, "soon")
    ),
    (
        "change_settings",
        {"tool_policies": {"glob": "perhaps"}},
        "VALIDATION_ERROR",
        "glob must be one of allow",
    ),
    ("change_settings", {"prompts": [""]}, "VALIDATION_ERROR", "prompts.0: must be a text that is not empty"),
    ("change_settings", {"subagents": {"a": "no"}}, "VALIDATION_ERROR", "subagents.a: must be true or false"),
    ("change_settings", {"prompts": ["x"] * 21}, "VALIDATION_ERROR", "at most 20"),
    ("test_mcp_server", {"name": "crm"}, "NOT_FOUND", "there are: none"),
    ("give_roles", {"members": {"linus": "viewer", "vear": "viewer"}}, "VALIDATION_ERROR", "mean vera?"),
    ("give_roles", {"members": {"linus": "viewr"}}, "VALIDATION_ERROR", "did you mean viewer?"),
    ("give_roles", {"members": {"linus": None}}, "VALIDATION_ERROR", "linus must be one of"),
]
"""Errors of a handler beyond the rules of the table."""


async def test_a_refused_call_says_why_and_changes_nothing(mock: Served) -> None:
    task = await mock.finished()
    await mock.ask("take_snapshot", name="taken")
    before = await _state(mock)
    for name, fields, code, told in REFUSED:
        given = {"task": task, "name": "one", **fields}
        project = given.pop("project", None)
        names = {*OPERATIONS[name].path_names, *fields} - {"project"}
        asked = {key: task if given[key] == "TASK" else given[key] for key in names}
        reply = await mock.ask(name, project, **asked)
        assert (reply.code, told in reply.message) == (code, True), (name, fields, reply.body)
    assert await _state(mock) == before


DONE: list[tuple[str, Mapping[str, str], Any]] = [
    ("create_project", {}, {"name": "a"}),
    ("create_key", {}, {}),
    ("create_token", {}, {"end_user": "u"}),
    ("change_settings", {}, {"mcp_servers": {"crm": {"url": "http://{{mcp.H}}"}}}),
    ("test_mcp_server", {"name": "crm"}, {}),
    ("change_clock", {}, {"mode": "manual"}),
    ("advance_clock", {}, {"by": "1s"}),
    ("change_seed", {}, {"seed": 1}),
    ("give_roles", {}, {"members": {"linus": "viewer"}}),
    ("arm_fault", {}, {"fault": "sse.crlf"}),
    ("arm_fault_once", {}, {"fault": "sse.crlf"}),
    ("clear_faults", {}, {}),
    ("show_fault", {"id": "sse.crlf"}, {}),
    ("begin_dry_run", {}, {"class": "variation"}),
    ("end_dry_run", {}, {}),
    ("reload_playbooks", {}, {}),
    ("read_playbook", {"name": "retry"}, {}),
    ("check_playbook", {"name": "p"}, {"yaml": "name: [", "message": "x"}),
    ("put_playbook", {"name": "p"}, {"playbook": {"when": {"message": "x"}, "steps": [{"say": "y"}]}}),
    ("remove_playbook", {"name": "p"}, {}),
    ("explain", {}, {"message": "Hello"}),
    ("wait_for_entries", {}, {"kind": "request"}),
    ("show_timeline", {}, {}),
    ("expire_session", {}, {}),
    ("take_snapshot", {}, {"name": "s"}),
    ("show_snapshot", {"name": "s"}, {}),
    ("fork_snapshot", {"name": "s"}, {}),
    ("restore_snapshot", {"name": "s"}, {}),
    ("delete_snapshot", {"name": "s"}, {}),
    ("remove_playbooks", {}, {}),
    ("reset", {}, {}),
    ("clear_journal", {}, {}),
]


async def test_answers_match_their_documented_schema(mock: Served) -> None:
    task = await mock.finished()
    read = [
        operation.id
        for operation in OPERATIONS.values()
        if operation.method == "GET" and not operation.path_names
    ]
    for name, names, body in [*DONE, *((each, {}, {}) for each in read)]:
        operation, given = OPERATIONS[name], {"task": task, **names}
        reply = await mock.ask(name, **{key: given[key] for key in operation.path_names}, **body)
        assert reply.status == 200, (name, reply.body)
        if name != "export_journal":
            schema = document_of(control_table())["paths"][operation.path][operation.method.lower()][
                "responses"
            ]["200"]["content"]
            whole = {
                **schema["application/json"]["schema"],
                "components": document_of(control_table())["components"],
            }
            jsonschema_rs.validator_for(whole).validate(reply.json)


TEXTS = {"$ref", "description", "pattern", "format", "example", "title"}
BOUNDS = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}
SHAPES = {"type", "properties", "required", "items", "additionalProperties", "enum", "const", "default"}
KEYWORDS = TEXTS | BOUNDS | SHAPES | {"oneOf", "anyOf", "allOf"}
"""Permitted keys in a schema of the documents: a comma in an unquoted text would create another key."""


def keywords(schemas: Iterable[Any]) -> set[str]:
    found: set[str] = set()
    for schema in schemas:
        if isinstance(schema, Mapping):
            parts = [schema.get(name) for name in ("items", "additionalProperties")]
            parts += [each for name in ("oneOf", "anyOf", "allOf") for each in schema.get(name, ())]
            found |= set(schema) | keywords([*parts, *schema.get("properties", {}).values()])
    return found


def schemas_of(node: Any) -> Iterator[Any]:
    if isinstance(node, Mapping):
        yield from (each for name, each in node.items() if name == "schema")
        node = [each for name, each in node.items() if name != "schema"]
    if isinstance(node, list):
        for each in node:
            yield from schemas_of(each)


@pytest.mark.parametrize("table", [control_table, console_table], ids=["control", "console"])
def test_the_document_is_openapi_and_every_reference_leads_somewhere(table: Callable[[], Table]) -> None:
    told = document_of(table())
    assert told["openapi"] == "3.1.1"
    named = set(told["components"]["schemas"])
    used = {
        text.rpartition("/")[2]
        for text in json.dumps(told).split('"')
        if text.startswith("#/components/schemas/")
    }
    assert used <= named
    for schema in named:
        jsonschema_rs.validator_for(
            {"$ref": f"#/components/schemas/{schema}", "components": told["components"]}
        )
    assert keywords(told["components"]["schemas"].values()) <= KEYWORDS
    assert keywords(schemas_of(told["paths"])) <= KEYWORDS
    ids = [operation["operationId"] for item in told["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))


def test_an_operation_without_a_handler_and_one_twice_refuse_to_start() -> None:
    twice = Table({"operations": {"one": {"get": "/a"}, "two": {"get": "/a"}}})

    with pytest.raises(ValueError, match="two operations for GET /a"):
        Routes(twice, {"one", "two"})
    with pytest.raises(ValueError, match="operation two has no handler"):
        Routes(twice, {"one"})
    with pytest.raises(ValueError, match="operation three is not in the table"):
        Routes(twice, {"one", "two", "three"})
