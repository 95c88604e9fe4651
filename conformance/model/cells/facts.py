"""Facts that the cells of several nouns share, computed once per run. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.callers import Caller
from sigmic_conformance.conformance.model.calls import Call
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
    """The streams that were opened between its message and the next one."""
    speaks: tuple[int, int]
    """The times of its first and last text; zeros without a text."""
    calls: tuple[Call, ...]
    """The calls whose first event is in this turn, in order."""

    def goes_on(self, at: int) -> bool:
        """Whether the agent was known to work within the second before a moment."""
        return self.start < at < self.end + NANO and not self.turn.was_over(at)

    @property
    def readers(self) -> list[Stream]:
        """The readers that joined while it was running."""
        return [each for each in self.streams if each.is_streaming]

    @property
    def sent(self) -> Exchange:
        """The request with its message."""
        return self.turn.said.exchange


class Facts:
    """Facts about a run, for its cells."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.idle_seconds = model.profile.session_expiry_seconds
        self.beat_seconds = model.profile.heartbeat_seconds

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that this run created."""
        return tuple(each for each in self.model.tasks.values() if each.creation is not None)

    @cached_property
    def _by_operation(self) -> Mapping[str, list[Exchange]]:
        found: dict[str, list[Exchange]] = defaultdict(list)
        for exchange in self.model.exchanges:
            found[self.model.operation(exchange) or ""].append(exchange)
        return found

    def requests(self, *operations: str) -> Iterator[Exchange]:
        """The requests of these operations, answered or not."""
        return (each for name in operations for each in self._by_operation.get(name, ()))

    @cached_property
    def callers(self) -> tuple[tuple[Exchange, Caller], ...]:
        """Every answered request with its caller."""
        of = self.model.callers.of
        return tuple((each, of(each)) for each in self.model.exchanges if each.status is not None)

    @cached_property
    def works(self) -> tuple[Work, ...]:
        """The turns of all tasks."""
        return tuple(work for task in self.tasks for work in _works(task))

    @cached_property
    def streams(self) -> tuple[tuple[Task, Stream], ...]:
        """The streams of all tasks."""
        return tuple((task, stream) for task in self.tasks for stream in task.streams)

    @cached_property
    def bodies(self) -> tuple[tuple[Exchange, Asked], ...]:
        """The creations and follow-ups whose body is known."""
        pairs = ((each, asked(each.sent)) for each in self.requests(*SENDS))
        return tuple((each, body) for each, body in pairs if body.known)

    def together(self, works: Iterable[Work]) -> Iterator[tuple[Work, Work]]:
        """Pairs of turns of different tasks that ran at the same time."""
        ordered = sorted(works, key=lambda each: each.start)
        for number, one in enumerate(ordered):
            for other in ordered[number + 1 :]:
                if other.start >= one.end:
                    break
                if one.task is not other.task:
                    yield one, other

    @cached_property
    def _works_of(self) -> Mapping[str, list[Work]]:
        found: dict[str, list[Work]] = defaultdict(list)
        for work in self.works:
            found[work.task.id].append(work)
        return found

    def works_of(self, task: Task) -> Sequence[Work]:
        """The turns of a task."""
        return self._works_of.get(task.id, ())

    def is_at_work(self, task: Task, at: int) -> bool:
        """Whether the agent was known to work on a task both before and after a moment."""
        return any(work.start < at < work.end for work in self.works_of(task))

    @cached_property
    def joined(self) -> tuple[tuple[Work, Stream], ...]:
        """The streams that were opened while the agent was known to work."""
        return tuple(
            (work, each)
            for work in self.works
            for each in work.readers
            if work.start < each.exchange.started < work.end
        )


def is_spelled(exchange: Exchange) -> bool:
    """Whether an answered request was written in another form."""
    return exchange.sent.spelling is not Spelling.PLAIN and exchange.status is not None


def is_broken(exchange: Exchange) -> bool:
    """Whether a request was not sent completely, or the connection broke before its answer."""
    return not exchange.sent.whole or (exchange.status is None and exchange.closed in _LEFT)


def spelled(*operations: str) -> Callable[[Facts], Iterator[Exchange]]:
    """The requests of these operations that were written in another form."""
    return lambda facts: filter(is_spelled, facts.requests(*operations))


def broken(*operations: str) -> Callable[[Facts], Iterator[Exchange]]:
    """The requests of these operations that broke off."""
    return lambda facts: filter(is_broken, facts.requests(*operations))


def reads(task: Task) -> Iterator[Exchange]:
    """The requests that read a task, with any answer; not in order."""
    yield from task.read
    for kind in (task.views, task.listings, task.downloads, task.streams):
        yield from (each.exchange for each in kind)


def left(stream: Stream) -> bool:
    """Whether a reader left, or was cut off, before the end."""
    return stream.exchange.closed in _LEFT and stream.last is None


def overlap(exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
    """The requests that were sent before the previous one was answered."""
    ended = 0
    for each in sorted(exchanges, key=lambda one: one.started):
        if each.started < ended:
            yield each
        ended = max(ended, each.ended)


def _works(task: Task) -> Iterator[Work]:
    calls = [(call.first.at, call) for call in task.calls.values() if call.first is not None]
    for turn in task.turns:
        until = turn.until
        streams = tuple(
            each
            for each in task.streams
            if turn.began <= each.exchange.started and (until is None or each.exchange.started < until)
        )
        signs = [event.at for each in streams for event in (each.live[:1] + each.live[-1:])]
        signs += [
            each.ended
            for each in task.told
            if not each.is_final and each.status != PENDING
            if each.began >= turn.began and (until is None or each.ended <= until)
        ]
        texts = [event.at for each in streams for event in each.live if event.type == "content"]
        yield Work(
            speaks=(min(texts, default=0), max(texts, default=0)),
            task=task,
            turn=turn,
            start=min(signs, default=turn.taken),
            end=max(signs, default=turn.taken),
            streams=streams,
            calls=tuple(call for at, call in calls if turn.began <= at and (until is None or at < until)),
        )
