"""The values that a run sent as secrets, and the parts of an answer that the API itself writes. Pure.

A secret is a value from `secrets` of a creation or a token exchange: its placeholder, or the value if it was
not yet known as a secret. A value that the client also sent openly is excluded. The agent's words are not the
API's: the agent may print a secret on request, and only the row about masking checks that (VARS-014).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sigmic_conformance.model.requests import asked
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.redaction import PLACEHOLDER
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange

SHORTEST = 8
AGENT = frozenset(
    {"output", "args", "thoughts", "finalResponse", "text", "result", "objective", "description"}
)
"""The members of answers and events with text of the agent and its tools."""


def given(exchanges: Iterable[Exchange]) -> frozenset[str]:
    """The secret values of a run, in their recorded form, without short ones that could match by chance."""
    bodies = [asked(each.sent).fields for each in exchanges if each.sent.method == "POST"]
    secret = {value for body in bodies for value in _values(body, "secrets")}
    return _unsaid(secret, bodies, {"secrets", "appSecret"})


def unmasked(body: Mapping[str, Any], secret: frozenset[str]) -> frozenset[str]:
    """The secrets of one creation that were not also sent openly."""
    return secret.intersection(_values(body, "secrets"))


def given_to_exchanges(exchanges: Iterable[Exchange], everything: Iterable[Exchange]) -> frozenset[str]:
    """The values of env and secrets of token exchanges, without those that other requests sent openly."""
    tokens = [asked(each.sent).fields for each in exchanges]
    values = {value for body in tokens for name in ("env", "secrets") for value in _values(body, name)}
    others = [asked(each.sent).fields for each in everything if each.sent.method == "POST"]
    return _unsaid(values, [body for body in others if "appId" not in body], set())


def credentials(exchanges: Iterable[Exchange]) -> frozenset[str]:
    """The placeholders of credentials: those in headers, and the secrets of apps."""
    found: set[str] = set()
    for exchange in exchanges:
        for name, value in exchange.sent.headers:
            if name.lower() in {"authorization", "x-api-key"}:
                found.update(PLACEHOLDER.findall(value))
        secret = asked(exchange.sent).fields.get("appSecret") if exchange.sent.method == "POST" else None
        found.update(PLACEHOLDER.findall(secret) if isinstance(secret, str) else ())
    return frozenset(found)


def _values(body: Mapping[str, Any], name: str) -> Iterator[str]:
    for value in json_values.fields(body.get(name)).values():
        if isinstance(value, str) and len(value) >= SHORTEST:
            yield value


def _unsaid(values: set[str], bodies: Iterable[Mapping[str, Any]], but: set[str]) -> frozenset[str]:
    """The values that no member of the bodies contains, except under these names."""
    said = "\n".join(
        text for body in bodies for name, value in body.items() if name not in but for text in texts(value)
    )
    return frozenset(value for value in values if value not in said)


def texts(value: Any, *, names: bool = False) -> Iterator[str]:
    """Every text of a JSON value; with `names` also the names of its members."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if names:
                yield name
            yield from texts(inner, names=names)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, names=names)


def own_words(value: Any) -> Any:
    """A JSON value without the text of the agent and its tools."""
    if isinstance(value, dict):
        kept = {name: own_words(inner) for name, inner in value.items() if name not in AGENT}
        return kept if value.get("role") != "assistant" else {**kept, "content": None}
    if isinstance(value, list):
        return [own_words(inner) for inner in value]
    return value


def searched(value: Any) -> str:
    """The searchable text of a JSON value: the decoded texts of the API itself."""
    return "\n".join(texts(own_words(value), names=True))


def text_of(exchange: Exchange, stream: Stream | None) -> str:
    """The API's own text in an answer: head and body, without the text of the agent and its tools."""
    head = exchange.head.decode("latin-1")
    if stream is not None:
        return head + "\n".join(
            searched(event.payload) for event in stream.events if event.payload is not None
        )
    value = exchange.json()
    if value is not None:
        return head + searched(value)
    # The bytes of a file also belong to the agent.
    return head if exchange.succeeded else head + exchange.body.decode("utf-8", "replace")
