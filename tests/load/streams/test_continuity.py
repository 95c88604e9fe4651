"""Lost, repeated and moved events are found, and correct streams have no findings."""

import pytest

from sigmic_load.measures.evidence import Kind
from sigmic_load.measures.findings import Findings
from sigmic_load.streams.continuity import Heard, Truth, compare, compare_order

TRUTH = Truth(messages=("u1", "a1"), saved=1, text="1 2 3 4 5 6", calls=("c1", "c2"))


def heard(*events: tuple[str, dict], ended: bool = False) -> Heard:
    it = Heard()
    for name, data in events:
        it.note(name, data)
    it.ended = it.ended or ended
    return it


def content(text: str) -> tuple[str, dict]:
    return ("content", {"text": text, "isPartial": True})


def tools(call: str) -> list[tuple[str, dict]]:
    return [
        ("tool_call", {"callId": call, "status": "executing"}),
        ("tool_result", {"callId": call, "status": "success"}),
    ]


USER = ("history_message", {"id": "u1", "role": "user", "content": "Count"})
ANSWER = ("history_message", {"id": "a1", "role": "assistant", "content": "1 2 3 4 5 6"})
LIVE = ("history_done", {"messageCount": 1, "isStreaming": True})
OVER = ("history_done", {"messageCount": 2, "isStreaming": False})
DONE = ("done", {"finalResponse": "1 2 3 4 5 6"})
TOOLS = [*tools("c1"), *tools("c2")]


def test_a_whole_turn_is_right():
    assert not compare(heard(USER, LIVE, *TOOLS, content("1 2 3 "), content("4 5 6"), DONE), TRUTH)


def test_a_dropped_connection_has_received_a_beginning():
    assert not compare(heard(USER, LIVE, *tools("c1"), content("1 2 3")), TRUTH)


def test_half_a_word_at_the_drop_is_no_word():
    truth = Truth(messages=("u1", "a1"), saved=1, text="10 20 30")
    assert not compare(heard(USER, LIVE, content("10 2")), truth)


def test_a_connection_dropped_before_the_history_has_received_nothing():
    assert not compare(heard(), TRUTH)


def test_a_return_after_the_end_is_right():
    assert not compare(heard(USER, ANSWER, OVER), TRUTH)


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([USER, LIVE, *TOOLS, content("1 2 4 5 6"), DONE], Findings(lost=1)),
        ([USER, LIVE, *TOOLS, content("1 2 3 4 5"), DONE], Findings(lost=1)),
        ([USER, LIVE, *TOOLS, content("1 2 3 3 4 5 6"), DONE], Findings(doubled=1)),
        ([USER, LIVE, *TOOLS, content("1 3 2 4 5 6"), DONE], Findings(out_of_order=1)),
        ([USER, LIVE, *tools("c1"), content("1 2 3 4 5 6"), DONE], Findings(lost=2)),
        ([USER, LIVE, *TOOLS[:3], content("1 2 3 4 5 6"), DONE], Findings(lost=1)),
        ([USER, LIVE, *TOOLS, *tools("c2"), content("1 2 3 4 5 6"), DONE], Findings(doubled=2)),
        ([LIVE, *TOOLS, content("1 2 3 4 5 6"), DONE], Findings(lost=1)),
        ([USER, USER, LIVE, *TOOLS, content("1 2 3 4 5 6"), DONE], Findings(doubled=1)),
        ([USER, OVER], Findings(lost=1)),
        ([ANSWER, USER, OVER], Findings(out_of_order=1)),
        ([USER, LIVE, content("1 2 4 ")], Findings(lost=1)),
        ([USER, LIVE, content("4 5 6 ")], Findings(lost=3)),
    ],
)
def test_what_is_wrong_is_counted(events, found):
    assert compare(heard(*events), TRUTH) == found


def test_a_new_status_of_a_call_is_news():
    approved = [
        ("tool_call", {"callId": "c1", "status": "awaiting_approval"}),
        ("tool_call", {"callId": "c1", "status": "executing"}),
        ("tool_result", {"callId": "c1", "status": "success"}),
        *tools("c2"),
    ]
    assert not compare(heard(USER, LIVE, *approved, content("1 2 3 4 5 6"), DONE), TRUTH)


def test_what_had_not_come_yet_is_not_lost():
    assert compare_order(["a", "x"], ["a", "b", "c", "d"], complete=False) == Findings(lost=1, doubled=1)


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (["a", "c"], [(Kind.LOST, "word 'b' after 'a'", "a")]),
        (["b", "c"], [(Kind.LOST, "word 'a' at the beginning", "")]),
        (["a", "b", "b", "c"], [(Kind.DOUBLED, "word 'b' after 'b'", "b")]),
        (["b", "a", "c"], [(Kind.MOVED, "word 'b' at the beginning", "b")]),
    ],
)
def test_each_finding_says_which_and_where(seen, says):
    found = compare_order(seen, ["a", "b", "c"], complete=True)

    assert [(it.kind, it.says, it.place) for it in found.each] == says


def test_the_truth_is_what_the_task_shows():
    task = {"output": {"content": "hello", "toolCalls": [{"callId": "c"}]}}
    history = {"messages": [{"id": "1", "role": "user"}, {"id": "2", "role": "assistant"}]}

    assert Truth.of_task(task, history) == Truth(messages=("1", "2"), saved=1, text="hello", calls=("c",))


def test_a_turn_that_failed_leaves_no_answer():
    task = {"output": {"content": "1 2"}}
    history = {"messages": [{"id": "u1", "role": "user"}]}
    error = ("error", {"message": "overloaded"})

    assert not compare(heard(USER, LIVE, content("1 2"), error), Truth.of_task(task, history))
    assert not compare(heard(USER, ("history_done", {"isStreaming": False})), Truth.of_task(task, history))


WITNESS = heard(USER, LIVE, *tools("c1"), content("1 2 "), *tools("c2"), content("3 4 5 6"), DONE)


@pytest.mark.parametrize(
    ("events", "lost"),
    [
        ([*tools("c1")[:1], content("1")], []),  # perhaps half a word: nothing is due
        ([*tools("c1")[:1], content("1 "), content("2 ")], ["tool result 'c1' at the beginning"]),
        ([*tools("c1"), content("1 2 ")], []),
        ([*tools("c1"), content("1 2 "), *tools("c2")[:1]], []),
        ([*tools("c1"), content("1 2 "), *tools("c2")[:1], content("3 4 ")], ["tool result 'c2' after 'c1'"]),
        ([*tools("c1"), content("1 2 "), *tools("c2"), content("3 4 ")], []),
        (
            [*tools("c1"), content("1 2 "), content("3 4 ")],
            ["tool call 'c2' after 'c1'", "tool result 'c2' after 'c1'"],
        ),
        # A catch-up may list the tools after the text.
        ([content("1 2 3 "), *tools("c1"), *tools("c2"), content("4 ")], []),
        ([content("1 2 3 4 ")], []),
    ],
)
def test_what_a_second_reader_received_before_the_last_word_must_have_come(events, lost):
    found = compare(heard(USER, LIVE, *events), TRUTH, WITNESS)

    assert [each.says for each in found.each] == lost
    assert found.lost == len(lost)
    assert not found.doubled
    assert not found.out_of_order


def test_a_lost_tool_is_found_by_a_witness_or_on_a_connection_that_stays():
    events: list[tuple[str, dict]] = [USER, LIVE, *tools("c1"), content("1 2 "), content("3 4 ")]

    assert not compare(heard(*events), TRUTH), "a known limit"
    assert compare(heard(*events), TRUTH, WITNESS).lost == 2
    assert compare(heard(*events, content("5 6"), DONE), TRUTH).lost == 2


def test_a_witness_that_came_late_or_lost_it_itself_proves_nothing():
    late = heard(USER, LIVE, content("1 2 3 4 5 "), *TOOLS, content("6"), DONE)
    deaf = heard(USER, LIVE, content("1 2 3 4 5 6"), DONE)

    for witness in (late, deaf):
        assert not compare(heard(USER, LIVE, content("1 2 "), content("3 4 ")), TRUTH, witness)


@pytest.mark.parametrize(("waited", "lost"), [(0.1, 0), (1.5, 1)])
def test_one_piece_of_text_may_be_a_catch_up_unless_it_came_later(waited, lost):
    it = Heard()
    for at, (name, data) in (
        (5.0, USER),
        (5.0, LIVE),
        (5.0, tools("c1")[0]),
        (5.0 + waited, content("1 2 ")),
    ):
        it.note(name, data, at)

    assert compare(it, TRUTH, WITNESS).lost == lost
