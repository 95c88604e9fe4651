"""The record of a probe: each request with its answer, without secrets, and of limited size."""

import asyncio
import hashlib
from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import Any, Required, TypedDict, Unpack

from sigmic_conformance.traffic.budget import Metered
from sigmic_conformance.wire.bodies import Body, FilePart, Form, Plain
from sigmic_conformance.wire.connection import READ_BYTES, Capture, Request
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import KEPT_BYTES, Chunk, Exchange, Sent, is_success

LONG_BODY = 1 << 18
TEXT_LIMIT = 16_384
CONTENT_LIMIT = 256 << 10
"""The longest body that is recorded byte by byte if its text or parts do not describe it."""


class Labels(TypedDict, total=False):
    """What the record of an exchange says besides its bytes."""

    label: Required[str]
    operation: Required[str]
    role: Required[str]
    transient: bool


class Recording:
    """The exchanges of one probe, in the order in which their requests were started.

    `see` is called with each exchange.
    """

    def __init__(
        self, probe: str, base_url: str, redactor: Redactor, see: Callable[[Exchange], None]
    ) -> None:
        self._of = partial(recorded, redactor=redactor, base_url=base_url, probe=probe)
        self._see = see
        self._exchanges: dict[int, Exchange] = {}
        self._count = 0

    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges so far."""
        return tuple(self._exchanges[number] for number in sorted(self._exchanges))

    def number(self) -> int:
        """The number of a request that is started now."""
        self._count += 1
        return self._count

    def add(self, number: int, capture: Capture, request: Request, **labels: Unpack[Labels]) -> Exchange:
        """Record a request, and return its exchange."""
        return self._take(self._of(capture, request, number=number, **labels))

    async def add_long(
        self, number: int, capture: Capture, request: Request, **labels: Unpack[Labels]
    ) -> Exchange:
        """The same; a long body is searched for secrets in another thread, so that no stream waits."""
        if capture.size <= LONG_BODY:
            return self.add(number, capture, request, **labels)
        return self._take(await asyncio.to_thread(self._of, capture, request, number=number, **labels))

    def _take(self, exchange: Exchange) -> Exchange:
        self._exchanges[exchange.number] = exchange
        self._see(exchange)
        return exchange


def recorded(
    capture: Capture, request: Request, *, redactor: Redactor, base_url: str, **more: Any
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
        coded=capture.coded,
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
        by_hand=request.by_hand,
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
