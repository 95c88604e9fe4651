"""Requests that a documented sentence says must be refused, found among those that were drawn. Pure.

A row here reads the request itself, so it holds whatever drew it. What was accepted fails; that the others
were refused counts only beside an accepted request of the same operation, as for probes.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.probing.capture import TEXT_LIMIT
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from sigmic_conformance.spec.document import Document

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OUTCOMES = {"proceed_once", "proceed_always", "cancel"}
OTHER_CAUSES = {401, 403, 404, 405, 409, 413, 415, 429}
"""Refusals that say nothing of the body: whoever answers so need not have looked at it."""
NOTHING: Any = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """`breaks` says whether a JSON body breaks the sentence of the row; the request must then be refused."""

    row: str
    operation: str
    breaks: Callable[[Any], bool]
    expected: str


def body_of(exchange: Exchange) -> Any:
    """The JSON value that was sent; NOTHING when none was, or not all of it was kept."""
    text = exchange.sent.text
    kind = next((value for name, value in exchange.sent.headers if name.lower() == "content-type"), "")
    whole = text is not None and exchange.sent.size <= TEXT_LIMIT
    if not whole or kind.partition(";")[0].strip().lower() != "application/json":
        return NOTHING
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return NOTHING


def _objects(test: Callable[[Mapping[str, Any]], bool]) -> Callable[[Any], bool]:
    return lambda body: isinstance(body, dict) and test(body)


def _variables(body: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    for name in ("env", "secrets"):
        values = body.get(name)
        if isinstance(values, dict):
            yield from values.items()


def _ill_named(body: Mapping[str, Any]) -> bool:
    return any(NAME.fullmatch(name) is None for name, _ in _variables(body))


def _ill_valued(body: Mapping[str, Any]) -> bool:
    return any(not isinstance(value, str) for _, value in _variables(body))


def _no_flag(body: Mapping[str, Any]) -> bool:
    values = [body[name] for name in ("showInHistory", "autoExecute") if name in body]
    return any(value is not None and not isinstance(value, bool) for value in values)


def _unknown(operation: str) -> Callable[[Mapping[str, Any]], bool]:
    document = Document.load()
    schema = document.schema(document.operations[operation].bodies["application/json"].schema)
    known = set(schema["properties"])
    return lambda body: not set(body) <= known


def _no_object(body: Any) -> bool:
    return body is not NOTHING and not isinstance(body, dict)


RULES = (
    Rule("CREATE-008", "create_task", _objects(lambda body: "message" not in body), "no message: 4xx"),
    Rule(
        "CREATE-009",
        "create_task",
        _objects(lambda body: body.get("message") == ""),
        "an empty message: 4xx",
    ),
    Rule(
        "CREATE-010",
        "create_task",
        _objects(lambda body: "message" in body and not isinstance(body["message"], str)),
        "a message that is not a string: 4xx",
    ),
    Rule("CREATE-022", "create_task", _objects(_unknown("create_task")), "an unknown field: 4xx"),
    Rule("CREATE-028", "create_task", _no_object, "a body that is not an object: 4xx"),
    Rule("CREATE-033", "create_task", _objects(_no_flag), "a flag that is not a boolean: 4xx"),
    Rule("VARS-008", "create_task", _objects(_ill_named), "an ill-formed name of a variable: 4xx"),
    Rule("VARS-009", "create_task", _objects(_ill_valued), "a variable whose value is not a string: 4xx"),
    Rule("FOLLOWUP-004", "send_message", _objects(lambda body: "message" not in body), "no message: 4xx"),
    Rule(
        "ERROR-014",
        "approve_tool_call",
        _objects(lambda body: "outcome" in body and body["outcome"] not in tuple(OUTCOMES)),
        "an outcome of another vocabulary: 4xx",
    ),
    Rule(
        "ERROR-007",
        "create_token",
        _objects(lambda body: "appId" not in body or "appSecret" not in body),
        "no appId or no appSecret: 4xx",
    ),
    Rule("ERROR-008", "create_token", _objects(lambda body: not body.get("endUserId")), "no endUserId: 4xx"),
    Rule(
        "ERROR-011",
        "create_token",
        _objects(lambda body: _ill_named(body) or _ill_valued(body)),
        "an ill-formed variable: 4xx",
    ),
    Rule("TOKEN-021", "create_token", _no_object, "a body that is not an object: 4xx"),
)


def broken_requests(exchanges: Iterable[Exchange]) -> dict[str, Verdict]:
    """The verdicts on the rows of `RULES`, by row; a row that was not shown is left out."""
    mine = [each for each in exchanges if each.role == "owner" or each.operation == "create_token"]
    bodies = [(each, body_of(each)) for each in mine if each.sent.text is not None]
    accepted = {each.operation for each in mine if each.succeeded}
    found = {}
    for rule in RULES:
        observations, seen = Observations("accepted", rule.expected), False
        for exchange, body in bodies:
            if exchange.operation != rule.operation or body is NOTHING or not rule.breaks(body):
                continue
            counts = exchange.refused and exchange.status not in OTHER_CAUSES
            if exchange.succeeded or (counts and rule.operation in accepted):
                observations.add(not exchange.succeeded, exchange, summary(exchange))
                seen = True
        if seen:
            found[rule.row] = observations.verdict()
    found |= _without_path(mine)
    found |= _without_credentials(exchanges)
    found |= _undeclared_methods(exchanges)
    return found


def _without_path(exchanges: Iterable[Exchange]) -> dict[str, Verdict]:
    """A download that names no file."""
    observations, seen = Observations("accepted", "no path: 4xx"), False
    for exchange in exchanges:
        names = [name for name, _ in parse_qsl(urlsplit(exchange.sent.target).query, keep_blank_values=True)]
        if exchange.operation == "download_artifact" and "path" not in names and exchange.succeeded:
            observations.broken(exchange, observed=summary(exchange))
            seen = True
    return {"ERROR-028": observations.verdict()} if seen else {}


def _without_credentials(exchanges: Iterable[Exchange]) -> dict[str, Verdict]:
    """What nobody asked for, and what a credential that nobody issued asked for."""
    secured = {name for name, each in Document.load().operations.items() if each.security}
    nobody = Observations("accepted", "401 and AUTH_REQUIRED without a credential")
    made_up = Observations("accepted", "401 for a bearer credential of neither kind")
    seen = set()
    for exchange in exchanges:
        if exchange.operation not in secured or exchange.closed is Closed.REFUSED:
            continue
        bearer = next((v for n, v in exchange.sent.headers if n.lower() == "authorization"), "")
        if exchange.role == "nobody" and (exchange.succeeded or exchange.status == 401):  # noqa: PLR2004 - RFC 9110
            nobody.add(
                exchange.refused and exchange.code == "AUTH_REQUIRED",
                exchange,
                summary(exchange),
                reason=_why(exchange),
            )
            seen.add("ERROR-001")
        word = bearer.removeprefix("Bearer ").strip()
        stranger = exchange.role == "stranger" and bearer.startswith("Bearer ") and word
        if stranger and not word.startswith(("sigmic_", "eyJ")) and exchange.succeeded:
            made_up.broken(exchange, observed=summary(exchange))
            seen.add("ERROR-003")
    claims = {"ERROR-001": nobody, "ERROR-003": made_up}
    return {row: claims[row].verdict() for row in sorted(seen)}


def _why(exchange: Exchange) -> str:
    return "accepted" if exchange.succeeded else "wrong-code"


def _undeclared_methods(exchanges: Iterable[Exchange]) -> dict[str, Verdict]:
    """A method that a documented path does not have; OPTIONS and HEAD are HTTP's own and CORS's."""
    observations, seen = Observations("not-refused", "405 and METHOD_NOT_ALLOWED"), False
    for exchange in exchanges:
        if exchange.operation or exchange.sent.method in {"OPTIONS", "HEAD"} or exchange.status is None:
            continue
        holds = exchange.status == 405 and exchange.code == "METHOD_NOT_ALLOWED"  # noqa: PLR2004 - RFC 9110
        # Whoever asks for credentials first has not looked at the method yet (G-98).
        if holds or exchange.status not in {401, 403}:
            observations.add(holds, exchange, summary(exchange))
            seen = True
    return {"ERROR-018": observations.verdict()} if seen else {}
