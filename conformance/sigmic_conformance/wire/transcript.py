"""The record of a probe: what was sent, every byte received, when, and how the connection ended.

Times are monotonic nanoseconds of one run. A transcript is a value: checks read it, files keep it (`ndjson`),
and a file without its footer is refused, because a truncated record must not be checked.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from typing import Any
from urllib.parse import unquote

from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.spelling import Spelling

PREFLIGHT = "preflight"
"""The name of the transcript of the preflight."""
JOURNEY = "journey_"
"""Prefix of the names of journeys, in a run that has them in addition to probes."""
REPEATED = " (repeated)"
"""End of the label of a request that repeats one without an answer, after its probe."""
SUCCESS, REFUSAL = range(200, 300), range(400, 500)
GATEWAY_STATUSES = frozenset({502, 504})
"""Bad Gateway and Gateway Timeout: sent by a proxy in front of the platform."""


class Closed(StrEnum):
    """How an exchange ended, seen from the harness."""

    COMPLETE = "complete"  # the message ended as framed
    TRUNCATED = "truncated"  # the server closed inside the message
    RESET = "reset"  # connection reset
    REFUSED = "refused"  # no connection, or TLS failed
    DEADLINE = "deadline"  # the harness timed out
    BOUND = "bound"  # more bytes than the harness accepts
    MALFORMED = "malformed"  # not HTTP/1.1
    HUNG_UP = "hung-up"  # the harness closed on purpose
    OPEN = "open"


class Framing(StrEnum):
    """How a response announced the length of its body."""

    NONE = "none"
    LENGTH = "length"
    CHUNKED = "chunked"
    CLOSE = "close"


def is_success(status: int) -> bool:
    """True for a status of the class 2xx."""
    return status in SUCCESS


class Ending(StrEnum):
    """How a probe ended."""

    COMPLETE = "complete"
    INTERRUPTED = "interrupted"  # a step it depends on failed
    MISSED = "missed"  # the agent never did what the probe asked of it
    HELD_BACK = "held-back"  # a stream delivered nothing, so the agent's actions are unknown
    DEADLINE = "deadline"
    BUDGET = "budget"
    THROTTLED = "throttled"
    GONE = "gone"  # the target was lost during the run
    UNAVAILABLE = "unavailable"  # the profile does not give what it needs (a second key, time to wait)
    INAPPLICABLE = "inapplicable"  # the target declares that it lacks the capability
    ERRORED = "errored"  # a fault of the harness


@dataclass(frozen=True, slots=True)
class Chunk:
    """Body bytes as they arrived; `at` in nanoseconds."""

    at: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent, without secrets. `text` is the body when it is short text, `parts` describes a form.

    `version` is the one of HTTP that the request names. `files` are those of the form, in its order.

    `size` is the announced length of the body, `written` how much of it was sent before the answer.
    """

    method: str
    target: str
    version: str = "1.1"
    headers: tuple[tuple[str, str], ...] = ()
    size: int = 0
    written: int | None = None
    sha256: str | None = None
    text: str | None = None
    parts: tuple[str, ...] = ()
    files: tuple[SentFile, ...] = ()
    whole: bool = True
    body: bytes | None = None
    """The body's bytes if `text` does not have them; None for a long body."""
    spelling: Spelling = Spelling.PLAIN
    by_hand: bool = False
    """Whether the probe wrote the bytes itself: several requests on a connection, or half of one."""

    def header(self, name: str) -> str | None:
        """The first value of a request header, or None; `name` is in lower case."""
        return next((value for each, value in self.headers if each.lower() == name), None)

    @property
    def content(self) -> bytes | None:
        """The body's bytes as sent, except for secrets; None if they are not recorded, or without a body."""
        if self.body is not None or self.text is None:
            return self.body
        told = self.text.encode(errors="surrogateescape")
        return told if hashlib.sha256(told).hexdigest() == self.sha256 else None


KEPT_BYTES = 4 << 20
"""The limit of a recorded body: the first bytes of an answer, the digest and entries of a sent file."""
CORS_PREFLIGHT = "preflight"
"""The operation name of a browser's CORS preflight."""
ENDED = "sessions ended"
"""The fact of a probe that lists each task whose session the profile's command or hook ended, and when."""
NO_OPERATION = ""
"""The operation of a request that is not in the document."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its response. Derived values are computed once, because hundreds of checks use them.

    `role` names the credentials it was sent with, `label` is the probe's name for it. `transient` marks an
    answer (429, 503, a reset, a refused form) after which the suite retried the request: it is not checked.
    `chunks` and `size` are the content; `coded` is the number of bytes that arrived for it if the harness
    undid a content coding that the request had offered, else None.
    `surplus` counts the bytes that followed the end of the message. From `paused_at` on the harness did not
    always read: arrival times do not show when data was sent.
    """

    probe: str
    number: int
    label: str
    operation: str
    role: str
    url: str
    sent: Sent
    started: int
    head_at: int | None = None
    ended: int = 0
    head: bytes = b""
    version: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    framing: Framing = Framing.NONE
    chunks: tuple[Chunk, ...] = ()
    size: int = 0
    coded: int | None = None
    surplus: int = 0
    closed: Closed = Closed.OPEN
    error: str = ""
    transient: bool = False
    paused_at: int | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Only the fields: a copy in another process computes derived values again."""
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    @cached_property
    def body(self) -> bytes:
        """The recorded body bytes."""
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def arrived(self) -> int:
        """How many bytes of the body arrived, with its content coding."""
        return self.size if self.coded is None else self.coded

    @property
    def is_readable_stream(self) -> bool:
        """True for an event stream that can be read to its end: neither compressed nor cut."""
        return self.is_stream and not self.encoded and not self.is_cut

    @property
    def is_cut(self) -> bool:
        """True for a body whose end was not recorded: data missing there is not the target's fault."""
        return self.closed is Closed.BOUND or KEPT_BYTES <= len(self.body) < self.size

    @property
    def is_judged(self) -> bool:
        """False if the suite retried it, or kept only the beginning of its JSON."""
        is_json = self.media_type == "application/json" and self.operation != "download_artifact"
        return not (self.transient or (is_json and self.closed is Closed.COMPLETE and self.is_cut))

    @property
    def ok(self) -> bool:
        """True for a complete answer with a 2xx status."""
        return self.succeeded and self.closed is Closed.COMPLETE

    @property
    def succeeded(self) -> bool:
        """True for any 2xx status, however the body ended."""
        return self.status is not None and is_success(self.status)

    @property
    def is_documented(self) -> bool:
        """True for a request of a documented operation; the form of other answers is not documented."""
        return self.operation not in {CORS_PREFLIGHT, NO_OPERATION}

    @property
    def refused(self) -> bool:
        """True for any 4xx status."""
        return self.status in REFUSAL

    @property
    def cut_off(self) -> bool:
        """True for a request that may have had an effect, but got no answer from the platform.

        The connection broke before any, or a gateway reported in an HTML page that it got none (RFC 9110).
        """
        broke = self.status is None and self.closed in {Closed.RESET, Closed.TRUNCATED, Closed.REFUSED}
        gateway = self.status in GATEWAY_STATUSES and self.media_type == "text/html"
        return (broke or gateway) and self.sent.method not in {"GET", "HEAD", "OPTIONS"}

    @property
    def is_unanswered(self) -> bool:
        """True for a request that got no answer: no connection, or silence to the end.

        A connection that the server closed is an answer: for unparsable HTTP it is a legal one.
        """
        return self.status is None and self.closed in {Closed.REFUSED, Closed.DEADLINE, Closed.OPEN}

    def header(self, name: str) -> str | None:
        """The first value of a response header, or None."""
        return self._first.get(name.lower())

    @property
    def date(self) -> float | None:
        """The time of the Date header in epoch seconds, or None."""
        try:
            return parsedate_to_datetime(self.header("date") or "").timestamp()
        except (ValueError, OverflowError):
            return None

    @cached_property
    def media_type(self) -> str:
        """The media type in lower case without its parameters; empty if there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def is_stream(self) -> bool:
        """True for a successful event stream."""
        return self.succeeded and self.media_type == "text/event-stream"

    @cached_property
    def encoded(self) -> bool:
        """True if the body has a content coding that the harness did not undo."""
        coding = (self.header("content-encoding") or "identity").strip().lower()
        return self.coded is None and coding != "identity"

    def json(self) -> Any:
        """The body as JSON, or None if it is not JSON. All callers get the same value: do not change it."""
        return self._parsed

    @property
    def data(self) -> Any:
        """The `data` of a success envelope, or None."""
        parsed = self.json()
        return parsed.get("data") if isinstance(parsed, dict) and parsed.get("success") is True else None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The `data` of a success envelope if it is an object, else empty."""
        data = self.data
        return data if isinstance(data, dict) else {}

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The objects in the `data` of a success envelope if it is a list, else empty."""
        data = self.data
        return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []

    @property
    def pending_calls(self) -> list[str]:
        """The callIds in `pendingApprovals` of an answer of get_task."""
        return json_values.call_ids(self.fields.get("pendingApprovals"))

    @property
    def code(self) -> str | None:
        """The error code of an error envelope, or None."""
        parsed = self.json()
        error = parsed.get("error") if isinstance(parsed, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        return code if isinstance(code, str) else None

    @property
    def message(self) -> str | None:
        """The error message of an error envelope, or None."""
        parsed = self.json()
        error = parsed.get("error") if isinstance(parsed, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        return message if isinstance(message, str) else None

    @cached_property
    def task(self) -> str:
        """The task id in the request's path, decoded; empty if there is none."""
        parts = self.sent.target.partition("?")[0].split("/")
        return unquote(parts[4]) if len(parts) > 4 else ""  # noqa: PLR2004  /api/v1/tasks/{id}

    def arrival(self, offset: int) -> int:
        """When the body byte at `offset` arrived."""
        index = bisect_right(self._starts, offset) - 1
        return self.chunks[min(index, len(self.chunks) - 1)].at

    @cached_property
    def _parsed(self) -> Any:
        try:
            return json_values.read(self.body)
        except ValueError:
            return None

    @cached_property
    def _first(self) -> Mapping[str, str]:
        """The first value of each response header, by its name in lower case."""
        return {name.lower(): value for name, value in reversed(self.headers)}

    @cached_property
    def _starts(self) -> list[int]:
        """The offset at which each chunk of the body starts, and the end of the body."""
        return list(accumulate((len(chunk.data) for chunk in self.chunks), initial=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """All exchanges of one probe in the order of their start, and its notes (nonces, ids, times)."""

    probe: str
    ending: Ending
    detail: str = ""
    exchanges: tuple[Exchange, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    lag: int = 0
    shard: int = 0
    """In a merged run, the number of the shard that recorded it and whose clock its times refer to."""

    def checked(self) -> tuple[Exchange, ...]:
        """All checked exchanges, in order."""
        return tuple(exchange for exchange in self.exchanges if exchange.is_judged)

    def labelled(self, label: str) -> tuple[Exchange, ...]:
        """The checked exchanges with this label, in order."""
        return tuple(exchange for exchange in self.checked() if exchange.label == label)
