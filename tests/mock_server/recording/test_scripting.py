"""Events become steps."""

from sigmic_conformance.mock_server.recording.event_reader import SeenEvent
from sigmic_conformance.mock_server.recording.scripting import script
from tests.fakes.seen_events import DONE, call, said, seen


def test_pieces_of_text_stay_pieces_with_their_pace_and_pauses() -> None:
    told = script([*said("a ", "b ", "c", pace=0.04), *said("d", "e", at=5.0, pace=0.04), DONE])

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

    assert script([*opening, *said("x", "", at=1.5), DONE]).steps == [
        {"wait": "500ms"},
        {"think": {"subject": "S", "description": "D"}},
        {"retry": "again"},
        {"status": {"status": "processing", "message": "still"}},
        {"say": {"chunks": ["x"]}},
    ]


def test_an_outcome_is_dictated_with_its_time() -> None:
    events = [*call("1", "crm", "executing", "success", took=2.0, id=7), *said("x", at=2.0), DONE]

    assert script(events).steps[0] == {
        "tool": {"name": "crm", "args": {"id": 7}, "takes": "2000ms", "result": "out"}
    }


def test_a_file_that_a_dictated_call_wrote_is_there_all_the_same() -> None:
    events = [*call("1", "write_file", "executing", "success", path="/workspace/a.txt", content="A"), DONE]
    told = script([*said("x"), *events])

    assert told.steps[2] == {"artifact": {"path": "a.txt", "text": "A"}}
    assert told.made == {"a.txt": "A"}


def test_what_followed_a_refusal_is_done_instead_of_the_rest() -> None:
    events = [
        *said("may I? "),
        *call("1", "run_shell_command", "awaiting_approval", "cancelled", command="rm"),
        *said("then not"),
        DONE,
    ]
    told = script(events, auto_execute=False)

    assert told.steps[1]["tool"]["on_cancel"] == [{"say": {"chunks": ["then not"]}}]
    assert told.tail is told.steps[1]["tool"]["on_cancel"]
    assert "ask" not in told.steps[1]["tool"]


def test_an_approval_that_the_platform_wanted_is_asked_for_again() -> None:
    events = [*call("1", "glob", "awaiting_approval", "executing", "success"), *said("x"), DONE]

    assert script(events).steps[0]["tool"]["ask"] is True
    assert "ask" not in script(events, auto_execute=False).steps[0]["tool"]


def test_what_followed_an_error_is_done_once() -> None:
    events = [
        *call("1", "run_shell_command", "executing", "error", command="a"),
        *call("2", "run_shell_command", "executing", "error", command="b"),
        *said("I give up"),
        DONE,
    ]
    inner = script(events).steps[0]["tool"]["on_error"]

    assert inner[0]["tool"]["args"] == {"command": "b"}
    assert inner[0]["tool"]["on_error"] == [{"say": {"chunks": ["I give up"]}}]


def test_a_cancelled_turn_waits_to_be_cancelled_again() -> None:
    events = [
        *said("x "),
        *call("1", "run_shell_command", "executing", "cancelled", command="sleep 9"),
        *seen(("error", {"message": "The task was cancelled", "code": "CANCELLED"})),
    ]

    assert script(events).steps[1:] == [
        {
            "tool": {
                "name": "run_shell_command",
                "args": {"command": "sleep 9"},
                "takes": "1h",
                "result": "",
            }
        },
        {"wait": "1h"},
    ]


def test_a_failure_keeps_its_code_where_it_is_one() -> None:
    def failed(code: str) -> list[dict[str, object]]:
        return script(seen(("error", {"message": "m", "code": code}))).steps

    assert failed("MODEL_GONE") == [{"fail": {"message": "m", "code": "MODEL_GONE"}}]
    assert failed("model gone") == [{"fail": {"message": "m"}}]
    assert failed("gone") == [{"fail": {"message": "m", "code": "gone"}}]


def subagent(*inner: tuple[str, dict[str, str]], reason: str = "GOAL") -> list[SeenEvent]:
    start = {"agentName": "w", "displayName": "W", "description": "d", "objective": "o"}
    end = {"agentName": "w", "terminateReason": reason, "result": "r"}
    return seen(("subagent_start", start), *inner, ("subagent_end", end))


def test_a_subagent_that_only_thinks_is_a_step() -> None:
    thought = ("subagent_thought", {"agentName": "w", "text": "hm"})

    assert script([*subagent(thought), *said("x"), DONE]).steps[0] == {
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


def test_a_subagent_that_uses_tools_is_sent_as_it_was() -> None:
    events = [
        *subagent(
            ("subagent_tool", {"agentName": "w", "status": "start", "toolName": "crm"}),
            ("subagent_tool", {"agentName": "w", "status": "end", "toolName": "crm", "output": "?"}),
        ),
        *said("x"),
        DONE,
    ]
    told = script(events)

    assert [step["event"]["data"] for step in told.steps[:-1]] == [each.data for each in events[:-2]]
    assert told.notes == []


def test_calls_that_were_open_together_are_open_together_again() -> None:
    first = call("1", "a", "awaiting_approval", "executing", "success")
    second = call("2", "b", "awaiting_approval", "cancelled")
    third = call("3", "c", "awaiting_approval", "executing", "error")
    events = [first[0], second[0], third[0], *first[1:], *second[1:], *third[1:], *said("x"), DONE]

    assert script(events).steps == [
        {
            "parallel": [
                {"tool": {"name": "a", "ask": True, "result": "out"}},
                {"tool": {"name": "b", "ask": True, "on_cancel": [{"say": {"chunks": ["x"]}}]}},
                {
                    "tool": {
                        "name": "c",
                        "ask": True,
                        "result": {"output": "out", "status": "error"},
                        "on_error": [{"wait": 0}],
                    }
                },
            ]
        }
    ]


def test_an_unknown_event_is_sent_or_noted() -> None:
    events = [*seen(("usage", {"tokens": 3}), ("Ünknown", {})), *said("x"), DONE]
    told = script(events)

    assert told.steps[0] == {"event": {"name": "usage", "data": {"tokens": 3}}}
    assert told.notes == ["an event `Ünknown` was left out: a playbook can't send it"]


def test_a_turn_without_an_end_or_a_word_says_so() -> None:
    assert script([]).steps == [{"wait": 0}]
    assert script([]).notes == ["the recording ended before this turn did"]
    assert "says `Done.`" in script([DONE]).notes[0]
