"""Runs that start late, fail without a reason, or end differently; wrong answers; faults of playbooks."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sigmic_mock.agent.directives.forms import CODEWORDS
from sigmic_mock.agent.turn import Turn, TurnFailed
from sigmic_mock.domain.events import Content, Done, Event
from sigmic_mock.domain.lifecycle import IllegalTransition, Input
from sigmic_mock.domain.model import Message, TaskStatus
from sigmic_mock.domain.sse import encode
from sigmic_mock.faults.catalogue import specify
from sigmic_mock.faults.current_request import continue_in_run
from sigmic_mock.faults.dry_run import Confirm
from sigmic_mock.faults.effect import ANY, CURRENT, after, before, effect
from sigmic_mock.faults.engine import Faults, Here
from sigmic_mock.service.broadcast import Broadcast
from sigmic_mock.service.running_turn import CANCELLED, RunningTurn, TurnEnd
from sigmic_mock.service.running_turns import RunningTurns
from sigmic_mock.service.task_cache import CachedTask
from sigmic_mock.service.turn_actions import TurnActions
from sigmic_mock.service.turn_events import TurnEvents

_CODEWORD = re.compile("|".join(CODEWORDS), re.IGNORECASE)
_SPEAKS_OF_BEFORE = re.compile(r"\b(?:i|you) (?:told|said|asked)\b|\bwhat is my\b", re.IGNORECASE)
_SIMPLE = "the capital of france"
"""The subject of the documented question."""
PATIENCE_SECONDS = 60.0
"""Maximum of real seconds to wait for a run."""

_EARLIER: WeakKeyDictionary[CachedTask, list["asyncio.Task[None]"]] = WeakKeyDictionary()
"""By task the work of the project's runs that began before its own."""
_STARTED: WeakKeyDictionary[RunningTurn, tuple[float, Confirm]] = WeakKeyDictionary()
_REPEATS: WeakKeyDictionary[TurnEvents, "_Repeats"] = WeakKeyDictionary()
_ARMED: WeakKeyDictionary[TurnActions, list[Callable[[], object]]] = WeakKeyDictionary()
"""By turn, the functions that disarm the faults that it armed for itself."""


@before(ANY, at=RunningTurn._drive)
def work_in_run(_here: Here, self: RunningTurn) -> None:
    continue_in_run(self._session)


@before("run.one-by-one", at=RunningTurns.start)
def note_earlier_runs(_here: Here, self: RunningTurns, cached: CachedTask, *_: object) -> None:
    project = cached.task.project_id
    runs = [run for run in self._active.values() if run.cached.task.project_id == project]
    _EARLIER[cached] = [run.work for run in runs if run.work is not None]


@before("run.one-by-one", at=RunningTurn._begin)
async def one_by_one(here: Here, self: RunningTurn) -> None:
    earlier = _EARLIER.pop(self.cached, [])
    if earlier and here.fires():
        with self._clock.waiting():
            await asyncio.wait(earlier, timeout=PATIENCE_SECONDS)


@before("run.never-starts", at=RunningTurn._begin)
async def stays_pending(here: Here, self: RunningTurn) -> None:
    wanted = here.params()
    if wanted is not None:
        await self._session.sleep(float(wanted["seconds"]))


@effect("agent.fails", at=RunningTurn._begin)
async def fails(here: Here, _self: RunningTurn) -> None:
    await here.step()
    failure = here.params()
    if failure is not None:
        raise TurnFailed(failure["message"], failure["code"])


@effect("agent.slow", at=RunningTurn._begin)
async def waits(here: Here, self: RunningTurn) -> None:
    await here.step()
    wanted = here.params()
    if wanted is not None:
        await self._session.sleep(float(wanted["seconds"]))


def asks_for_memory(text: str) -> bool:
    """Return whether the answer to a message depends on earlier messages."""
    if _SPEAKS_OF_BEFORE.search(text) is not None:
        return True
    return any(
        question and _CODEWORD.search(sentence) is not None
        for part in text.split(".")
        for sentence, question, _ in [part.rpartition("?")]
    )


@effect("memory.lost", at=RunningTurn._recall)
async def forgets(here: Here, self: RunningTurn) -> Sequence[Message]:
    text = self.actions.message.content
    is_follow_up = self.cached.stored.message_count > 1
    if is_follow_up and here.fires(acts=lambda _spec: asks_for_memory(text)):
        return ()
    return await here.step()


@effect("phase.done-before-saved", at=RunningTurn._save)
async def saved_late(here: Here, self: RunningTurn, end: TurnEnd) -> TurnEnd:
    late = here.params() if isinstance(end.events[-1], Done) else None
    if late is None:
        return await here.step(end)
    self._show(end.events)
    self.cached.broadcast.end()
    with self._clock.waiting():
        await self._clock.sleep(float(late["seconds"]), timer="fault")
    return replace(await here.step(end), events=())


@before("session.expires-at-work", at=RunningTurn.start)
def rests_at_work(here: Here, self: RunningTurn) -> None:
    """Start the session's idle time immediately; it shows if that is over before the work."""
    wanted, confirm = here.later()
    if wanted is not None:
        self._deps.sessions.rest(self._session)
    _STARTED[self] = (self._clock.monotonic(), confirm)


@effect("session.expires-at-work", at=RunningTurn._over)
def expired_at_work(here: Here, self: RunningTurn) -> None:
    here.step()
    sessions, session = self._deps.sessions, self._session
    began, confirm = _STARTED.pop(self, (float("inf"), None))
    if confirm is not None and self._clock.monotonic() - began >= sessions.idle_seconds:
        confirm()
    if sessions.of(session.task_id) is not session and session.sandbox is not None:
        # A call after the expiry has found a new sandbox.
        work = sessions.end_processes(session)
        _ = self._deps.background.start(work, name=f"end processes {session.id}")


@effect("cancel.ignored", at=RunningTurns.cancel)
async def cancel_ignored(here: Here, _self: RunningTurns, cached: CachedTask) -> None:
    status = cached.task.status
    if status.is_final or not here.fires(status.value):
        await here.step(cached)


@effect("cancel.finished", at=RunningTurns.cancel)
async def cancel_changes_finished(here: Here, self: RunningTurns, cached: CachedTask) -> None:
    try:
        await here.step(cached)
    except IllegalTransition:
        changed = here.params(cached.task.status.value)
        if changed is None:
            raise
        async with cached.lock:
            status = TaskStatus(changed["status"])
            await self._deps.cache.save(cached, replace(cached.task, status=status))


@effect("get.cancelled-as-failed", at=RunningTurns.cancel)
async def cancelled_as_failed(here: Here, self: RunningTurns, cached: CachedTask) -> None:
    status = cached.task.status
    if status.is_final or not here.fires(status.value):
        await here.step(cached)
    else:
        await self._break_off(cached, Input.CRASH, CANCELLED)


@effect("agent.says-otherwise", at=TurnActions.say)
async def says_something_else(here: Here, self: TurnActions, text: str) -> None:
    kind = "simple" if _SIMPLE in self.message.content.lower() else "other"
    await here.step("I do not know. " if here.fires(kind) else text)


class _Repeats:
    """Whether every piece of an answer repeats the text before it, decided once per turn."""

    def __init__(self, here: Here) -> None:
        wanted, self.confirm = here.later()
        self.is_wanted = wanted is not None
        self.heard = 0
        """The number of pieces that a client has received: a single one is the same either way."""


@after("event.content-cumulative", at=TurnEvents._append)
def repeats_text(here: Here, self: TurnEvents, frame: bytes, event: Event, *_: object) -> bytes:
    if not isinstance(event, Content):
        return frame
    repeats = _REPEATS.get(self) or _REPEATS.setdefault(self, _Repeats(here))
    repeats.heard += self._cached.broadcast.subscriber_count > 0
    if repeats.heard > 1:
        repeats.confirm()
        repeats.confirm = lambda: None
    return encode(Content(self.output.text, event.is_partial)) if repeats.is_wanted else frame


async def arm_for_turn(turn: Turn, fault: str, values: Mapping[str, Any], *, stay: bool) -> None:
    """Arm a fault for the task of a turn alone, until the turn is over unless it is to stay.

    Earlier events are delivered by then: the fault does not affect them. Raises `TurnFailed` for a fault that
    cannot be armed.
    """
    faults = CURRENT.get()
    if not isinstance(turn, TurnActions) or not isinstance(faults, Faults):
        raise TypeError("a turn without faults has performed a step that arms one")
    turn.events.release()
    await turn._cached.broadcast.delivered()
    session = turn._session
    try:
        armed = faults.arm(specify(fault, {**values, "task": session.task_id}), session.project_id)
    except ValueError as problem:
        message = f"The playbook asks for a fault that cannot be armed: {problem}"
        raise TurnFailed(message, "BAD_FAULT") from None
    if not stay:
        _ARMED.setdefault(turn, []).append(partial(faults.clear, number=armed.number))


@effect(ANY, at=RunningTurn._over)
def disarm(here: Here, self: RunningTurn) -> None:
    """The turn is over: disarm its faults once every reader got the last event."""
    here.step()
    armed = _ARMED.pop(self.actions, None)
    if armed:
        work = _disarm(self.cached.broadcast, armed)
        _ = self._deps.background.start(work, name=f"disarm {self.cached.task.id}")


async def _disarm(broadcast: Broadcast, armed: list[Callable[[], object]]) -> None:
    await broadcast.delivered()
    for disarm in armed:
        disarm()
