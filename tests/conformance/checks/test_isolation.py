"""ISOLATION: other keys, other end users, parallel tasks, and what a task leaves to the next."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.transcript import Exchange
from tests.conformance.handwritten import (
    DONE,
    FOUR,
    HI,
    NOBODY,
    OWNER,
    SECOND_KEY,
    TASKS,
    Traffic,
    agent,
    cases,
    made_by_ann,
    stories,
    user,
)
from tests.conformance.kit import (
    LIVE,
    REGISTRY,
    USER,
    call,
    content,
    done,
    download,
    event,
    exchange,
    judged,
    result,
    stream,
    verdicts,
)

READS = ("", "/history", "/artifacts", "/stream")


@pytest.mark.parametrize("path", READS[:3])
@cases("ISOLATION-001", (404, None), (403, None), (200, "accepted"))
def test_a_key_of_another_project_reads_nothing(status: int, *, path: str) -> Traffic:
    traffic = Traffic().begun().get(headers=SECOND_KEY, role="second", status=404)
    return traffic.add("GET", f"{TASKS}/t{path}", {}, status=status, headers=SECOND_KEY, role="second")


@cases("ISOLATION-001", ("viewer", 404, None), ("viewer", 200, "accepted"), ("another", 200, "accepted"))
def test_each_key_of_a_project_reads_nothing_of_another_project(role: str, status: int) -> Traffic:
    traffic = Traffic().create(headers=SECOND_KEY, role="second")
    return traffic.get(role=role, status=status)


@pytest.mark.parametrize(("status", "reasons"), [(404, set()), (200, {"accepted"})])
def test_a_key_of_another_project_reads_no_task_of_an_end_user_of_the_owners(status: int, reasons: set[str]):
    traffic, *_ = made_by_ann()
    traffic.get(headers=SECOND_KEY, role="second", status=status)
    assert not traffic.spoke("ISOLATION-001")

    traffic.get()
    assert traffic.reasons("ISOLATION-001") == reasons


@pytest.mark.parametrize(("status", "reasons"), [(404, set()), (200, {"accepted"})])
def test_a_namesake_in_another_project_reads_and_lists_nothing(status: int, reasons: set[str]):
    traffic, *_ = made_by_ann()
    namesake = traffic.token("ann", fields={"appId": "elsewhere"})
    traffic.create("Hi", task="other", headers=namesake, role="end user ann")
    traffic.get().get(task="other", status=404)
    traffic.get(headers=namesake, role="end user ann", status=status)
    traffic.listing(*({"id": "t"} for _ in reasons), headers=namesake, role="end user ann")

    assert traffic.reasons("ISOLATION-001") == reasons
    assert traffic.reasons("ISOLATION-005") == reasons


def test_two_apps_may_be_of_one_project():
    traffic, *_ = made_by_ann()
    namesake = traffic.token("ann", fields={"appId": "elsewhere"})
    traffic.get().get(headers=namesake, role="end user ann")

    assert not traffic.spoke("ISOLATION-001")


@pytest.mark.parametrize("path", READS)
@cases("ISOLATION-005", (404, None), (200, "accepted"))
def test_another_end_user_reads_nothing(status: int, *, path: str) -> Traffic:
    traffic, _, bob = made_by_ann()
    return traffic.add("GET", f"{TASKS}/t{path}", {}, status=status, headers=bob, role="end user bob")


@cases("ISOLATION-005", (404, None), (403, None), (200, "accepted"))
def test_an_end_user_reads_no_task_of_a_key(status: int) -> Traffic:
    traffic = Traffic()
    bob = traffic.token("bob")
    traffic.create("Hi")
    return traffic.add("GET", f"{TASKS}/t/history", {}, status=status, headers=bob, role="end user bob")


def test_another_end_user_changes_and_lists_nothing():
    traffic, ann, bob = made_by_ann()
    traffic.listing({"id": "t"}, headers=ann, role="end user ann")
    traffic.cancel(headers=bob, role="end user bob", status=403)
    assert traffic.reasons("ISOLATION-006") == set()
    assert traffic.reasons("ISOLATION-005") == set()

    traffic.listing({"id": "t"}, headers=bob, role="end user bob")
    traffic.cancel(headers=bob, role="end user bob")
    assert traffic.reasons("ISOLATION-006") == {"accepted"}
    assert traffic.reasons("ISOLATION-005") == {"accepted"}


def test_as_much_of_a_search_is_shown_as_shows_its_end():
    made, search = (
        stream([(0.0, USER + LIVE + result("c", output))], probe="neighbours", label=f"{name}: stream")
        for name, output in (("mine", "SEEN-w"), ("search", "x" * 100 + "end-of-search"))
    )
    found = judged(
        "ISOLATION-008",
        made,
        search,
        facts={"neighbours": {"word": "w", "mine": "mine", "search": "search"}},
    )

    assert found.outcome is Outcome.PASSED
    assert found.observed == f'the search printed "{"x" * 67}end-of-search"'


FACTS: dict[str, dict[str, Any]] = {
    "parallel_commands": {
        "one": "w1",
        "other": "w2",
        "waits": "waits 1",
        "looks": "looks 1",
        "went on": True,
    },
    "left_behind": {
        "looks": "looks 1",
        "digests": ["b" * 64],
        "own digest": "a" * 64,
    },
}


def judged_together(row: str, *exchanges: Exchange, **changed: Any) -> Verdict:
    return judged(row, *exchanges, noted=FACTS[REGISTRY.checks[row].needs[0]] | changed)


def ran(probe: str, label: str, output: str, *more: bytes, done: str = "I looked.") -> Exchange:
    told = [
        event("history_done", messageCount=1, isStreaming=True),
        event("tool_call", callId="c", toolName="t", args={}),
        event("tool_result", callId="c", status="success", output=output),
        event("content", text=done, isPartial=False),
        *more,
        event("done", finalResponse=done),
    ]
    return stream([(1.0, b"".join(told))], probe=probe, label=f"{label}: stream")


def both(output: str, *more: bytes, status: str = "running", word: str = "w1") -> list[Exchange]:
    def answered(label: str, data: Any) -> Exchange:
        return exchange(probe="parallel_commands", label=label, body={"success": True, "data": data})

    waiting = event("tool_call", callId="d", toolName="t", args={"command": f": PROCESS-{word}"})
    return [
        stream([(1.0, waiting)], probe="parallel_commands", label="waits 1: stream"),
        ran("parallel_commands", "looks 1", output, *more),
        answered("waiting: task", {"status": status}),
        *(
            answered(f"{name}: {what}", {"status": "completed"})
            for name in ("one", "other")
            for what in ("history", "task")
        ),
    ]


GOOD = "sh -c : OWN-w2;\nend-of-look\n"


def test_a_process_of_a_neighbour_is_not_seen():
    assert judged_together("ISOLATION-009", *both(GOOD)).outcome is Outcome.PASSED
    assert judged_together("ISOLATION-009", *both(f"found-process\n{GOOD}")).reason == "process-seen"
    behind = "sh -c : OWN-w2; tr ... : found-process\nkill: Operation not permitted\nend-of-look\n"
    assert judged_together("ISOLATION-009", *both(behind)).reason == "process-seen"
    assert judged_together("ISOLATION-009", *both(GOOD), **{"went on": False}).reason == "process-seen"
    assert judged_together("ISOLATION-009", *both(GOOD, status="completed")).reason == "stimulus-not-reached"
    assert judged_together("ISOLATION-009", *both("end-of-look\n")).reason == "control-failed"


looked = partial(ran, "left_behind", "looks 1")


def test_the_server_is_not_to_be_found():
    own, key = "a" * 64, "b" * 64

    assert judged_together("ISOLATION-011", looked(own)).outcome is Outcome.PASSED
    assert judged_together("ISOLATION-011", looked(f"{own}\n{key}")).reason == "server-seen"
    assert judged_together("ISOLATION-011", looked(f"{own}\ndata-file=/srv/app.db")).reason == "server-seen"
    assert judged_together("ISOLATION-011", looked(key)).reason == "control-failed"


@verdicts(
    ("beat\nbeat\n", "beat\nbeat\n", 200, "passed"),
    ("beat\nbeat\n", "beat\nbeat\nbeat\n", 200, "still-running"),
    ("beat\nbeat\n", "", 404, "blocked"),
)
def test_processes_end_with_their_session(first: str, later: str, status: int) -> Verdict:
    made = [
        download("secrets_restored", "beat at first", "beat\n"),
        download("secrets_restored", "beat expired", first),
        download("secrets_restored", "beat still expired", later, status=status),
    ]
    return judged("ISOLATION-014", *made)


@verdicts(
    (5.4, "completed", 0.0, "passed"),
    (5.4, "completed", 1.5, "timing-noise"),
    (12.0, "completed", 1.5, "unreachable"),
)
def test_what_a_late_harness_could_have_added_fails_no_requirement(
    seconds: float, status: str, lag: float
) -> Verdict:
    beside = exchange(probe="resource_limits", label="concurrent task", ended=seconds)
    body = {"success": True, "data": {"status": status}}
    task = exchange(probe="resource_limits", label="bystander: task", number=2, body=body)
    return judged("ISOLATION-015", beside, task, lag=lag)


@cases("ISOLATION-012", "foreign-content")
def test_a_message_of_another_task() -> Traffic:
    traffic = Traffic().create("A message for one task alone", task="one").create("Hi")
    return traffic.history(HI, user(2, "A message for one task alone"))


@cases("ISOLATION-012", None)
def test_a_secret_that_the_target_masks_in_other_views_alone_is_not_of_another_task() -> Traffic:
    traffic = Traffic().create("Hi")
    traffic.stream(content("It is [secret:0123"), content("456789abcdef]."), done("It is ***."), shown=[HI])
    traffic.get("completed")
    return traffic.history(HI, agent(1, "It is ***."))


@cases("ISOLATION-012", "unjudged")
def test_a_damaged_piece_of_an_answer_is_not_of_another_task() -> Traffic:
    traffic = Traffic().create("Hi")
    traffic.stream(content("gro\ufffd"), content("\ufffdartig gut"), done("großartig gut"), shown=[HI])
    traffic.get("completed")
    return traffic.history(HI, agent(1, "großartig gut"))


@cases("ISOLATION-012", "foreign-content")
def test_a_call_of_another_task() -> Traffic:
    traffic = Traffic().begun("Hi", call("one"), result("one", "x"), DONE)
    traffic.create("Hi", task="other")
    return traffic.stream(result("one", "x"), DONE, shown=[HI], task="other")


def test_a_call_that_another_reader_saw_begin_belongs_to_the_task():
    traffic = Traffic().begun("Hi", call("one"), result("one", "x"), DONE)
    traffic.create("Hi", task="other")
    for heard in ([call("one")], []):
        traffic.stream(*heard, result("one", "x"), DONE, shown=[HI], task="other")

    assert traffic.row("ISOLATION-012").breaches == []


@cases("ISOLATION-012", None)
def test_an_announcement_of_a_rejected_call_may_be_missing_in_the_saved_answer() -> Traffic:
    traffic = Traffic().create("Hi")
    parts = [content("Command 1 of 1."), call("one", status="awaiting_approval"), content("No."), done("No.")]
    traffic.stream(*parts, shown=[HI])
    return traffic.history(HI, agent(1, "No."))


def test_a_text_that_grows_is_judged_by_what_each_event_adds():
    def reasons(*texts: str) -> set[str]:
        traffic = Traffic().create("Hi").stream(*map(content, texts), DONE, shown=[HI])
        traffic.history(HI, FOUR)
        assert traffic.row("ISOLATION-012").spoke
        return traffic.reasons("ISOLATION-012")

    assert reasons("On it. ", "On it. 4") == set()
    assert reasons("4", "4 of another") == {"foreign-content"}


def test_what_no_view_has_shown_may_be_of_the_tasks_own_answer():
    """`finalResponse` may differ from the streamed text (X-04), and texts may grow (G-47)."""
    unread, growing = Traffic(), Traffic()
    unread.create("Hi")
    unread.stream(content("On it."), DONE, shown=[HI])
    growing.create("Hi")
    growing.stream(content("On it. "), content("On it. 4"), DONE, shown=[HI])
    growing.history(HI, FOUR)

    for traffic in (unread, growing):
        assert not traffic.row("ISOLATION-012").breaches


WORD = "n0123456789ab"


@pytest.mark.parametrize("status", [401, 404, 409, 500])
@cases(
    "ISOLATION-016",
    (SECOND_KEY, "second", "revealed"),
    (NOBODY, "nobody", "revealed"),
    ((("Authorization", "Bearer sigmic_0"),), "nobody", "revealed"),
    (OWNER, "owner", None),
)
def test_a_refusal_has_no_word_of_a_task_that_the_caller_may_not_read(
    headers: Any, role: str, *, status: int
) -> Traffic:
    traffic = Traffic().begun(f"Write {WORD}.txt")
    traffic.get(headers=SECOND_KEY, role="second", status=404)
    refusal = {"success": False, "error": {"code": "NO", "message": f"busy with {WORD}.txt"}}
    return traffic.add("DELETE", f"{TASKS}/t", answer=refusal, status=status, headers=headers, role=role)


@cases(
    "ISOLATION-016",
    ("the task of the message Tell me a secret", "revealed"),
    ("session 1769442659997-70avfyadp", "revealed"),
    ("not found: unknown", None),
    ("not found: t", None),
)
def test_a_refusal_has_no_message_and_no_id_of_a_foreign_task(told: str) -> Traffic:
    traffic = Traffic().begun("Tell me a secret")
    traffic.get(fields={"conversationId": "1769442659997-70avfyadp"})
    refusal = {"success": False, "error": {"code": "NO", "message": told}}
    return traffic.get(headers=SECOND_KEY, role="second", status=404, answer=refusal)


@cases("ISOLATION-016", None)
def test_a_refusal_may_repeat_what_the_request_says() -> Traffic:
    traffic = Traffic().begun(f"Write {WORD}.txt")
    refusal = {"success": False, "error": {"code": "NO", "message": f"no file {WORD}.txt"}}
    path = f"{TASKS}/t/artifacts/download?path={WORD}.txt"
    return traffic.add("GET", path, answer=refusal, status=404, headers=SECOND_KEY, role="second")


@cases("ISOLATION-016", "revealed")
def test_the_error_of_a_stream_has_no_word_of_a_foreign_task() -> Traffic:
    traffic = Traffic().create("Hi", headers=SECOND_KEY, role="second", task="u")
    traffic.create(f"Write {WORD}.txt")
    failed = event("error", message=f"{WORD}.txt is locked")
    return traffic.stream(failed, task="u", headers=SECOND_KEY, role="second")


def by_another_project(ask: Callable[[Traffic, dict[str, Any]], Traffic]) -> Callable[[int], Traffic]:
    """A function that makes a request with a key of another project, which is answered with a status."""

    def made(status: int) -> Traffic:
        more = {"headers": SECOND_KEY, "role": "second", "status": status}
        return ask(Traffic().create("Hi"), more)

    return made


test_another_project = stories(
    ("ISOLATION-002", by_another_project(lambda run, more: run.stream(DONE, **more)), 404, 200, "accepted"),
    ("ISOLATION-003", by_another_project(lambda run, more: run.cancel(**more)), 404, 200, "accepted"),
    (
        "ISOLATION-004",
        lambda listed: (
            Traffic()
            .create("Hi")
            .create("Hi", task="u", headers=SECOND_KEY, role="second")
            .listing(*({"id": each} for each in listed))
        ),
        ["t"],
        ["t", "u"],
        "listed-to-a-stranger",
    ),
)
