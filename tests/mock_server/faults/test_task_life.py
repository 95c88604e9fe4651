"""The history of a task, read from its timeline."""

from typing import Any

import pytest

from sigmic_mock.faults.task_life import TaskLife
from sigmic_mock.service.timeline import TimelineEntry

Told = tuple[str, dict[str, Any]]
SAID: Told = ("message", {"role": "user"})
RUNNING: Told = ("status", {"status": "running"})
COMPLETED: Told = ("status", {"status": "completed"})
WORKS: Told = ("event", {"event": "status", "status": "connecting"})
SPEAKS: Told = ("event", {"event": "content"})
BEGUN: tuple[Told, ...] = (SAID, ("status", {"status": "pending"}), ("session_started", {}), RUNNING)


def life(*told: Told) -> TaskLife:
    found = TaskLife()
    for what, about in told:
        found.take(TimelineEntry(0, what, about))
    return found


def opened(streams: int) -> Told:
    return "stream_opened", {"streams": streams}


def closed(streams: int) -> Told:
    return "stream_closed", {"streams": streams}


def call(name: str, status: str) -> Told:
    return "event", {"event": "tool_call", "call": name, "status": status}


def decided(name: str, outcome: str) -> Told:
    return "approval_decided", {"call": name, "outcome": outcome}


def test_a_life_whose_beginning_is_not_there_is_not_known():
    assert life(*BEGUN).is_known
    assert not life(RUNNING, SAID).is_known


READERS: list[tuple[tuple[Told, ...], str]] = [
    ((), "none"),
    ((opened(1), WORKS), "from_start"),
    ((WORKS, opened(1)), "joining"),
    ((opened(1), WORKS, closed(0)), "dropped"),
    ((opened(1), WORKS, closed(0), opened(1)), "returning"),
    ((opened(1), opened(2), closed(1)), "several"),
    ((opened(1), COMPLETED, closed(0)), "from_start"),
    ((COMPLETED, ("stream_replayed", {"streams": 0})), "late"),
    ((opened(1), COMPLETED, closed(0), SAID), "none"),
]


@pytest.mark.parametrize(("told", "reader"), READERS)
def test_readers_of_a_turn(told: tuple[Told, ...], reader: str):
    assert life(*BEGUN, *told).reader() == reader


COMING: list[tuple[tuple[Told, ...], str]] = [
    ((), "from_start"),
    ((WORKS,), "joining"),
    ((opened(1),), "several"),
    ((opened(1), closed(0)), "returning"),
    ((COMPLETED,), "late"),
    ((opened(1), COMPLETED), "from_start"),
]


@pytest.mark.parametrize(("told", "reader"), COMING)
def test_a_reader_who_is_just_coming_counts(told: tuple[Told, ...], reader: str):
    assert life(*BEGUN, *told).reader(coming=True) == reader


STATES: list[tuple[tuple[Told, ...], str | None]] = [
    ((), "pending"),
    ((WORKS,), None),
    ((WORKS, SPEAKS), "speaking"),
    ((WORKS, call("a", "executing")), "tool_running"),
    ((WORKS, call("a", "executing"), ("event", {"event": "tool_result", "call": "a"})), None),
    ((("status", {"status": "awaiting_approval"}),), "awaiting_approval"),
    ((COMPLETED,), "completed"),
]


@pytest.mark.parametrize(("told", "state"), STATES)
def test_the_state_of_a_task_follows_from_its_events(told: tuple[Told, ...], state: str | None):
    assert life(*BEGUN, *told).state == state


APPROVALS: list[tuple[tuple[Told, ...], str | None]] = [
    ((), None),
    ((call("a", "executing"),), "automatic"),
    ((call("a", "awaiting_approval"),), None),
    ((call("a", "awaiting_approval"), decided("a", "proceed_once"), call("a", "executing")), "once"),
    ((decided("a", "proceed_always"),), "always"),
    ((decided("a", "cancel"),), "rejected"),
    ((decided("a", "cancel"), decided("b", "proceed_once")), "several"),
    ((opened(1), closed(0), decided("a", "proceed_once")), "late"),
    ((decided("a", "cancel"), SAID), None),
]


@pytest.mark.parametrize(("told", "approval"), APPROVALS)
def test_how_the_calls_of_a_turn_were_decided(told: tuple[Told, ...], approval: str | None):
    assert life(*BEGUN, *told).approval == approval


def test_sessions_are_counted():
    restored = life(*BEGUN, COMPLETED, ("session_expired", {}), ("session_started", {}), SAID)

    assert (restored.restores, restored.has_session, restored.messages) == (1, True, 2)
