"""Send generated requests over our own client and record the answers: one transcript per phase.

Nothing is checked here. Transient faults are retried as in probes, a stream is closed after a few events or
seconds, and the redactor knows every secret before anything is recorded.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sigmic_conformance.conformance.client.bodies import Plain
from sigmic_conformance.conformance.client.client import Client
from sigmic_conformance.conformance.client.connection import Bounds, Capture, Request
from sigmic_conformance.conformance.explore.request_budget import RequestBudget
from sigmic_conformance.conformance.probing.budget import TURN_OPERATIONS
from sigmic_conformance.conformance.probing.driver import ATTEMPTS, Driver
from sigmic_conformance.conformance.probing.loop_thread import LoopThread
from sigmic_conformance.conformance.probing.retries import READING, retry_pause
from sigmic_conformance.conformance.probing.seed import source
from sigmic_conformance.conformance.target.profile import Credentials
from sigmic_conformance.conformance.transcript.sse import Decoder
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Transcript, is_success

STREAM_EVENTS = 20
STREAM_SECONDS = 2.0
LABEL_LENGTH = 120
CALL_SECONDS = 120.0
GONE_AFTER = 3
"""After this number of requests in a row without a connection, each retried, the target is lost."""
SECRET_LENGTH = 200
"""Longer values of `secrets` are sent unchanged: they test the length."""
_SECRETS_TAKEN_BY = {"create_task", "create_token"}


class NotAllowed(Exception):
    """The budget has nothing left for this request, or the profile forbids it."""


class TargetLost(Exception):
    """The target no longer answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One generated request, for the operation `meant`.

    `operation` is the same, or `preflight`, or empty for a method that the document does not have there.
    """

    case: str
    meant: str
    operation: str
    label: str
    request: Request


@dataclass(slots=True)
class Phase:
    """The record of one phase; `driver` holds the exchanges."""

    driver: Driver
    testimony: list[dict[str, Any]] = field(default_factory=list)


class Sender:
    """Sends the requests of one exploration."""

    def __init__(
        self,
        make_driver: Callable[[str], Driver],
        *,
        client: Client,
        credentials: Credentials,
        budget: RequestBudget,
        seed: int,
    ) -> None:
        self._make_driver = make_driver
        self._client = client
        self._key = credentials.api_key
        self._budget = budget
        self._chance = source(seed, "secrets")
        self._loop = LoopThread("explore")
        self._phases: dict[str, Phase] = {}
        self._phase: Phase | None = None
        self._silent = 0
        self.sent: dict[str, tuple[str, int]] = {}
        """Probe and number of the exchange of each case."""
        self.gone = False

    def begin(self, phase: str) -> None:
        """Start or continue a phase."""
        name = f"schema_{phase}"
        if name not in self._phases:
            self._phases[name] = Phase(self._make_driver(name))
        self._phase = self._phases[name]

    @property
    def phase(self) -> Phase:
        """The phase that was started last."""
        if self._phase is None:
            raise RuntimeError("no phase was started")
        return self._phase

    def send(self, drawn: Drawn) -> Capture:
        """Send a request and record it. The returned answer is not redacted: it must not go into a report.

        Raises NotAllowed if the budget or the profile forbids it, TargetLost if the target is no longer
        reachable, and TimeoutError if even the cancellation took too long.
        """
        request = drawn.request
        turn = drawn.operation in TURN_OPERATIONS and request.method == "POST"
        if self.phase.driver.profile.read_only and request.method not in READING:
            raise NotAllowed(f"the profile allows reading only, and this would send {request.method}")
        if self.gone or not self._budget.take(drawn.meant):
            raise NotAllowed("the requests or seconds are spent")
        if turn and not self._budget.take_turn():
            raise NotAllowed("the turns are spent")
        try:
            capture = self._loop.run(self._exchange(drawn), CALL_SECONDS)
        except TimeoutError:
            self.gone = True
            raise
        if turn and capture.status is not None and not is_success(capture.status):
            self._budget.give_back_turn()
        self._silent = self._silent + 1 if capture.closed is Closed.REFUSED else 0
        if self._silent >= GONE_AFTER:
            self.gone = True
            raise TargetLost(capture.error)
        return capture

    def testify(self, case: str, check: str, said: str) -> None:
        """Record a complaint of a generator's check about the answer to a case."""
        probe, number = self.sent.get(case, (self.phase.driver.probe, 0))
        redact = self.phase.driver.redactor.text
        self._phases[probe].testimony.append({"exchange": number, "check": check, "said": redact(said)})

    def transcripts(self) -> dict[str, Transcript]:
        """The transcripts, by phase."""
        return {
            name: Transcript(
                probe=name,
                ending=Ending.COMPLETE,
                exchanges=phase.driver.exchanges(),
                facts={
                    "testimony": phase.testimony,
                    "gone": self.gone,
                },
            )
            for name, phase in self._phases.items()
            if phase.driver.exchanges()
        }

    def close(self) -> None:
        """End the loop."""
        self._loop.close()

    async def _exchange(self, drawn: Drawn) -> Capture:
        driver = self.phase.driver
        request = replace(drawn.request, body=self._with_own_secrets(drawn))
        attempt = 0
        while True:
            attempt += 1
            capture = await self._once(drawn.operation, request)
            pause = retry_pause(capture, request.method, last=attempt == ATTEMPTS)
            exchange = driver.record(
                capture,
                request,
                label=driver.redactor.text(drawn.label)[:LABEL_LENGTH],
                operation=drawn.operation,
                role=self._role(request),
                transient=pause is not None,
            )
            self.sent[drawn.case] = (driver.probe, exchange.number)
            if pause is None or attempt == ATTEMPTS or not self._budget.take(drawn.meant):
                return capture
            await asyncio.sleep(min(pause, self._budget.seconds_left))

    async def _once(self, operation: str, request: Request) -> Capture:
        most = self.phase.driver.bounds
        head = max(1.0, min(most.head, self._budget.seconds_left))
        bounds = Bounds(
            connect=min(most.connect, head), head=head, total=head + STREAM_SECONDS, body=most.body
        )
        if operation == "stream_task" and request.method == "GET":
            return await self._listened(request, bounds)
        return await self._client.exchange(request, bounds)

    async def _listened(self, request: Request, bounds: Bounds) -> Capture:
        """Read a stream until it ends, or a limit of events or seconds is reached."""
        decoder, enough = Decoder(), asyncio.Event()

        def take(data: bytes) -> None:
            decoder.feed(data)
            if not data or sum(1 for _ in decoder.events) >= STREAM_EVENTS:
                enough.set()

        connection = await self._client.open(request, bounds, take)
        await connection.head(bounds.head)
        try:
            async with asyncio.timeout(STREAM_SECONDS):
                await enough.wait()
        except TimeoutError:
            pass
        connection.hang_up()
        return connection.capture

    def _with_own_secrets(self, drawn: Drawn) -> Plain | None:
        """The body, with drawn values of `secrets` replaced by unique ones.

        A drawn value such as `0` occurs everywhere; only the absence of a unique value proves something.
        """
        body = drawn.request.body
        if not isinstance(body, Plain):
            return None
        if drawn.operation not in _SECRETS_TAKEN_BY:
            return body
        try:
            document = json.loads(body.content)
        except (ValueError, RecursionError):
            return body
        values = document.get("secrets") if isinstance(document, dict) else None
        if not isinstance(values, dict):
            return body
        for name, value in values.items():
            if isinstance(value, str) and len(value) <= SECRET_LENGTH:
                own = f"kept-{self._chance.getrandbits(96):024x}"
                self.phase.driver.redactor.learn(own)
                values[name] = own
        return replace(body, content=json.dumps(document).encode())

    def _role(self, request: Request) -> str:
        """Whose credentials a request carries: the owner's, invented ones, or none."""
        carried = [value for name, value in request.headers if name.lower() in {"authorization", "x-api-key"}]
        if not carried:
            return "nobody"
        return "owner" if any(self._key in value for value in carried) else "stranger"
