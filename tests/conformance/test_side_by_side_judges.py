"""Judges of neighbours and of what is left behind: a record that holds, and the same with one thing wrong."""

from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    REGISTRY,
    event,
    exchange,
    judged,
    stream,
)

FACTS: dict[str, dict[str, Any]] = {
    "side_by_side": {"one": "w1", "other": "w2", "waits": "waits 1", "looks": "looks 1", "went on": True},
    "left_behind": {
        "word": "w",
        "leaves": "leaves 1",
        "looks": "looks 1",
        "digests": ["b" * 64],
        "own digest": "a" * 64,
    },
}


def judged_together(row: str, *exchanges: Exchange, **changed: Any) -> Verdict:
    return judged(row, *exchanges, noted=FACTS[REGISTRY.judges[row].needs[0]] | changed)


def ran(probe: str, label: str, output: str, *more: bytes, done: str = "I looked.") -> Exchange:
    told = [
        event("history_done", messageCount=1, isStreaming=True),
        event("tool_call", callId="c", toolName="t", args={}),
        event("tool_result", callId="c", status="success", output=output),
        event("content", text=done, isPartial=False),
        *more,
        event("done", finalResponse=done),
    ]
    return stream([(1.0, b"".join(told))], probe=probe, label=f"{label}: stream")


def both(output: str, *more: bytes, status: str = "running", word: str = "w1") -> list[Exchange]:
    def answered(label: str, data: Any) -> Exchange:
        return exchange(probe="side_by_side", label=label, body={"success": True, "data": data})

    waiting = event("tool_call", callId="d", toolName="t", args={"command": f": PROCESS-{word}"})
    return [
        stream([(1.0, waiting)], probe="side_by_side", label="waits 1: stream"),
        ran("side_by_side", "looks 1", output, *more),
        answered("waiting: task", {"status": status}),
        *(answered(f"{name}: {what}", {}) for name in ("one", "other") for what in ("history", "task")),
    ]


GOOD = "sh -c : OWN-w2;\nend-of-look\n"


def test_a_process_of_a_neighbour_is_not_seen():
    assert judged_together("ISOLATION-009", *both(GOOD)).outcome is Outcome.PASSED
    assert judged_together("ISOLATION-009", *both(f"found-process\n{GOOD}")).reason == "process-seen"
    assert judged_together("ISOLATION-009", *both(GOOD), **{"went on": False}).reason == "process-seen"
    assert judged_together("ISOLATION-009", *both(GOOD, status="completed")).reason == "stimulus-not-reached"
    assert judged_together("ISOLATION-009", *both("end-of-look\n")).reason == "control-failed"


def test_nothing_of_a_neighbour_is_told():
    foreign = event("content", text="of somebody else", isPartial=True)

    assert judged_together("ISOLATION-012", *both(GOOD)).outcome is Outcome.PASSED
    assert judged_together("ISOLATION-012", *both(GOOD, foreign)).reason == "foreign-content"
    assert judged_together("ISOLATION-012", *both(f": PROCESS-w1 {GOOD}")).reason == "foreign-content"
    assert judged_together("ISOLATION-012", *both(GOOD, word="w1 and w2")).reason == "foreign-content"


def left(found: str, made: str = "LEFT-w") -> list[Exchange]:
    return [ran("left_behind", "leaves 1", made), ran("left_behind", "looks 1", found)]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ("/workspace\nvariable=[]\nend-of-look", None),
        ("/workspace\nvariable=[set]\nend-of-look", "left-behind"),
        ("/workspace\nvariable=[]\nLEFT-wend-of-look", "left-behind"),
        ("/workspace\n", "stimulus-not-reached"),
    ],
)
def test_the_next_task_finds_nothing(found: str, reason: str | None):
    assert judged_together("ISOLATION-010", *left(found)).reason == reason
    assert judged_together("ISOLATION-010", *left(found, made="denied")).reason == "control-failed"


def test_the_server_is_not_to_be_found():
    own, key = "a" * 64, "b" * 64

    assert judged_together("ISOLATION-011", *left(own)).outcome is Outcome.PASSED
    assert judged_together("ISOLATION-011", *left(f"{own}\n{key}")).reason == "server-seen"
    assert judged_together("ISOLATION-011", *left(f"{own}\ndata-file=/srv/app.db")).reason == "server-seen"
    assert judged_together("ISOLATION-011", *left(key)).reason == "control-failed"


def test_the_root_is_called_workspace():
    assert judged_together("ISOLATION-013", *left("/workspace\n")).outcome is Outcome.PASSED
    assert judged_together("ISOLATION-013", *left("/home/agent\n")).reason == "other-root"
