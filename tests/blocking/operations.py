"""Every operation of every surface, read from the documents of the mock. None is listed manually."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sigmic_conformance.mock_server.console.router import console_table
from sigmic_conformance.mock_server.control.openapi import document_of
from sigmic_conformance.mock_server.control.table import control_table

ROOT = Path(__file__).parents[2]
_METHODS = ("get", "post", "put", "patch", "delete")
_DEEPEST = 8


@dataclass(frozen=True)
class Surface:
    """A document, the addresses that it describes, and its callers."""

    name: str
    document: Mapping[str, Any]
    prefix: str
    callers: tuple[str, ...]


SURFACES = (
    Surface("api", yaml.safe_load((ROOT / "spec/openapi.yaml").read_text()), "", ("nobody", "key", "widget")),
    Surface("control", document_of(control_table()), "/__mock/v1", ("nobody", "control")),
    Surface("console", document_of(console_table()), "/console/api", ("nobody", "owner", "member")),
)


@dataclass(frozen=True)
class Operation:
    """How to call one operation; `bodies` has a sample for each media type."""

    name: str
    method: str
    path: str
    callers: tuple[str, ...]
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    bodies: Mapping[str, Any] = field(default_factory=dict)


def documents() -> Iterator[Any]:
    for surface in SURFACES:
        yield surface.document
    for path in sorted((ROOT / "fixtures/playbooks").glob("*.yaml")):
        yield yaml.safe_load(path.read_text())


def operations() -> Iterator[Operation]:
    for surface in SURFACES:
        document = surface.document
        for path, item in document["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield _operation(document, surface, path, method, item)


def _operation(document: Any, surface: Surface, path: str, method: str, item: Any) -> Operation:
    about = item[method]
    parameters = [
        _resolved(document, each) for each in [*item.get("parameters", ()), *about.get("parameters", ())]
    ]
    content = _resolved(document, about.get("requestBody", {})).get("content", {})
    return Operation(
        name=f"{surface.name} {about['operationId']}",
        method=method.upper(),
        path=surface.prefix + path,
        callers=surface.callers,
        query=tuple(each["name"] for each in parameters if each["in"] == "query"),
        headers=tuple(each["name"] for each in parameters if each["in"] == "header"),
        bodies={media: _sample(document, each) for media, each in content.items()},
    )


def _resolved(document: Any, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _sample(document: Any, content: Any) -> Any:
    """Return a value with every field of the schema, and the values of the largest example."""
    value = _value(document, content.get("schema", {}), 0)
    examples = [each["value"] for each in content.get("examples", {}).values()]
    return value | max(examples, key=len) if examples and isinstance(value, dict) else value


def _value(document: Any, schema: Any, depth: int) -> Any:
    schema = _resolved(document, schema)
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            values = [_value(document, each, depth) for each in schema[choice]]
            objects = [each for each in values if isinstance(each, dict)]
            return {name: each for some in objects for name, each in some.items()} if objects else values[0]
    for known in ("example", "default", "const"):
        if known in schema:
            return schema[known]
    if "enum" in schema:
        return schema["enum"][0]
    if depth < _DEEPEST and ("properties" in schema or schema.get("type") == "object"):
        more = schema.get("additionalProperties")
        value = {
            name: _value(document, each, depth + 1) for name, each in schema.get("properties", {}).items()
        }
        return value | ({"x": _value(document, more, depth + 1)} if isinstance(more, dict) else {})
    if "items" in schema:
        return [_value(document, schema["items"], depth + 1)]
    return {"integer": 1, "number": 1, "boolean": True, "null": None}.get(str(schema.get("type")), "x")
