"""Check answers against the document (`--check-responses`): the mock must follow the contract.

A mismatch is a defect of ours, never the caller's: it is raised, logged, and answered as INTERNAL_ERROR.
"""

import json
from collections.abc import Mapping
from typing import Any

from sigmic_conformance.spec.document import Document, Operation, Response

_JSON = "application/json"


class NotConforming(Exception):
    """An answer that the document does not describe."""


class ResponseCheck:
    """Checks answers and events of the mock itself."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def check_answer(self, operation: Operation, status: int, body: Any, headers: Mapping[str, str]) -> None:
        """Raise `NotConforming` unless the document has this status, schema, code and these headers."""
        response = self._response(operation, status, headers)
        schema = response.schemas.get(_JSON)
        if schema is None:
            raise NotConforming(f"{operation.operation_id} {status}: no JSON is documented")
        self._validate(schema, body, f"{operation.operation_id} {status}")
        code = body.get("error", {}).get("code")
        if code is not None and response.error_codes and code not in response.error_codes:
            raise NotConforming(f"{operation.operation_id} {status}: the code {code} is not documented")

    def check_head(self, operation: Operation, status: int, headers: Mapping[str, str]) -> None:
        """Raise `NotConforming` unless the document has this status and these headers (no JSON body)."""
        self._response(operation, status, headers)

    def _response(self, operation: Operation, status: int, headers: Mapping[str, str]) -> Response:
        response = operation.responses.get(status)
        if response is None:
            raise NotConforming(f"{operation.operation_id}: the status {status} is not documented")
        given = {name.lower() for name in headers}
        for name, required in response.headers.items():
            if required and name.lower() not in given:
                raise NotConforming(f"{operation.operation_id} {status}: the header {name} is missing")
        return response

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
        schema = self._document.event_schemas.get(name)
        if schema is None:
            raise NotConforming(f"the event {name!r} is not documented")
        self._validate(schema, json.loads(data.removeprefix("data: ")), f"event {name}")

    def _validate(self, schema: str, value: Any, what: str) -> None:
        for error in self._document.validator(schema).iter_errors(value):
            where = "/".join(str(step) for step in error.instance_path)
            raise NotConforming(f"{what}: {where or 'the whole'}: {error.kind.name}")
