"""The OpenAPI document of a table."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sigmic_mock.control.table import Operation, Table


@cache
def document_of(table: Table) -> Mapping[str, Any]:
    """Return the document: every operation of the table, with its refusals; made once."""
    told, (scheme,) = table.told, table.told["security"]
    licence = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    paths: dict[str, dict[str, Any]] = {}
    for operation in table.operations.values():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(table, operation)
    named = {name: _described(table.schema(written)) for name, written in table.types.items()}
    refusal = {
        "description": told["refusal_about"],
        "content": _content({"$ref": "#/components/schemas/Refusal"}),
    }
    return {
        "openapi": "3.1.1",
        "info": {**told["document"], "license": licence},
        "servers": [{"url": told["server"]}],
        "security": [{scheme: []}],
        "paths": paths,
        "components": {
            "securitySchemes": told["security"],
            "responses": {"Refused": refusal},
            "schemas": {**named, "Refusal": table.schema(told["refusal"])},
        },
    }


def _operation(table: Table, operation: Operation) -> dict[str, Any]:
    row = operation.row
    shown: dict[str, Any] = {"operationId": operation.id, "summary": operation.summary}
    shown |= {"security": []} if row.get("open") else {}
    if parameters := list(_parameters(table, operation)):
        shown["parameters"] = parameters
    if operation.takes_body and (operation.body or "envelope" in table.told):
        is_required = any(field.required for field in operation.body.values())
        schema = table.schema(row["body"]) if operation.body else {"type": "object"}
        content = _content(_described({**schema, "additionalProperties": False}))
        shown["requestBody"] = {"required": is_required or "envelope" in table.told, "content": content}
    refused = {"$ref": "#/components/responses/Refused"}
    refusals = dict.fromkeys((*row.get("also", ()), "default"), refused)
    return shown | {"responses": {row.get("status", "200"): _answer(table, row), **refusals}}


def _parameters(table: Table, operation: Operation) -> Any:
    about = table.told.get("path_fields", {})
    for name in operation.path_names:
        yield _parameter(name, "path", {"type": "string"}, about.get(name))
    for field in operation.query.values():
        schema = {key: value for key, value in field.schema.items() if key != "description"}
        yield _parameter(field.name, "query", _described(schema), field.schema.get("description"))
    for name, text in operation.row.get("condition", {}).items():
        yield {**_parameter(name, "header", {"type": "string"}, text), "required": True}
    if operation.row.get("about") != "server":
        for name, parameter in table.told.get("parameters", {}).items():
            yield {"name": name, "in": "query", **parameter}


def _parameter(name: str, place: str, schema: Mapping[str, Any], about: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name, "in": place, "schema": schema}
    shown |= {"required": True} if place == "path" else {}
    return shown | ({"description": about} if about else {})


def _answer(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    schema = _described(table.schema(row["answer"]))
    if "envelope" in table.told and not row.get("bare"):
        schema = table.schema({**table.told["envelope"], "data": row["answer"]})
    header = row.get("header")
    headers = {"headers": {header: {"schema": {"type": "string"}, "required": True}}} if header else {}
    more = {media: {"schema": table.schema(each)} for media, each in row.get("media", {}).items()}
    return {"description": row.get("said", "Done."), **headers, "content": _content(schema) | more}


def _content(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _described(schema: Any) -> Any:
    """Return a schema whose descriptions are its rules as text."""
    if isinstance(schema, list):
        return [_described(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    shown = {name: _described(value) for name, value in schema.items() if name != "must"}
    if isinstance(must := schema.get("must"), str):
        shown.setdefault("description", f"Must {must}.")
    return shown
