"""Properties of the event log: at every point of any run, replay plus live has every event exactly once."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.event_log import EventLog
from sigmic_mock.domain.events import (
    Content,
    Event,
    Status,
    SubagentThought,
    ThoughtEvent,
    ToolCallEvent,
    ToolResult,
)
from sigmic_mock.domain.model import Message, MessageRole, Thought, ToolCall, ToolStatus
from tests.fakes.subscriber import parse

texts = st.text(min_size=1, max_size=5)


def message(number: int, text: str = "hello") -> Message:
    role = MessageRole.USER if number % 2 else MessageRole.ASSISTANT
    return Message(id=str(number), role=role, content=text, created_at=number)


@st.composite
def turns(draw: st.DrawFn) -> list[Event]:
    """Return the events of a possible turn: calls may wait, be approved, end, or stay open."""
    events: list[Event] = []
    waiting: list[str] = []
    executing: list[str] = []
    for number in range(draw(st.integers(0, 25))):
        kinds = ["text", "thought", "status", "subagent", "ask", "call"]
        kinds += ["approve"] * bool(waiting) + ["result"] * bool(executing)
        match draw(st.sampled_from(kinds)):
            case "text":
                events.append(Content(draw(texts), is_partial=True))
            case "thought":
                events.append(ThoughtEvent(Thought(draw(texts), "")))
            case "status":
                events.append(Status("processing"))
            case "subagent":
                events.append(SubagentThought("helper", draw(texts)))
            case "ask":
                waiting.append(f"call{number}")
                events.append(ToolCallEvent(f"call{number}", "tool", ToolStatus.AWAITING_APPROVAL, {}))
            case "call":
                executing.append(f"call{number}")
                events.append(ToolCallEvent(f"call{number}", "tool", ToolStatus.EXECUTING, {}))
            case "approve":
                executing.append(waiting.pop())
                events.append(ToolCallEvent(executing[-1], "tool", ToolStatus.EXECUTING, {}))
            case "result":
                events.append(ToolResult(executing.pop(), ToolStatus.SUCCESS, draw(texts)))
            case other:
                raise AssertionError(other)
    return events


def folded(events: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the state of a client after these events, written independently of `TurnOutput`."""
    known: dict[str, Any] = {"text": "", "thoughts": [], "calls": {}, "subagents": []}
    for name, payload in events:
        match name:
            case "content":
                known["text"] += payload["text"]
            case "thought":
                known["thoughts"].append(payload)
            case "tool_call":
                known["calls"][payload["callId"]] = dict(payload)
            case "tool_result":
                known["calls"][payload["callId"]] |= payload
            case "subagent_thought":
                known["subagents"].append(payload)
            case _:
                continue
    return known


@given(turns(), st.integers(0, 3))
def test_a_late_listener_ends_with_the_same_state_as_the_first(events: list[Event], saved: int) -> None:
    log = EventLog(message(number) for number in range(saved))
    log.begin(0)
    replays = [log.replay()]
    frames = []
    for now, event in enumerate(events):
        frames.append(log.append(event, now))
        replays.append(log.replay())

    everything = parse(b"".join([replays[0], *frames]))
    for joined, replay in enumerate(replays):
        heard = parse(replay + b"".join(frames[joined:]))
        names = [name for name, _ in heard]
        assert names[: saved + 1] == ["history_message"] * saved + ["history_done"]
        assert names.count("history_done") == 1
        assert folded(heard) == folded(everything)
        catch_up = [name for name, _ in parse(replay)][saved + 1 :]
        assert catch_up.count("content") <= 1
        assert "status" not in catch_up


@given(turns())
def test_get_shows_the_same_answer_as_a_late_stream(events: list[Event]) -> None:
    log = EventLog()
    log.begin(0)
    for now, event in enumerate(events):
        log.append(event, now)

    heard = folded(parse(log.replay()))
    assert log.output is not None
    output = log.output.snapshot()
    assert heard["text"] == output.content
    assert [thought["subject"] for thought in heard["thoughts"]] == [t.subject for t in output.thoughts]
    assert [(call["callId"], call["status"]) for call in heard["calls"].values()] == [
        (call.call_id, call.status.value) for call in output.tool_calls
    ]


def test_an_event_outside_a_run_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(RuntimeError, match="outside a run"):
        EventLog().append(Content("x", is_partial=True), 0)


def test_history_counts_towards_the_size_before_its_first_replay() -> None:
    call = ToolCall(call_id="1", tool_name="cat", status=ToolStatus.SUCCESS, output="o" * 1000)
    log = EventLog([replace(message(0, "t" * 500), tool_calls=(call,))])
    untold = log.size

    log.replay()

    assert 1500 <= untold <= log.size < untold + 500


def test_a_long_history_is_sent_in_pieces_and_the_replay_follows_them() -> None:
    log = EventLog(message(number, "x" * 40_000) for number in range(5))
    whole = EventLog(message(number, "x" * 40_000) for number in range(5)).replay()

    pieces = [piece for number in range(3) if (piece := log.piece(number)) is not None]
    assert log.piece(3) is None
    assert b"".join(pieces) + log.replay(3) == whole
    log.save(message(5, "later"))

    assert b"".join(pieces) + log.replay(3) == log.replay()
    assert [piece.count(b"event: history_message") for piece in pieces] == [2, 2, 1]


def test_an_unchanged_replay_is_made_once() -> None:
    log = EventLog(message(number) for number in range(100))

    assert log.replay() is log.replay()


def test_the_preview_of_an_end_leaves_the_log_as_it_is() -> None:
    log = EventLog()
    log.begin(0)
    log.append(ToolCallEvent("c", "tool", ToolStatus.EXECUTING, {}), 1)
    assert log.output is not None
    preview = log.output.after([ToolResult("c", ToolStatus.CANCELLED, "")], 9)

    assert [call.status for call in preview.tool_calls] == [ToolStatus.CANCELLED]
    assert preview.updated_at == 9
    assert [call.status for call in log.output.snapshot().tool_calls] == [ToolStatus.EXECUTING]
