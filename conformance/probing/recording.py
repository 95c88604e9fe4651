"""Turn a request and its capture into what is recorded: without secrets, and of limited size."""

import hashlib
from itertools import accumulate
from typing import Any

from sigmic_conformance.conformance.client.bodies import Body, FilePart, Form, Plain
from sigmic_conformance.conformance.client.connection import READ_BYTES, Capture, Request
from sigmic_conformance.conformance.probing.budget import Metered
from sigmic_conformance.conformance.transcript.redaction import Redactor
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.conformance.transcript.transcript import KEPT_BYTES, Chunk, Exchange, Sent, is_success

TEXT_LIMIT = 16_384
CONTENT_LIMIT = 256 << 10
"""The longest body that is recorded byte by byte if its text or parts do not describe it."""


def recorded(
    capture: Capture, request: Request, redactor: Redactor, *, base_url: str, **more: Any
) -> Exchange:
    """The exchange of a request and its capture; `more` are the fields that neither of them has."""
    kept = bounded(capture.chunks, KEPT_BYTES)
    # The end of what is kept may cut a secret.
    clean = redactor.chunks([chunk.data for chunk in bounded(capture.chunks, KEPT_BYTES + READ_BYTES)])
    return Exchange(
        **more,
        url=base_url + redactor.text(request.target),
        sent=sent(request, redactor, whole=capture.sent_whole),
        started=capture.started,
        head_at=capture.head_at,
        ended=capture.ended,
        head=redactor.data(capture.head),
        version=capture.version,
        status=capture.status,
        headers=tuple((name, redactor.text(value)) for name, value in capture.headers),
        framing=capture.framing,
        chunks=tuple(Chunk(chunk.at, data) for chunk, data in zip(kept, clean, strict=False)),
        size=capture.size,
        surplus=capture.surplus,
        closed=capture.closed,
        error=redactor.text(capture.error),
        paused_at=capture.paused_at,
    )


def may_have_begun(capture: Capture) -> bool:
    """True unless it is certain that the request started nothing."""
    if capture.status is None:
        return capture.sent_any
    return is_success(capture.status)


def sent(request: Request, redactor: Redactor, *, whole: bool) -> Sent:
    """What a request sent, as recorded: long and binary bodies only by length and digest."""
    body, written = request.body, None
    if isinstance(body, Metered):
        written = body.written
        body = body.body
    text, digest, content = None, None, None
    if isinstance(body, Plain):
        clean = redactor.data(body.content)
        digest = hashlib.sha256(clean).hexdigest()
        text = None if body.description else clean[:TEXT_LIMIT].decode("utf-8", "replace")
        if (text is None or text.encode() != clean) and len(clean) <= CONTENT_LIMIT:
            content = clean
    elif isinstance(body, Form) and body.size <= CONTENT_LIMIT:
        content = redactor.data(b"".join(body.portions()))
    return Sent(
        method=request.method,
        target=redactor.text(request.target),
        version=request.version,
        headers=tuple((name, redactor.text(value)) for name, value in request.lines()),
        size=body.size if body else 0,
        written=written,
        sha256=digest,
        text=text,
        parts=tuple(redactor.text(part) for part in body.description) if body else (),
        files=_files(body, redactor),
        whole=whole,
        body=content,
        spelling=request.spelling,
    )


def _files(body: Body | None, redactor: Redactor) -> tuple[SentFile, ...]:
    """The files of a form; files longer than the recorded part of an answer have no digest."""
    if not isinstance(body, Form):
        return ()
    return tuple(_file(part, redactor.text(part.name)) for part in body.files)


def _file(part: FilePart, name: str) -> SentFile:
    if part.length > KEPT_BYTES:
        return SentFile(name, part.length)
    return SentFile.of(name, b"".join(part.portions()))


def bounded(chunks: list[Chunk], size: int) -> list[Chunk]:
    """The first `size` bytes of a body, in whole pieces; `Exchange.size` is the full size."""
    sizes = accumulate((len(chunk.data) for chunk in chunks), initial=0)
    return [chunk for chunk, before in zip(chunks, sizes, strict=False) if before < size]
