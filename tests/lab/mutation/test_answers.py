from collections.abc import Callable
from dataclasses import replace

from lab.mutation.answers import Answers
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.conformance.handwritten import Traffic
from tests.conformance.kit import event

TASK = "0d3bd1ab-7a0c-4c6a-8d1c-4a8d4c9f8a11"
GET = "GET /api/v1/tasks/t"
OTHER = "9a3bd1ab-7a0c-4c6a-8d1c-4a8d4c9f8a22"
LATER = "2027-02-01T00:00:00Z"


def recorded(make: Callable[[Traffic], object]) -> dict[str, Transcript]:
    traffic = Traffic()
    make(traffic)
    return {"p": Transcript(probe="p", ending=Ending.COMPLETE, exchanges=tuple(traffic.exchanges))}


def got(**fields: object) -> dict[str, Transcript]:
    return recorded(lambda traffic: traffic.get(fields={"status": "completed", **fields}))


def heard(*blocks: bytes) -> dict[str, Transcript]:
    return recorded(lambda traffic: traffic.stream(*blocks))


def test_ids_and_times_are_no_difference():
    known = Answers.of([got(id=TASK, at="2026-01-26T15:50:54.870Z"), got(id=OTHER, at=LATER)])

    assert known.strange(got(id="11111111-2222-4333-8444-555555555555", at="2028-01-01T01:01:01.001Z")) == {}


def test_a_field_that_is_another_one_is_strange():
    known = Answers.of([got(error=None)])

    assert list(known.strange(got(error="broke"))) == [("p", GET)]
    assert list(known.strange(got())) == [("p", GET)]


def test_where_unchanged_platforms_differ_only_another_outline_is_strange():
    known = Answers.of([got(count=1), got(count=2)])

    assert known.strange(got(count=3)) == {}
    assert list(known.strange(got(count="3"))) == [("p", GET)]


def test_how_a_text_is_cut_into_pieces_is_no_difference():
    known = Answers.of([heard(event("content", text="Hello "), event("content", text="you."))])

    assert known.strange(heard(event("content", text="Hello you."))) == {}
    assert known.strange(heard(event("content", text="Hello.")))


def test_an_unknown_answer_is_strange():
    known = Answers.of([got()])

    assert known.strange(recorded(lambda traffic: traffic.history()))


def listed(*tasks: dict[str, object], status: int = 200) -> dict[str, Transcript]:
    made = recorded(lambda traffic: traffic.listing(*tasks, status=status))["p"]
    return {"p": replace(made, exchanges=(replace(made.exchanges[0], operation="list_tasks"),))}


def test_of_a_task_under_way_and_of_a_list_only_the_outline_is_compared():
    running = {"status": "running", "id": TASK}
    known = Answers.of([got(**running), listed({"id": TASK})])

    assert known.strange(got(**running, output={"content": "some"})) == {}
    assert known.strange(got(**running, more=1))
    assert known.strange(got(status="completed", id=TASK)) == {}
    assert known.strange(listed()) == {}
    assert known.strange(listed(status=500))


def test_the_partial_output_of_a_cancelled_task_may_vary():
    def cancelled(text: str) -> dict[str, Transcript]:
        said = event("content", text=text, isPartial=True), event("error", message="no", code="CANCELLED")
        return got(status="cancelled", output={"content": text}) | {"q": heard(*said)["p"]}

    known = Answers.of([cancelled("One")])

    assert known.strange(cancelled("One, two")) == {}
    assert known.strange(got(status="completed", output={"content": "One"}))


def test_looks_until_something_happens_may_see_it_sooner_or_later():
    def looked(*statuses: str) -> dict[str, Transcript]:
        return recorded(lambda traffic: [traffic.get(status) for status in statuses])

    known = Answers.of([looked("running", "running", "completed")])

    assert known.strange(looked("running", "completed", "completed")) == {}
    assert known.strange(recorded(lambda traffic: traffic.get(status=404)))
