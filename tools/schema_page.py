"""A page for readers from a JSON Schema: one table of all keys, with their types and descriptions."""

from collections.abc import Iterator, Mapping
from typing import Any

_HEAD = "| key | type | meaning |\n|---|---|---|\n"
_SIMPLE = {
    "string": "text",
    "boolean": "true or false",
    "number": "number",
    "integer": "whole number",
    "null": "null",
}
Schema = Mapping[str, Any]


def page(schema: Schema, title: str, links: str) -> str:
    """Return the page of a schema; `links` follows its description."""
    rows = "".join(_row(*cells) for cells in _rows(schema, schema, ""))
    return f"# {title}\n\n{schema['description']} {links}\n\n{_HEAD}{rows}"


def _rows(root: Schema, schema: Schema, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, given in schema.get("properties", {}).items():
        described = _resolved(root, given)
        key = f"{prefix}{name}"
        yield f"`{key}`", _type(root, described), str(described.get("description", ""))
        yield from _rows(root, described, f"{key}.")
        items = _resolved(root, described.get("items", {}))
        yield from _rows(root, items, f"{key}[].")
        others = described.get("additionalProperties")
        if isinstance(others, Mapping):
            yield from _rows(root, _resolved(root, others), f"{key}.*.")


def _resolved(root: Schema, schema: Schema) -> Schema:
    """Return the schema with the definition that it names; its own keywords override those."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return {**root["$defs"][name], **schema} if name else schema


def _type(root: Schema, schema: Schema) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(root, _resolved(root, each)) for each in schema["anyOf"])
    kinds = schema.get("type", "object")
    return " or ".join(_kind(root, schema, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _kind(root: Schema, schema: Schema, kind: str) -> str:
    if kind == "array":
        return f"list of {_type(root, _resolved(root, schema.get('items', {})))}"
    return _SIMPLE.get(kind, kind)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
