"""What explains many verdicts of a run is one line; a healthy run has none."""

from dataclasses import replace

import pytest

from sigmic_conformance.results.causes import AWAY, LEAST, causes
from sigmic_conformance.wire.transcript import Closed, Ending, Exchange, Transcript
from tests.conformance.kit import SECOND, exchange, stream

REFUSED = {"success": False, "error": {"code": "NOT_FOUND", "message": "x"}}


def told(*exchanges: Exchange) -> tuple[str, ...]:
    """The causes of exchanges that started in this order."""
    ordered = tuple(replace(each, started=number, number=number) for number, each in enumerate(exchanges))
    return causes([Transcript(probe="p", ending=Ending.COMPLETE, exchanges=ordered)])


def task(name: str, *reads: dict | int) -> list[Exchange]:
    """A created task and its reads: the fields of an answer, or the status of a refusal."""
    body = {"success": True, "data": {"id": name}}
    made = exchange(operation="create_task", method="POST", target="/api/v1/tasks", status=201, body=body)
    return [made, *(read(name, each) for each in reads)]


def read(name: str, shown: dict | int) -> Exchange:
    """One read of a task."""
    target = f"/api/v1/tasks/{name}"
    if isinstance(shown, int):
        return exchange(operation="get_task", target=target, status=shown, body=REFUSED)
    return exchange(operation="get_task", target=target, body={"success": True, "data": shown})


def test_an_absence_of_the_target_comes_first():
    away = Transcript(probe="preflight", ending=Ending.COMPLETE, facts={AWAY: ["3 s after the start, …"]})

    assert causes([away]) == ("the target was away: 3 s after the start, …",)


MARKED = b"event: history_done\n\n"
DONE = {"status": "completed"}


def test_a_healthy_run_has_none():
    healthy = [each for name in "abcd" for each in task(name, {"status": "pending"}, DONE)]

    assert told(*healthy, *[read("unknown", 404)] * 9, exchange(status=None, closed=Closed.DEADLINE)) == ()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (exchange(status=502, transient=True), "3 of 3 requests were answered with 502 by a gateway"),
        (exchange(status=500, body=REFUSED), "3 of 3 requests were answered with 500 NOT_FOUND"),
        (exchange(status=402, body=REFUSED), "3 of 3 requests were answered with 402 NOT_FOUND"),
        (
            replace(exchange(status=413), sent=replace(exchange().sent, size=2_000_000)),
            "3 of 3 requests were refused with 413 outside the API",
        ),
        (stream([(0.0, MARKED)], ended=40.0), "none of 3 streams that were silent for 30 s"),
        (
            stream([(0.0, MARKED + b'data: {"isStreaming":true}\n\n'), (20.0, b":\n\n")], ended=30.1),
            "3 streams ended after 30 s, without done or error",
        ),
        (exchange(status=429), "3 of 3 requests were answered with 429: --rate N limits"),
        (exchange(status=None, closed=Closed.RESET), "3 of 3 requests lost their connection"),
        (exchange(status=None, closed=Closed.DEADLINE), "3 of 3 requests were not answered in time"),
        (
            replace(stream([(0.0, b":")], closed=Closed.BOUND), error="an event of more than 9 bytes"),
            "3 of 3 requests got an event of more than 9 bytes",
        ),
        (exchange(closed=Closed.DEADLINE), "3 of 3 requests got a head and no body in time"),
        (exchange(operation="get_task_history", status=405), "the target has no get_task_history (405)"),
        (exchange(operation="get_task_history", status=404), "the target has no get_task_history (404)"),
        (exchange(operation="create_task", status=404, body=REFUSED), "the target has no create_task (404)"),
    ],
)
def test_a_kind_of_answer_that_is_seen_often_is_one_line(made, words):
    assert [line.startswith(words) for line in told(*[made] * LEAST)] == [True]
    assert told(*[made] * (LEAST - 1)) == ()


def test_a_server_may_wait_for_a_body_that_is_never_sent():
    late = exchange(status=None, closed=Closed.DEADLINE)
    cut_short = replace(late, sent=replace(late.sent, size=1 << 40, written=1 << 18))

    assert told(*[cut_short] * LEAST) == ()


@pytest.mark.parametrize(
    ("reads", "words"),
    [
        ((DONE, 404, DONE), "3 of 3 tasks were not found by the owner"),
        (({"status": "pending"},), 'no task came to an end; the last status of each: "pending" (3)'),
        (({"status": "failed", "error": "busy"},), 'no task completed, 3 failed, the first with "busy"'),
    ],
)
def test_a_problem_of_many_tasks_is_one_line(reads, words):
    many = [each for name in "abc" for each in task(name, *reads)]

    assert [line.startswith(words) for line in told(*many)] == [True]
    assert told(*task("a", *reads)) == ()


def test_an_operation_that_knows_no_task_of_its_owner_is_missing():
    def streams(role: str) -> list[Exchange]:
        made = exchange(operation="stream_task", target="/api/v1/tasks/a/stream", status=404, body=REFUSED)
        return [replace(made, role=role)] * LEAST

    own = task("a", DONE)
    assert [line[:38] for line in told(*own, *streams("owner"))] == ["the target has no stream_task (404): e"]
    assert told(*own, *streams("second")) == told(*task("b", DONE), *streams("owner")) == ()


def test_a_problem_of_many_answers_is_one_line():
    coded = exchange(headers=(("Content-Encoding", "gzip"),))
    asked = replace(coded, sent=replace(coded.sent, headers=(("Accept-Encoding", "gzip"),)))
    late = replace(exchange(), head_at=4_000_000_000)
    empty = stream([(0.0, b"data: {}\n\n")])
    open_yet = replace(empty, closed=Closed.HUNG_UP)
    slow = replace(open_yet, ended=150 * SECOND)

    (line,) = told(*[coded] * LEAST)
    assert line.startswith('3 of 3 answers have the Content-Encoding "gzip", which their requests')
    assert told(*[asked] * LEAST) == ()
    assert told(*[late] * LEAST, exchange())[0].startswith("half of 4 requests were answered after 4.0 s")
    told_of = "none of 3 streams had the event history_done; the longest was read for 150 s"
    assert told(empty, empty, slow, open_yet) == (told_of,)
    assert told(*[empty] * LEAST, stream([(0.0, b"event: history_done\n\n")])) == ()


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (("a/b", "c"), "1 of 2 task ids hold a slash"),
        (("a", "b", "a"), '"a" is the id of 2 tasks: what is seen of one'),
        ((7, "c"), "1 of 2 task ids are not strings with characters, as 7"),
        (("", "c"), "1 of 2 task ids are not strings with characters, as ''"),
    ],
)
def test_ids_that_cannot_be_used_are_named(ids, words):
    assert [line.startswith(words) for line in told(*[task(each)[0] for each in ids])] == [True]
