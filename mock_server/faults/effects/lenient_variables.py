"""Faults of checking `env` and `secrets`: a lenient server repairs names, or drops them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sigmic_conformance.mock_server.domain.variables import is_reserved

Asked = Callable[[str], bool]
"""Returns whether a fault overlooks a flaw: one of `_FLAWS`."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def repaired(body: Any, wants: Asked) -> Any:
    """Return a body whose invalid names were repaired if a fault does this; others stay to be refused."""
    if not isinstance(body, dict):
        return body
    fields = {name: body[name] for name in ("env", "secrets") if isinstance(body.get(name), dict)}
    return {**body, **{name: _repaired(given, wants) for name, given in fields.items()}}


def _repaired(variables: Mapping[str, Any], wants: Asked) -> Mapping[str, Any]:
    for flaw, is_flawed, repair in _FLAWS:
        if any(map(is_flawed, variables)) and wants(flaw):
            named = {name: repair(name) if is_flawed(name) else name for name in variables}
            variables = {new: variables[old] for old, new in named.items() if new is not None}
    return variables


def _named(name: str) -> str:
    return "_" + re.sub(r"[^A-Za-z0-9_]", "_", name)


def _has_letters(name: str) -> bool:
    """True for a name that would do, were all letters ASCII."""
    return name.isidentifier() and not name.isascii()


def _is_odd(name: str) -> bool:
    return _NAME.fullmatch(name) is None and not _has_letters(name)


_FLAWS: Sequence[tuple[str, Callable[[str], bool], Callable[[str], str | None]]] = (
    ("letters", _has_letters, _named),
    ("name", _is_odd, _named),
    ("reserved", is_reserved, lambda _name: None),
)
"""What a lenient server ignores, and the name that it uses instead: None drops the variable."""
