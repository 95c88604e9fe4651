"""The values of an MCP server to hide from its output: those that are only shown as set (ADR 32)."""

import re
from collections.abc import Iterator, Mapping

from sigmic_mock.domain.credential_shapes import is_secret_name
from sigmic_mock.domain.mcp_servers import Address, Program
from sigmic_mock.domain.placeholders import tells_nothing
from sigmic_mock.domain.redaction import is_ordinary
from sigmic_mock.domain.secret import Secret

_SCHEME = re.compile(r"[A-Za-z]+ +(\S{4,})")


def hidden_values(written: Program | Address, resolved: Program | Address) -> dict[str, Secret]:
    """Return the values to look for, by their names in `env` or `headers`.

    `written` is the server with its placeholders, `resolved` with their values. A value that is a placeholder
    alone is hidden only if its name marks it as a secret; the secrets of the task are hidden by its session
    anyway.
    """
    if isinstance(resolved, Program):
        return dict(_hidden(_values(written), resolved.env))
    # A server may repeat a header without the word before its value.
    return {name: _alone(value) for name, value in _hidden(_values(written), resolved.headers)}


def _alone(value: Secret) -> Secret:
    after_scheme = _SCHEME.fullmatch(value.reveal())
    return value if after_scheme is None else Secret(after_scheme[1])


def _values(where: Program | Address) -> Mapping[str, str]:
    return where.env if isinstance(where, Program) else where.headers


def _hidden(written: Mapping[str, str], resolved: Mapping[str, str]) -> Iterator[tuple[str, Secret]]:
    for name, value in resolved.items():
        if is_secret_name(name) or not (tells_nothing(written[name]) or is_ordinary(value)):
            yield name, Secret(value)
