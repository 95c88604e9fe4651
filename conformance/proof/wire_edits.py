"""Makers of edits: each returns a function for one place of `wire_message.Edit`."""

import functools
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sigmic_conformance.conformance.proof.wire_message import (
    Answer,
    Block,
    Body,
    Cut,
    Farewell,
    Head,
    Last,
    Memory,
    Piece,
    Wire,
)

_TASK = re.compile(r"/api/v1/tasks/[^/?]+")
OK = 200


def drop(kind: str) -> Piece:
    """Every block of a kind is lost."""
    return lambda block, _: b"" if block.kind == kind else None


def drop_first(kind: str) -> Piece:
    """The first block of a kind in each stream is lost."""
    return lambda block, _: b"" if block.kind == kind and first(block.stream, kind) else None


def drop_after_first(kind: str) -> Piece:
    """All blocks of a kind but the first of each stream are lost."""
    return lambda block, _: b"" if block.kind == kind and not first(block.stream, kind) else None


def drop_in_later_streams(kinds: Sequence[str], whole: int = 1) -> Piece:
    """Of each task only the first streams get the blocks of some kinds."""

    def piece(block: Block, memory: Memory) -> bytes | None:
        counts = memory.setdefault("streams", {})
        if "place" not in block.stream:
            block.stream["place"] = counts[block.target] = counts.get(block.target, 0) + 1
        return b"" if block.kind in kinds and block.stream["place"] > whole else None

    return piece


def drop_every_second(kind: str) -> Piece:
    """Every second block of a kind is lost."""

    def piece(block: Block, _: Memory) -> bytes | None:
        if block.kind != kind:
            return None
        block.stream["count"] = block.stream.get("count", 0) + 1
        return b"" if block.stream["count"] % 2 else None

    return piece


def twice(kind: str) -> Piece:
    """Every block of a kind comes twice."""
    return lambda block, _: block.raw * 2 if block.kind == kind else None


def after(kind: str, more: bytes) -> Piece:
    """Bytes follow each block of a kind."""
    return lambda block, _: block.raw + more if block.kind == kind else None


def before(kind: str, more: bytes) -> Piece:
    """Bytes precede each block of a kind."""
    return lambda block, _: more + block.raw if block.kind == kind else None


def swap(kind: str, with_next: str) -> Piece:
    """A block of a kind is held back until the next one of another kind is out."""

    def piece(block: Block, _: Memory) -> bytes | None:
        if block.kind == kind:
            block.stream.setdefault("held", []).append(block.raw)
            return b""
        if block.kind == with_next and block.stream.get("held"):
            return bytes(block.raw + b"".join(block.stream.pop("held")))
        return None

    return piece


def replace(kind: str, pattern: bytes, put: bytes) -> Piece:
    """In blocks of a kind (`*`: of events of any kind) a pattern is replaced where it occurs."""
    compiled = re.compile(pattern, re.DOTALL)

    def piece(block: Block, _: Memory) -> bytes | None:
        if block.kind != kind and (kind != "*" or block.kind == "heartbeat"):
            return None
        changed = compiled.sub(put, block.raw)
        return None if changed == block.raw else changed

    return piece


def last(sent: bytes = b"", how: str = Farewell.CLOSE) -> Last:
    """The stream does not end with its last chunk, but with these bytes and in this way."""
    return lambda: Cut(sent, Farewell(how))


def header(name: str, value: str | None, *, status: int | None = None, stream: bool | None = None) -> Head:
    """A header gets a value, or is lost (None), in answers of a status, or in streams only."""

    def head(answer: Answer, _: Memory) -> Answer | None:
        if status not in {None, answer.status} or stream not in {None, answer.is_stream}:
            return None
        changed = answer.put(name, value)
        return None if changed.headers == answer.headers else changed

    return head


def status(was: int, now: int, *, path: str = "") -> Head:
    """A status becomes another one, where the target contains `path`."""

    def head(answer: Answer, _: Memory) -> Answer | None:
        if answer.status != was or path not in answer.target or answer.is_stream:
            return None
        return Answer(
            method=answer.method, target=answer.target, status=now, headers=answer.headers, body=answer.body
        )

    return head


def redirected(answer: Answer, _: Memory) -> Answer | None:
    """A stream answers with a redirection to another origin."""
    if not answer.is_stream:
        return None
    headers = (("Location", f"http://elsewhere.invalid{answer.target}"), ("Content-Length", "0"))
    return Answer(method=answer.method, target=answer.target, status=307, headers=headers)


def bytes_of(pattern: bytes, put: bytes, *, statuses: range = range(200, 600), path: str = "") -> Body:
    """In JSON bodies of some statuses a pattern is replaced."""
    compiled = re.compile(pattern, re.DOTALL)

    def body(answer: Answer, _: Memory) -> bytes | None:
        if not answer.is_json or answer.status not in statuses or path not in answer.target:
            return None
        changed = compiled.sub(put, answer.body)
        return None if changed == answer.body else changed

    return body


def envelope(at: Sequence[str], *, refusal: bool, value: Any = None) -> Body:
    """In successes or in refusals the member at a path gets a value, or is lost (None)."""
    *way, name = at

    def body(answer: Answer, _: Memory) -> bytes | None:
        parsed = json.loads(answer.body) if answer.is_json and answer.body else None
        if not isinstance(parsed, dict) or (answer.status >= 400) is not refusal:  # noqa: PLR2004  HTTP's classes
            return None
        before = json.dumps(parsed)
        holder = functools.reduce(operator.getitem, way, parsed)
        if value is None:
            del holder[name]
        else:
            holder[name] = value
        changed = json.dumps(parsed)
        return None if changed == before else changed.encode()

    return body


def of_another_task(answer: Answer, memory: Memory) -> bytes | None:
    """What is read of any task is the body that was read of the first."""
    if answer.method != "GET" or not _TASK.fullmatch(answer.target) or answer.status != OK:
        return None
    known = memory.setdefault("first", answer.body)
    own = memory.setdefault("target", answer.target)
    return None if own == answer.target else bytes(known)


def same_id(answer: Answer, memory: Memory) -> bytes | None:
    """Every creation answers the id of the first."""
    if answer.method != "POST" or answer.status != 201 or not answer.target.endswith("/tasks"):  # noqa: PLR2004  created
        return None
    parsed = json.loads(answer.body)
    known = memory.setdefault("id", parsed["data"]["id"])
    if known == parsed["data"]["id"]:
        return None
    parsed["data"]["id"] = known
    return json.dumps(parsed).encode()


def flipped(answer: Answer, _: Memory) -> bytes | None:
    """The last byte of each download is another one."""
    if "/download" not in answer.target or answer.status != 200 or not answer.body:  # noqa: PLR2004  a success
        return None
    return answer.body[:-1] + bytes([answer.body[-1] ^ 1])


def length(by: int) -> Wire:
    """Content-Length of JSON answers tells `by` bytes more than come."""

    def wire(answer: Answer, _: bytes) -> bytes | None:
        if not answer.body or answer.method == "HEAD":
            return None
        return answer.put("Content-Length", str(len(answer.body) + by)).head() + answer.body

    return wire


def broken_off(keep: float, how: str, *, method: str = "GET") -> Wire:
    """Answers to a method end after a part of their body."""

    def wire(answer: Answer, message: bytes) -> Cut | None:
        if answer.method != method or not answer.body:
            return None
        return Cut(message[: len(message) - round(len(answer.body) * (1 - keep))], Farewell(how))

    return wire


def body_after_head(answer: Answer, message: bytes) -> bytes | None:
    """The answer to HEAD has a body."""
    return message + b'{"success":true}' if answer.method == "HEAD" else None


def both_framings(answer: Answer, _: bytes) -> bytes | None:
    """JSON answers have a length and are chunked besides; the length is wrong."""
    if not answer.is_json or not answer.body or answer.method == "HEAD":
        return None
    head = answer.put("Content-Length", str(len(answer.body) + 7)).put("Transfer-Encoding", "chunked").head()
    return head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(answer.body), answer.body)


def first(memory: Memory, name: str) -> bool:
    """True the first time that it is asked for a name."""
    seen: set[str] = memory.setdefault("seen", set())
    new = name not in seen
    seen.add(name)
    return new


MAKERS: Mapping[str, tuple[str, Callable[..., Any]]] = MappingProxyType(
    {
        **{
            make.__name__: ("piece", make)
            for make in (
                drop,
                drop_first,
                drop_after_first,
                drop_in_later_streams,
                drop_every_second,
                twice,
                after,
                before,
                swap,
                replace,
            )
        },
        **{make.__name__: ("head", make) for make in (header, status)},
        **{make.__name__: ("body", make) for make in (bytes_of, envelope)},
        **{make.__name__: ("wire", make) for make in (length, broken_off)},
        "last": ("last", last),
        "redirected": ("head", lambda: redirected),
        **{edit.__name__: ("body", lambda edit=edit: edit) for edit in (of_another_task, same_id, flipped)},
        **{edit.__name__: ("wire", lambda edit=edit: edit) for edit in (body_after_head, both_framings)},
    }
)
"""By the name in `wire_mutants.yaml`: the place of `Edit` that the function is for, and its maker."""
