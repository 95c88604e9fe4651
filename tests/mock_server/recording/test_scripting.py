"""Events become steps: cases that a replay (`test_round_trip`) does not show: times, notes, bad codes."""

from sigmic_mock.recording.scripting import script
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
        {"status": {"status": "retrying", "message": "again"}},
        {"status": {"status": "processing"}},
        {"status": {"status": "processing", "message": "still"}},
        {"say": {"chunks": ["x"]}},
    ]


def test_an_outcome_is_dictated_with_its_time() -> None:
    events = [*call("1", "crm", "executing", "success", took=2.0, id=7), *said("x", at=2.0), DONE]

    assert script(events).steps[0] == {
        "tool": {"name": "crm", "args": {"id": 7}, "takes": "2000ms", "result": "out"}
    }


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


def test_an_unknown_event_is_sent_or_noted() -> None:
    events = [*seen(("usage", {"tokens": 3}), ("Ünknown", {})), *said("x"), DONE]
    told = script(events)

    assert told.steps[0] == {"event": {"name": "usage", "data": {"tokens": 3}}}
    assert told.notes == ["an event `Ünknown` was left out: a playbook can't send it"]


def test_a_turn_without_an_end_or_a_word_says_so() -> None:
    assert script([]).steps == [{"wait": 0}]
    assert script([]).notes == ["the recording ended before this turn did"]
    assert "says `Done.`" in script([DONE]).notes[0]
