from sigmic_conformance.conformance.explore.request_budget import RequestBudget


def budget(requests: int = 100, turns: int = 40, seconds: float = 10.0, now=lambda: 0.0) -> RequestBudget:
    return RequestBudget(requests=requests, turns=turns, seconds=seconds, now=now)


def spend(given: RequestBudget, operation: str) -> int:
    count = 0
    while given.take(operation):
        count += 1
    return count


def test_operations_share_a_phase_evenly_and_what_one_leaves_goes_to_those_after_it():
    given = budget(requests=80)
    given.begin("coverage", operations=4)

    assert given.take("a")
    assert [spend(given, name) for name in ("b", "c", "d")] == [13, 13, 13]
    assert not given.take("a")
    assert given.requests == 40


def test_a_phase_leaves_requests_to_those_after_it_and_the_last_gets_them_all():
    given = budget(requests=80)
    given.begin("examples", operations=1)
    assert spend(given, "a") == 10

    given.begin("coverage", operations=1)
    assert spend(given, "a") == 35

    given.begin("stateful", operations=5)
    assert spend(given, "a") == 35
    assert given.is_spent


def test_turns_are_split_too_and_come_back_when_nothing_was_begun():
    given = budget(turns=4)
    given.begin("fuzzing", operations=1)

    assert [given.take_turn() for _ in range(3)] == [True, True, False]
    given.give_back_turn()
    assert given.take_turn()
    assert given.turns == 2


def test_nothing_may_be_sent_when_the_time_is_over():
    clock = [0.0]
    given = budget(seconds=5, now=lambda: clock[0])
    given.begin("stateful", operations=1)
    assert given.take("a")

    clock[0] = 5.0

    assert not given.take("a")
    assert given.is_spent
    assert given.seconds_left == 0.0


def test_before_a_phase_begins_nothing_may_be_sent():
    assert not budget().take("a")
