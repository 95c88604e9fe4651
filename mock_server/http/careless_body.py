"""What faults make of a body before its fields are looked at: half of it read, words misread, a fall."""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.http.context import Call

Pairs = Sequence[tuple[str, str]]
_VARIABLES = frozenset({"env", "secrets"})


class FellOver(Exception):
    """The careless reader met what it had not thought of: an internal error."""


def waits_silently(call: Call) -> bool:
    """True when a client that asks before it sends its body is to be given no word."""
    return call.deviation.wrongly(call, "body.waits") is not None


def first_value(call: Call, body: bytes, refusal: ApiError) -> Any:
    """Return the first JSON value of a body with something after it, when a fault reads no further.

    Raises `refusal` for any other body, and without a fault.
    """
    try:
        value, end = json.JSONDecoder().raw_decode(body.decode().lstrip())
    except (ValueError, RecursionError):
        raise refusal from None
    rest = body.decode().lstrip()[end:].strip()
    if not rest or call.deviation.wrongly(call, "body.first-value") is None:
        raise refusal
    return value


def fall_over(call: Call, refusal: ApiError) -> None:
    """Fall over a form that is malformed, when a fault has it so. Raises `FellOver`."""
    is_malformed = refusal.code is ErrorCode.VALIDATION_ERROR
    if is_malformed and call.deviation.wrongly(call, "form.malformed") is not None:
        raise FellOver("the reader did not expect such a form") from refusal


def misread(pairs: Pairs, booleans: Collection[str], wants: Callable[[str, str], bool]) -> Pairs:
    """Return the fields of a form as a server reads them to whom every text is true, as faults want it.

    Or to whom only JSON has variables, and capitals are no words. `wants` takes a decision and what the field
    says: `capitals`, `false`, `other` or its name. Raises VALIDATION_ERROR.
    """
    return [
        (name, _truthy(text, wants) if name in booleans else text)
        for name, text in pairs
        if name not in _VARIABLES or not wants("form.variables-dropped", name)
    ]


def _truthy(text: str, wants: Callable[[str, str], bool]) -> str:
    word = text.lower()
    if word in {"true", "false"} and word != text and wants("form.truthy", "capitals"):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "A boolean must be true or false")
    if word == "true":
        return text
    return "true" if wants("form.truthy", "false" if word == "false" else "other") else text
