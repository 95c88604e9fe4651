"""Faults of reading a body: half of it, words misread, variables mended, a malformed form fallen over."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.lenient_variables import mended
from sigmic_conformance.mock_server.faults.behaviour.multipart import FaultyMultipartBody
from sigmic_conformance.mock_server.faults.behaviour.uploads import BadName, HalfDone, reception
from sigmic_conformance.mock_server.faults.request_in_hand import in_hand
from sigmic_conformance.mock_server.faults.sent_message import SentMessage
from sigmic_conformance.mock_server.http.body import awaits_continue, media_type
from sigmic_conformance.mock_server.http.fields import BodyReader, Fields, UploadSpace
from sigmic_conformance.mock_server.http.multipart import MultipartBody
from sigmic_conformance.mock_server.http.observer import RequestObserver
from sigmic_conformance.mock_server.storage.uploads import Received, Reception
from sigmic_conformance.spec.document import Body, Document, Operation

Pairs = Sequence[tuple[str, str]]
_VARIABLES = frozenset({"env", "secrets"})


class FellOver(Exception):
    """The platform met what it had not thought of: an internal error."""


class FaultyBodyReader(BodyReader):
    """Reads a body as the armed faults will have it."""

    def __init__(
        self,
        request: web.BaseRequest,
        operation: Operation,
        document: Document,
        space: UploadSpace,
        observer: RequestObserver | None,
        *,
        asker: Asker,
        half_done: HalfDone,
    ) -> None:
        super().__init__(request, operation, document, space, observer)
        self.asker = asker
        request_in_hand = in_hand()
        self.sent = SentMessage() if request_in_hand is None else request_in_hand.sent
        self.value: Any = None
        """The JSON value, as soon as it was read and whether or not it is valid."""
        self.is_refused = False
        """True once a JSON body was refused."""
        self._half_done = half_done

    async def json(self) -> Any:
        try:
            return await super().json()
        except ApiError:
            self.is_refused = True
            raise

    async def fields(self) -> Fields:
        refuse_media(self.request, self.operation, self.asker)
        return await super().fields()

    def declared(self) -> Body:
        declared = super().declared()
        self.sent.media = declared.media_type
        return declared

    def say_continue(self) -> None:
        if not (awaits_continue(self.request) and self.asker.wanted("body.waits")):
            super().say_continue()

    async def decode(self, raw: bytes) -> Any:
        try:
            self.value = await super().decode(raw)
        except ApiError as refusal:
            self.value = self._first_value(raw, refusal)
        self.sent.variables = _variables(self.value)
        if self.asker.is_idle("variables.unchecked"):
            return self.value
        return mended(self.value, lambda code: self.asker.wanted("variables.unchecked", code))

    def _first_value(self, body: bytes, refusal: ApiError) -> Any:
        """Return the first JSON value of a body with something after it, when a fault reads no further.

        Raises `refusal` for any other body, and without a fault.
        """
        if self.asker.is_idle("body.first-value"):
            raise refusal
        try:
            value, end = json.JSONDecoder().raw_decode(body.decode().lstrip())
        except (ValueError, RecursionError):
            raise refusal from None
        rest = body.decode().lstrip()[end:].strip()
        if not rest or not self.asker.wanted("body.first-value"):
            raise refusal
        return value

    async def receive(self) -> Received:
        try:
            received = await super().receive()
        except ApiError as refusal:
            is_malformed = refusal.code is ErrorCode.VALIDATION_ERROR and not isinstance(refusal, BadName)
            if is_malformed and self.asker.wanted("form.malformed"):
                raise FellOver("the reader did not expect such a form") from refusal
            raise
        self.sent.is_read = True
        return self._with_message(received)

    def reception(self) -> Reception:
        return reception(self.space.staging, self.space.limits, self.asker, self._half_done)

    def multipart(self, limits: UploadLimits) -> MultipartBody:
        self.sent.variables = ()
        return FaultyMultipartBody(self.request, limits, self.observer, self.asker, self.sent)

    def _with_message(self, received: Received) -> Received:
        """Make a message up for files without one, when a fault wants it."""
        if not received.upload.files or any(name == "message" for name, _ in received.fields):
            return received
        wanted = self.asker.parameters("upload.no-message")
        if wanted is None:
            return received
        return replace(received, fields=(*received.fields, ("message", str(wanted["message"]))))

    def typed(self, pairs: Pairs, declared: Body) -> dict[str, Any]:
        self.sent.variables = ()
        if not (self.asker.is_idle("form.truthy") and self.asker.is_idle("form.variables-dropped")):
            properties = self.document.schema(declared.schema)["properties"]
            booleans = {name for name, schema in properties.items() if schema.get("type") == "boolean"}
            pairs = misread(pairs, booleans, self.asker.wanted)
        return super().typed(pairs, declared)


def _variables(value: Any) -> tuple[str, ...] | None:
    """Return the values of `env` and `secrets` that are text; None when it is no object."""
    if not isinstance(value, dict):
        return None
    given = [value[name] for name in _VARIABLES if isinstance(value.get(name), dict)]
    return tuple(text for each in given for text in each.values() if isinstance(text, str))


def refuse_media(request: web.BaseRequest, operation: Operation, asker: Asker) -> None:
    """Refuse a right media type, when a fault wants it. Raises UNSUPPORTED_MEDIA_TYPE."""
    if asker.is_idle("body.refuse"):
        return
    media, _charset = media_type(request)
    if media in operation.bodies and asker.wanted("body.refuse", media):
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send no {media}")


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
