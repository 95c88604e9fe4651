"""VARS: which variables a creation may have, and with which code others are refused."""

import re
from typing import Any

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import VIEWER, Key
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Form, asked
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

CREATE = "create_task"
MOST_NAMES, MOST_BYTES = 100, 32_768
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(r"PATH|HOME|NODE_OPTIONS|LD_.*|PYTHON.*")
_OPTIONS = frozenset({"message", "systemPrompt", "showInHistory", "autoExecute", "env", "secrets"})


def _maps(seen: Seen) -> list[dict[str, Any]]:
    """The maps of variables of an otherwise sound JSON creation by a caller who may create."""
    body = asked(seen.exchange.sent)
    sound = body.known and body.form is Form.JSON and body.message and not set(body.fields) - _OPTIONS
    if not sound or seen.caller.owner in {None, Key(VIEWER)} or not seen.exchange.sent.whole:
        return []
    flags = all(isinstance(body.fields.get(name, True), bool) for name in ("autoExecute", "showInHistory"))
    kinds = [body.fields[name] for name in ("env", "secrets") if body.fields.get(name) is not None]
    return [dict(each) for each in kinds] if flags and all(map(shapes.mapping, kinds)) else []


def _is_plain(name: str, value: object) -> bool:
    """Whether nobody doubts that a variable may be given: no reserved name, no value of odd characters."""
    sound = _NAME.fullmatch(name) is not None and _RESERVED.fullmatch(name.upper()) is None
    return sound and isinstance(value, str) and len(value) <= MOST_BYTES // 8 and "\0" not in value


def _taken(seen: Seen, known: str) -> Findings:
    origin = any(name.lower() == "origin" for name, _ in seen.exchange.sent.headers)
    if seen.was_told and not origin:
        yield says(seen.exchange.succeeded, known, summary(seen.exchange))


def _refused(seen: Seen, known: str) -> Findings:
    if seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (400, "INVALID_ENV")
        yield says(holds, known, summary(seen.exchange))


@invariant(
    "VARS-001", CREATE, reason="refused", expected="env and secrets as objects of strings are accepted"
)
def variables_are_taken(seen: Seen) -> Findings:
    """A sound creation with plainly named variables of moderate length is accepted."""
    maps = _maps(seen)
    count = sum(map(len, maps))
    if (
        count
        and count <= MOST_NAMES
        and all(_is_plain(name, value) for each in maps for name, value in each.items())
    ):
        yield from _taken(seen, f"{plural(count, 'variable')}")


@invariant("VARS-007", CREATE, reason="refused", expected="letters, digits and underscores, no digit first")
def plain_names_are_taken(seen: Seen) -> Findings:
    """A sound creation whose variables are named by the documented rule is accepted."""
    maps = _maps(seen)
    names = [name for each in maps for name in each]
    if (
        names
        and len(names) <= MOST_NAMES
        and all(_is_plain(name, value) for each in maps for name, value in each.items())
    ):
        yield from _taken(seen, f"the names are {', '.join(names[:3])}")


@invariant("VARS-010", CREATE, reason="wrong-code", expected="400 INVALID_ENV")
def wrong_variables_have_their_code(seen: Seen) -> Findings:
    """An ill-formed name, or a value that is no string, is refused with its code."""
    wrong = [
        name
        for each in _maps(seen)
        for name, value in each.items()
        if not _NAME.fullmatch(name) or not isinstance(value, str)
    ]
    if wrong:
        yield from _refused(seen, f"a variable is called or given as {wrong[0]!r}")


@invariant("VARS-011", CREATE, reason="wrong-code", expected="400 INVALID_ENV beyond 100 names or 32 KiB")
def variables_have_limits(seen: Seen) -> Findings:
    """More names than a map may have are refused."""
    many = [len(each) for each in _maps(seen) if len(each) > MOST_NAMES]
    if many:
        yield from _refused(seen, f"a map has {many[0]} names")


@invariant("VARS-012", CREATE, reason="wrong-code", expected="400 INVALID_ENV for a reserved name")
def reserved_names_are_refused(seen: Seen) -> Findings:
    """A reserved name in either map is refused."""
    names = [name for each in _maps(seen) for name in each if _RESERVED.fullmatch(name)]
    if names:
        yield from _refused(seen, f"{names[0]} is reserved")


@invariant("VARS-018", CREATE, reason="wrong-code", expected="400 INVALID_ENV for letters beyond ASCII")
def names_are_ascii(seen: Seen) -> Findings:
    """A name with letters beyond ASCII in either map is refused."""
    names = [name for each in _maps(seen) for name in each if not name.isascii()]
    if names:
        yield from _refused(seen, f"a name is {names[0]!r}")
