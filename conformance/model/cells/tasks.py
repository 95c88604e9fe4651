"""Tasks, their turns, and the sessions in which these run. Pure."""

from collections.abc import Callable, Hashable, Iterator
from itertools import pairwise

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import kind_of
from sigmic_conformance.conformance.model.cells.counters import (
    Again,
    Find,
    Numbers,
    Order,
    When,
    are_near,
    noun,
    repeated,
)
from sigmic_conformance.conformance.model.cells.facts import (
    Facts,
    Work,
    broken,
    is_broken,
    is_spelled,
    left,
    reads,
    spelled,
)
from sigmic_conformance.conformance.model.pages import total_of
from sigmic_conformance.conformance.model.statuses import CANCELLED, PENDING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.transcript import Exchange

DEFAULT_PAGE = 50
NEAR_SECONDS = 0.5
HALF_A_SECOND = NANO // 2
ABOUT_TASKS = (
    "create_task",
    "get_task",
    "get_task_history",
    "send_message",
    "cancel_task",
    "list_artifacts",
    "stream_task",
)
At = tuple[Exchange, Hashable]

# ----- task


def _listed(facts: Facts) -> Iterator[tuple[Exchange, int]]:
    for page in facts.requests("list_tasks"):
        if page.ok and (total := total_of(page)) is not None:
            yield page, total


def _creations(facts: Facts) -> Iterator[list[At]]:
    sent = [task.creation.exchange for task in facts.tasks if task.creation is not None]
    yield [(each, each.sent.text or each.sent.sha256) for each in sent if each.sent.text or each.sent.sha256]


def _near_ids(facts: Facts) -> Iterator[Exchange]:
    known = {task.id for task in facts.tasks}
    strange: dict[str, list[Exchange]] = {}
    for each in facts.requests(*ABOUT_TASKS, "approve_tool_call", "download_artifact"):
        if each.task and each.task not in known and each.status is not None:
            strange.setdefault(each.task, []).append(each)
    for name, exchanges in strange.items():
        if any(are_near(name, each) for each in known):
            yield from exchanges


def _at_work(facts: Facts) -> Iterator[Exchange]:
    told = (each for task in facts.tasks for each in task.told if each.operation == "get_task")
    return (each.exchange for each in told if not each.is_final)


def _at_rest(facts: Facts) -> Iterator[tuple[Task, Exchange]]:
    for task in facts.tasks:
        yield from ((task, each) for each in task.read if task.at_rest(each.started, each.ended) is not None)


def _again(facts: Facts) -> Iterator[Exchange]:
    yield from repeated((exchange, task.id) for task, exchange in _at_rest(facts))
    for task in facts.tasks:
        yield from task.cancellations[1:]


def _two_tasks(facts: Facts) -> Iterator[Exchange]:
    return (other.sent for one, other in facts.together(facts.works) if one.task.owner == other.task.owner)


def _told_twice(facts: Facts) -> Iterator[Exchange]:
    """Two operations in sequence that reported the status of an idle task."""
    for task in facts.tasks:
        rests = [(each, task.at_rest(each.began, each.ended)) for each in task.told]
        for (one, before), (other, rest) in pairwise(rests):
            if rest is not None and rest is before and one.operation != other.operation:
                yield other.exchange


def _after_cancelling(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        first = min((each.ended for each in task.cancellations if each.succeeded), default=None)
        yield from (each for each in reads(task) if first is not None and each.started > first)


TASK = noun(
    count=Numbers(_listed, many=DEFAULT_PAGE + 1),
    place=[
        Order(lambda facts: ([page] * len(page.entries) for page in facts.requests("list_tasks") if page.ok)),
        Again(_creations),
    ],
    name=When(nearly_same=_near_ids),
    moment=When(
        during=_at_work,
        after=lambda facts: (each for _, each in _at_rest(facts)),
        at_once=_two_tasks,
        twice=_again,
    ),
    spelling=spelled(*ABOUT_TASKS),
    view=_told_twice,
    end=_after_cancelling,
    cut=broken(*ABOUT_TASKS),
)

# ----- turn


def _did_again(facts: Facts) -> Iterator[Exchange]:
    done: dict[str, set[object]] = {}
    for work in facts.works:
        mine = {kind_of(call.tool, sorted(call.args.items(), key=str)) for call in work.calls}
        if mine & done.setdefault(work.task.id, set()):
            yield work.sent
        done[work.task.id] |= mine


def _ended(which: Callable[[Facts, Work, int], bool]) -> Find:
    """The turns that are known to be over, by the time of that knowledge."""

    def find(facts: Facts) -> Iterator[Exchange]:
        over = ((work, work.turn.over) for work in facts.works)
        return (work.sent for work, end in over if end is not None and which(facts, work, end.ended))

    return find


def _is_silent(_: Facts, work: Work, __: int) -> bool:
    over = work.turn.over
    return over is not None and over.status == CANCELLED and work.end == work.turn.taken


def _ends_at_a_beat(facts: Facts) -> Iterator[Exchange]:
    beat = round(facts.beat_seconds * NANO)
    for _, stream in facts.streams:
        lasted = stream.terminal.at - stream.opened if stream.terminal is not None else 0
        if lasted > beat - HALF_A_SECOND and min(lasted % beat, -lasted % beat) < HALF_A_SECOND:
            yield stream.exchange


def _not_started(facts: Facts) -> Iterator[Exchange]:
    return (told.exchange for task in facts.tasks for told in task.told if told.status == PENDING)


def _heard_and_read(facts: Facts) -> Iterator[Exchange]:
    whole = {id(work.turn) for work in facts.works if work.task.heard_whole(work.turn) is not None}
    return (each for task, each in _at_rest(facts) if id(task.turn_at(each.started)) in whole)


def _only_reader_left(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        live = [each for each in work.streams if each.is_streaming is not False]
        if live and all(map(left, live)):
            yield work.sent


TURN = noun(
    count=Numbers(
        lambda facts: ((task.turns[-1].said.exchange, len(task.turns)) for task in facts.tasks if task.turns),
        many=10,
        least=1,
    ),
    size=When(
        nothing=_ended(_is_silent),
        small=_ended(lambda _, work, ended: ended - work.turn.began < NANO),
        large=_ended(lambda facts, work, _: work.end - work.turn.began > 2 * facts.beat_seconds * NANO),
        at_an_edge=_ends_at_a_beat,
    ),
    place=[
        Order(lambda facts: ([turn.said.exchange for turn in task.turns] for task in facts.tasks)),
        When(again=_did_again),
    ],
    moment=When(
        before=_not_started,
        during=lambda facts: (each.exchange for _, each in facts.joined),
        after=lambda facts: (each.exchange for _, each in facts.streams if each.is_streaming is False),
        at_once=lambda facts: (
            said.exchange
            for work in facts.works
            for said in work.task.said
            if said.is_follow_up and work.goes_on(said.sent)
        ),
        twice=lambda facts: (each.exchange for work in facts.works for each in work.readers[1:]),
    ),
    spelling=spelled("send_message"),
    view=_heard_and_read,
    end=lambda facts: (s.exchange for _, s in facts.streams if s.complete and s.terminal is not None),
    cut=_only_reader_left,
)

# ----- session


def _restores(facts: Facts) -> Iterator[tuple[Task, tuple[int, ...]]]:
    return ((task, facts.model.restores(task)) for task in facts.tasks if task.turns)


def _after_idling(which: Callable[[float, float], bool]) -> Find:
    """The follow-ups after a time, in seconds, whose comparison with the idle time fulfils a condition."""

    def find(facts: Facts) -> Iterator[Exchange]:
        idle = float("inf") if facts.idle_seconds is None else facts.idle_seconds
        for task in facts.tasks:
            for before, turn in pairwise(task.turns):
                over = before.over
                if over is not None and turn.is_clear and which((turn.began - over.ended) / NANO, idle):
                    yield turn.said.exchange

    return find


def _sessions(facts: Facts) -> Iterator[list[Exchange]]:
    """The message of the first turn, for each session of a task."""
    for task, restores in _restores(facts):
        yield [task.turns[restores.index(number)].said.exchange for number in sorted(set(restores))]


def _second_turns(facts: Facts) -> Iterator[Exchange]:
    for task, restores in _restores(facts):
        for turn, (before, now) in zip(task.turns[1:], pairwise(restores), strict=True):
            if before == now > 0:
                yield turn.said.exchange


def _is_expired(facts: Facts, task: Task, at: int) -> bool:
    turn = task.turn_at(at)
    over = turn.over if turn else None
    return (
        over is not None and facts.idle_seconds is not None and at - over.ended >= facts.idle_seconds * NANO
    )


def _restored(facts: Facts) -> Iterator[Work]:
    """The turns that restored a session."""
    before: dict[str, int] = {}
    for work in facts.works:
        now = facts.model.restores(work.task)[work.turn.number - 1]
        if now > before.get(work.task.id, 0):
            yield work
        before[work.task.id] = now


def _during_a_restore(facts: Facts) -> Iterator[Exchange]:
    for work in _restored(facts):
        mine = reads(work.task)
        yield from (each for each in mine if each.started < work.start and each.ended > work.turn.began)


def _used_after_a_restore(facts: Facts) -> Iterator[Exchange]:
    for work in _restored(facts):
        looked = any(each.began > work.turn.taken for each in work.task.views)
        if looked or any(call.result is not None for call in work.calls):
            yield work.sent


def _conversations(facts: Facts) -> Iterator[Exchange]:
    """The histories of tasks whose conversation get_task returned too."""
    for task in facts.tasks:
        if any(each.fields.get("conversationId") for each in task.read):
            yield from (each.exchange for each in task.views if not each.is_stream)


SESSION = noun(
    count=[
        Numbers(
            lambda facts: ((t.turns[-1].said.exchange, max(n) + 1) for t, n in _restores(facts)),
            many=3,
            least=1,
        ),
        When(zero=_not_started),
    ],
    size=When(
        nothing=_after_idling(lambda gap, _: 0 <= gap < NEAR_SECONDS),
        small=_after_idling(lambda gap, idle: 0 <= gap < idle / 2),
        large=_after_idling(lambda gap, idle: gap >= idle),
        at_an_edge=_after_idling(lambda gap, idle: abs(gap - idle) < NEAR_SECONDS),
    ),
    place=[Order(_sessions), When(again=_second_turns)],
    moment=When(
        before=_not_started,
        during=lambda facts: (e for task in facts.tasks for e in task.read if e.fields.get("sessionId")),
        after=lambda facts: (e for task, e in _at_rest(facts) if _is_expired(facts, task, e.started)),
        at_once=_during_a_restore,
        twice=lambda facts: (t.turns[-1].said.exchange for t, number in _restores(facts) if max(number) > 1),
    ),
    spelling=lambda facts: (work.sent for work in _restored(facts) if is_spelled(work.sent)),
    view=_conversations,
    end=_used_after_a_restore,
    cut=lambda facts: (
        said.exchange
        for task in facts.tasks
        for said in task.said
        if is_broken(said.exchange) and _is_expired(facts, task, said.sent)
    ),
)
