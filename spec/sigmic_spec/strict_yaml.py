"""Read the YAML of this project: safe types only, and a duplicate key is an error."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader if PyYAML was built with it: about ten times faster."""
_MERGE = "tag:yaml.org,2002:merge"


class _UniqueKeys(_SAFE):  # type: ignore[misc]  # a base chosen at run time
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  PyYAML's signature
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


class _JsonValues(_UniqueKeys):
    """Supports the values of JSON only: a date stays text, for a schema to check."""

    yaml_implicit_resolvers: Mapping[str, list[tuple[str, Any]]] = {
        first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _SAFE.yaml_implicit_resolvers.items()
    }


def read(text: str | bytes) -> Any:
    """Return the value of a YAML document; `yaml.YAMLError` names the place of an error."""
    return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  a safe loader


def read_json_values(text: str | bytes) -> Any:
    """Return the value of a YAML document in which days and times are text; `yaml.YAMLError` likewise."""
    return yaml.load(text, Loader=_JsonValues)  # noqa: S506  a safe loader


Place = tuple[str | int, ...]
"""The keys and positions that lead to a value."""
MOST_NODES = 50_000
DEEPEST = 60
"""The most nodes and levels of a file that a person writes: more mean an alias that contains itself."""


class BadYaml(Exception):
    """A text cannot be used. `line` is counted from 1; None if the problem has none."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line

    def of(self, name: object) -> str:
        """Return `NAME:LINE: problem`."""
        return f"{name}{'' if self.line is None else f':{self.line}'}: {self}"


@dataclass(frozen=True, slots=True)
class Located:
    """A document that a person wrote: its value, its nodes, and the line of each place in it."""

    value: Any
    node: yaml.Node | None
    lines: Mapping[Place, int]


def read_located(raw: bytes) -> Located:
    """Return a YAML document with its lines; days and times are text. Raises `BadYaml`."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise BadYaml("is not UTF-8 text") from None
    try:
        loader: Any = _JsonValues(text)
        try:
            node = loader.get_single_node()
            lines: dict[Place, int] = {}
            if node is not None:
                _locate(loader, node, (), lines)
            return Located(None if node is None else loader.construct_document(node), node, lines)
        finally:
            loader.dispose()
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        # An error at the end of a text without a final line break is reported for the line after it.
        line = min(mark.line, text.count("\n")) + 1 if mark else None
        raise BadYaml(f"is not YAML: {problem}", line) from None


def line_of(lines: Mapping[Place, int], place: Place) -> int | None:
    """Return the line of a place, or of the nearest one above it."""
    return next((lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), None)


def _locate(loader: Any, node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    """Record the line of every place; refuse values that JSON does not have."""
    line = node.start_mark.line + 1
    if len(lines) > MOST_NODES or len(place) > DEEPEST:
        raise BadYaml("is too large or refers to itself", line)
    lines.setdefault(place, line)
    if isinstance(node, yaml.ScalarNode):
        try:
            loader.construct_object(node)
        except (ValueError, LookupError, AttributeError, TypeError):
            kind = node.tag.rsplit(":", 1)[-1]
            problem = f"{node.value[:60]!r} can't be read as {kind}: put it in quotes"
            raise BadYaml(problem, line) from None
    for at, item in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
        _locate(loader, item, (*place, at), lines)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        there = (*place, key.value)
        if not isinstance(key, yaml.ScalarNode):
            problem = "a key must be text; text that begins with { or [ must be in quotes"
            raise BadYaml(problem, key.start_mark.line + 1)
        if there in lines:
            raise BadYaml(f"the key {key.value!r} is given twice", key.start_mark.line + 1)
        _locate(loader, key, there, lines)
        _locate(loader, value, there, lines)
