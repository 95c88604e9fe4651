"""What a lenient server makes of bad `env` and `secrets`: names are mended, values written out as text."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Asked = Callable[[str], bool]
"""Whether a fault wants a bad `name` or a bad `value` taken."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def mended(body: Any, wants: Asked) -> Any:
    """Return a body whose bad variables were mended as far as faults want it; others stay to be refused."""
    if not isinstance(body, dict):
        return body
    fields = {name: body[name] for name in ("env", "secrets") if isinstance(body.get(name), dict)}
    return {**body, **{name: _mended(given, wants) for name, given in fields.items()}}


def _mended(given: Mapping[str, Any], wants: Asked) -> dict[str, Any]:
    variables = dict(given)
    if not all(isinstance(value, str) for value in variables.values()) and wants("value"):
        variables = {name: _text(value) for name, value in variables.items()}
    if not all(map(_NAME.fullmatch, variables)) and wants("name"):
        variables = {_named(name): value for name, value in variables.items()}
    return variables


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _named(name: str) -> str:
    return name if _NAME.fullmatch(name) else "_" + re.sub(r"[^A-Za-z0-9_]", "_", name)
