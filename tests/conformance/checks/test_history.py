from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import answered, at, judged, ok, outcome_of


def bracketed_times(before: float, after: float, *acted: float) -> str:
    """Of a history that was read at 1 s, and get_task asked before and after it."""

    def task(seconds: float) -> Exchange:
        return at(seconds, ok("easy_task", "x", {"id": "t", "status": "running"}))

    history = ok(
        "easy_task", "history", {"status": "completed", "messages": []}, operation="get_task_history"
    )
    acts = [at(seconds, ok("easy_task", "say", operation="send_message")) for seconds in acted]
    return outcome_of(judged("HISTORY-003", task(before), at(1.0, history), task(after), *acts))


def test_a_status_is_certain_between_two_readings_that_do_not_overlap():
    assert bracketed_times(0.9, 1.1) == "stale-status"
    assert bracketed_times(0.91, 1.1) == "zero-observations"
    assert bracketed_times(0.9, 1.09) == "zero-observations"
    assert bracketed_times(0.9, 1.1, 0.8) == "zero-observations"
    assert bracketed_times(0.9, 1.1, 0.79, 1.21) == "stale-status"
    assert bracketed_times(0.9, 1.1, 1.2) == "zero-observations"


def conversation(*messages: dict, probe: str = "easy_task", label: str = "history", **more: Any) -> Exchange:
    entries = [{"id": str(number), "content": "x"} | each for number, each in enumerate(messages)]
    return answered(
        {"taskId": "t", "status": "completed", "messages": entries},
        operation="get_task_history",
        probe=probe,
        label=label,
        **more,
    )


FILE = {"name": "a.csv", "path": "uploads/a.csv"}


@pytest.mark.parametrize(
    ("row", "messages", "outcome"),
    [
        ("HISTORY-010", [{"role": "user"}, {"role": "assistant", "thoughts": []}], Outcome.PASSED),
        ("HISTORY-010", [{"role": "user", "thoughts": []}], Outcome.FAILED),
        ("HISTORY-012", [{"role": "user", "attachedFiles": [FILE]}], Outcome.PASSED),
        ("HISTORY-012", [{"role": "user", "attachedFiles": [FILE | {"path": "/srv/a.csv"}]}], Outcome.WARNED),
        ("HISTORY-012", [{"role": "user", "attachedFiles": [FILE | {"path": "../a.csv"}]}], Outcome.WARNED),
        ("HISTORY-012", [{"role": "user", "attachedFiles": [FILE | {"name": ""}]}], Outcome.WARNED),
        (
            "HISTORY-014",
            [{"role": "assistant", "toolCalls": [{"args": {}, "output": "o"}, {}]}],
            Outcome.FAILED,
        ),
        ("HISTORY-014", [{"role": "assistant", "toolCalls": [{"args": {}}]}], Outcome.FAILED),
        ("HISTORY-014", [{"role": "assistant", "toolCalls": [{}, {}]}], Outcome.INFO),
    ],
)
def test_saved_messages(row, messages, outcome):
    assert judged(row, conversation(*messages)).outcome is outcome


def test_an_answer_in_progress_is_not_in_the_history():
    for roles, outcome in ((["user"], Outcome.PASSED), (["user", "assistant"], Outcome.FAILED)):
        messages = [{"id": str(number), "role": role, "content": "x"} for number, role in enumerate(roles)]
        saved = answered({"messages": messages}, probe="tool_task", label="a: history while running")
        assert judged("HISTORY-018", saved, facts={"tool_task": {"vanished": "a"}}).outcome is outcome


@pytest.mark.parametrize(("said", "good"), [("Look", True), ("Look\n\nFiles: a.txt", False)])
def test_the_history_keeps_the_users_own_words(said, good):
    saved = answered(
        {"messages": [{"id": "1", "role": "user", "content": said}]}, probe="follow_up_files", label="history"
    )
    found = judged(
        "HISTORY-019", saved, facts={"follow_up_files": {"message": "Look", "follow-up message": "More"}}
    )

    assert (found.outcome is Outcome.PASSED) == good


@pytest.mark.parametrize(
    ("ids", "reason"),
    [(("m1", "m1"), "no-reading"), (("m1", "m2"), "info"), (("", ""), "info"), ((None, None), "info")],
)
def test_a_time_that_changed_is_seen_in_a_message_that_is_known_again(ids, reason):
    def time(second: int) -> str:
        return f"2026-01-26T15:50:{second}.000Z"

    def history(label: str, id: str | None, second: int) -> Exchange:
        first = {"id": id, "role": "user", "content": "Hi", "createdAt": time(second)}
        more = {"id": "m9", "role": "user", "content": "More", "createdAt": time(30)}
        return ok("follow_up", label, {"messages": [first, more]})

    task = ok("follow_up", "after", {"createdAt": time(10), "startedAt": time(30), "completedAt": time(30)})
    told = [history("history before", ids[0], 11), history("history after", ids[1], 12)]

    assert outcome_of(judged("HISTORY-020", *told, task)) == reason


def times(second: str, answer: str, first: str = "11", read_first: str = "11") -> Verdict:
    """Two turns: created at 10, followed up at 20, answered at 25 s; the first answer, as read before too."""

    def at(seconds: str) -> str:
        return f"2026-01-26T15:50:{seconds}.000Z"

    saved = conversation(
        {"role": "user", "createdAt": at("10")},
        {"id": "m2", "role": "assistant", "createdAt": at(first)},
        {"role": "user", "createdAt": at(second)},
        {"role": "assistant", "createdAt": at(answer)},
        probe="follow_up",
        label="history after",
    )
    before = conversation(
        {"role": "user", "createdAt": at("10")},
        {"id": "m2", "role": "assistant", "createdAt": at(read_first)},
        probe="follow_up",
        label="history before",
    )
    told = {"id": "t", "createdAt": at("10"), "startedAt": at("20"), "completedAt": at("25")}
    return judged("HISTORY-020", before, saved, answered(told, probe="follow_up", label="after"))


def test_times_of_messages_follow_one_reading():
    assert times("20", "25").observed.startswith("own_time")
    assert times("10", "20").observed.startswith("task_time")
    assert times("10", "25").reason == "two-readings"


def test_a_time_that_changes_from_reading_to_reading_is_no_message_s_own():
    assert times("26", "26", first="26", read_first="12").reason == "no-reading"
    # Who repeats the task's startedAt repeats the new one after a follow-up.
    assert times("10", "20", first="20", read_first="10").observed.startswith("task_time")
