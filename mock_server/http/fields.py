"""The request body of an operation, from whichever media type it came in, checked against the document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.http import careless_body
from sigmic_conformance.mock_server.http.body import (
    MOST_FORM_BYTES,
    check_values,
    has_body,
    media_type,
    parse_form,
    parse_json,
    read_body,
)
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.multipart import read_parts
from sigmic_conformance.mock_server.http.validation import check
from sigmic_conformance.mock_server.storage.staging import StagedUpload
from sigmic_conformance.mock_server.storage.uploads import Received
from sigmic_conformance.spec.document import Body, Document

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})
_WORDS = {"true": True, "false": False}
_JSON_ONLY = ("env", "secrets")


@dataclass(slots=True, kw_only=True)
class Fields:
    """The fields of a body, valid; `upload` holds its files, if any, and must be committed or discarded."""

    values: Mapping[str, Any]
    upload: StagedUpload | None = None


def body_of(call: Call) -> Body:
    """Return which of the operation's bodies this is; raises UNSUPPORTED_MEDIA_TYPE (G-07)."""
    media, charset = media_type(call.request)
    bodies = call.operation.bodies
    if not media and not has_body(call.request):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "A body is required")
    if media not in bodies:
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send {' or '.join(bodies)}")
    if charset not in _CHARSETS:
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body in UTF-8")
    return bodies[media]


async def read_json(call: Call) -> Mapping[str, Any]:
    """Return the fields of a JSON-only operation."""
    body = body_of(call)
    raw = await read_body(call.request, partial(careless_body.waits_silently, call))
    check_values(raw)
    try:
        call.sent = parse_json(raw)
    except ApiError as refusal:
        call.sent = careless_body.first_value(call, raw, refusal)
    value = call.deviation.leniently(call, call.sent)
    check(call.document, body, value)
    fields: Mapping[str, Any] = value
    return fields


async def read_fields(call: Call) -> Fields:
    """Return the fields of an operation that takes JSON or a form, with or without files.

    When this raises nothing is left on disk.
    """
    body = body_of(call)
    if body.media_type == JSON:
        return Fields(values=await read_json(call))
    if body.media_type == FORM:
        pairs = parse_form(await read_body(call.request, most=MOST_FORM_BYTES))
        return Fields(values=_read(call, pairs, body))
    reception = call.deviation.reception(call)
    try:
        parts = read_parts(call.request, reception.limits, partial(_refuses_preamble, call))
        received = await reception.receive(parts)
    except ApiError as refusal:
        careless_body.fall_over(call, refusal)
        raise
    try:
        values = _read(call, _with_message(call, received), body)
    except ApiError:
        await received.upload.discard()
        raise
    if not received.upload.files:
        await received.upload.discard()
        return Fields(values=values)
    return Fields(values=values, upload=received.upload)


def _refuses_preamble(call: Call) -> bool:
    return call.deviation.wrongly(call, "upload.preamble") is not None


def _with_message(call: Call, received: Received) -> Sequence[tuple[str, str]]:
    """Return the fields; where only the message is missing, a fault may make one up."""
    if not received.upload.files or any(name == "message" for name, _ in received.fields):
        return received.fields
    invented = call.deviation.message_for_files(call)
    return received.fields if invented is None else (*received.fields, ("message", invented))


def _read(call: Call, pairs: Sequence[tuple[str, str]], body: Body) -> dict[str, Any]:
    """Return the values of a form; faults may have its words misread."""
    properties = call.document.schema(body.schema)["properties"]
    booleans = {name for name, schema in properties.items() if schema.get("type") == "boolean"}
    return form_values(call.deviation.misread(call, pairs, booleans), call.document, body)


def form_values(pairs: Sequence[tuple[str, str]], document: Document, body: Body) -> dict[str, Any]:
    """Return form fields as typed values: each once, booleans by word (G-12), no env or secrets (X-03)."""
    properties = document.schema(body.schema)["properties"]
    values: dict[str, Any] = {}
    for name, text in pairs:
        if name in _JSON_ONLY and name not in properties:
            raise ApiError(
                ErrorCode.VALIDATION_ERROR, f"{name} cannot be sent in a form: use application/json"
            )
        if name in values:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"{name[:40]} may be given only once")
        is_boolean = properties.get(name, {}).get("type") == "boolean"
        values[name] = _WORDS.get(text.lower(), text) if is_boolean else text
    check(document, body, values)
    return values
