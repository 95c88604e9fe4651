"""The contract as a page for readers (`reference/api.md` of the site): operations, values, events, errors.

Invariant: the page says only what the document says; correct a wrong sentence in the document.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sigmic_spec.document import Document, Operation

_VALUES = (
    "TaskRecord",
    "Task",
    "TaskSummary",
    "Output",
    "ToolCall",
    "PendingApproval",
    "Thought",
    "AttachedFile",
    "Message",
    "History",
    "Artifact",
    "Pagination",
)
_CHOICES = ("enum", "x-extensible-enum")
_LIMITS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minProperties", "maxProperties", " entries"),
)
_FIELDS_HEAD = ["| field | type | | meaning |", "|---|---|---|---|"]


def render(document: Document) -> str:
    """Return the whole page."""
    info = document.tree["info"]
    lines = [f"# {info['title']}", "", info["description"].strip(), ""]
    lines += ["## Operations", "", "| operation | address | |", "|---|---|---|"]
    for name, operation in document.operations.items():
        address = f"`{operation.method} {operation.path}`"
        lines.append(_line(f"[`{name}`](#{name})", address, _node(document, operation)["summary"]))
    for name, operation in document.operations.items():
        lines += ["", f"### {name}", "", *_operation(document, operation)]
    lines += ["", "## Values", ""]
    for name, text in values(document).items():
        lines += [f"### {name}", "", text, ""]
    lines += ["## Events", "", "The data line of each event of `stream_task` holds one of these objects.", ""]
    for name, text in events(document).items():
        lines += [f"### {name}", "", text, ""]
    lines += ["## Error codes", "", error_codes(document)]
    return "\n".join(lines) + "\n"


def operations(document: Document) -> Mapping[str, str]:
    """Return the page's section about each operation, by name, as Markdown without a heading."""
    return {name: "\n".join(_operation(document, each)) for name, each in document.operations.items()}


def values(document: Document) -> Mapping[str, str]:
    """Return the same for each value that several operations share."""
    return {name: "\n".join(_fields(document, f"#/components/schemas/{name}")) for name in _VALUES}


def events(document: Document) -> Mapping[str, str]:
    """Return the same for each event of the stream."""
    return {name: "\n".join(_fields(document, each)) for name, each in document.event_schemas.items()}


def error_codes(document: Document) -> str:
    """Return the table of all error codes."""
    return "\n".join(_codes(document))


def _node(document: Document, operation: Operation) -> Mapping[str, Any]:
    node: Mapping[str, Any] = document.tree["paths"][operation.path][operation.method.lower()]
    return node


def _operation(document: Document, operation: Operation) -> Iterator[str]:
    node = _node(document, operation)
    yield from (f"`{operation.method} {operation.path}`", "")
    yield node["description"].strip()
    yield from ("", f"Evidence: {node['x-evidence']}; documentation page: {node['x-source']}.", "")
    if operation.parameters:
        yield from ("| parameter | in | type | | meaning |", "|---|---|---|---|---|")
        for parameter in operation.parameters:
            schema = document.schema(parameter.schema)
            described = document.schema(parameter.schema.removesuffix("/schema"))
            need = "required" if parameter.required else _default(schema)
            cells = (f"`{parameter.name}`", parameter.location, _type(document, schema), need)
            yield _line(*cells, described["description"])
        yield ""
    for media_type, body in operation.bodies.items():
        yield from (f"Body as `{media_type}`:", "", *_fields(document, body.schema), "")
    yield from ("| status | answer | codes |", "|---|---|---|")
    for status, response in operation.responses.items():
        described = document.follow(f"{document.pointer_of(operation)}/responses/{status}")[1]
        codes = ", ".join(f"`{code}`" for code in response.error_codes)
        data = _data(document, response.schemas.get("application/json")) if not codes else ""
        yield _line(str(status), f"{described['description']} {data}", codes)


def _data(document: Document, envelope: str | None) -> str:
    """Return the description of the data in a success envelope."""
    if envelope is None:
        return ""
    data = document.schema(envelope)["properties"]["data"]
    if "properties" not in data:
        return f"`data`: {_type(document, data)}."
    fields = (f"`{name}` ({_type(document, field)})" for name, field in data["properties"].items())
    return f"`data`: {', '.join(fields)}."


def _fields(document: Document, pointer: str) -> Iterator[str]:
    schema = document.schema(pointer)
    if "description" in schema:
        yield from (schema["description"].strip(), "")
    parts = [schema, *schema.get("allOf", ())]
    bases = [part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part]
    if bases:
        yield from (
            "All fields of " + ", ".join(f"[{base}](#{base.lower()})" for base in bases) + " and:",
            "",
        )
    yield from _FIELDS_HEAD
    for part in parts:
        required = part.get("required", ())
        for name, field in part.get("properties", {}).items():
            target = document.schema(field["$ref"]) if "$ref" in field else {}
            need = "required" if name in required else _default(field) or "may be absent"
            meaning = [field.get("description", target.get("description", "")).strip()]
            meaning += [_choices(field) or _choices(target)]
            if "x-evidence" in field:
                meaning.append(f"({field['x-evidence']})")
            yield _line(f"`{name}`", _type(document, field), need, " ".join(filter(None, meaning)))


def _type(document: Document, schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return (
            f"[{name}](#{name.lower()})"
            if name in _VALUES
            else _type(document, document.schema(schema["$ref"]))
        )
    if schema.get("type") == "array":
        limit = f", {_range(None, schema['maxItems'])}" if "maxItems" in schema else ""
        return f"array of {_type(document, schema['items'])}{limit}"
    kinds = schema.get("type", "any")
    shown = kinds if isinstance(kinds, str) else " or ".join(kinds)
    limits = [
        f"{_range(schema.get(low), schema.get(high))}{unit}"
        for low, high, unit in _LIMITS
        if low in schema or high in schema
    ]
    return ", ".join([shown, *limits]).replace("at least 1 characters", "not empty")


def _range(low: int | None, high: int | None) -> str:
    if low is None:
        return f"at most {high:,}"
    return f"at least {low:,}" if high is None else f"{low:,} to {high:,}"


def _choices(schema: Mapping[str, Any]) -> str:
    for key in _CHOICES:
        if key in schema:
            listed = ", ".join(f"`{value}`" for value in schema[key])
            return f"One of {listed}." if key == "enum" else f"Such as {listed}."
    return ""


def _default(schema: Mapping[str, Any]) -> str:
    return f"default `{json.dumps(schema['default'])}`" if "default" in schema else ""


def _codes(document: Document) -> Iterator[str]:
    chosen = document.schema("#/components/schemas/ErrorCode")["x-chosen-codes"]
    yield from ("| code | status | operations | |", "|---|---|---|---|")
    for code in document.schema("#/components/schemas/ErrorCode")["enum"]:
        places = [
            (response.status, operation.operation_id)
            for operation in document.operations.values()
            for response in operation.responses.values()
            if code in response.error_codes
        ]
        if not places:
            raise ValueError(
                f"openapi.yaml: {code} is in the enum, and no response has it among its `x-error-codes`"
            )
        everywhere = len(places) == len(document.operations)
        operations = "all" if everywhere else ", ".join(f"`{name}`" for _, name in places)
        yield _line(f"`{code}`", str(places[0][0]), operations, "chosen" if code in chosen else "documented")


def _line(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
