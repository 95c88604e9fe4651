"""Invariants of EVENT and AGENT: what every stream tells of subagents and of tools has one form."""

from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import call, content, event, result
from tests.conformance.traffic import DONE, Traffic, user

HI = user(1, "Hi")
START = event("subagent_start", agentName="a", displayName="A", description="d", objective="o")
END = event("subagent_end", agentName="a", terminateReason="GOAL", result="r")
ERROR = event("error", message="no")


def told(*live: bytes) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(*live, DONE, shown=[HI])
    return traffic


def of(kind: str, **payload: Any) -> Callable[[dict[str, Any]], Traffic]:
    """A stream with one event whose payload is changed by the case."""
    return lambda changed: told(event(kind, **payload | changed))


def twice(*runs: bytes) -> Traffic:
    """Two tasks with these live events, one each."""
    traffic = Traffic()
    for name, live in zip("tu", runs, strict=True):
        traffic.create("Hi", task=name)
        traffic.stream(live, DONE, shown=[HI], task=name)
    return traffic


def cut(*pieces: str) -> Traffic:
    """A task that was heard whole, told in deltas, and one whose only reader was cut off."""
    traffic = told(texts("a", "b"))
    traffic.create("Hi", task="u")
    traffic.stream(texts(*pieces), shown=[HI], task="u", closed=Closed.HUNG_UP)
    return traffic


def texts(*two: str) -> bytes:
    return b"".join(content(text) for text in two)


def failed(fields: dict[str, Any]) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(ERROR, shown=[HI])
    traffic.get(fields=fields)
    return traffic


def failed_twice(told: str) -> Traffic:
    """Two runs that end with errors of their own; what get_task tells after the second."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(event("error", message="first"), shown=[HI])
    traffic.get(fields={"status": "failed", "error": "first"})
    traffic.say("More")
    traffic.stream(event("error", message="second"), shown=[HI, user(2, "More")])
    traffic.get(fields={"status": "failed", "error": "second"})
    traffic.get(fields={"status": "failed", "error": told})
    return traffic


def listed(name: str) -> Traffic:
    """A tool that goes through folders, and whose result names an upload."""
    traffic = Traffic()
    traffic.create_form(SentFile.of("a.txt", b"x"))
    args = {"path": "uploads", "recursive": True}
    traffic.stream(call("c", toolName=name, args=args), result("c", "a.txt (1 byte)"), DONE, shown=[HI])
    return traffic


NAMELESS = {"agentName": None}


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("EVENT-004", of("status", status="retrying"), {}, {"status": "thinking"}, "unknown-status"),
        (
            "EVENT-009",
            of("subagent_start", agentName="a", displayName="A", description="d", objective="o"),
            {},
            NAMELESS,
            "wrong-payload",
        ),
        ("EVENT-010", of("subagent_thought", agentName="a", text="x"), {}, NAMELESS, "wrong-payload"),
        (
            "EVENT-011",
            of("subagent_tool", agentName="a", status="start", toolName="t"),
            {},
            {"status": 1},
            "wrong-payload",
        ),
        (
            "EVENT-012",
            of("subagent_end", agentName="a", terminateReason="GOAL", result="r"),
            {},
            NAMELESS,
            "wrong-payload",
        ),
        (
            "EVENT-018",
            lambda pieces: cut(*pieces),
            ("a", "b", "c", "d"),
            ("a", "ab", "abc", "abcd"),
            "two-readings",
        ),
        (
            "EVENT-018",
            lambda second: twice(texts("a", "b"), texts(*second)),
            ("c", "d"),
            ("c", "cd"),
            "two-readings",
        ),
        (
            "EVENT-024",
            lambda live: told(*live),
            (START, event("subagent_thought", agentName="a"), END),
            (event("subagent_thought", agentName="a"), END),
            "outside",
        ),
        (
            "EVENT-025",
            lambda status: told(*(event("subagent_tool", status=each) for each in ("start", status))),
            "end",
            "success",
            "two-readings",
        ),
        ("EVENT-027", failed, {"status": "failed", "error": "no"}, {"status": "completed"}, "not-failed"),
        ("EVENT-027", failed, {"status": "failed", "error": "no"}, {"status": "failed"}, "not-failed"),
        ("EVENT-027", failed_twice, "second", "first", "earlier-error"),
        (
            "AGENT-005",
            lambda name: told(call("c", toolName=name, args={"path": "a"})),
            "read_file",
            "open",
            "other-name",
        ),
        (
            "AGENT-005",
            lambda name: told(call("c", toolName=name, args={"path": "a", "content": "b"})),
            "write_file",
            "read_file",
            "other-name",
        ),
        ("AGENT-005", listed, "list_directory", "ls", "other-name"),
        (
            "AGENT-008",
            lambda more: told(START, call("c", **more), END),
            {},
            {"agentName": "a"},
            "told-as-own",
        ),
        (
            "AGENT-008",
            lambda one: told(START, call("c"), event("subagent_tool", callId=one), END),
            "d",
            "c",
            "told-as-own",
        ),
    ],
)
def test_one_form(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


def test_what_is_not_spoken_of():
    late = Traffic()
    late.create("Hi")
    late.stream(START, shown=[HI], closed="hung-up")
    late.stream(END, DONE, shown=[HI])
    cancelled = Traffic()
    cancelled.create("Hi")
    cancelled.stream(ERROR, shown=[HI])
    cancelled.cancel()
    cancelled.get("cancelled")
    other_tool = told(call("c", toolName="search", args={"path": "a", "pattern": "b"}))

    assert "EVENT-024" not in late.evaluation().rows
    assert "EVENT-027" not in cancelled.evaluation().rows
    assert "AGENT-005" not in other_tool.evaluation().rows
