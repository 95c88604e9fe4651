"""Rules of `env` and `secrets` (api-facts section 8): names, sizes, reserved names, precedence.

Messages name the variable but never repeat a value: it may be a secret in the wrong place (V-07).
"""

import re
from collections.abc import Mapping

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.secret import Secret

MOST_KEYS = 100
MOST_VALUE_BYTES = 32 * 1024
MOST_NAME_CHARACTERS = 256
_SHOWN_CHARACTERS = 40
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_RESERVED = frozenset({"PATH", "HOME", "NODE_OPTIONS"})
_RESERVED_PREFIXES = ("LD_", "PYTHON")


def check_variables(field: str, variables: object) -> dict[str, str]:
    """Return them as a plain mapping; raises INVALID_ENV (G-16..G-18). `field` is `env` or `secrets`."""
    if not isinstance(variables, Mapping):
        raise ApiError(ErrorCode.INVALID_ENV, f"{field} must be an object of strings")
    if len(variables) > MOST_KEYS:
        raise ApiError(ErrorCode.INVALID_ENV, f"{field} may hold at most {MOST_KEYS} variables")
    for name, value in variables.items():
        _check_name(field, name)
        _check_value(field, name, value)
    return dict(variables)


def _check_name(field: str, name: str) -> None:
    if len(name) > MOST_NAME_CHARACTERS:
        raise ApiError(
            ErrorCode.INVALID_ENV, f"A name in {field} is longer than {MOST_NAME_CHARACTERS} characters"
        )
    if _NAME.fullmatch(name) is None:
        raise ApiError(
            ErrorCode.INVALID_ENV,
            f"{field} has the name {name[:_SHOWN_CHARACTERS]!r}; a name has letters, digits and underscores,"
            " and no digit at its beginning",
        )
    if is_reserved(name):
        raise ApiError(ErrorCode.INVALID_ENV, f"{field}.{name} is reserved by the sandbox")


def is_reserved(name: str) -> bool:
    """True for a name that the sandbox itself uses (G-17)."""
    return name in _RESERVED or name.startswith(_RESERVED_PREFIXES)


def _check_value(field: str, name: str, value: object) -> None:
    if not isinstance(value, str):
        raise ApiError(ErrorCode.INVALID_ENV, f"{field}.{name} must be a string")
    if "\0" in value:
        raise ApiError(ErrorCode.INVALID_ENV, f"{field}.{name} must not hold a NUL character")
    if len(value) > MOST_VALUE_BYTES or len(value.encode()) > MOST_VALUE_BYTES:
        raise ApiError(ErrorCode.INVALID_ENV, f"{field}.{name} is larger than 32 KiB")


def as_secrets(variables: Mapping[str, str]) -> dict[str, Secret]:
    """Wrap every value, so that none can be printed by accident."""
    return {name: Secret(value) for name, value in variables.items()}


def merge(env: Mapping[str, str], secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Return the environment of a process: for the same name the secret wins (V-03). Values are revealed."""
    return {**env, **{name: secret.reveal() for name, secret in secrets.items()}}
