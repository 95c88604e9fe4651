"""Events become steps."""

from typing import Any

import pytest

from mock_server.recording.event_reader import SeenEvent
from mock_server.recording.folder import read_schema
from mock_server.recording.means import Means, means_of
from mock_server.recording.scripting import script
from tests.fakes.seen_events import DONE, call, said, seen

TOOLS = ("run_shell_command", "write_file", "list_directory")
POOR = Means(tools=TOOLS)
RICH = Means(tools=TOOLS, dictates=True, sends=True, places=True)


def test_pieces_of_text_stay_pieces_with_their_pace_and_pauses() -> None:
    told = script([*said("a ", "b ", "c", pace=0.04), *said("d", "e", at=5.0, pace=0.04), DONE], RICH)

    assert told.steps == [
        {"say": {"chunks": ["a ", "b ", "c"], "pace": "40ms"}},
        {"wait": "4920ms"},
        {"say": {"chunks": ["d", "e"], "pace": "40ms"}},
    ]
    assert told.notes == []


def test_what_the_mock_says_by_itself_is_left_out_and_the_time_after_it_kept() -> None:
    opening = seen(
        ("status", {"status": "connecting"}, 0.0),
        ("status", {"status": "processing"}, 1.0),
        ("thought", {"subject": "S", "description": "D"}, 1.5),
        ("status", {"status": "retrying", "message": "again"}, 1.5),
        ("status", {"status": "processing"}, 1.5),
        ("status", {"status": "processing", "message": "still"}, 1.5),
    )

    assert script([*opening, *said("x", "", at=1.5), DONE], RICH).steps == [
        {"wait": "500ms"},
        {"think": {"subject": "S", "description": "D"}},
        {"retry": "again"},
        {"status": {"status": "processing", "message": "still"}},
        {"say": {"chunks": ["x"]}},
    ]


def test_an_outcome_is_dictated_with_its_time_where_that_can_be_said() -> None:
    events = [*call("1", "crm", "executing", "success", took=2.0, id=7), *said("x", at=2.0), DONE]

    assert script(events, RICH).steps[0] == {
        "tool": {"name": "crm", "args": {"id": 7}, "takes": "2000ms", "result": "out"}
    }
    poor = script(events, POOR)
    assert poor.steps == [
        {"tool": {"name": "crm", "args": {"id": 7}, "on_error": [{"say": {"chunks": ["x"]}}]}}
    ]
    assert "the mock has no tool `crm`" in poor.notes[0]


def test_a_file_that_a_dictated_call_wrote_is_there_all_the_same() -> None:
    events = [*call("1", "write_file", "executing", "success", path="/workspace/a.txt", content="A"), DONE]
    told = script([*said("x"), *events], RICH)

    assert told.steps[2] == {"artifact": {"path": "a.txt", "text": "A"}}
    assert told.made == {"a.txt": "A"}


@pytest.mark.parametrize("means", [POOR, RICH])
def test_what_followed_a_refusal_is_done_instead_of_the_rest(means: Means) -> None:
    events = [
        *said("may I? "),
        *call("1", "run_shell_command", "awaiting_approval", "cancelled", command="rm"),
        *said("then not"),
        DONE,
    ]
    told = script(events, means, auto_execute=False)

    assert told.steps[1]["tool"]["on_cancel"] == [{"say": {"chunks": ["then not"]}}]
    assert told.tail is told.steps[1]["tool"]["on_cancel"]
    assert "ask" not in told.steps[1]["tool"]


def test_an_approval_that_the_platform_wanted_is_asked_for_again() -> None:
    events = [*call("1", "glob", "awaiting_approval", "executing", "success"), *said("x"), DONE]

    assert script(events, RICH).steps[0]["tool"]["ask"] is True
    assert "ask" not in script(events, RICH, auto_execute=False).steps[0]["tool"]


@pytest.mark.parametrize("means", [POOR, RICH])
def test_what_followed_an_error_is_done_once(means: Means) -> None:
    events = [
        *call("1", "run_shell_command", "executing", "error", command="a"),
        *call("2", "run_shell_command", "executing", "error", command="b"),
        *said("I give up"),
        DONE,
    ]
    inner = script(events, means).steps[0]["tool"]["on_error"]

    assert inner[0]["tool"]["args"] == {"command": "b"}
    assert inner[0]["tool"]["on_error"] == [{"say": {"chunks": ["I give up"]}}]


def test_a_cancelled_turn_waits_to_be_cancelled_again() -> None:
    events = [
        *said("x "),
        *call("1", "run_shell_command", "executing", "cancelled", command="sleep 9"),
        *seen(("error", {"message": "The task was cancelled", "code": "CANCELLED"})),
    ]

    assert script(events, POOR).steps[1:] == [
        {"tool": {"name": "run_shell_command", "args": {"command": "sleep 9"}}},
        {"wait": "1h"},
    ]
    assert script(events, RICH).steps[1]["tool"]["takes"] == "1h"


def test_a_failure_keeps_its_code_where_it_is_one() -> None:
    def failed(code: str) -> list[dict[str, object]]:
        return script(seen(("error", {"message": "m", "code": code})), RICH).steps

    assert failed("MODEL_GONE") == [{"fail": {"message": "m", "code": "MODEL_GONE"}}]
    assert failed("model gone") == [{"fail": {"message": "m"}}]


def subagent(*inner: tuple[str, dict[str, str]], reason: str = "GOAL") -> list[SeenEvent]:
    start = {"agentName": "w", "displayName": "W", "description": "d", "objective": "o"}
    end = {"agentName": "w", "terminateReason": reason, "result": "r"}
    return seen(("subagent_start", start), *inner, ("subagent_end", end))


def test_a_subagent_that_only_thinks_is_a_step() -> None:
    thought = ("subagent_thought", {"agentName": "w", "text": "hm"})

    for means in (POOR, RICH):
        assert script([*subagent(thought), *said("x"), DONE], means).steps[0] == {
            "subagent": {
                "name": "w",
                "display_name": "W",
                "description": "d",
                "objective": "o",
                "steps": [{"think": "hm"}],
                "result": "r",
                "reason": "GOAL",
            }
        }


def test_a_subagents_tools_are_sent_as_they_were_or_guessed_from_their_output() -> None:
    events = [
        *subagent(
            ("subagent_tool", {"agentName": "w", "status": "start", "toolName": "write_file"}),
            (
                "subagent_tool",
                {"agentName": "w", "status": "end", "toolName": "write_file", "output": "Wrote 2 bytes to a"},
            ),
            ("subagent_tool", {"agentName": "w", "status": "end", "toolName": "crm", "output": "?"}),
            reason="BORED",
        ),
        *said("x"),
        DONE,
    ]

    raw = script(events, RICH)
    assert [step["event"]["name"] for step in raw.steps[:-1]] == [each.name for each in events[:-2]]
    assert raw.notes == []
    poor = script(events, POOR)
    assert poor.steps[0]["subagent"]["steps"] == [
        {"tool": {"name": "write_file", "args": {"path": "a", "content": "xx"}}}
    ]
    assert len(poor.notes) == 3


def test_an_unknown_event_is_sent_or_noted() -> None:
    events = [*seen(("usage", {"tokens": 3})), *said("x"), DONE]

    assert script(events, RICH).steps[0] == {"event": {"name": "usage", "data": {"tokens": 3}}}
    assert script(events, POOR).notes == ["an event `usage` was left out: a playbook has no step for it"]


def test_a_turn_without_an_end_or_a_word_says_so() -> None:
    assert script([], RICH).steps == [{"wait": 0}]
    assert script([], RICH).notes == ["the recording ended before this turn did"]
    assert "says `Done.`" in script([DONE], RICH).notes[0]


def test_the_means_are_those_of_the_playbooks_of_this_version() -> None:
    means = means_of(read_schema(), TOOLS)

    assert means.tools == TOOLS
    poor: dict[str, Any] = {"$defs": {"step": {"properties": {"tool": {"properties": {"name": {}}}}}}}
    assert means_of(poor, TOOLS) == POOR
