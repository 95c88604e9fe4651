"""Reads a profile file and says what is wrong with it: the line, the key, and the nearest key there is."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from sigmic_conformance.conformance.target.profile import ProfileError
from sigmic_conformance.spec.nearest import hint_of_known

SCHEMA = Path(__file__).with_name("target.schema.json")

Key = tuple[str | int, ...]


def load_profile(path: Path) -> dict[str, Any]:
    """Read and check a profile file; raise ProfileError with one clear line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"can't read the profile {path}: {_reason(error)}") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ProfileError(f"{path}{line}: this is not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ProfileError(f"{path}: this is not YAML: {' '.join(str(error).split())}") from error
    found = {} if document is None else document
    lines = dict(_lines(node, ())) if node is not None else {}
    for key, trouble in (*_repeated(node, ()), *problems(found)):
        raise ProfileError(f"{path}:{_line(lines, key)}: {trouble}")
    return dict(found)


def problems(document: Any) -> Iterator[tuple[Key, str]]:
    """Yield what the schema has against a document: the key it is about, and one line of text."""
    if not isinstance(document, dict):
        yield (), "a profile is a mapping of keys to values"
        return
    yield from _unknown(document, _schema(), ())
    for problem in jsonschema_rs.validator_for(_schema()).iter_errors(document):
        key: Key = tuple(problem.instance_path)
        name = ".".join(str(step) for step in key)
        if isinstance(problem.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
            continue
        if name.endswith("_env"):
            # The value may be the secret itself, which somebody pasted here: it must not be repeated.
            yield key, f"{name} takes the name of an environment variable; secrets are never written here"
        else:
            message = problem.message.replace('match "^https?://"', "start with http:// or https://")
            yield key, f"{name or 'the profile'}: {message}"
    way = document.get("session_expiry")
    if isinstance(way, dict) and ("command" in way) == ("hook" in way):
        yield ("session_expiry",), "session_expiry needs either command or hook"


def _unknown(document: Any, schema: Mapping[str, Any], above: Key) -> Iterator[tuple[Key, str]]:
    known = schema.get("properties", {})
    if not isinstance(document, dict) or not known:
        return
    for name, value in document.items():
        if name in known:
            yield from _unknown(value, known[name], (*above, name))
            continue
        where = f" in {'.'.join(map(str, above))}" if above else ""
        yield (*above, name), f"unknown key {name!r}{where}{hint_of_known(str(name), known, cutoff=0.5)}"


def _lines(node: yaml.Node, above: Key) -> Iterator[tuple[Key, int]]:
    """The line of every key of a composed document, from 1."""
    yield above, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*above, key.value))
            yield (*above, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*above, number))


def _repeated(node: yaml.Node | None, above: Key) -> Iterator[tuple[Key, str]]:
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            yield (*above, key.value), f"the key {key.value!r} is there twice"
        seen.add(key.value)
        yield from _repeated(value, (*above, key.value))


def _line(lines: Mapping[Key, int], key: Key) -> int:
    """The line of a key, or of the nearest one above it."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)


@cache
def _schema() -> dict[str, Any]:
    return dict(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8"
