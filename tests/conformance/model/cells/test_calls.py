"""The cells of calls, results, approvals and subagents that traffic reaches."""

from typing import Any

from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import event
from tests.conformance.traffic import DONE, Traffic, user

HI = [user(1, "Hi")]


def call(name: str, status: str = "executing", **args: Any) -> bytes:
    return event("tool_call", callId=name, toolName="bash", status=status, args=args)


def result(name: str, output: str = "x") -> bytes:
    return event("tool_result", callId=name, status="success", output=output)


def waiting() -> Traffic:
    traffic = Traffic().create(fields={"autoExecute": False})
    traffic.stream(call("c", "awaiting_approval", command="ls"), shown=HI, closed=Closed.HUNG_UP)
    told = {"callId": "c", "toolName": "bash", "args": {"command": "ls"}}
    return traffic.get("awaiting_approval", fields={"pendingApprovals": [told]})


def test_three_calls_of_a_tool_have_their_results():
    pairs = [each for name in "abc" for each in (call(name, command="ls"), result(name))]
    traffic = Traffic().begun("Hi", *pairs, DONE).get("completed")

    assert traffic.cells("call") >= {"count=two", "place=middle", "place=again", "name=same", "moment=after"}
    assert traffic.cells("result") >= {"count=two", "place=last", "place=again", "size=small", "end=after"}
    assert "moment=at_once" not in traffic.cells("call")


def test_a_call_without_arguments_overlaps_another():
    traffic = Traffic().begun(
        "Hi", call("a"), call("b", text="e" + "é" * 4096), result("a", ""), result("b"), DONE
    )

    assert traffic.cells("call") >= {"size=nothing", "size=large", "size=at_an_edge", "moment=at_once"}
    assert "size=nothing" in traffic.cells("result")


def test_a_call_waits_and_is_answered():
    traffic = waiting()
    assert traffic.cells("approval") == {"count=zero", "view=several"}
    assert traffic.cells("call") >= {"cut=middle", "view=several"}

    traffic.approve("c")
    assert traffic.cells("approval") >= {"count=one", "moment=during"}
    assert not traffic.cells("approval") & {"place=again", "moment=twice", "moment=after"}


def test_a_call_is_answered_twice_and_at_the_same_time():
    traffic = waiting().approve("c", took=2.0).after(-1.5).approve("c")

    assert traffic.cells("approval") >= {"place=again", "moment=twice", "moment=at_once"}


def test_an_answer_names_another_call_or_a_word_that_is_nearly_right():
    traffic = waiting().approve("d9", status=404)
    assert traffic.cells("approval") >= {"moment=before"}
    assert "name=nearly_same" not in traffic.cells("approval")

    traffic.approve("c", "Proceed_Once", status=400)
    assert "name=nearly_same" in traffic.cells("approval")


def test_a_task_is_cancelled_while_its_call_waits():
    traffic = waiting().cancel()
    assert "end=after" not in traffic.cells("call")

    traffic.get("cancelled")
    assert "end=after" in traffic.cells("call")


def test_a_subagent_works_between_two_texts():
    said = event("content", text="a", isPartial=True)
    mine = [event("subagent_start", agentName="x"), event("subagent_tool", agentName="x")]
    traffic = Traffic().begun("Hi", said, *mine, event("subagent_end", agentName="x"), said, DONE)

    assert traffic.cells("subagent") == {
        "count=one",
        "place=first",
        "place=middle",
        "place=last",
        "moment=before",
        "moment=during",
        "moment=after",
        "end=after",
    }
