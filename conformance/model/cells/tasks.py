"""Tasks, their turns, and the sessions in which these run. Pure."""

from collections.abc import Hashable, Iterator

from sigmic_conformance.conformance.model.calls import kind_of
from sigmic_conformance.conformance.model.cells.counters import (
    ORDER_ALONE,
    Both,
    Noun,
    Numbers,
    Order,
    When,
    are_near,
)
from sigmic_conformance.conformance.model.cells.facts import (
    NANO,
    Facts,
    Work,
    is_broken,
    is_spelled,
    left,
    reads,
)
from sigmic_conformance.conformance.model.pages import total_of
from sigmic_conformance.conformance.model.statuses import CANCELLED, PENDING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.transcript import Exchange

DEFAULT_PAGE = 50
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

# ----- task


def _listed(facts: Facts) -> Iterator[tuple[str, int]]:
    for page in facts.requests("list_tasks"):
        total = total_of(page) if page.ok else None
        if total is not None:
            yield page.probe, total


def _entries(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    for page in facts.requests("list_tasks"):
        if page.ok:
            yield [(page.probe, None) for _ in page.entries]


def _same_creations(facts: Facts) -> Iterator[str]:
    seen: set[str] = set()
    for task in facts.tasks:
        if task.creation is not None:
            exchange = task.creation.exchange
            body = exchange.sent.text or exchange.sent.sha256 or ""
            if body in seen:
                yield exchange.probe
            seen.add(body)


def _near_ids(facts: Facts) -> Iterator[str]:
    known = {task.id for task in facts.tasks}
    strange: dict[str, list[str]] = {}
    for exchange in facts.requests(*ABOUT_TASKS, "approve_tool_call", "download_artifact"):
        if exchange.task and exchange.task not in known and exchange.status is not None:
            strange.setdefault(exchange.task, []).append(exchange.probe)
    for name, probes in strange.items():
        if any(are_near(name, each) for each in known):
            yield from probes


def _read_at_work(facts: Facts) -> Iterator[str]:
    return (
        told.exchange.probe
        for task in facts.tasks
        for told in task.told
        if not told.is_final and told.operation == "get_task"
    )


def _read_at_rest(facts: Facts) -> Iterator[tuple[Task, Exchange]]:
    for task in facts.tasks:
        for exchange in task.read:
            if task.at_rest(exchange.started, exchange.ended) is not None:
                yield task, exchange


def _again_at_rest(facts: Facts) -> Iterator[str]:
    seen: set[str] = set()
    for task, exchange in _read_at_rest(facts):
        if task.id in seen:
            yield exchange.probe
        seen.add(task.id)
    for task in facts.tasks:
        yield from (each.probe for each in task.cancellations[1:] if each.status is not None)


def _two_tasks(facts: Facts) -> Iterator[str]:
    return (other.probe for one, other in facts.together(facts.works) if one.task.owner == other.task.owner)


def _told_twice(facts: Facts) -> Iterator[str]:
    """Two operations that told the status of a task at rest."""
    for task in facts.tasks:
        before: tuple[object, str] | None = None
        for told in task.told:
            rest = task.at_rest(told.began, told.ended)
            if rest is not None:
                if before is not None and before[0] == rest.number and before[1] != told.operation:
                    yield told.exchange.probe
                before = rest.number, told.operation


def _read_after_cancelling(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        taken = [each.ended for each in task.cancellations if each.succeeded]
        if taken:
            yield from (each.probe for each in reads(task) if each.started > taken[0])


TASK: Noun = {
    "count": Numbers(_listed, many=DEFAULT_PAGE + 1),
    "place": Both(Order(_entries, ORDER_ALONE), When({"again": _same_creations})),
    "name": When({"nearly_same": _near_ids}),
    "moment": When(
        {
            "during": _read_at_work,
            "after": lambda facts: (exchange.probe for _, exchange in _read_at_rest(facts)),
            "at_once": _two_tasks,
            "twice": _again_at_rest,
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled(*ABOUT_TASKS)}),
    "view": When({"several": _told_twice}),
    "end": When({"after": _read_after_cancelling}),
    "cut": When({"middle": lambda facts: (each.probe for each in facts.broken(*ABOUT_TASKS))}),
}

# ----- turn


def _turns(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((task.turns[-1].said.exchange.probe, len(task.turns)) for task in facts.tasks if task.turns)


def _turn_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    for task in facts.tasks:
        yield [(turn.said.exchange.probe, None) for turn in task.turns]


def _did_again(facts: Facts) -> Iterator[str]:
    done: dict[str, set[object]] = {}
    for work in facts.works:
        mine = {kind_of(call.tool, sorted(call.args.items(), key=str)) for call in work.calls}
        before = done.setdefault(work.task.id, set())
        if mine & before:
            yield work.probe
        before |= mine


def _silent_ends(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        over = work.turn.over
        if over is not None and over.status == CANCELLED and work.end == work.turn.taken:
            yield work.probe


def _quick_ends(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        over = work.turn.over
        if over is not None and over.ended - work.turn.began < NANO:
            yield work.probe


def _long_turns(facts: Facts) -> Iterator[str]:
    long = 2 * facts.beat_seconds * NANO
    return (work.probe for work in facts.works if work.end - work.turn.began > long)


def _ends_at_a_beat(facts: Facts) -> Iterator[str]:
    beat = round(facts.beat_seconds * NANO)
    for _, stream in facts.streams:
        lasted = stream.terminal.at - stream.opened if stream.terminal is not None else 0
        if lasted > beat - HALF_A_SECOND and min(lasted % beat, -lasted % beat) < HALF_A_SECOND:
            yield stream.exchange.probe


def _not_started(facts: Facts) -> Iterator[str]:
    return (told.exchange.probe for task in facts.tasks for told in task.told if told.status == PENDING)


def _joined(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        yield from (each.exchange.probe for each in work.streams if facts.is_joined(work, each))


def _late(facts: Facts) -> Iterator[str]:
    return (each.exchange.probe for _, each in facts.streams if each.is_streaming is False)


def _early_follow_ups(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        yield from (
            each.exchange.probe for each in work.task.said if each.is_follow_up and work.goes_on(each.sent)
        )


def _heard_again(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        live = [each for each in work.streams if each.is_streaming]
        yield from (each.exchange.probe for each in live[1:])


def _heard_and_read(facts: Facts) -> Iterator[str]:
    whole: dict[int, bool] = {}
    for task, exchange in _read_at_rest(facts):
        turn = task.turn_at(exchange.started)
        if turn is not None:
            if id(turn) not in whole:
                whole[id(turn)] = task.heard_whole(turn) is not None
            if whole[id(turn)]:
                yield exchange.probe


def _read_to_the_end(facts: Facts) -> Iterator[str]:
    return (each.exchange.probe for _, each in facts.streams if each.complete and each.terminal is not None)


def _only_reader_left(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        live = [each for each in work.streams if each.is_streaming is not False]
        if live and all(map(left, live)):
            yield work.probe


TURN: Noun = {
    "count": Numbers(_turns, many=10, least=1),
    "size": When(
        {
            "nothing": _silent_ends,
            "small": _quick_ends,
            "large": _long_turns,
            "at_an_edge": _ends_at_a_beat,
        }
    ),
    "place": Both(Order(_turn_order, ORDER_ALONE), When({"again": _did_again})),
    "moment": When(
        {
            "before": _not_started,
            "during": _joined,
            "after": _late,
            "at_once": _early_follow_ups,
            "twice": _heard_again,
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled("send_message")}),
    "view": When({"several": _heard_and_read}),
    "end": When({"after": _read_to_the_end}),
    "cut": When({"middle": _only_reader_left}),
}

# ----- session


def _restores(facts: Facts) -> Iterator[tuple[Task, tuple[int, ...]]]:
    return ((task, facts.model.restores(task)) for task in facts.tasks if task.turns)


def _sessions(facts: Facts) -> Iterator[tuple[str, int]]:
    for task, restores in _restores(facts):
        yield task.turns[-1].said.exchange.probe, max(restores) + 1


def _gaps(facts: Facts) -> Iterator[tuple[str, float]]:
    """For how long a session was idle before each follow-up, in seconds."""
    for task in facts.tasks:
        for before, turn in zip(task.turns, task.turns[1:], strict=False):
            if before.over is not None and turn.is_clear:
                yield turn.said.exchange.probe, (turn.began - before.over.ended) / NANO


def _at_once_after(facts: Facts) -> Iterator[str]:
    return (probe for probe, gap in _gaps(facts) if 0 <= gap < 0.5)  # noqa: PLR2004  half a second


def _well_before(facts: Facts) -> Iterator[str]:
    idle = facts.idle_seconds
    return (probe for probe, gap in _gaps(facts) if idle is None or 0 <= gap < idle / 2)


def _expired(facts: Facts) -> Iterator[str]:
    idle = facts.idle_seconds
    return (probe for probe, gap in _gaps(facts) if idle is not None and gap >= idle)


def _about_to_expire(facts: Facts) -> Iterator[str]:
    idle = facts.idle_seconds
    return (probe for probe, gap in _gaps(facts) if idle is not None and abs(gap - idle) < 0.5)  # noqa: PLR2004


def _session_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    """A thing for each session of a task, by the probe of its first turn."""
    for task, restores in _restores(facts):
        first = {
            number: turn.said.exchange.probe
            for turn, number in reversed([*zip(task.turns, restores, strict=True)])
        }
        yield [(first[number], None) for number in sorted(first)]


def _second_turns(facts: Facts) -> Iterator[str]:
    for task, restores in _restores(facts):
        for turn, before, now in zip(task.turns[1:], restores, restores[1:], strict=False):
            if before == now > 0:
                yield turn.said.exchange.probe


def _while_it_lives(facts: Facts) -> Iterator[str]:
    return (
        exchange.probe for task in facts.tasks for exchange in task.read if exchange.fields.get("sessionId")
    )


def _read_expired(facts: Facts) -> Iterator[str]:
    if facts.idle_seconds is None:
        return
    for task, exchange in _read_at_rest(facts):
        turn = task.turn_at(exchange.started)
        over = turn.over if turn else None
        if over is not None and exchange.started - over.ended >= facts.idle_seconds * NANO:
            yield exchange.probe


def _restored(facts: Facts) -> Iterator[Work]:
    """The turns that restored a session."""
    before: dict[str, int] = {}
    for work in facts.works:
        now = facts.model.restores(work.task)[work.turn.number - 1]
        if now > before.get(work.task.id, 0):
            yield work
        before[work.task.id] = now


def _during_a_restore(facts: Facts) -> Iterator[str]:
    for work in _restored(facts):
        for each in reads(work.task):
            if each.started < work.start and each.ended > work.turn.began:
                yield each.probe


def _restored_twice(facts: Facts) -> Iterator[str]:
    for task, restores in _restores(facts):
        if max(restores) > 1:
            yield task.turns[-1].said.exchange.probe


def _used_after_a_restore(facts: Facts) -> Iterator[str]:
    for work in _restored(facts):
        looked = any(each.began > work.turn.taken for each in work.task.views)
        if looked or any(call.result is not None for call in work.calls):
            yield work.probe


def _broken_restores(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        for each in task.said:
            turn = task.turn_at(each.sent)
            over = turn.over if turn else None
            idle = facts.idle_seconds
            waited = over is not None and idle is not None and each.sent - over.ended >= idle * NANO
            if waited and is_broken(each.exchange):
                yield each.exchange.probe


def _conversations(facts: Facts) -> Iterator[str]:
    """The histories of tasks whose conversation get_task returned too."""
    for task in facts.tasks:
        if any(each.fields.get("conversationId") for each in task.read):
            yield from (each.exchange.probe for each in task.views if not each.is_stream)


SESSION: Noun = {
    "count": Both(Numbers(_sessions, many=3, least=1), When({"zero": _not_started})),
    "size": When(
        {
            "nothing": _at_once_after,
            "small": _well_before,
            "large": _expired,
            "at_an_edge": _about_to_expire,
        }
    ),
    "place": Both(Order(_session_order, ORDER_ALONE), When({"again": _second_turns})),
    "moment": When(
        {
            "before": _not_started,
            "during": _while_it_lives,
            "after": _read_expired,
            "at_once": _during_a_restore,
            "twice": _restored_twice,
        }
    ),
    "spelling": When(
        {"other": lambda facts: (w.probe for w in _restored(facts) if is_spelled(w.turn.said.exchange))}
    ),
    "view": When({"several": _conversations}),
    "end": When({"after": _used_after_a_restore}),
    "cut": When({"middle": _broken_restores}),
}
