"""Check both directions of an exchange against the document. Findings name field and rule, never a value."""

from collections.abc import Iterator, Mapping
from typing import Any

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.http.fields import FORM, JSON, MULTIPART, form_values
from sigmic_mock.http.response_check import Flaw, body_flaws, event_flaws, head_flaws
from sigmic_mock.http.routing import OperationRoute, Router
from sigmic_mock.http.validation import read_query, refusals
from sigmic_mock.recording.exchange import Ending, Exchange, Form, media_type
from sigmic_spec.document import Body, Document, Operation, Response

_BODYLESS = frozenset({204, 304})


class Checks:
    """Checks foreign traffic against the document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._router = Router(
            document.operations, dict.fromkeys(document.operations, _never_called), plain={}
        )

    def operation(self, exchange: Exchange) -> tuple[Operation | None, Mapping[str, str]]:
        """Return the operation of a request and its path parameters, or None."""
        try:
            match = self._router.match(exchange.method, exchange.target)
        except ApiError:
            return None, {}
        route = match.route
        return (route.operation, match.path) if isinstance(route, OperationRoute) else (None, {})

    def check(self, exchange: Exchange, operation: Operation | None, form: Form | None) -> Iterator[str]:
        """Yield a line for each finding: the side, the field, and the rule."""
        if operation is None:
            if exchange.method != "OPTIONS":
                yield "request  the method and address are not documented"
            return
        yield from _lines("request", self._request(exchange, operation, form))
        if exchange.status is None:
            return
        yield from _lines(f"answer {exchange.status}", self._answer(exchange, operation, exchange.status))
        for event in exchange.events:
            flaws = event_flaws(self._document, event.name, event.data)
            yield from _lines(f"event {event.name[:40]}", flaws)

    def _request(self, exchange: Exchange, operation: Operation, form: Form | None) -> Iterator[Flaw]:
        headers = exchange.request_headers
        if operation.security and "Authorization" not in headers and "X-API-Key" not in headers:
            yield "Authorization", "a credential is required"
        known = {parameter.name for parameter in operation.query_parameters}
        for name in dict.fromkeys(name for name, _ in exchange.query):
            if name not in known:
                yield name[:40], "the query parameter is not documented"
        try:
            read_query(self._document, operation, exchange.target.partition("?")[2])
        except ApiError as refusal:
            yield "", refusal.message
        media = media_type(headers)
        if not exchange.request.total:
            if operation.body_required and exchange.ending is Ending.WHOLE:
                yield "", "a body is required"
        elif media not in operation.bodies:
            yield "Content-Type", f"must be one of {', '.join(operation.bodies) or 'none'}"
        elif exchange.request.is_whole:  # else the missing part may only not have been stored
            yield from self._body(exchange, media, operation.bodies[media], form)

    def _body(self, exchange: Exchange, media: str, body: Body, form: Form | None) -> Iterator[Flaw]:
        if media == JSON:
            value = exchange.request_json
            yield from (("", each.message) for each in refusals(self._document, body, value))
        elif media in {FORM, MULTIPART} and form is not None:
            named = [(name, text) for name, text in form.fields if name != "files"]
            try:
                form_values(named, self._document, body)
            except ApiError as refusal:
                yield "", refusal.message

    def _answer(self, exchange: Exchange, operation: Operation, status: int) -> Iterator[Flaw]:
        if exchange.ending is Ending.CUT:
            yield "", "the answer must be whole, it was cut off"
        yield from head_flaws(operation, status, exchange.answer_headers)
        response = operation.responses.get(status)
        if response is not None and exchange.method != "HEAD" and status not in _BODYLESS:
            yield from self._content(exchange, response)

    def _content(self, exchange: Exchange, response: Response) -> Iterator[Flaw]:
        media = media_type(exchange.answer_headers)
        if not response.schemas or "*/*" in response.schemas:
            return
        if media not in response.schemas:
            yield "Content-Type", f"must be {' or '.join(response.schemas)}"
        elif exchange.answer_body is None and exchange.answer.is_whole:
            yield "Content-Encoding", "must be identity, as requested; the body was not checked"
        elif media == JSON and exchange.answer_body is not None and exchange.ending is Ending.WHOLE:
            schema, value = response.schemas[media], exchange.answer_json
            if value is None:
                yield "", "the body must be JSON"
            elif schema is not None:
                yield from body_flaws(self._document, response, schema, value)


def _lines(side: str, flaws: Iterator[Flaw]) -> Iterator[str]:
    return (f"{side}  {f'{where}: ' if where else ''}{what}" for where, what in flaws)


async def _never_called(_call: object) -> Any:
    raise AssertionError("this router is asked what a request is for, and serves none")
