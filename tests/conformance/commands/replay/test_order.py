"""Recorded exchanges are resent in order, with the ids that the target returns now."""

from dataclasses import replace

from sigmic_conformance.commands.replay.names import Names
from sigmic_conformance.commands.replay.order import resends
from tests.conformance.kit import LIVE, SECOND, answered, call, exchange, stream


def at(number: int, start: float, end: float, **more):
    made = exchange(**more)
    return replace(made, number=number, started=round(start * SECOND), ended=round(end * SECOND))


def test_a_replay_keeps_the_order_and_the_pauses_of_the_requests():
    made, heard, asked, later = at(1, 0, 1), at(2, 1, 9), at(3, 3, 4), at(4, 20, 21)

    found = resends([asked, made, later, heard], last=3)

    assert [(each.exchange.number, each.after, each.pause) for each in found] == [
        (1, (), 0.0),
        (2, (1,), 0.0),
        (3, (1,), 2.0),
    ]


def test_a_replay_leaves_out_repeated_requests_and_unrelated_tasks():
    one = replace(answered({"id": "t-one"}, method="POST", target="/api/v1/tasks"), number=1)
    other = replace(answered({"id": "t-two"}, method="POST", target="/api/v1/tasks"), number=2)
    again = at(3, 2, 3, transient=True, target="/api/v1/tasks/t-one")
    read = at(4, 4, 5, target="/api/v1/tasks/t-one")
    everything = [one, other, again, read]

    assert [each.exchange.number for each in resends(everything, last=4)] == [1, 2, 4]
    assert [each.exchange.number for each in resends(everything, last=4, of_its_task=True)] == [1, 4]


def test_names_of_then_become_those_of_now():
    names = Names()
    names.learn(answered({"id": "task-1", "status": "x"}), answered({"id": "task-2", "status": "y"}))
    names.learn(stream([(0.0, LIVE + call("call_a"))]), stream([(0.0, LIVE + call("call_b"))]))

    assert (
        names.put("/api/v1/tasks/task-1/tools/call_a/approve") == "/api/v1/tasks/task-2/tools/call_b/approve"
    )
    assert names.put_into({"task": "task-1", "at": 3, "all": ["call_a"]}) == {
        "task": "task-2",
        "at": 3,
        "all": ["call_b"],
    }
