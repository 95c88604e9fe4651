"""The record of an agent's calls refuses an agent that diverges; `test_turn` shows its answers."""

import pytest

from sigmic_conformance.mock_server.agent.turn import ToolOutcome, TurnFailed
from sigmic_conformance.mock_server.domain.model import ToolStatus
from sigmic_conformance.mock_server.service.turn_record import RecordedCalls, TurnRecord


def captured() -> RecordedCalls:
    """Return the record of an agent that output a text, ran a tool, and waits in a call."""
    record = TurnRecord()
    with record.call("say", "hello"):
        pass
    with record.call("call_tool", "a"):
        record.note(ToolOutcome(ToolStatus.SUCCESS, "1"))
    with record.call("sleep", 5):
        calls = record.capture()
    assert calls is not None
    return calls


def test_a_call_that_failed_was_not_made() -> None:
    record = TurnRecord()
    with pytest.raises(KeyError), record.call("call_tool", "a"):
        raise KeyError
    with record.call("sleep", 5):
        calls = record.capture()

    assert calls is not None
    assert calls.count == 0


@pytest.mark.parametrize(
    "calls",
    [
        [("say", "hello"), ("call_tool", "a"), ("sleep", 6)],
        [("say", "hello"), ("call_tool", "a"), ("say", "more")],
        [("say", "goodbye"), ("call_tool", "a"), ("sleep", 5)],
        [("call_tool", "a"), ("call_tool", "b")],
    ],
    ids=["another wait", "no wait", "the same wait another way", "more outcomes"],
)
def test_an_agent_that_does_something_else_has_diverged(calls: list[tuple[str, object]]) -> None:
    record = TurnRecord(captured())

    def call_all() -> None:
        for name, argument in calls:
            with record.call(name, argument):
                if name == "call_tool":
                    record.outcome()

    with pytest.raises(TurnFailed) as failure:
        call_all()
    assert failure.value.code == "SNAPSHOT_DIVERGED"


def test_nothing_is_captured_between_calls_in_parallel_ones_or_while_the_past_is_done_again() -> None:
    fresh, resumed = TurnRecord(), TurnRecord(captured())
    captures = [fresh.capture()]
    with fresh.call("together", "a", "b", can_be_resumed=False):
        captures.append(fresh.capture())
    with resumed.call("say", "hello"):
        captures.append(resumed.capture())

    assert captures == [None, None, None]
