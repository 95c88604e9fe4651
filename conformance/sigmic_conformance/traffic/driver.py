"""The driver of a probe: the eleven operations by name, streams that can be watched, everything recorded.

After a transient fault (429, 503 with Retry-After, a connection that breaks before any answer) a request is
retried a few times. The record has all of these exchanges; those that were retried are marked as transient.
A request that changes something is retried only if it certainly had no effect: no task is created twice by
accident. If it may have had one, it is repeated after the probe, which shows whether the server ever answers
it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Required, TypedDict, TypeVar, Unpack

from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.budget import TURN_OPERATIONS, Budget, Metered, Spent
from sigmic_conformance.traffic.callers import Caller, bearer
from sigmic_conformance.traffic.conduct import Conduct
from sigmic_conformance.traffic.endings import Interrupted, Throttled, describe
from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.traffic.pace import Pace
from sigmic_conformance.traffic.recording import Labels, Recording, may_have_begun
from sigmic_conformance.traffic.request_writer import RequestWriter
from sigmic_conformance.traffic.retries import (
    AGAIN_SECONDS,
    THROTTLING,
    doubled,
    retry_pause,
)
from sigmic_conformance.wire.bodies import JSON, Body
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds, Capture, Request
from sigmic_conformance.wire.ordinary_clients import OrdinaryClient
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import REFUSAL, REPEATED, Closed, Exchange

Value = TypeVar("Value")
ATTEMPTS = 6
MOST_LOST = 5
REPETITIONS = 3


class How(TypedDict, total=False):
    """Options of every request; see `Driver.request`."""

    label: Required[str]
    caller: Caller | None
    body: Body | None
    headers: tuple[tuple[str, str], ...]
    accept: str | None
    bounds: Bounds | None
    watch: Callable[[bytes], None] | None
    spelling: Spelling
    client: OrdinaryClient | None


class Opening(TypedDict, total=False):
    """How a stream is opened: by default by the owner, without additional headers."""

    label: Required[str]
    caller: Caller | None
    headers: tuple[tuple[str, str], ...]
    client: OrdinaryClient | None


class Driver:
    """Sends the requests of one probe, which labels each request and names each value for its checks."""

    def __init__(
        self,
        *,
        probe: str,
        client: Client,
        profile: Profile,
        credentials: Credentials,
        redactor: Redactor,
        budget: Budget | None = None,
        conduct: Conduct | None = None,
    ) -> None:
        self.probe = probe
        self.profile = profile
        self._facts: dict[str, object] = {}
        self.owner = bearer("owner", credentials.api_key)
        self.credentials = credentials
        self.redactor = redactor
        self._client = client
        self._budget = budget or Budget(turns=profile.model_turns, bytes=profile.upload_bytes)
        self.delayed: Callable[[float], None] = lambda _: None
        """Called with the seconds for which the target makes the probe wait."""
        self.client: OrdinaryClient | None = None
        """Whose headers every request has; None for the suite's own."""
        self.created: dict[str, Caller] = {}
        """The tasks that it created, and who created each."""
        self.held_back = False  # whether one of its streams delivered nothing, not even the head
        self.conduct = conduct or Conduct(Pace(profile.rate))
        self._recording = Recording(probe, client.base_url, redactor, self.conduct.see)
        self._lost: list[Callable[[], Awaitable[Exchange]]] = []
        self._live: list[LiveStream] = []
        self._at_end: list[Callable[[], None]] = []
        self._is_over = False
        self.writer = RequestWriter(profile, self._budget)
        seconds = profile.answer_seconds
        self.bounds = Bounds(connect=min(5.0, seconds), head=seconds, total=seconds + 15)

    @property
    def second(self) -> Caller:
        """The owner of the second key; Interrupted if none was given."""
        if self.credentials.second_api_key is None:
            raise Interrupted("no second API key was given")
        return bearer("second", self.credentials.second_api_key)

    def note(self, fact: str, value: Value) -> Value:
        """Note a value that the probe chose or learned; returns the value."""
        self._facts[fact] = value
        return value

    def noted(self, fact: str) -> Any:
        """The last noted value; KeyError if there is none."""
        return self._facts[fact]

    @property
    def facts(self) -> Mapping[str, object]:
        """The notes, in the form of the transcript."""
        return self._facts

    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges so far, in the order in which the requests were started."""
        return self._recording.exchanges()

    async def call(
        self,
        operation: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        **how: Unpack[How],
    ) -> Exchange:
        """Perform one operation and record it; a non-2xx answer is a result, not an error."""
        target = self.writer.target(operation, path or {}, query or {})
        return await self.request(self.writer.method(operation), target, operation=operation, **how)

    async def round_trip(self) -> int | None:
        """Nanoseconds of the smallest request, connection included; None if it was not answered.

        It is a measurement and not evidence: nothing of it is recorded.
        """
        plain = Request(method="GET", target=self.writer.target("list_tasks", {}, {"limit": "1"}))
        request = self.writer.request(plain, operation="list_tasks", caller=self.owner, accept=JSON)
        await self.conduct.pace.turn()
        capture = await self._client.exchange(request, self.bounds)
        return capture.ended - capture.started if capture.status == HTTPStatus.OK else None

    async def request(self, method: str, target: str, *, operation: str, **how: Unpack[How]) -> Exchange:
        """Send any request, retry it after transient faults, and record it.

        `accept` is the media type that it accepts, by default the one that the operation documents; None
        leaves the header out. With `client` the request has the headers of that client. `spelling` is the
        form in which it is written, by default the plain one; ValueError if the request has no such form.
        `watch` gets the raw answer before it is redacted, for example to read a token from it.
        """
        exchange = await self._request(method, target, operation, how)
        task = exchange.fields.get("id") if operation == "create_task" and exchange.succeeded else None
        if isinstance(task, str):
            self.created[task] = self._caller(how)
        if exchange.cut_off:
            anew: How = {**how, "label": how["label"] + REPEATED}
            self._lost.append(partial(self._request, method, target, operation, anew))
        return exchange

    async def repeat_lost(self) -> None:
        """Repeat the first few lost requests that may have had an effect, each until it is answered."""
        with suppress(Interrupted, Spent, Throttled):
            for ask in self._lost[:MOST_LOST]:
                for _ in range(REPETITIONS):
                    if (await ask()).status is not None:
                        break
                    await asyncio.sleep(AGAIN_SECONDS)

    async def _request(self, method: str, target: str, operation: str, how: How) -> Exchange:
        """Send a request until it is answered, and record each attempt."""
        request, role = self._written(method, target, operation, how), self._caller(how).role
        told: Labels = {"label": how["label"], "operation": operation, "role": role}
        bounds = how.get("bounds") or self._bounds_of(operation)
        turn = operation in TURN_OPERATIONS and method == "POST"
        for attempt in range(1, ATTEMPTS + 1):
            await self.conduct.pace.turn()
            self._require_running()
            number, began = self._recording.number(), time.monotonic_ns()
            try:
                capture = await self._spend(request, bounds, turn=turn)
            except asyncio.CancelledError:
                # Sent and not answered: the request may have had an effect, so it is recorded.
                gone = Capture(started=began, ended=time.monotonic_ns(), closed=Closed.HUNG_UP)
                cut: Labels = {**told, "label": f"{how['label']} (cut off)"}
                self._recording.add(number, gone, request, **cut)
                raise
            pause = self._retry_pause(capture, method, attempt, operation)
            watch = how.get("watch")
            if watch is not None and pause is None:
                watch(b"".join(chunk.data for chunk in capture.chunks))
            # A form that is refused shows only that, and HTTP-022 alone is about it.
            odd = request.spelling is not Spelling.PLAIN and capture.status in REFUSAL
            noted: Labels = {**told, "transient": pause is not None or odd}
            exchange = await self._recording.add_long(number, capture, request, **noted)
            if pause is None:
                return exchange
            await asyncio.sleep(pause)
        raise Throttled(f"429 after {ATTEMPTS} attempts")

    def _written(self, method: str, target: str, operation: str, how: How) -> Request:
        plain = Request(method=method, target=target, headers=how.get("headers", ()), body=how.get("body"))
        # The headers of a client include the media types that it accepts.
        client = self.client if "accept" in how else how.get("client", self.client)
        return self.writer.request(
            plain,
            operation=operation,
            caller=self._caller(how),
            accept=how["accept"] if "accept" in how else self.writer.accepted(operation),
            client=client,
            spelling=how.get("spelling", Spelling.PLAIN),
        )

    def _caller(self, how: How) -> Caller:
        return how.get("caller") or self.owner

    def _bounds_of(self, operation: str) -> Bounds:
        """How long to wait; for a stream that is not read live, little longer than it takes to close."""
        if operation != "stream_task":
            return self.bounds
        return replace(self.bounds, total=self.conduct.closing.replay_seconds)

    def _retry_pause(self, capture: Capture, method: str, attempt: int, operation: str) -> float | None:
        """Seconds until a retry, if there is one; if the target throttles, all requests are delayed.

        A turn or a stream may be refused because too many are open: other requests continue, because they end
        some. The pause before a turn gets longer, and the probe gets as much more time.
        """
        pause = retry_pause(capture, method, last=attempt == ATTEMPTS)
        if pause is None or capture.status not in THROTTLING:
            if capture.status is not None:
                self.conduct.pace.let_through()
        elif method == "POST" and operation in TURN_OPERATIONS:
            pause = doubled(pause, attempt)
            self.delayed(pause)
        elif operation != "stream_task":
            self.conduct.pace.throttled(pause)
        return pause

    async def _spend(self, request: Request, bounds: Bounds, *, turn: bool) -> Capture:
        """Send a request within the budget."""
        if turn:
            self._budget.take_turn()
        capture = await self._client.exchange(request, bounds)
        if turn and not may_have_begun(capture):
            self._budget.give_back_turn()
        if isinstance(request.body, Metered) and request.body.cut:
            raise self._budget.too_few_bytes()
        return capture

    async def open_stream(self, task: str, **how: Unpack[Opening]) -> LiveStream:
        """Open a task's stream; return when the head has arrived. It is recorded when the probe ends."""
        who = how.get("caller") or self.owner
        client, more = how.get("client", self.client), how.get("headers", ())
        request = self.writer.stream(task, caller=who, headers=more, client=client)
        bounds = Bounds(connect=self.bounds.connect, head=self._head_seconds, total=self.profile.wall_seconds)
        told: Labels = {"label": how["label"], "operation": "stream_task", "role": who.role}
        for attempt in range(1, ATTEMPTS + 1):
            await self.conduct.pace.turn()
            self._require_running()
            number = self._recording.number()
            live = LiveStream(self.conduct.closing)
            connection = await self._client.open(request, bounds, live.take)
            record = partial(self._recording.add, number, connection.capture, request, **told)
            live.attach(connection, record)
            await connection.head(bounds.head)
            self._note_held_back(live, held_back=connection.capture.closed is Closed.DEADLINE)
            pause = self._retry_pause(connection.capture, "GET", attempt, "stream_task")
            if pause is None:
                self._live.append(live)
                return live
            await live.end(self.bounds.total)
            record(transient=True)
            await asyncio.sleep(pause)
        raise Throttled(f"429 after {ATTEMPTS} attempts")

    async def open_another(self, task: str, **how: Unpack[Opening]) -> LiveStream | None:
        """Open one more stream of a task; None if the target allows no more readers at the same time."""
        with suppress(Throttled):
            return await self.open_stream(task, **how)
        return None

    async def await_first_byte(self, live: LiveStream) -> None:
        """Wait for the first byte of a stream, as long as for a head; a stream without one is closed."""
        if not await live.begun(self._head_seconds):
            self._note_held_back(live, held_back=True)

    def _note_held_back(self, live: LiveStream, *, held_back: bool) -> None:
        live.held_back = held_back
        self.held_back |= held_back
        self.conduct.closing.opened(held_back=held_back)

    @property
    def _head_seconds(self) -> float:
        """A silence longer than heartbeats allow is a violation, too."""
        return self.conduct.closing.head_seconds(max(self.bounds.head, self.profile.heartbeat_seconds + 4))

    def at_end(self, close: Callable[[], None]) -> None:
        """Call `close` when the probe is over, however it ended; immediately if it is already over."""
        if self._is_over:
            close()
        else:
            self._at_end.append(close)

    def finish(self) -> None:
        """Close and record every stream that is still open; abandon every connection.

        Background tasks of the probe cannot open new ones: their next request raises Interrupted.
        """
        self._is_over = True
        for live in self._live:
            live.hang_up()
            live.record()
        self._client.close()
        for close in self._at_end:
            close()

    def require(self, exchange: Exchange) -> Any:
        """The data of a successful answer; else raises Interrupted."""
        if not exchange.ok:
            raise Interrupted(f"{exchange.label}: {describe(exchange)}")
        return exchange.data

    def record(self, capture: Capture, request: Request, **labels: Unpack[Labels]) -> Exchange:
        """Record an exchange that this driver did not send itself."""
        return self._recording.add(self._recording.number(), capture, request, **labels)

    def _require_running(self) -> None:
        if self._is_over:
            raise Interrupted("the probe is over")
