"""Tests of the record of an agent's calls: what is answered from it, and when it no longer fits."""

import pytest

from sigmic_conformance.mock_server.agent.turn import ToolOutcome, TurnFailed
from sigmic_conformance.mock_server.domain.model import ToolStatus
from sigmic_conformance.mock_server.service.turn_record import RecordedCalls, TurnRecord

FIRST, SECOND = ToolOutcome(ToolStatus.SUCCESS, "1"), ToolOutcome(ToolStatus.ERROR, "2")


def captured() -> RecordedCalls:
    """Return the record of an agent that said something, ran a tool, and waits in a call."""
    record = TurnRecord()
    with record.call("say", "hello"):
        pass
    with record.call("call_tool", "a"):
        record.note(FIRST)
    with record.call("sleep", 5):
        calls = record.capture()
    assert calls is not None
    return calls


def test_nothing_is_past_in_a_turn_that_begins() -> None:
    record = TurnRecord()
    with record.call("say", "hello") as is_past:
        assert not is_past
    assert not record.take_up()


def test_calls_made_before_are_answered_from_the_record_and_the_last_one_is_taken_up() -> None:
    record = TurnRecord(captured())

    with record.call("say", "hello") as is_past:
        assert is_past
    with record.call("call_tool", "a") as is_past:
        assert is_past
        assert record.outcome() == FIRST
    with record.call("sleep", 5) as is_past:
        assert not is_past
        assert record.take_up()
        again = record.capture()
    with record.call("call_tool", "b") as is_past:
        assert (is_past, record.take_up()) == (False, False)

    assert again == captured()


def test_a_call_that_failed_was_not_made() -> None:
    record = TurnRecord()
    with pytest.raises(KeyError), record.call("call_tool", "a"):
        raise KeyError
    with record.call("sleep", 5):
        calls = record.capture()

    assert calls is not None
    assert calls.count == 0


@pytest.mark.parametrize("other", [("sleep", 6), ("say", "more")])
def test_an_agent_that_waits_elsewhere_has_diverged(other: tuple[object, ...]) -> None:
    record = TurnRecord(captured())
    with record.call("say", "hello"):
        pass
    with record.call("call_tool", "a"):
        record.outcome()

    with pytest.raises(TurnFailed) as failure, record.call(*other):
        pass
    assert failure.value.code == "SNAPSHOT_DIVERGED"


def test_an_agent_that_comes_to_the_same_wait_another_way_has_diverged() -> None:
    record = TurnRecord(captured())
    with record.call("say", "goodbye"):
        pass
    with record.call("call_tool", "a"):
        record.outcome()

    with pytest.raises(TurnFailed), record.call("sleep", 5):
        pass


def test_an_agent_that_asks_for_more_outcomes_than_there_were_has_diverged() -> None:
    record = TurnRecord(captured())
    with record.call("call_tool", "a"):
        record.outcome()

    with pytest.raises(TurnFailed), record.call("call_tool", "b"):
        record.outcome()


def test_nothing_is_captured_between_calls_in_parallel_ones_or_while_the_past_is_done_again() -> None:
    fresh, resumed = TurnRecord(), TurnRecord(captured())
    captures = [fresh.capture()]
    with fresh.call("together", "a", "b", can_be_resumed=False):
        captures.append(fresh.capture())
    with resumed.call("say", "hello"):
        captures.append(resumed.capture())

    assert captures == [None, None, None]
