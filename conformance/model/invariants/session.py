"""SESSION: a session lasts while it is used and ends when it is not; what it leaves is there."""

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import went_on
from sigmic_conformance.conformance.model.conversation import in_order, missing, order_of
from sigmic_conformance.conformance.model.files_seen import touched
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.invariants.vars import NOTHING, given, printed
from sigmic_conformance.conformance.model.results import good_results
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import AWAITING, COMPLETED, RUNNING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.target.profile import WAITING
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

GET, HISTORY, STREAM = "get_task", "get_task_history", "stream_task"
AT_WORK = frozenset({RUNNING, AWAITING})
HELD = NANO
"""For how long a network may have held back what was told before."""


def _told(seen: Seen, turn: Turn) -> list[tuple[Exchange, str]]:
    """The session ids that get_task told in a turn before, with the answers that told them."""
    return [
        (each, session)
        for each in (seen.task.read if seen.task else ())
        if each.ended <= seen.began
        and turn.holds(each.started, each.ended)
        and isinstance(session := each.fields.get("sessionId"), str)
    ]


def _before(seen: Seen, turn: Turn) -> set[str] | None:
    """The session ids that were told in the turns before; None where it was not asked in the last of them."""
    if turn.number == 1 or seen.task is None:
        return set()
    told = [{session for _, session in _told(seen, each)} for each in seen.task.turns[: turn.number - 1]]
    return set().union(*told) if told[-1] else None


def _session(seen: Seen) -> tuple[Turn, str] | None:
    """The turn of an answer and the session that it tells."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    told = seen.fields.get("sessionId")
    if (
        turn is None
        or not turn.is_clear
        or not turn.holds(seen.began, seen.ended)
        or not isinstance(told, str)
    ):
        return None
    return turn, told


def _idle(seen: Seen, turn: Turn) -> float | None:
    """For how many seconds nothing was asked of the agent before a turn, where waiting ends a session."""
    task = seen.task
    if task is None or turn.number == 1 or seen.model.profile.session_expiry_by != WAITING:
        return None
    over = task.turns[turn.number - 2].over
    return None if over is None else (turn.began - over.ended) / NANO


@invariant("SESSION-007", GET, reason="same-session", expected="a new sessionId after the idle time")
def restores_make_a_session(seen: Seen) -> Findings:
    """A turn that began when the session must have expired is told with another session."""
    found, expiry = _session(seen), seen.model.profile.session_expiry_seconds
    turn, task = (found[0] if found else None), seen.task
    # Until its agent is at work a turn may be told with the session of the one before.
    begun = turn is not None and (turn.was_over(seen.began) or seen.fields.get("status") == AWAITING)
    if found is None or turn is None or task is None or expiry is None or not begun:
        return
    idle, before = _idle(seen, turn), _told(seen, task.turns[turn.number - 2]) if turn.number > 1 else []
    if idle is not None and idle > expiry and before:
        yield says(found[1] != before[-1][1], f"{idle:.1f} s idle before the turn", f"sessionId {found[1]}")


def _within_its_life(seen: Seen, *, worked_longer: bool = False) -> Findings:
    """A turn that began well within the idle time is told with the session of the one before.

    The longest that it can have been idle: work may end at once, and a large upload takes its time. Whoever
    was told that the last turn was at work knows that the session was in use until then. `worked_longer`
    asks only where it was so for longer than it can have been idle.
    """
    found, expiry = _session(seen), seen.model.profile.session_expiry_seconds
    turn, task = (found[0] if found else None), seen.task
    if found is None or turn is None or task is None or expiry is None or turn.number == 1:
        return
    last = task.turns[turn.number - 2]
    before = _told(seen, last)
    at_work = (each for each, _ in before if shapes.one_of(each.fields.get("status"), AT_WORK))
    used = max([last.taken, *(each.started for each in at_work)])
    used = max(used, _heard_until(task, last))
    idle, worked = (turn.taken - used) / NANO, (used - last.taken) / NANO
    by_waiting = seen.model.profile.session_expiry_by == WAITING
    # What else than a completed turn ends a session, as a command that had to be killed may, is a choice.
    ended = last.over is not None and last.over.status == COMPLETED and turn.was_over(seen.began)
    # The profile says when a session is surely gone, which is later than when it may go.
    if worked_longer and worked < idle:
        return
    if before and by_waiting and ended and idle < expiry / 3:
        known = f"{idle:.1f} s idle at most before the turn"
        yield says(found[1] == before[-1][1], known, f"sessionId {found[1]}")


def _heard_until(task: Task, turn: Turn) -> int:
    """Until when a turn was surely at work, by what was heard of it: what arrives may have been held back."""
    heard = (
        event.at
        for stream in task.streams
        for event in (stream.live if stream.is_streaming else ())
        if turn.taken < event.at and (turn.until is None or event.at < turn.until)
    )
    return max(heard, default=HELD) - HELD


@invariant("SESSION-009", GET, reason="other-expiry", expected="the same session within the idle time")
def sessions_do_not_end_early(seen: Seen) -> Findings:
    """A turn that began well within the idle time is told with the session of the one before."""
    yield from _within_its_life(seen)


@invariant("SESSION-011", GET, reason="expired-at-work", expected="a session that was running is not idle")
def work_is_no_idle_time(seen: Seen) -> Findings:
    """The idle time of a session begins when its turn is over, not while it works."""
    yield from _within_its_life(seen, worked_longer=True)


@invariant("SESSION-010", GET, reason="restored-by-reading", expected="reading leaves the session unchanged")
def reading_restores_nothing(seen: Seen) -> Findings:
    """The sessionId of a task at rest is the one that was told of it at rest before."""
    rest, found = seen.rest(), _session(seen)
    if rest is None or found is None or seen.task is None:
        return
    before = [
        (each, told)
        for each, told in _told(seen, rest)
        if seen.task.at_rest(each.started, seen.ended) is rest
    ]
    if before:
        known = f"{before[0][0].label} had told {before[0][1]} of the task at rest"
        yield says(found[1] == before[0][1], known, f"sessionId {found[1]}")


@invariant("SESSION-011", GET, reason="expired-at-work", expected="one session for one turn")
def sessions_outlast_their_turn(seen: Seen) -> Findings:
    """The sessionId that was told while a turn was at work is told until the turn is over."""
    found = _session(seen)
    before = _told(seen, found[0]) if found else []
    # Until its agent is at work a turn may be told with the session of before, whose restore is under way.
    old = _before(seen, found[0]) if found else set()
    at_work = [
        (each, told)
        for each, told in before
        if each.fields.get("status") in (AT_WORK if old is not None and told not in old else {AWAITING})
    ]
    if found is not None and at_work:
        known = f"{at_work[-1][0].label} had told {at_work[-1][1]} while it worked"
        yield says(found[1] == at_work[-1][1], known, f"sessionId {found[1]}")


@invariant(
    "SESSION-002", HISTORY, STREAM, reason="history-lost", expected="all messages of before, after a restore"
)
def history_survives_a_restore(seen: Seen) -> Findings:
    """What a view of the task at rest showed before its session was restored is in every view after it."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if seen.view is None or seen.task is None or turn is None or not seen.restored(turn):
        return
    settled = seen.task.settled_before(turn.began)
    if settled is not None:
        lacking = missing(settled, seen.view)
        shown = plural(len(settled.messages), "message")
        known = f"{settled.by.exchange.label} had shown {shown} before the restore"
        shown = f"{len(lacking)} are missing or other" if lacking else order_of(settled, seen.view)
        yield says(not lacking and in_order(settled, seen.view), known, shown)


@invariant(
    "SESSION-005", STREAM, GET, reason="not-readable", expected="a tool reads files from before a restore"
)
def restored_tools_find_the_files(seen: Seen) -> Findings:
    """In a restored session a command that looks for uploads finds those of before by name.

    An output is known to be whole when it has the command's last word; where it has none, a stream tells it
    whole. Another tool may have been told of the command, and say something else.
    """
    task = seen.task
    for result in good_results(seen) if task is not None else ():
        turn, output = task.turn_at(result.at) if task is not None else None, result.output or ""
        if task is None or turn is None or not seen.restored(turn):
            continue
        said = result.call.words
        ends = "; echo done" in said
        whole = went_on(output) if ends else seen.stream is not None
        if "find uploads -type f" not in said or not whole:
            continue
        listed = [each for each in task.listings if each.exchange.ended <= turn.began]
        names = [path for path in (listed[-1].files if listed else ()) if _is_plain(path)]
        wanted = [path for path in names if not _may_be_gone(seen, path, result.at)]
        gone = [path for path in wanted if path not in output]
        if wanted and "…" not in output:
            yield says(
                not gone,
                f"{plural(len(wanted), 'upload was', 'uploads were')} listed before",
                f"the command misses {gone[:2] or 'none'}",
            )


def _is_plain(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path.startswith("uploads/") and path.isascii() and not name.startswith(".") and "'" not in name


def _may_be_gone(seen: Seen, path: str, at: int) -> bool:
    return seen.task is None or touched(seen.task, path.rpartition("/")[2], at)


@invariant("SESSION-012", STREAM, GET, reason="two-readings", expected="secrets after a restore by one rule")
def secrets_after_a_restore_by_one_rule(seen: Seen) -> Findings:
    """Whether a secret of the creation is set in a restored session is the same in the whole run.

    Where it is gone, its name has the value that env gave to it. Whether env still applies is open (G-62).
    """
    task = seen.task
    if task is None:
        return
    secret = given(task, "secrets")
    for each in printed(seen):
        turn = task.turn_at(each.at)
        if each.name not in secret or each.plain or turn is None:
            continue
        if not seen.restored(turn):
            seen.model.first_digest("SESSION-012", task, each.name, each.shown)
            continue
        before = seen.model.first_digest("SESSION-012", task, each.name)
        if before in {None, NOTHING}:
            continue
        named = given(task, "env").get(each.name)
        gone = each.shown == NOTHING or (named is not None and each.is_of(named))
        reading = "gone" if gone else "kept" if each.shown == before else "another value"
        first = seen.model.first_reading("SESSION-012", reading)
        yield says(
            reading == first != "another value", f"secrets were {first} before", f"{each.name} is {reading}"
        )
