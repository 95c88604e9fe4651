"""Assemble exchanges into conversations: the messages, turns and files of each task."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sigmic_mock.domain.filenames import BadName, upload_name
from sigmic_mock.recording.exchange import Exchange, Form, SeenEvent

LARGEST_FILE = 64 << 10
"""The largest downloaded file that is written into a playbook, in bytes."""
MOST_CONVERSATIONS = 500
_ENDS = frozenset({"done", "error"})
_REPLAYED = frozenset({"history_message", "history_done"})
_FINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass(slots=True)
class RecordedTurn:
    """One message and its turn. `answered` is when it was accepted; 0 for one known from the history."""

    message: str = ""
    files: tuple[str, ...] = ()
    """Names of the files that were sent with the message."""
    answered: float = 0.0
    events: tuple[SeenEvent, ...] = ()
    """Those of the most detailed source with the end of the turn."""
    is_live: bool = False
    """False if they were rebuilt from a saved answer, without order and time."""
    was_cancelled: bool = False

    def take(self, events: Sequence[SeenEvent], *, is_live: bool) -> None:
        """Use another source for the events if it is better than the present one."""
        if _worth(events, is_live=is_live) > _worth(self.events, is_live=self.is_live):
            self.events, self.is_live = tuple(events), is_live


def _worth(events: Sequence[SeenEvent], *, is_live: bool) -> tuple[bool, bool, int]:
    return bool(events) and events[-1].name in _ENDS, is_live, len(events)


@dataclass(slots=True)
class Conversation:
    """One task. `files` has each file that was listed, with its size and the turn after which it was."""

    auto_execute: bool = True
    turns: list[RecordedTurn] = field(default_factory=list)
    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    """The files that were downloaded."""

    def turn(self, at: int) -> RecordedTurn:
        """Return a turn; create it if it is new."""
        while len(self.turns) <= at:
            self.turns.append(RecordedTurn())
        return self.turns[at]

    def turn_of(self, exchange: Exchange, known: int = 0) -> RecordedTurn:
        """Return the last turn whose message was accepted before the exchange; at least the one `known`."""
        before = sum(turn.answered <= exchange.started for turn in self.turns)
        return self.turn(max(before, known, 1) - 1)

    def lists(self, path: str, size: int) -> None:
        """A file exists with this size."""
        self.files.setdefault(path, (size, max(len(self.turns) - 1, 0)))


class Conversations:
    """Every recorded task. If there are too many, the oldest ones are dropped."""

    def __init__(self) -> None:
        self.dropped = 0
        self._by_task: dict[str, Conversation] = {}

    def __iter__(self) -> Iterator[Conversation]:
        """Yield those that can be replayed, the oldest first."""
        tasks = (each for each in self._by_task.values() if each.turns)
        return (each for each in tasks if each.turns[0].message and each.turns[0].events)

    def take(self, operation: str, task_id: str, exchange: Exchange, form: Form | None) -> None:
        """Add a finished exchange."""
        learn = _LEARN.get(operation)
        if learn is None or not exchange.is_accepted:
            return
        if operation == "create_task":
            task_id = str(exchange.data.get("id", "")) if isinstance(exchange.data, dict) else ""
        if task_id:
            learn(self._of(task_id), exchange, form)

    def _of(self, task_id: str) -> Conversation:
        if task_id not in self._by_task:
            if len(self._by_task) >= MOST_CONVERSATIONS:
                self._by_task.pop(next(iter(self._by_task)))
                self.dropped += 1
            self._by_task[task_id] = Conversation()
        return self._by_task[task_id]


def _created(conversation: Conversation, exchange: Exchange, form: Form | None) -> None:
    """A message was accepted: a turn starts."""
    body = exchange.request_json
    fields: Mapping[str, Any] = body if isinstance(body, dict) else dict(form.fields if form else ())
    if str(fields.get("autoExecute", True)).lower() == "false":
        conversation.auto_execute = False
    files = tuple(_placed(form.files if form else ()))
    conversation.turns.append(RecordedTurn(str(fields.get("message", "")), files, exchange.answered))


def _sent(conversation: Conversation, exchange: Exchange, form: Form | None) -> None:
    """Add a follow-up. If a task is older than the recording, its turns are known from its history only."""
    if conversation.turns:
        _created(conversation, exchange, form)


def _placed(files: Sequence[str]) -> Iterator[str]:
    """Yield the names that these uploads will have in the mock; an archive is replaced by its contents."""
    for name in files:
        with suppress(BadName):
            placed = upload_name(name)
            if not placed.lower().endswith(".zip"):
                yield placed


def _streamed(conversation: Conversation, exchange: Exchange, _form: Form | None) -> None:
    """A stream sent the saved messages, then perhaps the running turn."""
    saved = [each.data for each in exchange.events if each.name == "history_message"]
    asked = _remember(conversation, saved, exchange)
    live = [event for event in exchange.events if event.name not in _REPLAYED]
    if live and (conversation.turns or asked):
        conversation.turn_of(exchange, asked).take(live, is_live=True)


def _read(conversation: Conversation, exchange: Exchange, _form: Form | None) -> None:
    """A task was read: its output is that of the last turn, the only one that a polling client sees."""
    task = exchange.data
    if not isinstance(task, dict) or task.get("status") not in _FINAL:
        return
    first = conversation.turn(0)
    first.message = first.message or str(task.get("message", ""))
    output = task.get("output")
    end = SeenEvent(exchange.started, "done", {})
    if task["status"] != "completed":
        code = {"code": "CANCELLED"} if task["status"] == "cancelled" else {}
        message = str(task.get("error") or "The task failed")
        end = SeenEvent(exchange.started, "error", {"message": message, **code})
    events = _saved_events(output if isinstance(output, dict) else {}, exchange.started)
    conversation.turn_of(exchange).take([*events, end], is_live=False)


def _remember(conversation: Conversation, messages: Any, exchange: Exchange) -> int:
    """Add turns from saved messages, for turns whose stream no client read; return how many there are."""
    asked = 0
    for message in _objects(messages):
        if message.get("role") == "user":
            turn = conversation.turn(asked)
            asked += 1
            turn.message = turn.message or str(message.get("content", ""))
            names = (str(each["name"]) for each in _objects(message.get("attachedFiles")) if "name" in each)
            turn.files = turn.files or tuple(names)
        elif asked:
            events = _saved_events(message, exchange.started)
            done = SeenEvent(exchange.started, "done", {})
            conversation.turn(asked - 1).take([*events, done], is_live=False)
    return asked


def _saved_events(saved: Mapping[str, Any], at: float) -> Iterator[SeenEvent]:
    """Yield a saved answer as events: thoughts, calls, then the text."""
    for thought in _objects(saved.get("thoughts")):
        yield SeenEvent(at, "thought", thought)
    for call in _objects(saved.get("toolCalls")):
        yield SeenEvent(at, "tool_call", {**call, "status": "executing"})
        yield SeenEvent(at, "tool_result", {"output": "", **call})
    if isinstance(text := saved.get("content"), str) and text:
        yield SeenEvent(at, "content", {"text": text, "isPartial": False})


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _listed(conversation: Conversation, exchange: Exchange, _form: Form | None) -> None:
    files = exchange.data.get("files") if isinstance(exchange.data, dict) else None
    for each in sorted(_objects(files), key=lambda each: str(each.get("path"))):
        size = each.get("size")
        conversation.lists(str(each.get("path")), size if isinstance(size, int) else 0)


def _downloaded(conversation: Conversation, exchange: Exchange, _form: Form | None) -> None:
    path, body = dict(exchange.query).get("path", ""), exchange.answer_body
    if path and body is not None and exchange.status == HTTPStatus.OK and exchange.method == "GET":
        conversation.lists(path, len(body))
        if len(body) <= LARGEST_FILE:
            conversation.contents[path] = body


def _cancelled(conversation: Conversation, _exchange: Exchange, _form: Form | None) -> None:
    if conversation.turns:
        conversation.turns[-1].was_cancelled = True


_LEARN: Mapping[str, Callable[[Conversation, Exchange, Form | None], None]] = {
    "create_task": _created,
    "send_message": _sent,
    "stream_task": _streamed,
    "get_task": _read,
    "list_artifacts": _listed,
    "download_artifact": _downloaded,
    "cancel_task": _cancelled,
}
