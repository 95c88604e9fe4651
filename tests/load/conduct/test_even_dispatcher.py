"""The users of each class are spread evenly, even if a worker joins or leaves."""

from collections import Counter

import pytest
from locust import User
from locust.runners import WorkerNode

from sigmic_load.conduct.even_dispatcher import EvenDispatcher


class Holding(User):
    weight = 1


class Chatting(User):
    weight = 1


def spread(dispatcher: EvenDispatcher, users: int) -> dict[str, dict[str, int]]:
    dispatcher.new_dispatch(target_user_count=users, spawn_rate=1000)
    return list(dispatcher)[-1]


def holding(workers: dict[str, dict[str, int]]) -> list[int]:
    return sorted(users["Holding"] for users in workers.values())


@pytest.mark.parametrize(("workers", "users"), [(2, 8), (3, 8), (2, 2), (5, 50)])
def test_each_class_is_spread_evenly(workers, users):
    found = spread(EvenDispatcher([WorkerNode(f"w{n}") for n in range(workers)], [Holding, Chatting]), users)

    for name in ("Holding", "Chatting"):
        counts = [each[name] for each in found.values()]
        assert max(counts) - min(counts) <= 1, found
    totals = [sum(each.values()) for each in found.values()]
    assert max(totals) - min(totals) <= 1
    assert sum(totals) == users
    assert Counter(holding(found)).total() == workers


def test_a_lost_worker_leaves_its_users_to_the_others_evenly():
    nodes = [WorkerNode(f"w{n}") for n in range(3)]
    dispatcher = EvenDispatcher(nodes, [Holding, Chatting])
    assert holding(spread(dispatcher, 12)) == [2, 2, 2]

    dispatcher.remove_worker(nodes[0])
    assert holding(spread(dispatcher, 12)) == [3, 3]

    dispatcher.add_worker(WorkerNode("w9"))
    assert holding(spread(dispatcher, 12)) == [2, 2, 2]
    assert sum(holding(spread(dispatcher, 6))) == 3


def test_a_worker_that_does_not_belong_to_the_run_gets_no_users():
    nodes = [WorkerNode(f"w{n}") for n in range(2)]
    dispatcher = EvenDispatcher(nodes, [Holding, Chatting], is_member=lambda name: name in {"w0", "w1"})
    assert holding(spread(dispatcher, 12)) == [3, 3]

    dispatcher.add_worker(WorkerNode("of another run"))

    found = spread(dispatcher, 16)
    assert set(found) == {"w0", "w1"}
    assert holding(found) == [4, 4]
