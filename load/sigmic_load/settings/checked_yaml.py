"""Read a YAML file of ours. Report an error in one line, with its line and the nearest valid name."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from sigmic_spec import strict_yaml
from sigmic_spec.nearest import hint_of_known

SCHEMAS = Path(__file__).parent / "schemas.yaml"
LARGEST = 10_000_000
"""The maximum size of a file, in bytes."""


class BadFile(Exception):
    """A file cannot be used. The text is one line: file, place, the error and what would be right."""


@cache
def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = strict_yaml.read(SCHEMAS.read_text(encoding="utf-8"))
    return schemas


@cache
def _schema(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**_schemas()[name], "$defs": _schemas()["$defs"]})


def bytes_of(path: Path, most: int = LARGEST) -> bytes:
    """Return the bytes of a regular file. Raises `BadFile`."""
    try:
        if path.exists() and not path.is_file():
            raise BadFile(f"{path}: no file, but {'a folder' if path.is_dir() else 'a pipe or a device'}")
        if path.stat().st_size > most:
            raise BadFile(f"{path}: larger than {most // 1_000_000} MB")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def read_checked(path: Path, schema: str) -> dict[str, Any]:
    """Return the content of a file that matches this schema of `schemas.yaml`. Raises `BadFile`."""
    try:
        located = strict_yaml.read_located(bytes_of(path))
    except strict_yaml.BadYaml as problem:
        raise BadFile(problem.of(path)) from None
    misfits = list(_schema(schema).iter_errors(located.value))
    # An unknown key comes first, because other errors there follow from it.
    misfits.sort(key=lambda misfit: not hasattr(misfit.kind, "unexpected"))
    for misfit in misfits:
        line = strict_yaml.line_of(located.lines, tuple(misfit.instance_path))
        place = ".".join(str(step) for step in misfit.instance_path) or "the file"
        raise BadFile(f"{path}:{line or 1}: {place}: {_says(misfit)}{_hint(misfit, schema)}")
    fitting: dict[str, Any] = located.value
    return fitting


def _says(misfit: jsonschema_rs.ValidationError) -> str:
    """Return the message; a long value is cut out of it."""
    text = " ".join(misfit.message.split())
    return text if len(text) <= 200 else f"{text[:100]} … {text[-80:]}"  # noqa: PLR2004 - a line of a terminal


def _hint(misfit: jsonschema_rs.ValidationError, name: str) -> str:
    """Return the nearest known key for an unknown one."""
    unexpected = getattr(misfit.kind, "unexpected", None)
    if not unexpected:
        return ""
    part: Any = _schemas()[name] if misfit.schema_path[0] != "$defs" else _schemas()
    for step in misfit.schema_path[:-1]:
        part = part[step]
    return hint_of_known(str(unexpected[0]), sorted(part["properties"]))
