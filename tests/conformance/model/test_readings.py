"""Invariants of readings: a task at rest shows its last turn, and is not changed by reading."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.kit import call, content, result
from tests.conformance.traffic import DONE, Traffic, agent, user

HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")
TIME, LATER = "2026-01-26T15:50:54.870Z", "2026-01-26T15:50:58.870Z"


def second_output(*calls: str) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(call("one"), result("one", "x"), DONE, shown=[HI])
    traffic.get()
    traffic.say("More")
    traffic.stream(call("two"), result("two", "x"), DONE, shown=[HI, FOUR, MORE])
    traffic.get(fields={"output": {"toolCalls": [{"callId": each} for each in calls]}})
    return traffic


def later_answer(content: str) -> Traffic:
    """A second turn that has answered `5`, and what is told as its output."""
    traffic = Traffic().begun()
    traffic.say("More")
    traffic.stream(DONE, shown=[HI, FOUR, MORE])
    traffic.get(fields={"output": {"content": content}})
    traffic.history(HI, FOUR, MORE, agent(2, "5"))
    return traffic


def saved(**told: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.history(
        HI, agent(1, "4", toolCalls=[{"callId": "c", "toolName": "t", "status": "success"} | told])
    )
    return traffic


def in_progress(*messages: dict[str, Any]) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.history(*messages, told="running")
    traffic.get("running")
    return traffic


def streamed(fields: dict[str, Any], *messages: dict[str, Any]) -> Traffic:
    traffic = Traffic().begun()
    traffic.get(fields={"completedAt": TIME})
    traffic.history(HI, FOUR)
    traffic.stream(shown=[HI, FOUR])
    traffic.get(fields={"completedAt": TIME} | fields)
    traffic.history(*(messages or (HI, FOUR)))
    return traffic


def looked_again(*messages: dict[str, Any]) -> Traffic:
    traffic = Traffic().begun()
    traffic.get("cancelled")
    traffic.stream(shown=[HI])
    traffic.stream(shown=messages, streaming=True)
    return traffic


def done(told: str) -> Traffic:
    traffic = Traffic().begun()
    traffic.get(told)
    return traffic


def pages(*second: str) -> Traffic:
    traffic = Traffic()
    for task in ("t", "u"):
        traffic.begun(task=task) if task == "t" else traffic.create("Hi", task="u")
    traffic.stream(content("4"), DONE, shown=[HI], task="u")
    traffic.listing({"id": "u"}, {"id": "t"})
    traffic.listing(*({"id": name} for name in second))
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("GET-030", lambda calls: second_output(*calls), ["two"], ["one", "two"], "of-all-turns"),
        ("GET-030", later_answer, "5", "4\n\n5", "other-turns"),
        ("GET-030", later_answer, "not 4\n\n5", "4 5", "other-turns"),
        ("HISTORY-013", lambda told: saved(**told), {}, {"status": None}, "wrong-shape"),
        ("HISTORY-018", lambda messages: in_progress(*messages), [HI], [HI, FOUR], "shown-early"),
        ("PHASE-024", streamed, {}, {"completedAt": LATER}, "ran-again"),
        ("PHASE-024", lambda messages: streamed({}, *messages), [HI, FOUR], [HI, FOUR, FOUR], "ran-again"),
        ("PHASE-024", lambda messages: looked_again(*messages), [HI], [HI, HI], "ran-again"),
        ("STATE-003", done, "completed", "running", "not-completed"),
        ("LIST-019", lambda names: pages(*names), ["u", "t"], ["u"], "scope-changed"),
        ("LIST-020", lambda names: pages(*names), ["u", "t"], ["t", "u"], "other-order"),
    ],
)
def test_a_reading(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}
