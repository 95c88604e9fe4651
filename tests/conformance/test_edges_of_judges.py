"""Edges of judges that neither a broken platform nor other tests come near: each was a mutant that lived."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judges.artifact_download import FILES_WHILE_RUNNING
from sigmic_conformance.conformance.judges.envelope import answered_refusals
from sigmic_conformance.conformance.judging.evidence import BRIEF, brief, cite
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict, both, passed
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import REGISTRY, SECOND, exchange, judged, ok, record


def test_as_much_of_a_text_is_told_as_a_line_holds():
    assert brief("x" * 500) == "x" * BRIEF
    assert brief(None) == "None"


@pytest.mark.parametrize(
    ("status", "seen"), [(200, 0), (399, 0), (400, 1), (415, 1), (416, 0), (417, 1), (500, 1)]
)
def test_which_answers_are_refusals_with_an_envelope(status, seen):
    assert len([*answered_refusals(record(exchange(status=status)))]) == seen


def test_the_last_of_several_passes_is_told():
    found = [passed(said, cite(exchange())) for said in ("one", "two", "three")]

    assert both(*found).observed == "three"


def test_the_first_stranger_who_is_refused_otherwise_is_told():
    refused = {"success": False, "error": {"code": "NO", "message": "no"}}
    asked = [
        exchange(probe="other_key", label="stranger: stream_task", status=400, body=refused),
        ok("other_key", "twin: stream_task"),
    ]
    found = judged("ISOLATION-002", *asked)

    assert (found.reason, "400" in found.observed) == ("wrong-status", True)


def test_no_stream_at_all_is_none_open():
    found = judged("PHASE-025", facts={"tool_task": {"attempt": "1"}})

    assert (found.reason, found.observed) == ("stimulus-not-reached", "only 0 streams were open at once")


def test_the_last_answer_is_told_beside_the_output():
    said = [{"id": text, "role": "assistant", "content": text} for text in ("one", "two", "three")]
    found = judged(
        "GET-030",
        ok("follow_up", "after", {"output": {"content": "two"}}),
        ok("follow_up", "history after", {"messages": said}),
    )

    assert (found.reason, found.observed) == ("other-turns", "'two', last answer 'three'")


def test_three_lists_are_shown_where_nobody_elses_task_was_made():
    lists = [ok("list_scope", "list", [{"id": "a"}], operation="list_tasks") for _ in range(4)]

    assert len(judged("LIST-019", *lists, facts={"list_scope": {"task": "a"}}).evidence) == 3


def test_an_optional_key_is_told_to_be_there_or_null():
    def told(value: dict | None) -> str:
        task = ok("easy_task", "x", {"id": "t", "output": value}, operation="get_task")
        return judged("ENVELOPE-009", task).observed

    assert told(None).endswith("output is null")
    assert told({"content": "x"}).endswith("output is there")


def test_a_task_without_any_optional_key_is_looked_at_too():
    found = judged("ENVELOPE-009", ok("easy_task", "x", {"id": "t"}, operation="get_task"))

    assert (found.outcome, found.observed) == (Outcome.PASSED, "no optional key is there")


def test_a_tag_is_told_before_and_after():
    def download(when: str, text: str, tag: str) -> Exchange:
        headers = (("ETag", tag), ("Content-Type", "text/plain"))
        return exchange(probe=FILES_WHILE_RUNNING, label=f"{when}: download", headers=headers, body=text)

    found = judged("ARTIFACT-029", download("running", "a", '"1"'), download("finished", "b", '"2"'))

    assert (found.outcome, found.observed) == (Outcome.PASSED, '"1", then "2"')


def followed(*samples: tuple[float, float, str]) -> Verdict:
    asked = [
        replace(
            ok("easy_task", "x", {"id": "t", "status": status}, ended=ended), started=round(began * SECOND)
        )
        for began, ended, status in samples
    ]
    return judged("STATE-002", *asked)


def test_a_status_asked_for_when_the_last_was_told_is_a_later_one():
    assert followed((0.0, 1.0, "completed"), (1.0, 2.0, "running")).reason == "changed-when-finished"
    assert followed((0.0, 1.0, "completed"), (0.5, 2.0, "running")).reason == "zero-observations"


@pytest.mark.parametrize(
    ("status", "reason"),
    [(498, None), (499, None), (500, "server-error"), (501, "zero-observations"), (502, "server-error")],
)
def test_what_is_a_server_error(status, reason):
    assert judged("HTTP-006", exchange(probe="easy_task", status=status)).reason == reason


@pytest.mark.parametrize(
    ("status", "reason"), [(("completed", "completed"), None), (("completed", "running"), "half-done")]
)
def test_a_refused_follow_up_leaves_the_status(status, reason):
    probe = REGISTRY.judges["FOLLOWUP-013"].needs[0]
    histories = [ok(probe, label, {"messages": []}) for label in ("history before", "history after refusals")]
    tasks = [
        ok(probe, label, {"status": told})
        for label, told in zip(("before", "after refusals"), status, strict=True)
    ]

    assert judged("FOLLOWUP-013", *histories, *tasks).reason == reason


def test_beside_idle_clients_two_seconds_are_not_too_long():
    beside = [
        replace(ok("idle_clients", label), ended=2 * SECOND) for label in ("alone", "beside idle clients")
    ]

    assert judged("HTTP-019", *beside).outcome is Outcome.PASSED
    late = replace(beside[1], ended=2 * SECOND + 1)
    assert judged("HTTP-019", beside[0], late).reason == "delayed"


def follow_up_page(said: list[dict]) -> Verdict:
    page = ok("follow_up", "list", [{"id": "t"}], operation="list_tasks")
    history = ok("follow_up", "history after", {"messages": said})
    return judged("LIST-021", page, history, facts={"follow_up": {"task": "t", "younger": "y"}})


def test_a_message_without_a_time_shows_no_order():
    assert follow_up_page([]).reason == "zero-observations"
    assert follow_up_page([{"role": "user", "content": "?"}]).reason == "zero-observations"


def test_a_status_told_while_a_follow_up_was_on_its_way_may_be_its_own():
    def told(said_at: float) -> str | None:
        done_, later = (
            replace(
                ok("easy_task", "x", {"id": "t", "status": status}, ended=ended),
                started=round(began * SECOND),
            )
            for began, ended, status in ((0.0, 1.0, "completed"), (2.0, 3.0, "running"))
        )
        said = replace(
            ok("easy_task", "say", operation="send_message", ended=4.0), started=round(said_at * SECOND)
        )
        return judged("STATE-002", done_, later, said).reason

    assert told(3.0) is None
    assert told(3.1) == "changed-when-finished"


def test_a_status_is_held_against_one_that_was_told_before_it_was_asked_for():
    def told(asked_at: float) -> str | None:
        first = ok("easy_task", "x", {"id": "t", "status": "completed"}, ended=1.0)
        again = replace(
            ok("easy_task", "x", {"id": "t", "status": "running"}, ended=2.0),
            started=round(asked_at * SECOND),
        )
        return judged("STATE-001", first, again).reason

    assert told(1.0) == "impossible-step"
    assert told(0.9) == "zero-observations"


@pytest.mark.parametrize("status", [None, 201, 400, 502])
def test_two_lengths_are_refused_in_any_way_or_read_as_one(status):
    names = ("chunks and a length", "nothing, then a length", "a length, then nothing")
    firsts = [exchange(probe="two_lengths", label=name, status=status) for name in names]
    mores = [exchange(probe="two_lengths", label=f"{name}: more", status=None) for name in names]
    control = ok("two_lengths", "one length")
    alone = exchange(probe="two_lengths", label="one length: more", status=None)

    assert judged("HTTP-009", *firsts, *mores, control, alone).outcome is Outcome.PASSED
