"""The catalogue: every fault there is, read from rows/*.yaml at first use.

Rule: a row with an unknown key, or in the file of another area, is an error. Tests check that it has an
effect and a requirement; `prove` shows the effect of a violation, tests that of other faults.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sigmic_mock.faults.fault import Fault, FaultClass, FaultSpec
from sigmic_mock.faults.trigger import (
    LARGEST_NUMBER,
    TRIGGER_KEYS,
    check_listed,
    conditions,
    is_condition,
    read_trigger,
)
from sigmic_spec import strict_yaml
from sigmic_spec.nearest import hint
from sigmic_spec.situations import Situations
from sigmic_spec.units import read_seconds

_ROWS = Path(__file__).with_name("rows")
_KEYS = frozenset({"id", "row", "effect", "params", "where", "breaks", "learns", "guide", "reason"})
_OF_VIOLATIONS = frozenset({"breaks", "reason"})
_NEAR_ENOUGH = 0.4
"""How near an id must be to be suggested: ids are long, so a person remembers half of one."""
_FILES = {"transient.yaml": FaultClass.TRANSIENT, "variations.yaml": FaultClass.VARIATION}
"""The class of the faults of a file; every other file has the violations of one area of the ledger."""
_RIGHT_FOR_STRANGERS = frozenset({"NOT_FOUND", "CONFLICT"})
"""Refusals that are right for a caller without access: they break a row for the other callers only."""
_WITH_ACCESS = "bearer|api_key|end_user"
_GUIDE = "docs/guides/correct-your-client.md"
_CLAIM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


CHECKS: list[Callable[[Iterable[Fault]], None]] = []
"""More checks of rows at load time: a server knows its effects, the commands do not need them."""


class BadFaultSpec(ValueError):
    """The requested fault does not exist, or does not have such parameters; one line."""


@cache
def load_catalogue() -> Mapping[str, Fault]:
    """Return every fault by id, in the order of the files."""
    faults: dict[str, Fault] = {}
    for path in sorted(_ROWS.iterdir()):
        text = path.read_text("utf-8")
        lines = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith("- ")]
        for row, line in zip(strict_yaml.read(text), lines, strict=True):
            fault = read_row(row, path.name, line)
            if fault.id in faults:
                raise ValueError(
                    f"{fault.place}: {fault.id} is in {faults[fault.id].place} already: rename it"
                )
            faults[fault.id] = fault
    for check in CHECKS:
        check(faults.values())
    return faults


def read_row(row: Mapping[str, Any], file: str, line: int) -> Fault:
    """Return the fault of a row, whose class and area are those of its file. Raises ValueError."""
    place, kind = f"{file}:{line}", _FILES.get(file, FaultClass.VIOLATION)
    unknown = row.keys() - _KEYS
    if unknown:
        raise ValueError(f"{place}: {row.get('id')}: unknown keys {sorted(unknown)}")
    area = f"{row['row'].rpartition('-')[0].lower()}.yaml"
    if kind is FaultClass.VIOLATION and file != area:
        raise ValueError(
            f"{place}: {row['id']}: a violation of {row['row']} belongs in {area}: move it there"
        )
    where, breaks = row.get("where", {}), row.get("breaks", {})
    if row.get("effect") == "admit.refuse" and row["params"]["code"] in _RIGHT_FOR_STRANGERS:
        breaks = {"caller": _WITH_ACCESS} | breaks
    wrong = [name for name in (*where, *breaks) if not is_condition(name)]
    if wrong:
        near = hint(wrong[0], conditions(), cutoff=_NEAR_ENOUGH)
        raise ValueError(f"{place}: {row['id']}: unknown conditions {sorted(wrong)}{near}")
    read_trigger(where)
    read_trigger(breaks)
    return Fault(
        id=row["id"],
        kind=kind,
        row=row["row"],
        effect=row.get("effect", row["id"]),
        params=row.get("params", {}),
        where=where,
        breaks=breaks,
        learns=row["learns"],
        place=place,
        reason=_reason(row, kind, place),
        guide=_guide(row, kind, place),
    )


def _guide(row: Mapping[str, Any], kind: FaultClass, place: str) -> str | None:
    """Return the paragraph on how to correct a client: every fault that a client must survive has one."""
    if (kind is FaultClass.VIOLATION) is ("guide" in row):
        raise ValueError(f"{place}: {row['id']}: transient faults and variations have a `guide`, others none")
    return f"{_GUIDE}#{row['guide']}" if "guide" in row else None


def _reason(row: Mapping[str, Any], kind: FaultClass, place: str) -> str | None:
    """Return the claim that a check must report: a violation has one, other faults have none."""
    reason = row.get("reason")
    if kind is not FaultClass.VIOLATION:
        if not row.keys().isdisjoint(_OF_VIOLATIONS):
            raise ValueError(f"{place}: {row['id']}: `breaks` and `reason` are allowed for violations only")
        return None
    if not isinstance(reason, str) or not _CLAIM.fullmatch(reason):
        raise ValueError(f"{place}: {row['id']}: reason must be a claim like status-changed, not {reason!r}")
    return reason


def find(id: str) -> Fault:
    """Return a fault; raises `BadFaultSpec` with the nearest id."""
    faults = load_catalogue()
    if id not in faults:
        near = hint(id.lower(), faults, cutoff=_NEAR_ENOUGH)
        raise BadFaultSpec(f"no fault named {id[:80]!r}{near}; see `sigmic-mock faults list`")
    return faults[id]


def specify(id: str, values: Mapping[str, Any]) -> FaultSpec:
    """Return fault `id` with these values: parameters of the fault, or conditions of its trigger."""
    fault = find(id)
    params, where = dict(fault.params), dict(fault.where)
    for name, given in values.items():
        value = _in_seconds(given) if name.endswith("seconds") and isinstance(given, str) else given
        if name in params:
            _check_type(name, value, params[name])
            params[name] = value
        elif is_condition(name):
            _check_listed(id, name, value)
            where[name] = value
        else:
            known = dict.fromkeys((*fault.params, *TRIGGER_KEYS, *Situations.load().dimensions))
            near = hint(name, known, cutoff=_NEAR_ENOUGH)
            raise BadFaultSpec(f"{id} has no parameter {name[:80]!r}{near}; known: {', '.join(known)}")
    try:
        return FaultSpec(fault=fault, params=params, trigger=read_trigger(where))
    except ValueError as problem:
        raise BadFaultSpec(f"{id}: {problem}") from None


def _check_listed(id: str, name: str, value: Any) -> None:
    try:
        check_listed(name, value)
    except ValueError as problem:
        raise BadFaultSpec(f"{id}: {problem}") from None


def _in_seconds(text: str) -> float:
    try:
        return read_seconds(text)
    except ValueError as problem:
        raise BadFaultSpec(f"seconds {problem}") from None


def _check_type(name: str, value: Any, default: Any) -> None:
    """Check that a parameter has the type of its default; one named `value` may have any type."""
    if name == "value" or default is None:
        return
    is_number = isinstance(default, int | float) and not isinstance(default, bool)
    fits = isinstance(value, type(default)) or (is_number and isinstance(value, int | float))
    if not fits or (isinstance(value, bool) and not isinstance(default, bool)):
        raise BadFaultSpec(f"{name} must be like {json.dumps(default)}, not {json.dumps(value)}")
    if is_number and value < 0:
        raise BadFaultSpec(f"{name} must not be below 0")
    if is_number and not value <= LARGEST_NUMBER:  # NaN as well
        raise BadFaultSpec(f"{name} must be at most {LARGEST_NUMBER}")
