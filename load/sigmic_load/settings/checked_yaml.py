"""Read a YAML file of ours. Report an error in one line, with the nearest valid name."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from sigmic_spec import strict_yaml
from sigmic_spec.nearest import hint_of_known

SCHEMAS = Path(__file__).parent / "schemas.yaml"


class BadFile(Exception):
    """A file cannot be used. The text is one line: file, place, the error and what would be right."""


@cache
def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = strict_yaml.read(SCHEMAS.read_text(encoding="utf-8"))
    return schemas


@cache
def _schema(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**_schemas()[name], "$defs": _schemas()["$defs"]})


def read_checked(path: Path, schema: str) -> dict[str, Any]:
    """Return the content of a file that matches this schema of `schemas.yaml`. Raises `BadFile`."""
    try:
        tree = strict_yaml.read(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: no YAML: {' '.join(str(error).split())}") from None
    misfits = list(_schema(schema).iter_errors(tree))
    # An unknown key comes first, because other errors there follow from it.
    misfits.sort(key=lambda misfit: not hasattr(misfit.kind, "unexpected"))
    for misfit in misfits:
        place = ".".join(str(step) for step in misfit.instance_path) or "the file"
        raise BadFile(f"{path}: {place}: {misfit.message}{_hint(misfit, schema)}")
    fitting: dict[str, Any] = tree
    return fitting


def _hint(misfit: jsonschema_rs.ValidationError, name: str) -> str:
    """Return the nearest known key for an unknown one."""
    unexpected = getattr(misfit.kind, "unexpected", None)
    if not unexpected:
        return ""
    part: Any = _schemas()[name] if misfit.schema_path[0] != "$defs" else _schemas()
    for step in misfit.schema_path[:-1]:
        part = part[step]
    return hint_of_known(str(unexpected[0]), sorted(part["properties"]))
