"""Observe all exchanges: check them, assemble them into conversations, and write playbooks.

Checks run while an exchange is in progress. One worker writes the files, in the order in which exchanges end,
so that no client waits for the disk.
"""

import asyncio
import logging
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.recording.checks import Checks, found
from sigmic_conformance.mock_server.recording.conversations import Conversation, Conversations
from sigmic_conformance.mock_server.recording.exchange import LARGEST_COPY, MOST_EVENTS, Ending, Exchange
from sigmic_conformance.mock_server.recording.findings import Difference, Findings
from sigmic_conformance.mock_server.recording.folder import EXCHANGES, Folder
from sigmic_conformance.mock_server.recording.form_reader import Form, read_form
from sigmic_conformance.mock_server.recording.masking import Mask
from sigmic_conformance.mock_server.recording.playbook_text import Recorded, recorded
from sigmic_conformance.mock_server.recording.rows import row_of
from sigmic_conformance.spec.document import Document

log = logging.getLogger(__name__)

_ASKING = frozenset({"create_task", "send_message"})
_PLAIN = frozenset({"", "identity"})
_INFLATED = frozenset({"gzip", "x-gzip", "deflate"})
_REFUSAL = 400
_MOST_FINDINGS = 100
"""The number of different findings in the row of one exchange."""


class Voice(Protocol):
    """Receives what a recording observes, as it happens."""

    def finding(self, finding: Difference, line: str, exchange: int) -> None:
        """A deviation was found for the first time; `line` describes it."""

    def playbook(self, name: str, *, is_new: bool) -> None:
        """A playbook was written."""

    def note(self, text: str) -> None:
        """Something that the user should know."""


@dataclass(slots=True)
class Tally:
    """The results of a recording."""

    exchanges: int = 0
    endings: Counter[Ending] = field(default_factory=Counter)
    playbooks: list[str] = field(default_factory=list)


class Recorder:
    """One recording. `work` must run at the same time; `finish` ends both."""

    def __init__(self, document: Document, folder: Folder, voice: Voice, *, origin: str) -> None:
        self.tally = Tally()
        self.mask = Mask()
        self.findings = Findings(
            lambda finding, exchange: voice.finding(finding, self.mask.text(finding.line), exchange)
        )
        self.checks = Checks(document)
        self.is_stopping = False
        self._folder = folder
        self._voice = voice
        self._origin = origin
        self._conversations = Conversations()
        self._asked: Counter[str] = Counter()
        self._written: dict[str, Recorded] = {}
        self._told: dict[str, Conversation] = {}
        """The conversations behind the written playbooks, by task."""
        self._ended: asyncio.Queue[Exchange | None] = asyncio.Queue()
        self._began = time.time() - time.monotonic()

    # --- as it happens -----------------------------------------------------------------------------------

    def watch(self, request: web.BaseRequest) -> "ExchangeWatch":
        """Return the observer of a new exchange."""
        self.tally.exchanges += 1
        operation, path = self.checks.operation(request.method, request.raw_path)
        exchange = Exchange(
            number=self.tally.exchanges,
            method=request.method,
            target=request.raw_path,
            request_headers=CIMultiDict(request.headers),
            started=time.monotonic(),
            operation=operation,
            path=path,
        )
        exchange.turns_known = self._asked[exchange.task_id] if exchange.task_id else 0
        self.mask.learn_request(exchange)
        return ExchangeWatch(self, exchange)

    def asked(self, exchange: Exchange) -> None:
        """A message was accepted: its stream may be opened immediately."""
        task_id = exchange.task_id
        if not task_id and isinstance(exchange.data, dict):
            task_id = str(exchange.data.get("id", ""))
        self._asked[task_id] += 1

    def add(self, exchange: Exchange, side: str, flaws: Iterator[tuple[str, str]]) -> None:
        """Record what is wrong with one side of an exchange."""
        for finding in found(self.mask.text(exchange.name), side, flaws):
            self.findings.add(finding, exchange.number)
            if finding not in exchange.findings and len(exchange.findings) < _MOST_FINDINGS:
                exchange.findings.append(finding)

    def ended(self, exchange: Exchange) -> None:
        """An exchange has ended. The worker writes it."""
        self.mask.learn_request(exchange)
        self.mask.learn_answer(exchange)
        self._ended.put_nowait(exchange)

    # --- after it ----------------------------------------------------------------------------------------

    async def work(self) -> None:
        """Process finished exchanges until `finish`."""
        while (exchange := await self._ended.get()) is not None:
            try:
                await self._take(exchange)
            except OSError as problem:
                self._voice.note(f"can't write: {(problem.strerror or str(problem)).lower()}")
            except Exception:
                # An error in one exchange must not end the recording of the others.
                log.exception("exchange %s was not recorded", exchange.number)
                self._voice.note(f"exchange {exchange.number} could not be recorded; see the log")

    async def finish(self, work: "asyncio.Task[None]") -> None:
        """Write what is left, and mask the written exchanges with all secrets that are now known."""
        self._ended.put_nowait(None)
        await work
        for conversation in tuple(self._told.values()):
            try:
                await self._write(conversation)
            except OSError as problem:
                self._voice.note(f"can't write: {(problem.strerror or str(problem)).lower()}")
        await self._mask_again()
        if self._folder.left_out:
            self._voice.note(
                f"{self._folder.left_out} exchanges were left out because the exchanges file is full"
            )
        if self._conversations.dropped:
            self._voice.note(f"the {self._conversations.dropped} oldest conversations were let go")

    async def _mask_again(self) -> None:
        try:
            await asyncio.to_thread(self._folder.mask_exchanges, self.mask.text)
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            self._voice.note(f"the exchanges could not be masked once more ({reason}): delete {EXCHANGES}")

    async def _take(self, exchange: Exchange) -> None:
        form = await read_form(exchange)
        if form is not None:
            self.mask.learn_fields(form.fields)
        self._judge(exchange, form)
        if exchange.ending is not None:
            self.tally.endings[exchange.ending] += 1
        if len(exchange.events) >= MOST_EVENTS:
            self._voice.note(f"exchange {exchange.number}: only its first {MOST_EVENTS} events are recorded")
        conversation = self._conversations.take(exchange, form)
        if conversation is not None and conversation.is_told:
            await self._write(conversation)
        row = row_of(exchange, form, self.mask, began=self._began + exchange.started)
        await asyncio.to_thread(self._folder.add_exchange, row)

    def _judge(self, exchange: Exchange, form: Form | None) -> None:
        fields = form.fields if form is not None else None
        self.add(exchange, "request", self.checks.request(exchange, fields))
        if exchange.status is not None:
            self.add(exchange, f"answer {exchange.status}", self.checks.answer(exchange))
        if exchange.is_stream and exchange.ending is not None and len(exchange.events) < MOST_EVENTS:
            self.add(exchange, "stream", self.checks.stream(exchange.events, exchange.ending))

    async def _write(self, conversation: Conversation) -> None:
        others = [each for task, each in self._written.items() if task != conversation.task_id]
        playbook = recorded(conversation, self.mask, others=others)
        before = self._written.get(conversation.task_id)
        is_new = before is None
        alike = [task for task, each in self._written.items() if each.key == playbook.key]
        if alike and alike != [conversation.task_id]:
            if not is_new:
                return  # a later task with the same message has replaced it
            self._written.pop(alike[0])
            self._told.pop(alike[0], None)
            self._voice.note(f"{playbook.name}: its message was sent again; the later conversation counts")
        problems = await asyncio.to_thread(
            self._folder.save_playbook, playbook.name, playbook.text(self._origin)
        )
        for problem in problems:
            self._voice.note(f"{playbook.name} was not written: {self.mask.text(problem)}")
        if problems:
            return
        if before is not None and before.name != playbook.name:
            # Its message contains text that has since turned out to be a secret.
            self.tally.playbooks.remove(before.name)
            await asyncio.to_thread(self._folder.remove_playbook, before.name)
        self._written[conversation.task_id] = playbook
        self._told[conversation.task_id] = conversation
        if playbook.name not in self.tally.playbooks:
            self.tally.playbooks.append(playbook.name)
        self._voice.playbook(playbook.name, is_new=is_new)


class ExchangeWatch:
    """Fulfils `proxy.Watch` for one exchange."""

    def __init__(self, recorder: Recorder, exchange: Exchange) -> None:
        self._recorder = recorder
        self._exchange = exchange
        self._inflating: zlib._Decompress | None = None
        self._is_asking = exchange.name in _ASKING

    def sent(self, piece: bytes) -> None:
        self._exchange.request.add(piece)

    def answered(self, answer: aiohttp.ClientResponse) -> None:
        exchange = self._exchange
        exchange.status = answer.status
        exchange.answer_headers = CIMultiDict(answer.headers)
        encoding = answer.headers.get("Content-Encoding", "").lower()
        if encoding in _INFLATED:
            self._inflating = zlib.decompressobj(32 + zlib.MAX_WBITS)
        elif encoding not in _PLAIN and exchange.method != "HEAD":
            flaw = ("", f"the encoding {encoding[:20]} is not understood here: the body was not checked")
            self._recorder.add(exchange, f"answer {answer.status}", iter([flaw]))

    def received(self, piece: bytes) -> None:
        exchange = self._exchange
        if exchange.is_stream:
            exchange.answer.total += len(piece)
            self._events(piece)
            return
        exchange.answer.add(piece)
        if str(exchange.answer.total) == exchange.answer_headers.get("Content-Length"):
            self._note_asked()

    def closed(self, ending: Ending) -> None:
        exchange = self._exchange
        is_cancelled = ending in {Ending.LEFT, Ending.STOPPED}
        exchange.ending = Ending.STOPPED if is_cancelled and self._recorder.is_stopping else ending
        exchange.ended = time.monotonic()
        self._note_asked()
        self._recorder.ended(exchange)

    def _note_asked(self) -> None:
        if self._is_asking and self._exchange.status is not None and self._exchange.status < _REFUSAL:
            self._is_asking = False
            self._recorder.asked(self._exchange)

    def _events(self, piece: bytes) -> None:
        exchange = self._exchange
        if self._inflating is not None:
            try:
                piece = self._inflating.decompress(piece, LARGEST_COPY)
            except zlib.error:
                flaw = ("Content-Encoding", "must be the encoding that the body has")
                self._recorder.add(exchange, f"answer {exchange.status}", iter([flaw]))
                return
        for event in exchange.reader.feed(piece, time.monotonic()):
            if len(exchange.events) < MOST_EVENTS:
                exchange.events.append(event)
            self._recorder.add(exchange, f"event {event.name[:40]}", self._recorder.checks.event(event))
