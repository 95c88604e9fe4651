"""The request body of an operation, from any of its media types, validated against the document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_mock.http.body import (
    MOST_BYTES,
    MOST_FORM_BYTES,
    check_announced,
    decoded_json,
    has_body,
    media_type,
    parse_form,
    say_continue,
    whole_body,
)
from sigmic_mock.http.multipart import MultipartBody
from sigmic_mock.http.observer import RequestObserver
from sigmic_mock.http.validation import check
from sigmic_mock.runtime.long_work import work_on
from sigmic_mock.storage.staging import StagedUpload, Staging
from sigmic_mock.storage.uploads import Received, Reception
from sigmic_spec.document import Body, Document, Operation

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})
_WORDS = {"true": True, "false": False}
_JSON_ONLY = ("env", "secrets")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSpace:
    """The directory that receives request bodies, and how much of it is used."""

    staging: Staging
    limits: UploadLimits = field(default_factory=UploadLimits)


@dataclass(slots=True, kw_only=True)
class Fields:
    """The valid fields of a body. `upload` holds its files, if any, and must be committed or discarded."""

    values: Mapping[str, Any]
    upload: StagedUpload | None = None


class BodyReader:
    """Reads the body of one request. Handlers call `json` and `fields`; the rest are steps of these."""

    def __init__(
        self,
        request: web.BaseRequest,
        operation: Operation,
        document: Document,
        space: UploadSpace,
        observer: RequestObserver | None,
    ) -> None:
        self.request = request
        self.operation = operation
        self.document = document
        self.space = space
        self.observer = observer

    async def json(self) -> Mapping[str, Any]:
        """Return the fields of a body that must be JSON."""
        declared = self.declared()
        raw = await self.read()
        value = await self.decode(raw)
        await work_on(len(raw), lambda: check(self.document, declared, value))
        fields: Mapping[str, Any] = value
        return fields

    async def fields(self) -> Fields:
        """Return the fields of a body that is JSON or a form, with or without files.

        If this raises, no file is left on disk.
        """
        declared = self.declared()
        if declared.media_type == JSON:
            return Fields(values=await self.json())
        if declared.media_type == FORM:
            return Fields(values=await self.form(declared))
        received = await self.receive()
        try:
            values = self.typed(received.fields, declared)
        except ApiError:
            await received.upload.discard()
            raise
        if not received.upload.files:
            await received.upload.discard()
            return Fields(values=values)
        return Fields(values=values, upload=received.upload)

    def declared(self) -> Body:
        """Return which of the operation's bodies this is. Raises UNSUPPORTED_MEDIA_TYPE (G-07)."""
        media, charset = media_type(self.request)
        bodies = self.operation.bodies
        if not media and not has_body(self.request):
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"A body is required; send {' or '.join(bodies)}")
        if media not in bodies:
            raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send {' or '.join(bodies)}")
        if charset not in _CHARSETS:
            raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body in UTF-8")
        return bodies[media]

    async def read(self, most: int = MOST_BYTES) -> bytes:
        """Return the whole body. Raises PAYLOAD_TOO_LARGE early, VALIDATION_ERROR if malformed."""
        check_announced(self.request, most)
        self.say_continue()
        body = await whole_body(self.request, most)
        if self.observer is not None:
            await self.observer.read_body(body)
        return body

    def say_continue(self) -> None:
        """Send `100 Continue` if the client waits for it."""
        say_continue(self.request)

    async def decode(self, raw: bytes) -> Any:
        """Return the value of a JSON body, not yet validated. Raises VALIDATION_ERROR."""
        return await decoded_json(raw)

    async def form(self, declared: Body) -> Mapping[str, Any]:
        """Return the fields of a URL-encoded form. Raises VALIDATION_ERROR."""
        raw = await self.read(MOST_FORM_BYTES)
        pairs = await work_on(len(raw), lambda: parse_form(raw))
        return self.typed(pairs, declared)

    async def receive(self) -> Received:
        """Receive a multipart body to disk. Raises `ApiError`, and then leaves no file."""
        staging, limits = self.space.staging, self.space.limits
        body = MultipartBody(self.request, limits, self.observer)
        return await Reception(staging, limits).receive(body.parts())

    def typed(self, pairs: Sequence[tuple[str, str]], declared: Body) -> dict[str, Any]:
        """Return the fields of a form as typed values. Raises VALIDATION_ERROR."""
        return form_values(pairs, self.document, declared)


def form_values(pairs: Sequence[tuple[str, str]], document: Document, body: Body) -> dict[str, Any]:
    """Return form fields as typed values: each once, booleans as words (G-12), no env or secrets (X-03)."""
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
