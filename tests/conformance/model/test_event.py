"""AGENT: what every stream tells of subagents and of tools has one form."""

from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.kit import call, event, result
from tests.conformance.traffic import DONE, Traffic, user

HI = user(1, "Hi")
START = event("subagent_start", agentName="a", displayName="A", description="d", objective="o")
END = event("subagent_end", agentName="a", terminateReason="GOAL", result="r")


def told(*live: bytes) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(*live, DONE, shown=[HI])
    return traffic


def listed(name: str) -> Traffic:
    """A tool that goes through folders, and whose result names an upload."""
    traffic = Traffic()
    traffic.create_form(SentFile.of("a.txt", b"x"))
    args = {"path": "uploads", "recursive": True}
    traffic.stream(call("c", toolName=name, args=args), result("c", "a.txt (1 byte)"), DONE, shown=[HI])
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
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
    other_tool = told(call("c", toolName="search", args={"path": "a", "pattern": "b"}))

    assert "AGENT-005" not in other_tool.evaluation().rows
