"""Faults of checking `env` and `secrets`: a lenient server repairs names."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Asked = Callable[[str], bool]
"""Returns whether a fault overlooks a flaw: `name`."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def repaired(body: Any, wants: Asked) -> Any:
    """Return a body whose invalid names were repaired if a fault does this; others stay to be refused."""
    if not isinstance(body, dict):
        return body
    fields = {name: body[name] for name in ("env", "secrets") if isinstance(body.get(name), dict)}
    return {**body, **{name: _repaired(given, wants) for name, given in fields.items()}}


def _repaired(variables: Mapping[str, Any], wants: Asked) -> Mapping[str, Any]:
    if any(map(_is_odd, variables)) and wants("name"):
        return {_named(name) if _is_odd(name) else name: value for name, value in variables.items()}
    return variables


def _named(name: str) -> str:
    return "_" + re.sub(r"[^A-Za-z0-9_]", "_", name)


def _is_odd(name: str) -> bool:
    """True unless the name would do, were all letters ASCII."""
    return _NAME.fullmatch(name) is None and not (name.isidentifier() and not name.isascii())
