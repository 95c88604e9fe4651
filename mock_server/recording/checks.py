"""Check both directions of an exchange against the document. Errors name field and rule, never a value."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.http.fields import FORM, JSON, MULTIPART, form_values
from sigmic_conformance.mock_server.http.routing import Match, OperationRoute, Router
from sigmic_conformance.mock_server.http.validation import complaint, read_query, refusals
from sigmic_conformance.mock_server.recording.event_reader import SeenEvent
from sigmic_conformance.mock_server.recording.exchange import Ending, Exchange, media_type
from sigmic_conformance.mock_server.recording.findings import Difference
from sigmic_conformance.spec.document import Document, Operation, Response

_ENDS = frozenset({"done", "error"})
_MOST_OF_ONE_BODY = 20
_BODYLESS = frozenset({204, 304})


class Checks:
    """Checks foreign traffic against the document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._router = Router(
            document.operations, dict.fromkeys(document.operations, _never_called), plain={}
        )

    def operation(self, method: str, target: str) -> tuple[Operation | None, Mapping[str, str]]:
        """Return the operation of a request and its path parameters, or None."""
        try:
            match: Match = self._router.match(method, target)
        except ApiError:
            return None, {}
        route = match.route
        return (route.operation, match.path) if isinstance(route, OperationRoute) else (None, {})

    def request(
        self, exchange: Exchange, fields: Sequence[tuple[str, str]] | None
    ) -> Iterator[tuple[str, str]]:
        """Yield (where, what) for each error in a request; `fields` are those of a form."""
        operation = exchange.operation
        if operation is None:
            if exchange.method != "OPTIONS":
                yield "", self._unknown(exchange)
            return
        yield from self._credential(exchange, operation)
        yield from self._query(exchange, operation)
        yield from self._body(exchange, operation, fields)

    def answer(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """Yield (where, what) for each error in an answer, except in its events."""
        operation, status = exchange.operation, exchange.status
        if operation is None or status is None:
            return
        if exchange.ending is Ending.CUT:
            yield "", "the answer must be whole, it was cut off"
        response = operation.responses.get(status)
        if response is None:
            known = ", ".join(str(each) for each in operation.responses)
            yield "", f"the status is not documented; documented are {known}"
            return
        for name, required in response.headers.items():
            if required and name not in exchange.answer_headers:
                yield name, "the header is required"
        if exchange.method != "HEAD" and status not in _BODYLESS:
            yield from self._content(exchange, response)

    def event(self, event: SeenEvent) -> Iterator[tuple[str, str]]:
        """Yield (where, what) for each error in one event."""
        schema = self._document.event_schemas.get(event.name)
        if schema is None:
            yield "", f"the event is not documented; documented are {', '.join(self._document.event_schemas)}"
        elif event.data is None:
            yield "data", "must be JSON"
        else:
            yield from self._schema(schema, event.data)

    def stream(self, events: Sequence[SeenEvent], ending: Ending) -> Iterator[tuple[str, str]]:
        """Yield (where, what) for each error in the order of a finished stream."""
        names = [event.name for event in events]
        if names.count("history_done") != 1 and ending is Ending.WHOLE:
            yield "history_done", f"must come exactly once, it came {names.count('history_done')} times"
        at = next((at for at, name in enumerate(names) if name in _ENDS), len(names))
        if at < len(names) - 1:
            yield names[at], f"must be the last event, {names[at + 1]} followed"
        is_streaming = any(
            event.name == "history_done" and isinstance(event.data, dict) and event.data.get("isStreaming")
            for event in events
        )
        if is_streaming and at == len(names) and ending in {Ending.WHOLE, Ending.CUT}:
            yield "", "a running task's stream must end with done or error, it ended without"

    def _unknown(self, exchange: Exchange) -> str:
        try:
            self._router.match(exchange.method, exchange.target)
        except ApiError as refusal:
            allow = refusal.headers.get("Allow")
            if allow:
                return f"the method is not documented here; documented are {allow}"
        return "the address is not documented"

    def _credential(self, exchange: Exchange, operation: Operation) -> Iterator[tuple[str, str]]:
        headers = exchange.request_headers
        if operation.security and "Authorization" not in headers and "X-API-Key" not in headers:
            yield "Authorization", "a credential is required"

    def _query(self, exchange: Exchange, operation: Operation) -> Iterator[tuple[str, str]]:
        raw = exchange.target.partition("?")[2]
        known = {parameter.name for parameter in operation.query_parameters}
        for name in dict.fromkeys(name for name, _ in parse_qsl(raw, keep_blank_values=True)):
            if name not in known:
                yield name[:40], "the query parameter is not documented"
        try:
            read_query(self._document, operation, raw)
        except ApiError as refusal:
            yield "", refusal.message

    def _body(
        self, exchange: Exchange, operation: Operation, fields: Sequence[tuple[str, str]] | None
    ) -> Iterator[tuple[str, str]]:
        if not exchange.request.total:
            if operation.body_required and exchange.ending is Ending.WHOLE:
                yield "", "a body is required"
            return
        media = media_type(exchange.request_headers)
        body = operation.bodies.get(media)
        if not operation.bodies:
            yield "", "no body is documented"
        elif body is None:
            yield "Content-Type", f"must be one of {', '.join(operation.bodies)}"
        elif media == JSON and exchange.request.is_whole:
            yield from self._json_body(exchange, operation)
        elif media in {FORM, MULTIPART} and fields is not None:
            if not exchange.request.is_whole:
                return  # the missing part may only not have been stored
            named = [(name, text) for name, text in fields if name != "files"]
            try:
                form_values(named, self._document, body)
            except ApiError as refusal:
                yield "", refusal.message

    def _json_body(self, exchange: Exchange, operation: Operation) -> Iterator[tuple[str, str]]:
        try:
            value = json.loads(bytes(exchange.request.kept))
        except (ValueError, RecursionError):
            yield "", "the body must be JSON"
            return
        for refusal in refusals(self._document, operation.bodies[JSON], value):
            yield "", refusal.message

    def _content(self, exchange: Exchange, response: Response) -> Iterator[tuple[str, str]]:
        media = media_type(exchange.answer_headers)
        if not response.schemas or "*/*" in response.schemas:
            return
        if media not in response.schemas:
            yield "Content-Type", f"must be {' or '.join(response.schemas)}"
            return
        schema = response.schemas[media]
        body = exchange.answer_body
        if media != JSON or schema is None or body is None or exchange.ending is not Ending.WHOLE:
            return
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            yield "", "the body must be JSON"
            return
        yield from self._schema(schema, value)
        code = value["error"].get("code") if _is_refusal(value) else None
        if code is not None and response.error_codes and code not in response.error_codes:
            yield "error.code", f"must be one of {', '.join(response.error_codes)}"

    def _schema(self, schema: str, value: Any) -> Iterator[tuple[str, str]]:
        try:
            errors = list(self._document.validator(schema).iter_errors(value))
        except ValueError:
            yield "", "is nested too deeply"
            return
        for error in errors[:_MOST_OF_ONE_BODY]:
            yield ".".join(str(step)[:40] for step in error.instance_path), complaint(error)


def found(operation: str, side: str, flaws: Iterator[tuple[str, str]]) -> Iterator[Difference]:
    """Return errors as findings."""
    return (Difference(operation=operation, side=side, where=where, what=what) for where, what in flaws)


def _is_refusal(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("error"), dict)


async def _never_called(_call: object) -> Any:
    raise AssertionError("this router is asked what a request is for, and serves none")
