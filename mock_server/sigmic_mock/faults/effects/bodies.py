"""Bodies that are read in part, misread, repaired or crash the server; records of bodies for situations."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from aiohttp import BodyPartReader, MultipartReader, web

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.faults.current_request import current_request
from sigmic_mock.faults.effect import ANY, after, before, effect
from sigmic_mock.faults.effects.lenient_variables import repaired
from sigmic_mock.faults.effects.uploads import BAD_NAME, PartAround
from sigmic_mock.faults.engine import Here
from sigmic_mock.faults.sent_message import SentFile
from sigmic_mock.http.body import awaits_continue, media_type
from sigmic_mock.http.fields import BodyReader
from sigmic_mock.http.multipart import FormReader, MultipartBody
from sigmic_mock.storage.uploads import Part, Received
from sigmic_spec.document import Body, Document, Operation

Pairs = Sequence[tuple[str, str]]
_VARIABLES = frozenset({"env", "secrets"})
_FIRST_LINES: WeakKeyDictionary[FormReader, bytes] = WeakKeyDictionary()


class Crashed(Exception):
    """The platform crashed on input that it did not expect: an internal error."""


@before("body.refuse", at=BodyReader.fields)
def refuses_body_media(here: Here, self: BodyReader) -> None:
    refuse_media(here, self.request, self.operation)


def refuse_media(here: Here, request: web.BaseRequest, operation: Operation) -> None:
    """Refuse a right media type if the fault fires. Raises UNSUPPORTED_MEDIA_TYPE."""
    media, _charset = media_type(request)
    if media in operation.bodies and here.fires(media, of="body.refuse"):
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send no {media}")


@effect("body.waits", at=BodyReader.say_continue)
def waits_for_body(here: Here, self: BodyReader) -> None:
    if not (awaits_continue(self.request) and here.fires()):
        here.step()


@effect("variables.unchecked", at=BodyReader.decode)
async def repairs_variables(here: Here, _self: BodyReader, raw: bytes) -> Any:
    return repaired(await here.step(raw), here.fires)


@effect(ANY, at=BodyReader.decode)
async def note_value(here: Here, _self: BodyReader, raw: bytes) -> Any:
    value, request = await here.step(raw), current_request()
    request.body = value
    if isinstance(value, dict):
        given = [value[name] for name in _VARIABLES if isinstance(value.get(name), dict)]
        texts = (text for each in given for text in each.values())
        request.sent.variables = tuple(text for text in texts if isinstance(text, str))
    return value


@effect("body.first-value", at=BodyReader.decode)
async def reads_first_value(here: Here, _self: BodyReader, raw: bytes) -> Any:
    """Read the first JSON value of a body and ignore the text after it."""
    try:
        return await here.step(raw)
    except ApiError as refusal:
        try:
            text = raw.decode().lstrip()
            value, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            raise refusal from None
        if not text[end:].strip() or not here.fires():
            raise
        return value


# -- forms --------------------------------------------------------------------------------------------------


@after("upload.accepts-without-message", at=BodyReader.receive)
def invents_message(here: Here, _self: BodyReader, received: Received) -> Received:
    """Invent a message for files without one."""
    lacks_message = received.upload.files and all(name != "message" for name, _ in received.fields)
    wanted = here.params() if lacks_message else None
    if wanted is None:
        return received
    return replace(received, fields=(*received.fields, ("message", str(wanted["message"]))))


@effect("form.malformed-crashes", at=BodyReader.receive)
async def crashes_at_form(here: Here, _self: BodyReader) -> Received:
    try:
        return await here.step()
    except ApiError as refusal:
        is_malformed = refusal.code is ErrorCode.VALIDATION_ERROR and not refusal.message.startswith(BAD_NAME)
        if is_malformed and here.fires():
            raise Crashed("the reader did not expect such a form") from refusal
        raise


@effect(ANY, at=BodyReader.receive)
async def note_form(here: Here, _self: BodyReader) -> Received:
    sent = current_request().sent
    sent.variables = ()
    received = await here.step()
    sent.is_read = True
    return received


def _booleans(document: Document, declared: Body) -> Collection[str]:
    properties = document.schema(declared.schema)["properties"]
    return {name for name, schema in properties.items() if schema.get("type") == "boolean"}


@effect("form.truthy", at=BodyReader.typed)
def misreads_words(here: Here, self: BodyReader, pairs: Pairs, declared: Body) -> dict[str, Any]:
    """Read false as true."""
    booleans = _booleans(self.document, declared)
    return here.step(
        [(name, _truthy(here, text) if name in booleans else text) for name, text in pairs], declared
    )


def _truthy(here: Here, text: str) -> str:
    return "true" if text.lower() == "false" and here.fires("false") else text


@effect("form.variables-dropped", at=BodyReader.typed)
def drops_variables(here: Here, _self: BodyReader, pairs: Pairs, declared: Body) -> dict[str, Any]:
    return here.step(
        [pair for pair in pairs if pair[0] not in _VARIABLES or not here.fires(pair[0])], declared
    )


@before(ANY, at=BodyReader.typed)
def note_fields(_here: Here, *_: object) -> None:
    current_request().sent.variables = ()


@after(ANY, at=BodyReader.declared)
def note_media(_here: Here, _self: BodyReader, declared: Body) -> Body:
    current_request().sent.media = declared.media_type
    return declared


# -- multipart framing --------------------------------------------------------------------------------------


@after("upload.preamble-refused", at=FormReader._readline)
def note_first_line(_here: Here, self: FormReader, line: bytes) -> bytes:
    """Record how the body begins: with the first boundary, unless there is text before it."""
    _FIRST_LINES.setdefault(self, line)
    return line


AnyPart = BodyPartReader | MultipartReader


@before("upload.preamble-refused", at=MultipartBody.part)
def refuses_preamble(here: Here, _self: MultipartBody, reader: FormReader, *_: object) -> None:
    if not _FIRST_LINES.get(reader, b"").startswith(b"--") and here.fires():
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The multipart body does not begin with its boundary")


@effect(ANY, at=MultipartBody.part)
def note_part(here: Here, _self: MultipartBody, reader: FormReader, part: AnyPart) -> Part:
    """Record a part, and the bytes of a file while they are read."""
    read, sent = here.step(reader, part), current_request().sent
    sent.parts.append(read.name or "")
    if not read.filename:
        return read
    file = SentFile(read.filename)
    sent.files.append(file)
    return _CountedPart(read, file)


class _CountedPart(PartAround):
    """A file part whose bytes are counted."""

    def __init__(self, part: Part, file: SentFile) -> None:
        super().__init__(part)
        self._file = file

    async def read_chunk(self) -> bytes:
        chunk = await super().read_chunk()
        self._file.size += len(chunk)
        return chunk
