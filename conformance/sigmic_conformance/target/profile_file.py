"""Read a profile file and report what is wrong with it: the line, the key, and the nearest valid key."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from sigmic_conformance.target.profile import ProfileError
from sigmic_spec.nearest import hint_of_known
from sigmic_spec.strict_yaml import BadYaml, Place, line_of, read_located

SCHEMA = Path(__file__).with_name("target.schema.json")


def load_profile(path: Path) -> dict[str, Any]:
    """Read and check a profile file; raise ProfileError with one clear line."""
    try:
        document = read_located(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProfileError(f"can't read the profile {path}: {reason}") from error
    except BadYaml as error:
        raise ProfileError(error.of(path)) from error
    found = {} if document.value is None else document.value
    for key, trouble in problems(found):
        raise ProfileError(f"{path}:{line_of(document.lines, key) or 1}: {trouble}")
    return dict(found)


def problems(document: Any) -> Iterator[tuple[Place, str]]:
    """Yield the schema errors of a document: the key, and one line of text."""
    if not isinstance(document, dict):
        yield (), "a profile is a mapping of keys to values"
        return
    yield from _unknown(document, _schema(), ())
    for problem in jsonschema_rs.validator_for(_schema()).iter_errors(document):
        key: Place = tuple(problem.instance_path)
        name = ".".join(str(step) for step in key)
        if isinstance(problem.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
            continue
        if name.endswith("_env"):
            # The value may be the secret itself, pasted here by mistake: it must not be repeated.
            yield key, f"{name} takes the name of an environment variable; secrets are never written here"
        else:
            message = problem.message.replace('match "^https?://"', "start with http:// or https://")
            yield key, f"{name or 'the profile'}: {message}"
    way = document.get("session_expiry")
    if isinstance(way, dict) and ("command" in way) == ("hook" in way):
        yield ("session_expiry",), "session_expiry needs either command or hook"


def _unknown(document: Any, schema: Mapping[str, Any], above: Place) -> Iterator[tuple[Place, str]]:
    known = schema.get("properties", {})
    if not isinstance(document, dict) or not known:
        return
    for name, value in document.items():
        if name in known:
            yield from _unknown(value, known[name], (*above, name))
            continue
        where = f" in {'.'.join(map(str, above))}" if above else ""
        yield (*above, name), f"unknown key {name!r}{where}{hint_of_known(str(name), known, cutoff=0.5)}"


@cache
def _schema() -> dict[str, Any]:
    return dict(json.loads(SCHEMA.read_text(encoding="utf-8")))
