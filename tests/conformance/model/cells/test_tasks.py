"""The cells of tasks, turns and sessions that traffic reaches."""

from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import event, success
from tests.conformance.traffic import DONE, OWNER, Traffic, user

TEXT = event("content", text="4", isPartial=False)


def test_a_task_is_read_at_work_at_rest_and_again():
    traffic = Traffic().create().get("running")
    assert traffic.cells("task") >= {"moment=during"}
    assert "moment=after" not in traffic.cells("task")

    for _ in range(3):
        traffic.get("completed")
    assert traffic.cells("task") >= {"moment=after", "moment=twice"}, "the first tells that it is over"


def test_pages_tell_how_many_tasks_a_caller_has_and_where_they_stand():
    traffic = Traffic().listing()
    assert traffic.cells("task") == {"count=zero"}

    traffic.listing({"id": "a"}, {"id": "b"}, {"id": "c"}, answer={"total": 51})
    assert traffic.cells("task") == {"count=zero", "count=many", "place=first", "place=middle", "place=last"}


def test_an_id_that_differs_in_one_character_is_nearly_that_of_a_task():
    traffic = Traffic().create(task="0a1b").get(task="9f9f", status=404)
    assert "name=nearly_same" not in traffic.cells("task")

    traffic.get(task="0a1c", status=404)
    assert "name=nearly_same" in traffic.cells("task")


def test_two_tasks_of_one_caller_work_at_the_same_time():
    traffic = Traffic()
    for task in ("a", "b"):
        traffic.create(task=task)
    for _ in range(2):
        traffic.get("running", task="a")
        traffic.get("running", task="b")

    assert "moment=at_once" in traffic.cells("task")


def test_what_a_cancelled_task_had_begun_is_read_afterwards():
    traffic = Traffic().create().cancel()
    assert "end=after" not in traffic.cells("task")

    traffic.files()
    assert "end=after" in traffic.cells("task")


def test_a_turn_is_heard_whole_and_read_later():
    traffic = Traffic().begun()
    assert traffic.cells("turn") >= {"count=one", "end=after"}
    assert "view=several" not in traffic.cells("turn")

    traffic.get("completed")
    assert "view=several" in traffic.cells("turn")


def test_a_turn_that_is_long_or_ends_at_a_heartbeat():
    traffic = Traffic(heartbeat_seconds=15.0).create()
    traffic.stream(TEXT, DONE, shown=[user(1, "Hi")], step=11.0)

    assert "size=large" in traffic.cells("turn")
    assert "size=at_an_edge" not in traffic.cells("turn")

    traffic = Traffic(heartbeat_seconds=15.0).create()
    traffic.stream(TEXT, DONE, shown=[user(1, "Hi")], step=7.5)

    assert "size=at_an_edge" in traffic.cells("turn")


def test_a_reader_who_is_alone_hangs_up_while_a_turn_goes_on():
    traffic = Traffic().create().stream(TEXT, shown=[user(1, "Hi")], closed=Closed.HUNG_UP)

    assert "cut=middle" in traffic.cells("turn")


def test_sessions_are_told_apart_by_the_idle_time():
    traffic = Traffic(session_expiry_seconds=30.0).begun().after(40).say()
    traffic.stream(TEXT, DONE, shown=[user(1, "Hi"), user(2, "More")])
    traffic.after(40).get("completed")

    assert traffic.cells("session") >= {"count=two", "size=large", "moment=after"}
    assert not traffic.cells("session") & {"count=many", "size=nothing", "size=at_an_edge", "moment=twice"}


def test_a_request_that_is_never_answered_is_cut():
    traffic = Traffic().add("GET", "/api/v1/tasks/t", headers=OWNER, answer=success({}), closed=Closed.RESET)

    assert "cut=middle" not in traffic.cells("task"), "it was answered"
