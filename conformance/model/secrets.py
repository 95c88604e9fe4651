"""The values that a run gave as secrets, and where in an answer the API itself is the author. Pure.

A secret is what stood in `secrets` of a creation or of a token exchange: its placeholder, or the value where
nobody had learnt it before. What the client said openly elsewhere is none. The agent's words are not the
API's: told to print a secret it may, and only the row about masking looks at that (VARS-014).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sigmic_conformance.conformance.model.requests import asked
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

SHORTEST = 8
AGENT = frozenset(
    {"output", "args", "thoughts", "finalResponse", "text", "result", "objective", "description"}
)
"""The members of answers and events in which the agent and its tools speak."""


def given(exchanges: Iterable[Exchange]) -> frozenset[str]:
    """The secret values of a run, as they were kept; too short ones would be found by chance."""
    secret: set[str] = set()
    open_: list[str] = []
    for exchange in exchanges:
        if exchange.sent.method != "POST":
            continue
        body = asked(exchange.sent).fields
        values = shapes.fields(body.get("secrets")).values()
        secret.update(value for value in values if isinstance(value, str) and len(value) >= SHORTEST)
        open_.extend(
            _texts({name: value for name, value in body.items() if name not in {"secrets", "appSecret"}})
        )
    said = "\n".join(open_)
    return frozenset(value for value in secret if value not in said)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def own_words(value: Any) -> Any:
    """A JSON value without what the agent and its tools said in it."""
    if isinstance(value, dict):
        kept = {name: own_words(inner) for name, inner in value.items() if name not in AGENT}
        return kept if value.get("role") != "assistant" else {**kept, "content": None}
    if isinstance(value, list):
        return [own_words(inner) for inner in value]
    return value


def searched(value: Any) -> str:
    """What of a JSON value is searched: the API's own words, as text."""
    return json.dumps(own_words(value), ensure_ascii=False)
