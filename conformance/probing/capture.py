"""From a request and its capture to what is kept of them: without secrets, and bounded."""

import hashlib

from sigmic_conformance.conformance.client.bodies import Plain
from sigmic_conformance.conformance.client.connection import Request
from sigmic_conformance.conformance.probing.budget import Metered
from sigmic_conformance.conformance.transcript.redaction import Redactor
from sigmic_conformance.conformance.transcript.transcript import Chunk, Sent

TEXT_LIMIT = 16_384
KEPT_BYTES = 4 << 20


def sent(request: Request, redactor: Redactor, *, whole: bool) -> Sent:
    """What a request sent, as it is kept: long and binary bodies by their length and digest only."""
    body, written = request.body, None
    if isinstance(body, Metered):
        written = body.written
        body = body.body
    headers = request.headers + ((("Content-Type", body.content_type),) if body and body.content_type else ())
    text, digest = None, None
    if isinstance(body, Plain):
        clean = redactor.data(body.content)
        digest = hashlib.sha256(clean).hexdigest()
        text = None if body.description else clean[:TEXT_LIMIT].decode("utf-8", "replace")
    return Sent(
        method=request.method,
        target=redactor.text(request.target),
        version=request.version,
        headers=tuple((name, redactor.text(value)) for name, value in headers),
        size=body.size if body else 0,
        written=written,
        sha256=digest,
        text=text,
        parts=tuple(redactor.text(part) for part in body.description) if body else (),
        whole=whole,
    )


def bounded(chunks: list[Chunk]) -> tuple[Chunk, ...]:
    """Keep the first 4 MiB of a body; `Exchange.size` tells how much there was."""
    kept, size = [], 0
    for chunk in chunks:
        if size >= KEPT_BYTES:
            break
        kept.append(chunk)
        size += len(chunk.data)
    return tuple(kept)
