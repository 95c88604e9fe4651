"""What the document does not say about an answer: its status, headers, body and events.

`ResponseCheck` checks the mock's own answers (`--check-responses`): a mismatch is a defect of ours, never the
caller's, so it is raised, logged, and answered as INTERNAL_ERROR.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sigmic_mock.http.validation import complaint
from sigmic_spec.document import Document, Operation, Response

Flaw = tuple[str, str]
"""The place (empty: the whole value), and what the document demands; never a value."""
_JSON = "application/json"
_MOST_FLAWS = 20
"""Of one value."""


class NotConforming(Exception):
    """An answer that the document does not describe."""


def head_flaws(operation: Operation, status: int, headers: Mapping[str, str]) -> Iterator[Flaw]:
    """Yield what is wrong with the status and the headers."""
    response = operation.responses.get(status)
    if response is None:
        known = ", ".join(str(each) for each in operation.responses)
        yield "", f"the status is not documented; documented are {known}"
        return
    given = {name.lower() for name in headers}
    for name, required in response.headers.items():
        if required and name.lower() not in given:
            yield name, "the header is required"


def body_flaws(document: Document, response: Response, schema: str, value: Any) -> Iterator[Flaw]:
    """Yield what is wrong with a JSON body, its error code included."""
    yield from value_flaws(document, schema, value)
    error = value.get("error") if isinstance(value, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if code is not None and response.error_codes and code not in response.error_codes:
        yield "error.code", f"must be one of {', '.join(response.error_codes)}"


def event_flaws(document: Document, name: str, data: Any) -> Iterator[Flaw]:
    """Yield what is wrong with an event; `data`: its JSON value, or None."""
    schema = document.event_schemas.get(name)
    if schema is None:
        yield "", f"the event is not documented; documented are {', '.join(document.event_schemas)}"
    elif data is None:
        yield "data", "must be JSON"
    else:
        yield from value_flaws(document, schema, data)


def value_flaws(document: Document, schema: str, value: Any) -> Iterator[Flaw]:
    """Yield where a value differs from a schema of the document."""
    try:
        errors = list(document.validator(schema).iter_errors(value))
    except ValueError:
        yield "", "is nested too deeply"
        return
    for error in errors[:_MOST_FLAWS]:
        yield ".".join(str(step)[:40] for step in error.instance_path), complaint(error)


class ResponseCheck:
    """Checks answers and events of the mock itself."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def check_answer(self, operation: Operation, status: int, body: Any, headers: Mapping[str, str]) -> None:
        """Raise `NotConforming` unless the document has this status, schema, code and these headers."""
        self.check_head(operation, status, headers)
        response, what = operation.responses[status], f"{operation.operation_id} {status}"
        schema = response.schemas.get(_JSON)
        if schema is None:
            raise NotConforming(f"{what}: no JSON is documented")
        _raise_first(what, body_flaws(self._document, response, schema, body))

    def check_head(self, operation: Operation, status: int, headers: Mapping[str, str]) -> None:
        """Raise `NotConforming` unless the document has this status and these headers (no JSON body)."""
        _raise_first(f"{operation.operation_id} {status}", head_flaws(operation, status, headers))

    def check_frames(self, frames: bytes) -> None:
        """Raise `NotConforming` unless every block is a heartbeat or a documented event, properly framed."""
        text = frames.decode()
        if not text.endswith("\n\n"):
            raise NotConforming("a frame does not end with a blank line")
        for block in text[:-2].split("\n\n"):
            if block != ":heartbeat":
                self._check_event(block)

    def _check_event(self, block: str) -> None:
        event, _, data = block.partition("\n")
        if not event.startswith("event: ") or not data.startswith("data: ") or "\n" in data:
            raise NotConforming(f"not an event line and a data line: {block[:80]!r}")
        name = event.removeprefix("event: ")
        flaws = event_flaws(self._document, name, json.loads(data.removeprefix("data: ")))
        _raise_first(f"event {name}", flaws)


def _raise_first(what: str, flaws: Iterator[Flaw]) -> None:
    for where, why in flaws:
        raise NotConforming(f"{what}: {where or 'the whole'}: {why}")
