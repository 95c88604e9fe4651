"""The edits of the wire mutants on recorded transcripts: what a judge says without any traffic."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sigmic_conformance.conformance.proof.wire_message import Answer, Cut, Edit, Memory, block
from sigmic_conformance.conformance.transcript.transcript import Chunk, Exchange, Transcript

_BLOCK = re.compile(rb".*?\n\n", re.DOTALL)


def spoiled(transcripts: Mapping[str, Transcript], edit: Edit) -> tuple[dict[str, Transcript], int]:
    """The transcripts as they would have been behind the edit, and how often it changed something."""
    memory: Memory = {}
    hits = 0
    found: dict[str, Transcript] = {}
    for name, transcript in transcripts.items():
        after = tuple(_spoiled(exchange, edit, memory) for exchange in transcript.exchanges)
        hits += sum(one is not other for one, other in zip(after, transcript.exchanges, strict=True))
        found[name] = replace(transcript, exchanges=after, lag=0)
    return found, hits


def can_be_offline(edit: Edit) -> bool:
    """True for an edit of heads, bodies or blocks; cuts and framings need a wire."""
    return edit.wire is None and edit.last is None


def _spoiled(exchange: Exchange, edit: Edit, memory: Memory) -> Exchange:
    if exchange.status is None:
        return exchange
    answer = Answer(
        method=exchange.sent.method,
        target=exchange.sent.target,
        status=exchange.status,
        headers=exchange.headers,
        body=b"" if exchange.is_stream else exchange.body,
    )
    if edit.piece is not None and exchange.is_stream:
        exchange = _respoken(exchange, edit, memory)
    if edit.body is not None and not exchange.is_stream and answer.body:
        body = edit.body(answer, memory)
        if body is not None:
            exchange = _with_body(exchange, body)
    altered = edit.head(answer, memory) if edit.head is not None else None
    if altered is not None:
        exchange = replace(exchange, status=altered.status, headers=altered.headers)
    return exchange


def _with_body(exchange: Exchange, body: bytes) -> Exchange:
    headers = tuple(
        (name, str(len(body)) if name.lower() == "content-length" else value)
        for name, value in exchange.headers
    )
    at = exchange.chunks[-1].at
    return replace(exchange, headers=headers, chunks=(Chunk(at, body),), size=len(body))


def _respoken(exchange: Exchange, edit: Edit, memory: Memory) -> Exchange:
    """The stream with each block edited; a block keeps the time at which its last byte came."""
    stream: Memory = {}
    chunks: list[Chunk] = []
    changed = False
    for at, raw in _blocks(exchange):
        told = edit.piece(block(raw, exchange.sent.target, stream), memory) if edit.piece else None
        changed = changed or told is not None
        data = raw if told is None else told.data if isinstance(told, Cut) else told
        if data:
            chunks.append(Chunk(at, data))
    if not changed:
        return exchange
    return replace(exchange, chunks=tuple(chunks), size=sum(len(chunk.data) for chunk in chunks))


def _blocks(exchange: Exchange) -> Iterator[tuple[int, bytes]]:
    """Each block with its blank line, and a rest without one, with the time of its end."""
    body, end = exchange.body, 0
    for match in _BLOCK.finditer(body):
        end = match.end()
        yield exchange.arrival(end - 1), match[0]
    if end < len(body):
        yield exchange.arrival(len(body) - 1), body[end:]
