"""The OpenAPI 3.1 copy of the document, for tools that do not read 3.2 yet.

    python -m sigmic_spec.downgrade FILE      writes it

A media type's `schema` describes the whole content in 3.1, as generated clients parse it: a stream is text, a
file is binary. A stream's `contentSchema` describes one event.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sigmic_spec.document import Document

_HEADER = "# Generated from openapi.yaml by `python -m sigmic_spec.downgrade`. Do not edit.\n"
_VERSION = "3.1.1"
_ANY_TYPE = "*/*"
_TAG_FIELDS = {"name", "description", "externalDocs"}


def downgrade(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same contract in OpenAPI 3.1: version, tags, and the content of streams and files differ."""
    older = {key: _older(value) for key, value in tree.items()}
    older["openapi"] = _VERSION
    older["tags"] = [{k: v for k, v in tag.items() if k in _TAG_FIELDS} for tag in tree.get("tags", [])]
    return older


def _older(node: Any) -> Any:
    if isinstance(node, list):
        return [_older(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    if "serializedValue" in node:
        return {"summary": node["summary"], "value": node["serializedValue"]}
    if "itemSchema" in node:
        events = {"contentMediaType": "text/event-stream", "contentSchema": node["itemSchema"]}
        node = {**node, "itemSchema": {"type": "string", **events}}
    if _ANY_TYPE in node:
        file = {"schema": {"type": "string", "format": "binary"}, **node[_ANY_TYPE]}
        node = {"application/octet-stream": file}
    return {"schema" if key == "itemSchema" else key: _older(value) for key, value in node.items()}


def as_yaml(older: Mapping[str, Any]) -> str:
    """Return the copy as a file in YAML."""
    return _HEADER + yaml.safe_dump(older, sort_keys=False, allow_unicode=True, width=110)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the copy."""
    parser = argparse.ArgumentParser(
        prog="python -m sigmic_spec.downgrade", description="The OpenAPI 3.1 copy."
    )
    parser.add_argument("file", type=Path, help="where to write it")
    options = parser.parse_args(arguments)
    options.file.write_text(as_yaml(downgrade(Document.load().tree)), encoding="utf-8")


if __name__ == "__main__":
    main()
