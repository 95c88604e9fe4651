"""Reads the YAML of this project: safe types only, and a key given twice is an error."""

from collections.abc import Hashable, Mapping
from typing import Any

import yaml

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader where PyYAML was built with it: about ten times faster."""


class _UniqueKeys(_SAFE):  # type: ignore[misc]  # a base chosen at run time
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  PyYAML's signature
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


class _JsonValues(_UniqueKeys):
    """Knows the values of JSON only: what looks like a day stays text, for a schema to check."""

    yaml_implicit_resolvers: Mapping[str, list[tuple[str, Any]]] = {
        first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _SAFE.yaml_implicit_resolvers.items()
    }


def read(text: str | bytes) -> Any:
    """Return the value of a YAML document; `yaml.YAMLError` says where it is wrong."""
    return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  a safe loader


def read_json_values(text: str | bytes) -> Any:
    """Return the value of a YAML document in which days and times are text; `yaml.YAMLError` likewise."""
    return yaml.load(text, Loader=_JsonValues)  # noqa: S506  a safe loader
