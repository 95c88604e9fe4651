"""Observe all exchanges: check them, write them down, and at the end write a playbook for each conversation.

While exchanges pass, they are only copied. One thread reads them in the order in which they end, so no client
waits for a check or for the disk.
"""

import logging
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.recording.checks import Checks
from sigmic_mock.recording.conversations import Conversation, Conversations
from sigmic_mock.recording.exchange import MOST_EVENTS, Ending, Exchange, Form, read_form
from sigmic_mock.recording.folder import EXCHANGES, Folder, reason_of
from sigmic_mock.recording.masking import Mask
from sigmic_mock.recording.playbook_text import Recorded, key_of, recorded
from sigmic_spec.document import Document
from sigmic_spec.plural import plural

log = logging.getLogger(__name__)

MOST_KINDS = 1_000
"""Different findings that are listed."""
_REST = "and others that are not listed"
_MOST_WAITING = 128 << 20
"""Bytes of bodies that wait to be read; exchanges beyond them are only counted."""
_MOST_FINDINGS_SHOWN = 100


class Voice(Protocol):
    """Receives what a recording observes. Called by the recorder's thread."""

    def finding(self, line: str, exchange: int) -> None:
        """A deviation from the document was found for the first time."""

    def playbook(self, name: str) -> None:
        """A playbook was written."""

    def note(self, text: str) -> None:
        """Something that the user should know."""


class Recorder:
    """One recording, until `finish`."""

    def __init__(self, document: Document, folder: Folder, voice: Voice, *, origin: str) -> None:
        self.exchanges = 0
        self.playbooks: list[str] = []
        self.findings: Counter[str] = Counter()
        """How often each was found, in the order of their first occurrence."""
        self.mask = Mask()
        self.is_stopping = False
        self._checks = Checks(document)
        self._folder = folder
        self._voice = voice
        self._origin = origin
        self._conversations = Conversations()
        self._thread = ThreadPoolExecutor(1, "recording")
        self._waiting = 0
        self._epoch = time.time() - time.monotonic()

    def begin(self, request: web.BaseRequest) -> Exchange:
        """Return a new exchange."""
        self.exchanges += 1
        return Exchange(
            number=self.exchanges,
            method=request.method,
            target=request.raw_path,
            request_headers=CIMultiDict(request.headers),
        )

    def end(self, exchange: Exchange, ending: Ending) -> None:
        """An exchange has ended; it will be read."""
        exchange.ending = Ending.STOPPED if ending is Ending.LEFT and self.is_stopping else ending
        exchange.ended = time.monotonic()
        if self._waiting > _MOST_WAITING:
            self._folder.left_out += 1
            return
        size = len(exchange.request.kept) + len(exchange.answer.kept)
        self._waiting += size
        self._thread.submit(self._read, exchange, size)

    def finish(self) -> None:
        """Write the playbooks, and mask the exchanges with all secrets that are now known. Blocking."""
        self._thread.submit(self._write_playbooks).result()
        self._thread.shutdown()
        try:
            self._folder.mask_exchanges(self.mask.text)
        except OSError as problem:
            self._voice.note(
                f"the exchanges could not be masked once more ({reason_of(problem)}): delete {EXCHANGES}"
            )
        if left_out := self._folder.left_out:
            self._voice.note(f"left out {plural(left_out, 'exchange')}: too fast, or the file is full")
        if dropped := self._conversations.dropped:
            self._voice.note(f"left out the {plural(dropped, 'oldest conversation')}")

    # --- in the thread -----------------------------------------------------------------------------------

    def _read(self, exchange: Exchange, size: int) -> None:
        try:
            self._take(exchange)
        except OSError as problem:
            self._voice.note(f"can't write: {reason_of(problem)}")
        except Exception:
            # An error in one exchange must not end the recording of the others.
            log.exception("exchange %s was not recorded", exchange.number)
            self._voice.note(f"exchange {exchange.number} could not be recorded; see the log")
        finally:
            self._waiting -= size

    def _take(self, exchange: Exchange) -> None:
        operation, path = self._checks.operation(exchange)
        name = "" if operation is None else operation.operation_id
        form = read_form(exchange)
        self.mask.learn_exchange(exchange, form)
        shown = name or self.mask.text(f"{exchange.method} {exchange.target.partition('?')[0][:80]}")
        found = [self.mask.text(f"{shown}  {line}") for line in self._checks.check(exchange, operation, form)]
        for line in found:
            self._count(line, exchange.number)
        if len(exchange.events) >= MOST_EVENTS:
            self._voice.note(f"exchange {exchange.number}: only its first {MOST_EVENTS} events are recorded")
        self._conversations.take(name, path.get("id", ""), exchange, form)
        row = self._row(exchange, form) | {"findings": list(dict.fromkeys(found))[:_MOST_FINDINGS_SHOWN]}
        self._folder.add_exchange({"exchange": exchange.number, "operation": name or None, **row})

    def _count(self, line: str, exchange: int) -> None:
        if line not in self.findings:
            line = line if len(self.findings) < MOST_KINDS else _REST
            self._voice.finding(line, exchange)
        self.findings[line] += 1

    def _row(self, exchange: Exchange, form: Form | None) -> dict[str, Any]:
        """Return everything that explains what happened, without secrets."""
        mask, began = self.mask, datetime.fromtimestamp(self._epoch + exchange.started, UTC)
        asked = {"body": mask.value(exchange.request_json)}
        if form is not None:
            asked = {
                "fields": mask.value(dict(form.fields)),
                "files": [mask.text(each) for each in form.files],
            }
        answered: dict[str, Any] = {"body": mask.value(exchange.answer_json)}
        if exchange.is_stream:
            answered["events"] = [
                {"ms": round((each.at - exchange.started) * 1000, 1), "event": each.name, "data": each.data}
                for each in mask.events(exchange.events)
            ]
        return {
            "at": began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "ms": round((exchange.ended - exchange.started) * 1000, 1),
            "ending": exchange.ending.value,
            "request": {
                "method": exchange.method,
                "target": mask.text(exchange.target),
                "headers": mask.headers(exchange.request_headers),
                "bytes": exchange.request.total,
                **asked,
            },
            "answer": {
                "status": exchange.status,
                "headers": mask.headers(exchange.answer_headers),
                "bytes": exchange.answer.total,
                **answered,
            },
        }

    def _write_playbooks(self) -> None:
        latest: dict[object, Conversation] = {}
        for conversation in self._conversations:
            key = key_of(conversation, self.mask)
            if latest.pop(key, None) is not None:
                self._voice.note(f"{key[0][:60]!r} was sent more than once: the later conversation counts")
            latest[key] = conversation
        playbooks: list[Recorded] = []
        for conversation in latest.values():
            playbook = recorded(conversation, self.mask, others=playbooks)
            try:
                problems = self._folder.save_playbook(playbook.name, playbook.text(self._origin))
            except OSError as failure:
                problems = (reason_of(failure),)
            for each in problems:
                self._voice.note(f"{playbook.name} was not written: {self.mask.text(each)}")
            if not problems:
                playbooks.append(playbook)
                self.playbooks.append(playbook.name)
                self._voice.playbook(playbook.name)
