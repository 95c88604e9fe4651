"""Faults of checking `env` and `secrets`: a lenient server repairs names, makes values text, or cuts them."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from sigmic_conformance.mock_server.domain.variables import MOST_KEYS, MOST_VALUE_BYTES, is_reserved

Asked = Callable[[str], bool]
"""Whether a fault wants a flaw overlooked: one of `_FLAWS`, or a `number` beyond the most."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def repaired(body: Any, wants: Asked) -> Any:
    """Return a body whose bad variables were repaired as far as faults want it; others stay to be refused."""
    if not isinstance(body, dict):
        return body
    fields = {name: body[name] for name in ("env", "secrets") if isinstance(body.get(name), dict)}
    return {**body, **{name: _repaired(given, wants) for name, given in fields.items()}}


def _repaired(given: Mapping[str, Any], wants: Asked) -> dict[str, Any]:
    variables = dict(given)
    for flaw, is_flawed, repair in _FLAWS:
        if any(is_flawed(name, value) for name, value in variables.items()) and wants(flaw):
            repaired = (
                repair(name, value) if is_flawed(name, value) else (name, value)
                for name, value in variables.items()
            )
            variables = dict(pair for pair in repaired if pair is not None)
    if len(variables) > MOST_KEYS and wants("number"):
        variables = dict(islice(variables.items(), MOST_KEYS))
    return variables


def _named(name: str) -> str:
    return "_" + re.sub(r"[^A-Za-z0-9_]", "_", name)


def _has_letters(name: str) -> bool:
    """True for a name that would do, were all letters ASCII."""
    return name.isidentifier() and not name.isascii()


def _is_large(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode("utf-8", "replace")) > MOST_VALUE_BYTES


_FLAWS: Sequence[tuple[str, Callable[[str, Any], bool], Callable[[str, Any], tuple[str, Any] | None]]] = (
    ("value", lambda _name, value: not isinstance(value, str), lambda name, value: (name, json.dumps(value))),
    ("letters", lambda name, _value: _has_letters(name), lambda name, value: (_named(name), value)),
    (
        "name",
        lambda name, _value: _NAME.fullmatch(name) is None and not _has_letters(name),
        lambda name, value: (_named(name), value),
    ),
    ("reserved", lambda name, _value: is_reserved(name), lambda _name, _value: None),
    (
        "size",
        lambda _name, value: _is_large(value),
        lambda name, value: (name, value[: MOST_VALUE_BYTES // 4]),
    ),
)
"""What a lenient server overlooks, when it does, and what it makes of it: None drops the variable."""
