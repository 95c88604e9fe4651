"""Assemble exchanges into conversations: the messages, turns and files of each task."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sigmic_conformance.mock_server.domain.filenames import BadName, upload_name
from sigmic_conformance.mock_server.recording.event_reader import SeenEvent
from sigmic_conformance.mock_server.recording.exchange import Exchange
from sigmic_conformance.mock_server.recording.form_reader import Form

LARGEST_FILE = 64 << 10
"""The largest downloaded file that is written into a playbook, in bytes."""
MOST_CONVERSATIONS = 500
_ENDS = frozenset({"done", "error"})
_REPLAYED = frozenset({"history_message", "history_done"})
_FINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Account:
    """One source for the events of a turn. The most detailed source with the end of the turn is used."""

    events: tuple[SeenEvent, ...]
    is_live: bool = True
    """False if it was rebuilt from a saved answer, without order and time."""

    @property
    def has_ended(self) -> bool:
        """True if it contains the end of the turn."""
        return bool(self.events) and self.events[-1].name in _ENDS

    @property
    def worth(self) -> tuple[bool, bool, int]:
        """Sort key: the better of two accounts of the same turn has the larger one."""
        return self.has_ended, self.is_live, len(self.events)


@dataclass(slots=True)
class RecordedTurn:
    """One message and its turn."""

    message: str = ""
    files: tuple[str, ...] = ()
    """Names of the files that were sent with the message."""
    account: Account | None = None
    was_cancelled: bool = False

    def hear(self, account: Account) -> bool:
        """Add another account. Return True if it is better than the current one."""
        if self.account is not None and self.account.worth >= account.worth:
            return False
        self.account = account
        return True


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the workspace: its size in bytes, and the turn after which it was first listed."""

    size: int
    turn: int


@dataclass(slots=True)
class Conversation:
    """One task. `files` are those that its workspace listed; `contents` those that were downloaded."""

    task_id: str
    auto_execute: bool = True
    turns: list[RecordedTurn] = field(default_factory=list)
    files: dict[str, Listed] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def turn(self, at: int) -> RecordedTurn:
        """Return a turn; create it if it is new."""
        while len(self.turns) <= at:
            self.turns.append(RecordedTurn())
        return self.turns[at]

    @property
    def is_told(self) -> bool:
        """True if there is something to replay."""
        return bool(self.turns) and bool(self.turns[0].message) and self.turns[0].account is not None


class Conversations:
    """Every recorded task. If there are too many, the oldest ones are dropped."""

    def __init__(self) -> None:
        self.dropped = 0
        self._by_task: dict[str, Conversation] = {}

    def take(self, exchange: Exchange, form: Form | None) -> Conversation | None:
        """Add a finished exchange. Return its conversation if the exchange changed it."""
        if exchange.operation is None or exchange.status is None or exchange.status >= HTTPStatus.BAD_REQUEST:
            return None
        learn = _LEARN.get(exchange.operation.operation_id)
        task_id = _created(exchange) if exchange.operation.operation_id == "create_task" else exchange.task_id
        if learn is None or not task_id:
            return None
        conversation = self._of(task_id)
        return conversation if learn(conversation, exchange, form) else None

    def _of(self, task_id: str) -> Conversation:
        if task_id not in self._by_task:
            if len(self._by_task) >= MOST_CONVERSATIONS:
                self._by_task.pop(next(iter(self._by_task)))
                self.dropped += 1
            self._by_task[task_id] = Conversation(task_id)
        return self._by_task[task_id]


def _created(exchange: Exchange) -> str:
    return str(exchange.data.get("id", "")) if isinstance(exchange.data, dict) else ""


def _asked(conversation: Conversation, exchange: Exchange, form: Form | None) -> bool:
    """A message was accepted: a turn starts.

    If a task is older than the recording, its turns are known from its history only.
    """
    if not conversation.turns and exchange.name != "create_task":
        return False
    body = exchange.request_json
    fields: Mapping[str, Any] = body if isinstance(body, dict) else dict(form.fields if form else ())
    if str(fields.get("autoExecute", True)).lower() == "false":
        conversation.auto_execute = False
    conversation.turns.append(
        RecordedTurn(str(fields.get("message", "")), tuple(_placed(form.files if form else ())))
    )
    return False


def _placed(files: Sequence[str]) -> Iterator[str]:
    """Yield the names that these uploads will have in the mock; an archive is replaced by its contents."""
    for name in files:
        with suppress(BadName):
            placed = upload_name(name)
            if not placed.lower().endswith(".zip"):
                yield placed


def _streamed(conversation: Conversation, exchange: Exchange, _form: Form | None) -> bool:
    """A stream sent the saved messages, then perhaps the running turn."""
    saved = [event.data for event in exchange.events if event.name == "history_message"]
    changed = _remembered(conversation, [each for each in saved if isinstance(each, dict)], exchange.started)
    live = tuple(event for event in exchange.events if event.name not in _REPLAYED)
    if not live:
        return changed
    asked = sum(isinstance(each, dict) and each.get("role") == "user" for each in saved)
    at = max(asked, exchange.turns_known) - 1
    return at >= 0 and conversation.turn(at).hear(Account(live))


def _read(conversation: Conversation, exchange: Exchange, _form: Form | None) -> bool:
    """A task was read: its output is that of the last turn, the only one that a polling client sees."""
    task = exchange.data
    if not isinstance(task, dict) or task.get("status") not in _FINAL:
        return False
    first = conversation.turn(0)
    first.message = first.message or str(task.get("message", ""))
    output = task.get("output")
    events = list(_saved_events(output if isinstance(output, dict) else {}, exchange.started))
    if task["status"] == "completed":
        events.append(SeenEvent(exchange.started, "done", "", {}))
    else:
        code = {"code": "CANCELLED"} if task["status"] == "cancelled" else {}
        said = {"message": str(task.get("error") or "The task failed"), **code}
        events.append(SeenEvent(exchange.started, "error", "", said))
    at = max(exchange.turns_known, 1) - 1
    return conversation.turn(at).hear(Account(tuple(events), is_live=False))


def _history(conversation: Conversation, exchange: Exchange, _form: Form | None) -> bool:
    messages = exchange.data
    if isinstance(messages, dict):
        messages = messages.get("messages")
    saved = messages if isinstance(messages, list) else []
    return _remembered(conversation, [each for each in saved if isinstance(each, dict)], exchange.started)


def _remembered(conversation: Conversation, saved: Sequence[Mapping[str, Any]], at: float) -> bool:
    """Add turns from saved messages, for turns whose stream no client read."""
    changed = False
    turn: RecordedTurn | None = None
    asked = 0
    for message in saved:
        if message.get("role") == "user":
            turn = conversation.turn(asked)
            asked += 1
            turn.message = turn.message or str(message.get("content", ""))
            turn.files = turn.files or tuple(_names(message.get("attachedFiles")))
        elif turn is not None:
            events = (*_saved_events(message, at), SeenEvent(at, "done", "", {}))
            changed |= turn.hear(Account(events, is_live=False))
    return changed


def _saved_events(saved: Mapping[str, Any], at: float) -> Sequence[SeenEvent]:
    """Return a saved answer as events: thoughts, calls, then the text."""
    events = [SeenEvent(at, "thought", "", each) for each in _objects(saved.get("thoughts"))]
    for call in _objects(saved.get("toolCalls")):
        events.append(SeenEvent(at, "tool_call", "", {**call, "status": "executing"}))
        events.append(SeenEvent(at, "tool_result", "", {"output": "", **call}))
    if isinstance(text := saved.get("content"), str) and text:
        events.append(SeenEvent(at, "content", "", {"text": text, "isPartial": False}))
    return events


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _names(value: Any) -> list[str]:
    return [str(each["name"]) for each in _objects(value) if "name" in each]


def _listed(conversation: Conversation, exchange: Exchange, _form: Form | None) -> bool:
    data = exchange.data
    found = {
        str(each["path"]): each["size"] if isinstance(each.get("size"), int) else 0
        for each in _objects(data.get("files") if isinstance(data, dict) else None)
        if "path" in each
    }
    new = found.keys() - conversation.files.keys()
    for path in sorted(new):
        conversation.files[path] = Listed(found[path], max(len(conversation.turns) - 1, 0))
    return bool(new)


def _downloaded(conversation: Conversation, exchange: Exchange, _form: Form | None) -> bool:
    path = exchange.query.get("path", "")
    body = exchange.answer_body
    if not path or exchange.status != HTTPStatus.OK or exchange.method != "GET" or body is None:
        return False
    conversation.files.setdefault(path, Listed(len(body), max(len(conversation.turns) - 1, 0)))
    if len(body) > LARGEST_FILE or conversation.contents.get(path) == body:
        return False
    conversation.contents[path] = body
    return True


def _cancelled(conversation: Conversation, _exchange: Exchange, _form: Form | None) -> bool:
    if conversation.turns:
        conversation.turns[-1].was_cancelled = True
    return bool(conversation.turns)


_LEARN = {
    "create_task": _asked,
    "send_message": _asked,
    "stream_task": _streamed,
    "get_task": _read,
    "get_task_history": _history,
    "list_artifacts": _listed,
    "download_artifact": _downloaded,
    "cancel_task": _cancelled,
}
