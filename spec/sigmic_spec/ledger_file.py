"""Strict reading of the ledger's YAML files: no unknown key, no key twice, no value of a wrong form.

An error names the file, the row and, for an unknown key, the nearest known one.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from sigmic_spec import data, strict_yaml
from sigmic_spec.nearest import hint, hint_of_known
from sigmic_spec.requirement import LedgerError

SCHEMA = data.FOLDER / "requirements.schema.json"


LEDGER = "ledger.yaml"


def file_of(area: str) -> str:
    """Return the name of an area's file."""
    return f"{area.lower()}.yaml"


def read_ledger(folder: Path) -> Mapping[str, Any]:
    """Return the tree of ledger.yaml; `LedgerError` if it is invalid, or a file belongs to no area."""
    tree = _parse(folder / LEDGER)
    if not isinstance(tree, dict):
        raise LedgerError(f"{LEDGER}: not a mapping")
    _refuse_unknown(LEDGER, "", tree, _keys("ledger"))
    _validate(LEDGER, "ledger", tree)
    areas = {file_of(area) for area in tree["areas"]}
    for path in sorted(folder.glob("*.yaml")):
        if path.name not in {LEDGER, *areas}:
            raise LedgerError(f"{path.name}: {LEDGER} names no such area{hint(path.name, areas)}")
    return tree


def read_requirements(folder: Path, area: str) -> Sequence[Mapping[str, Any]]:
    """Return an area's requirements as in its file; `LedgerError` if the file is invalid."""
    name = file_of(area)
    rows = _parse(folder / name)
    if not isinstance(rows, list):
        raise LedgerError(f"{name}: not a list of requirements")
    for number, row in enumerate(rows, start=1):
        _refuse_unknown(name, _row_name(row, number), row, _keys("requirement"))
    _validate(name, "area", rows)
    for row in rows:
        if not row["id"].startswith(f"{area}-"):
            raise LedgerError(f"{name}: {row['id']}: is not of this file's area")
    return rows


def read_facts(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the facts by id, each with the fields of its section; `LedgerError` if the file is invalid."""
    tree = _parse(path)
    if not isinstance(tree, dict):
        raise LedgerError(f"{path.name}: not a mapping")
    _refuse_unknown(path.name, "", tree, _keys("facts"))
    facts = tree.get("facts")
    for name, fact in facts.items() if isinstance(facts, dict) else ():
        _refuse_unknown(path.name, str(name), fact, _keys("fact"))
    _validate(path.name, "facts", tree)
    sections, facts = tree["sections"], tree["facts"]
    if lost := [name for name in facts if _section(name) not in sections]:
        raise LedgerError(f"{path.name}: {lost[0]}: no section {_section(lost[0])}")
    return {name: sections[_section(name)] | fact for name, fact in facts.items()}


def read_choices(path: Path) -> Sequence[Mapping[str, Any]]:
    """Return the choices as in their file; `LedgerError` if the file is invalid."""
    entries = _parse(path)
    if not isinstance(entries, list):
        raise LedgerError(f"{path.name}: not a list of choices")
    for number, entry in enumerate(entries, start=1):
        _refuse_unknown(path.name, _row_name(entry, number), entry, _keys("choice"))
    _validate(path.name, "choices", entries)
    return entries


def _section(fact: str) -> str:
    """Return `2.4` of `2.4/error`, `C` of `C-01`."""
    section, slash, _ = fact.partition("/")
    return section if slash else fact.partition("-")[0]


def _parse(path: Path) -> Any:
    try:
        return strict_yaml.read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as cause:
        raise LedgerError(f"{path.name}: {cause}") from cause


def _refuse_unknown(file: str, row: str, given: Any, known: frozenset[str]) -> None:
    where = f"{file}: {row}: " if row else f"{file}: "
    if not isinstance(given, dict):
        raise LedgerError(f"{where}not a mapping")
    for key in given:
        if key not in known:
            raise LedgerError(f"{where}unknown key {key!r}{hint_of_known(str(key), sorted(known))}")


def _validate(file: str, definition: str, tree: Any) -> None:
    problems = []
    for error in _validator(definition).iter_errors(tree):
        steps = list(error.instance_path)
        if steps and isinstance(tree, list):
            number = int(steps[0])
            steps = [_row_name(tree[number], number + 1), *steps[1:]]
        problems.append(": ".join([file, *map(str, steps), error.message]))
    if problems:
        raise LedgerError("\n".join(problems))


def _row_name(row: Any, number: int) -> str:
    name = row.get("id") if isinstance(row, dict) else None
    return name if isinstance(name, str) else f"row {number}"


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def _keys(definition: str) -> frozenset[str]:
    return frozenset(_schema()["$defs"][definition]["properties"])


@cache
def _validator(definition: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema() | {"$ref": f"#/$defs/{definition}"})
