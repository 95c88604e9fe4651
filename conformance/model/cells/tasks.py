"""Tasks, their turns, and the sessions in which these run. Pure."""

from itertools import pairwise
from math import inf

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import Call, Kind, kind_of
from sigmic_conformance.conformance.model.cells.facts import Facts, Work, broken, left, reads, spelled
from sigmic_conformance.conformance.model.cells.heuristics import Reach, again, are_near, numbers, order
from sigmic_conformance.conformance.model.pages import total_of
from sigmic_conformance.conformance.model.statuses import CANCELLED
from sigmic_conformance.conformance.model.task import Task

DEFAULT_PAGE = 50
NEAR = NANO // 2
READS = ("get_task", "get_task_history", "list_artifacts", "stream_task")
ABOUT_TASKS = ("create_task", "send_message", "cancel_task", *READS)


def task(run: Facts) -> Reach:
    """The cells of tasks."""
    totals = ((page, total_of(page)) for page in run.pages)
    sent = [each.exchange for each in run.creations]
    known = {each.id for each in run.tasks}
    named = list(run.requests(*ABOUT_TASKS, "approve_tool_call", "download_artifact"))
    strange = {each.task for each in named if each.task and each.status is not None} - known
    nearly = {name for name in strange if any(are_near(name, each) for each in known)}
    cancelled = [
        (each, min((one.ended for one in each.cancellations if one.succeeded), default=inf))
        for each in run.tasks
    ]
    return {
        **numbers(((page, total) for page, total in totals if total is not None), many=DEFAULT_PAGE + 1),
        **order([page] * len(page.entries) for page in run.pages),
        "place=again": again((e, {body}) for e in sent if (body := e.sent.text or e.sent.sha256)),
        "name=nearly_same": (e for e in named if e.task in nearly and e.status is not None),
        "moment=during": (
            told.exchange
            for each in run.tasks
            for told in each.told
            if told.operation == "get_task" and not told.is_final
        ),
        "moment=after": (e for _, e in run.read_at_rest),
        "moment=at_once": (
            other.sent for one, other in run.together(run.works) if one.task.owner == other.task.owner
        ),
        "moment=twice": [
            *again((e, {each.id}) for each, e in run.read_at_rest),
            *(e for each in run.tasks for e in each.cancellations[1:]),
        ],
        "spelling=other": spelled(run.requests(*ABOUT_TASKS)),
        "view=several": (
            other.exchange
            for each in run.tasks
            for one, other in pairwise(each.told)
            if one.operation != other.operation
            and (rest := each.at_rest(other.began, other.ended)) is not None
            and rest is each.at_rest(one.began, one.ended)
        ),
        "end=after": (e for each, ended in cancelled for e in reads(each) if e.started > ended),
        "cut=middle": broken(run.requests(*ABOUT_TASKS)),
    }


def turn(run: Facts) -> Reach:
    """The cells of turns."""
    beat = round(run.model.profile.heartbeat_seconds * NANO)
    over = [(work, end) for work in run.works if (end := work.turn.over) is not None]
    lasted = ((s, s.terminal.at - s.opened) for s in run.streams if s.terminal is not None)
    heard = {id(work.turn) for work in run.works if work.task.heard_whole(work.turn) is not None}
    audience = ((work, [s for s in work.streams if s.is_streaming is not False]) for work in run.works)
    return {
        **numbers(
            ((each.turns[-1].said.exchange, len(each.turns)) for each in run.tasks if each.turns),
            many=10,
            least=1,
        ),
        "size=nothing": (
            work.sent for work, end in over if end.status == CANCELLED and work.end == work.turn.taken
        ),
        "size=small": (work.sent for work, end in over if end.ended - work.turn.began < NANO),
        "size=large": (work.sent for work, _ in over if work.end - work.turn.began > 2 * beat),
        "size=at_an_edge": (
            s.exchange for s, time in lasted if time > beat - NEAR and min(time % beat, -time % beat) < NEAR
        ),
        **order([each.said.exchange for each in mine.turns] for mine in run.tasks),
        "place=again": again(
            (work.sent, {(work.task.id, _kind(call)) for call in work.calls}) for work in run.works
        ),
        "moment=before": run.waiting,
        "moment=during": (s.exchange for _, s in run.joined),
        "moment=after": (s.exchange for s in run.streams if s.is_streaming is False),
        "moment=at_once": (
            said.exchange
            for work in run.works
            for said in work.task.said
            if said.is_follow_up and work.goes_on(said.sent)
        ),
        "moment=twice": (s.exchange for work in run.works for s in work.readers[1:]),
        "spelling=other": spelled(run.requests("send_message")),
        "view=several": (e for mine, e in run.read_at_rest if id(mine.turn_at(e.started)) in heard),
        "end=after": (s.exchange for s in run.streams if s.complete and s.terminal is not None),
        "cut=middle": (work.sent for work, streams in audience if streams and all(map(left, streams))),
    }


def session(run: Facts) -> Reach:
    """The cells of sessions: a session ends when a task was idle for the idle time of the profile."""
    given = run.model.profile.session_expiry_seconds
    idle = inf if given is None else given * NANO
    pauses = [
        (after.said.exchange, after.began - before.over.ended)
        for each in run.tasks
        for before, after in pairwise(each.turns)
        if before.over is not None and after.is_clear
    ]
    restores = [(each, run.model.restores(each)) for each in run.tasks if each.turns]
    restored = [work for work in run.works if _restores(run, work)]

    def is_expired(task: Task, at: int) -> bool:
        last = task.turn_at(at)
        return last is not None and last.over is not None and at - last.over.ended >= idle

    return {
        **numbers(
            ((each.turns[-1].said.exchange, max(number) + 1) for each, number in restores), many=3, least=1
        ),
        "count=zero": run.waiting,
        "size=nothing": (e for e, pause in pauses if 0 <= pause < NEAR),
        "size=small": (e for e, pause in pauses if 0 <= pause < idle / 2),
        "size=large": (e for e, pause in pauses if pause >= idle),
        "size=at_an_edge": (e for e, pause in pauses if abs(pause - idle) < NEAR),
        **order(
            [each.turns[number.index(one)].said.exchange for one in sorted(set(number))]
            for each, number in restores
        ),
        "place=again": (
            later.said.exchange
            for each, number in restores
            for later, (before, now) in zip(each.turns[1:], pairwise(number), strict=True)
            if before == now > 0
        ),
        "moment=before": run.waiting,
        "moment=during": (e for each in run.tasks for e in each.read if e.fields.get("sessionId")),
        "moment=after": (e for each, e in run.read_at_rest if is_expired(each, e.started)),
        "moment=at_once": (
            e
            for work in restored
            for e in reads(work.task)
            if e.started < work.start and e.ended > work.turn.began
        ),
        "moment=twice": (each.turns[-1].said.exchange for each, number in restores if max(number) > 1),
        "spelling=other": spelled(work.sent for work in restored),
        "view=several": (
            view.exchange
            for each in run.tasks
            if any(e.fields.get("conversationId") for e in each.read)
            for view in each.views
            if not view.is_stream
        ),
        "end=after": (
            work.sent
            for work in restored
            if any(view.began > work.turn.taken for view in work.task.views)
            or any(call.result is not None for call in work.calls)
        ),
        "cut=middle": broken(said.exchange for each, said in run.said if is_expired(each, said.sent)),
    }


def _restores(run: Facts, work: Work) -> bool:
    """Whether a turn restored the session of its task."""
    before, now = (0, *run.model.restores(work.task))[work.turn.number - 1 :][:2]
    return now > before


def _kind(call: Call) -> Kind:
    """The kind of a call, whatever the order of its arguments."""
    return kind_of(call.tool, sorted(call.args.items(), key=str))
