"""The text form of faults to arm: `ID,name=value,name=value`, several of them separated by `;`.

A value is JSON (which may contain commas and semicolons), else text up to the next separator.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sigmic_mock.faults.catalogue import BadFaultSpec, specify
from sigmic_mock.faults.fault import FaultSpec
from sigmic_spec.plural import plural

HEADER = "X-Mock-Fault"
"""The header with the faults that a request asks for, on a server that allows it."""
_ID = re.compile(r"\s*([^,;=\s]+)\s*")
_NAME = re.compile(r"\s*([A-Za-z_.]+)\s*=\s*")
_END = re.compile(r"\s*(;|,(?=\s*[A-Za-z_.]+\s*=)|\Z)")
_JSON = json.JSONDecoder()

Written = tuple[str, dict[str, Any]]
"""The id of a fault, and the values given to it by name."""


def parse_specs(text: str) -> tuple[FaultSpec, ...]:
    """Return the faults of a text, at least one; raises `BadFaultSpec` if one cannot be armed."""
    return tuple(specify(fault, values) for fault, values in read_specs(text))


def read_spec(text: str) -> Written:
    """Read one fault without asking whether there is such a fault; raises `BadFaultSpec`."""
    written = read_specs(text)
    if len(written) != 1:
        raise BadFaultSpec(f"{text!r} holds {plural(len(written), 'fault')}; give one at a time")
    return written[0]


def read_specs(text: str) -> Sequence[Written]:
    """Read a text as faults; raises `BadFaultSpec`."""
    written: list[Written] = []
    at = 0
    while at < len(text) or not written:
        found = _ID.match(text, at)
        if found is None:
            raise BadFaultSpec(f"{text!r} is not ID,name=value,name=value; see `sigmic-mock faults list`")
        values, at = _values(text, found.end())
        written.append((found[1], values))
    return written


def written(id: str, values: Mapping[str, Any]) -> str:
    """Return a fault as text."""
    return ",".join([id, *(f"{name}={json.dumps(value)}" for name, value in values.items())])


def _values(text: str, at: int) -> tuple[dict[str, Any], int]:
    """Read the text after an id up to `;` or the end; return it with the position of the next fault."""
    values: dict[str, Any] = {}
    while at < len(text):
        if text[at] == ";":
            return values, at + 1
        name = _NAME.match(text, at + 1) if text[at] == "," else None
        if name is None:
            raise BadFaultSpec(
                f"{text!r} is not ID,name=value,name=value: invalid from {text[at : at + 30]!r}"
            )
        if name[1] in values:
            raise BadFaultSpec(f"{name[1]} is given twice; write {name[1]}=a|b for several values")
        values[name[1]], at = _value(text, name.end())
    return values, at


def _value(text: str, start: int) -> tuple[Any, int]:
    try:
        value, end = _JSON.raw_decode(text, start)
        finished = _END.match(text, end)
        if finished is not None:
            return value, finished.start(1)
    except ValueError:
        pass
    end = start
    while (finished := _END.match(text, end)) is None:
        end += 1
    return text[start:end].strip(), finished.start(1)
