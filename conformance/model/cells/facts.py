"""Facts of a run for its cells: requests, tasks, turns, streams and calls, computed once. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.callers import Caller
from sigmic_conformance.conformance.model.calls import Call
from sigmic_conformance.conformance.model.conversation import Said, View
from sigmic_conformance.conformance.model.model import Model
from sigmic_conformance.conformance.model.requests import Asked, asked
from sigmic_conformance.conformance.model.statuses import PENDING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript.spelling import Spelling
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange

SENDS = ("create_task", "send_message")
_LEFT = {Closed.HUNG_UP, Closed.RESET, Closed.TRUNCATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A turn, and the times between which the agent is known to work on it."""

    task: Task
    turn: Turn
    start: int
    end: int
    streams: tuple[Stream, ...]
    """The streams that were opened between its message and the next one, in order."""
    calls: tuple[Call, ...]
    """The calls whose first event is in this turn, in order."""
    speaks: tuple[int, int]
    """The times of its first and last text; zeros without a text."""

    @property
    def sent(self) -> Exchange:
        """The request with its message."""
        return self.turn.said.exchange

    @property
    def readers(self) -> list[Stream]:
        """The readers that joined while it was running."""
        return [each for each in self.streams if each.is_streaming]

    def goes_on(self, at: int) -> bool:
        """Whether the agent was known to work within the second before a moment."""
        return self.start < at < self.end + NANO and not self.turn.was_over(at)


class Facts:
    """Facts about a run, for its cells."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.tasks = [each for each in model.tasks.values() if each.creation is not None]
        self.creations = [each.creation for each in self.tasks if each.creation is not None]
        self.streams: list[Stream] = [stream for task in self.tasks for stream in task.streams]
        self._by_operation: Mapping[str, list[Exchange]] = defaultdict(list)
        for exchange in model.exchanges:
            self._by_operation[model.operation(exchange) or ""].append(exchange)

    def requests(self, *operations: str) -> Iterator[Exchange]:
        """The requests of these operations, answered or not."""
        return (each for name in operations for each in self._by_operation[name])

    @cached_property
    def callers(self) -> list[tuple[Exchange, Caller]]:
        """Every answered request with its caller."""
        of = self.model.callers.of
        return [(each, of(each)) for each in self.model.exchanges if each.status is not None]

    @cached_property
    def bodies(self) -> list[tuple[Exchange, Asked]]:
        """The creations and follow-ups whose body is known."""
        pairs = ((each, asked(each.sent)) for each in self.requests(*SENDS))
        return [(each, body) for each, body in pairs if body.known]

    @cached_property
    def pages(self) -> list[Exchange]:
        """The pages of lists."""
        return [each for each in self.requests("list_tasks") if each.ok and isinstance(each.data, list)]

    @cached_property
    def said(self) -> list[tuple[Task, Said]]:
        """The messages of all tasks."""
        return [(task, each) for task in self.tasks for each in task.said]

    @cached_property
    def views(self) -> list[View]:
        """The views of all tasks that show messages."""
        return [view for task in self.tasks for view in task.views if view.messages]

    @cached_property
    def waiting(self) -> list[Exchange]:
        """The answers about a task that has not started."""
        return [told.exchange for task in self.tasks for told in task.told if told.status == PENDING]

    @cached_property
    def read_at_rest(self) -> list[tuple[Task, Exchange]]:
        """The answers of get_task about an idle task."""
        reads = ((task, each) for task in self.tasks for each in task.read)
        return [(task, each) for task, each in reads if task.at_rest(each.started, each.ended) is not None]

    @cached_property
    def works(self) -> list[Work]:
        """The turns of all tasks."""
        return [work for task in self.tasks for work in _works(task)]

    @cached_property
    def calls(self) -> list[tuple[Work, Call]]:
        """The calls of all turns."""
        return [(work, call) for work in self.works for call in work.calls]

    @cached_property
    def joined(self) -> list[tuple[Work, Stream]]:
        """The streams that were opened while the agent was known to work."""
        pairs = ((work, each) for work in self.works for each in work.readers)
        return [(work, each) for work, each in pairs if work.start < each.exchange.started < work.end]

    def together(self, works: Iterable[Work]) -> Iterator[tuple[Work, Work]]:
        """Pairs of turns of different tasks that ran at the same time."""
        ordered = sorted(works, key=lambda each: each.start)
        for number, one in enumerate(ordered):
            for other in ordered[number + 1 :]:
                if other.start >= one.end:
                    break
                if one.task is not other.task:
                    yield one, other

    def is_at_work(self, task: Task, at: int) -> bool:
        """Whether the agent was known to work on a task both before and after a moment."""
        return any(work.start < at < work.end for work in self.works if work.task is task)


def spelled(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """The answered requests that were written in another form."""
    return (e for e in exchanges if e.sent.spelling is not Spelling.PLAIN and e.status is not None)


def broken(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """The requests that were not sent completely, or whose connection broke before the answer."""
    return (e for e in exchanges if not e.sent.whole or (e.status is None and e.closed in _LEFT))


def overlap(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """The requests that were sent before an earlier one was answered."""
    ended = 0
    for each in sorted(exchanges, key=lambda one: one.started):
        if each.started < ended:
            yield each
        ended = max(ended, each.ended)


def reads(task: Task) -> Iterator[Exchange]:
    """The requests that read a task, with any answer; not in order."""
    yield from task.read
    for kind in (task.views, task.listings, task.downloads, task.streams):
        yield from (each.exchange for each in kind)


def left(stream: Stream) -> bool:
    """Whether a reader left, or was cut off, before the end."""
    return stream.exchange.closed in _LEFT and stream.last is None


def _works(task: Task) -> Iterator[Work]:
    calls = [(call.first.at, call) for call in task.calls.values() if call.first is not None]
    for turn in task.turns:
        until = float("inf") if turn.until is None else turn.until
        streams = [each for each in task.streams if turn.began <= each.exchange.started < until]
        signs = [event.at for each in streams for event in (each.live[:1] + each.live[-1:])]
        signs += [
            each.ended
            for each in task.told
            if not each.is_final and each.status != PENDING
            if each.began >= turn.began and each.ended <= until
        ]
        texts = [event.at for each in streams for event in each.of("content")]
        yield Work(
            task=task,
            turn=turn,
            start=min(signs, default=turn.taken),
            end=max(signs, default=turn.taken),
            streams=tuple(sorted(streams, key=lambda each: each.exchange.started)),
            calls=tuple(call for at, call in calls if turn.began <= at < until),
            speaks=(min(texts, default=0), max(texts, default=0)),
        )
