"""Strict reading of the ledger's two YAML files: nothing unknown, nothing twice, nothing of the wrong form.

Whatever is refused is named by file, row and, for a misspelt key, the nearest known one.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from sigmic_conformance.spec import strict_yaml
from sigmic_conformance.spec.ledger_error import LedgerError
from sigmic_conformance.spec.nearest import hint_of_known

SCHEMA = Path(__file__).with_name("requirements.schema.json")


def read_requirements(path: Path) -> Mapping[str, Any]:
    """Return the tree of requirements.yaml; `LedgerError` when it is not one."""
    tree = _parse(path)
    _refuse_unknown(path.name, "", tree, _keys("ledger"))
    for number, row in enumerate(_list(tree.get("requirements")), start=1):
        _refuse_unknown(path.name, _row_name(row, number), row, _keys("requirement"))
    _validate(path.name, "ledger", tree)
    return tree


def read_facts(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the facts of facts.yaml by id; `LedgerError` when it is not such a file."""
    tree = _parse(path)
    _refuse_unknown(path.name, "", tree, _keys("facts"))
    facts = tree.get("facts")
    for name, fact in facts.items() if isinstance(facts, dict) else ():
        _refuse_unknown(path.name, str(name), fact, _keys("fact"))
    _validate(path.name, "facts", tree)
    return {str(name): fact for name, fact in tree["facts"].items()}


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        tree = strict_yaml.read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as cause:
        raise LedgerError(f"{path.name}: {cause}") from cause
    if not isinstance(tree, dict):
        raise LedgerError(f"{path.name}: not a mapping")
    return tree


def _refuse_unknown(file: str, row: str, given: Any, known: frozenset[str]) -> None:
    where = f"{file}: {row}: " if row else f"{file}: "
    if not isinstance(given, dict):
        raise LedgerError(f"{where}not a mapping")
    for key in given:
        if key not in known:
            raise LedgerError(f"{where}unknown key {key!r}{hint_of_known(str(key), sorted(known))}")


def _validate(file: str, definition: str, tree: Mapping[str, Any]) -> None:
    problems = []
    for error in _validator(definition).iter_errors(tree):
        steps = list(error.instance_path)
        if steps[:1] == ["requirements"] and len(steps) > 1:
            row = tree["requirements"][steps[1]]
            steps = [_row_name(row, int(steps[1]) + 1), *steps[2:]]
        problems.append(": ".join([file, *map(str, steps), error.message]))
    if problems:
        raise LedgerError("\n".join(problems))


def _row_name(row: Any, number: int) -> str:
    name = row.get("id") if isinstance(row, dict) else None
    return name if isinstance(name, str) else f"row {number}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def _keys(definition: str) -> frozenset[str]:
    return frozenset(_schema()["$defs"][definition]["properties"])


@cache
def _validator(definition: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema() | {"$ref": f"#/$defs/{definition}"})
