"""In which situation something happens: the dimensions of `spec/situations.yaml`, from what the mock knows.

| dimension | follows from | not known |
|---|---|---|
| turn, history | the messages in the task's timeline; for a request that begins a turn, that turn | |
| session | the sessions in the timeline; for a request that will restore one, counted already | |
| state | the timeline when the request arrived; in a run, its latest state | while the agent only thinks |
| reader | the streams opened and closed in the turn; for a request that opens one, with it | |
| approval | the calls and decisions of the turn | before the first call |
| caller | the credential of the request, and whose the task is; in a run, the request that began it | \
before the caller is known; an end user at a task of a key |
| body, files | the message of the request, else the last one of the task | until it is read |
| value | `env` and `secrets` of the creation | until they are read |
| page | the page of the list that is answered | before it is found |

If a dimension is not known at a point, no fault with it fires there. Nothing is known of a task whose first
messages this server has not seen (it was restarted, or 2,000 tasks were newer), nor of what came with a
message while no armed fault was confined to a situation.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_mock.faults.current_request import Arrival, CurrentRequest, current_request
from sigmic_mock.faults.sent_message import SentMessage
from sigmic_mock.faults.task_life import (
    TaskLife,
    history_named,
    session_named,
    turn_named,
)
from sigmic_mock.faults.trigger import FaultContext
from sigmic_mock.service.timeline import Timeline, Timelines

_MOST_TASKS = 2_000
_NOTHING: frozenset[str] = frozenset()
_NEW_TASK: Mapping[str, str] = {"turn": "first", "history": "short", "session": "new"}


@dataclass(slots=True)
class _Followed:
    """A task's timeline, and its life up to the entry of this number."""

    timeline: Timeline
    life: TaskLife = field(default_factory=TaskLife)
    taken: int = 0


@dataclass(frozen=True, slots=True)
class _Brought:
    """The content of a task's creation and of its newest message."""

    creation: SentMessage
    newest: SentMessage


class Situations:
    """Returns the situation of an occasion."""

    def __init__(self, timelines: Timelines, limits: UploadLimits) -> None:
        self._timelines = timelines
        self._limits = limits
        self._followed: OrderedDict[str, _Followed] = OrderedDict()
        self._brought: OrderedDict[str, _Brought] = OrderedDict()

    def values(self, dimension: str, context: FaultContext) -> AbstractSet[str]:
        """Return the values of the dimension that hold; empty if they are not known at this point."""
        request = context.request or current_request()
        task = context.task or request.task
        match dimension:
            case "caller":
                return _one(request.caller)
            case "page":
                return _one(request.page)
            case "body" | "files" | "value":
                return frozenset(self._of_message(dimension, request, task))
            case _:
                return _one(self._of_task(dimension, request, task))

    def arrival(self, task: str | None) -> Arrival | None:
        """Return the current state of a task; None if nothing is known of it."""
        life = self._life(task)
        if life is None:
            return None
        return Arrival(messages=life.messages, state=life.state, is_over=life.is_over)

    def message_saved(self, task: str, paths: tuple[str, ...]) -> None:
        """The message of the current request is saved, its files are at `paths` of the workspace."""
        request = current_request()
        if not request.sends:
            return
        before = self._brought.pop(task, None)
        sent = request.sent
        sent.placed = tuple(path.partition("/")[2] for path in paths)
        if before is not None:
            sent.earlier = before.newest.earlier | {file.name for file in before.newest.files}
        self._brought[task] = _Brought(sent if before is None else before.creation, sent)
        if len(self._brought) > _MOST_TASKS:
            self._brought.popitem(last=False)

    def _of_message(self, dimension: str, request: CurrentRequest, task: str | None) -> Collection[str]:
        brought = self._brought.get(task or "")
        if request.sends:
            sent: SentMessage | None = request.sent
        else:
            sent = None if brought is None else brought.newest
        if dimension == "value" and brought is not None:
            sent = brought.creation
        if sent is None:
            return _NOTHING
        match dimension:
            case "body":
                return sent.body
            case "files":
                return sent.file_kinds(self._limits)
            case _:
                return sent.value_kinds

    def _of_task(self, dimension: str, request: CurrentRequest, task: str | None) -> str | None:
        life = self._life(task)
        if life is None:
            is_new = request.operation == "create_task" and not request.in_run
            return _NEW_TASK.get(dimension) if is_new else None
        begins = _begins_turn(request, life)
        number = life.messages + begins
        match dimension:
            case "turn":
                return turn_named(number)
            case "history":
                return history_named(number)
            case "session":
                return session_named(number, life.restores + (begins and not life.has_session))
            case "state":
                if request.in_run:
                    return life.state
                return None if request.arrival is None else request.arrival.state
            case "reader":
                if begins:
                    return None
                return life.reader(coming=request.is_coming)
            case _:
                return None if begins else life.approval

    def _life(self, task: str | None) -> TaskLife | None:
        """Return the history of a task up to now; None if its beginning is not known."""
        if task is None:
            return None
        timeline = self._timelines.of(task)
        followed = self._followed.get(task)
        if followed is None or followed.timeline is not timeline:
            followed = self._followed[task] = _Followed(timeline)
            if len(self._followed) > _MOST_TASKS:
                self._followed.popitem(last=False)
        self._followed.move_to_end(task)
        there = timeline.dropped + len(timeline.entries)
        if followed.taken < timeline.dropped:
            return None
        for entry in islice(timeline.entries, followed.taken - timeline.dropped, None):
            followed.life.take(entry)
        followed.taken = there
        return followed.life if followed.life.is_known else None


def _begins_turn(request: CurrentRequest, life: TaskLife) -> bool:
    """True for a request whose message begins a turn and is not saved yet."""
    if request.operation != "send_message" or request.in_run or request.arrival is None:
        return False
    return request.arrival.is_over and life.messages == request.arrival.messages


def _one(value: str | None) -> frozenset[str]:
    return _NOTHING if value is None else frozenset({value})
