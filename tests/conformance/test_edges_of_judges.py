"""Edges of judges that neither a broken platform nor other tests come near: each was a mutant that lived."""

import gzip
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from conformance.adjudication import adjudicate
from conformance.claim import Claim
from conformance.evidence import BRIEF, brief, cite
from conformance.judges import side_by_side
from conformance.judges.envelope import answered_refusals
from conformance.judges.uploads import both
from conformance.judges.working_files import RUNNING
from conformance.registry import load
from conformance.timing import SLACK_SECONDS
from conformance.transcript import Closed, Exchange, Framing
from conformance.verdict import Outcome, Verdict, passed
from spec.ledger import Ledger
from tests.conformance.making import SECOND, STREAM, event, exchange, record, stream

LEDGER = Ledger.load()
REGISTRY = load(LEDGER.by_id)
LIVE = event("history_done", messageCount=1, isStreaming=True)
IDLE = event("history_done", messageCount=1, isStreaming=False)
USER = event("history_message", id="m1", role="user", content="Hi", createdAt="2026-01-26T15:50:54.870Z")
BEAT = b":heartbeat\n\n"


def judged(row: str, *exchanges: Exchange, facts: dict | None = None, lag: float = 0.0, **profile) -> Verdict:
    judge = REGISTRY.judges[row]
    numbered = [replace(each, number=number) for number, each in enumerate(exchanges, 1)]
    made = record(*numbered, facts=facts, probes=judge.needs, lag=lag, reference=True, **profile)
    return adjudicate(judge, LEDGER.by_id[row], made)


def ok(probe: str, label: str, data: Any = None, **more: Any) -> Exchange:
    return exchange(probe=probe, label=label, body={"success": True, "data": data}, **more)


def content(text: str, *, partial: bool = True) -> bytes:
    return event("content", text=text, isPartial=partial)


def done(text: str) -> bytes:
    return event("done", finalResponse=text)


def result(call: str, output: str, status: str = "success") -> bytes:
    return event("tool_result", callId=call, status=status, output=output)


def call(name: str, **more: Any) -> bytes:
    return event("tool_call", callId=name, toolName="t", **{"status": "executing", "args": {}} | more)


def test_as_much_of_a_text_is_told_as_a_line_holds():
    assert brief("x" * 500) == "x" * BRIEF
    assert brief(None) == "None"


# --- refusals


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


# --- streams


def joined(*texts: str, whole: tuple[str, ...]) -> Verdict:
    def heard(label: str, *said: str) -> Exchange:
        body = b"".join([USER, LIVE, *map(content, said), done(said[-1])])
        return stream([(1.0, body)], probe="tool_task", label=f"1: {label}", ended=2.0)

    facts = {"tool_task": {"attempt": "1"}}
    return judged("PHASE-014", heard("whole", *whole), heard("joins late", *texts), facts=facts)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (("One two", "One two three"), None),
        (("One two three",), None),
        (("One", "One two"), "seam-broken"),
        (("One", "One other", "One two"), "seam-broken"),
    ],
)
def test_of_texts_that_grow_the_last_is_all_there_is_to_lose(texts, reason):
    assert joined(*texts, whole=("One", "One two", "One two three")).reason == reason


def test_no_stream_at_all_is_none_open():
    found = judged("PHASE-025", facts={"tool_task": {"attempt": "1"}})

    assert (found.reason, found.observed) == ("stimulus-not-reached", "only 0 streams were open at once")


def busy(seconds: float, *beats: float) -> Verdict:
    parts = [(0.0, USER + LIVE), *((at, BEAT) for at in beats), (1.0 + seconds, result("c", "o"))]
    reader = stream(sorted(parts), probe="heartbeat_window", label="early", ended=1.0 + seconds)
    facts = {"heartbeat_window": {"called at": 1 * SECOND}}
    return judged("BEAT-004", reader, facts=facts, heartbeat_seconds=10.0)


def test_a_tool_that_runs_for_less_than_two_intervals_shows_nothing():
    assert busy(19.0).reason == "stimulus-not-reached"
    assert busy(20.0).reason == "silent-while-busy"
    assert busy(25.0, 10.0, 20.0).outcome is Outcome.PASSED


def replayed(ended: float) -> Verdict:
    body = [(0.0, USER), (ended / 2, BEAT), (ended, USER + IDLE)]
    both = [stream(body, probe=probe, label="replay", ended=ended) for probe in ("easy_task", "tool_task")]
    return judged("BEAT-008", *both, heartbeat_seconds=10.0)


def test_a_heartbeat_between_the_messages_of_a_slow_replay_may_have_been_due():
    assert replayed(4.0).reason == "heartbeat-replayed"
    assert replayed(6.0).reason == "zero-observations"


def test_a_subagent_that_uses_no_tool_shows_nothing():
    heard = stream([(0.0, USER + LIVE + content("Hi") + done("Hi"))], probe="subagents", label="s")

    assert judged("AGENT-008", heard, facts={"subagents": {"stream": "s"}}).reason == "zero-observations"


def awkward(replay: str) -> Verdict:
    def message(text: str) -> bytes:
        return event("history_message", id="m", role="user", content=text, createdAt="2026-01-26T15:50:54Z")

    silent = stream([(0.0, USER + LIVE + done("no"))], probe="awkward_text", label="p")
    readers = [
        stream([(0.0, message(text) + LIVE)], probe="awkward_text", label=label)
        for label, text in (("run", "a\rb"), ("replay", replay))
    ]
    facts = {"awkward_text": {"message": "a\rb", "printing": "p", "word": "w"}}
    return judged("STREAM-008", *readers, silent, facts=facts)


def test_a_broken_message_is_told_although_no_command_printed_it():
    assert awkward("a b").reason == "text-broken"
    assert awkward("a\rb").reason == "stimulus-not-reached"


def storm(again: float, lag: float) -> Verdict:
    probe = "connection_storm"
    hung = stream([(0.1, b"")], probe=probe, label="cut off", closed=Closed.HUNG_UP)
    before = stream([(0.1, USER + IDLE)], probe=probe, label="before", ended=0.2)
    after = stream([(0.1, USER + IDLE)], probe=probe, label="after", ended=again)
    return judged("PHASE-026", before, *[hung] * 150, after, lag=lag)


def test_a_late_harness_is_allowed_for_three_times():
    assert storm(4.9, lag=1.0).outcome is Outcome.PASSED
    assert storm(5.1, lag=1.0).reason == "slowed-or-broken"
    assert storm(2.1, lag=0.0).reason == "slowed-or-broken"


def test_a_refused_reader_hides_no_foreign_event():
    probe = "foreign_event_ids"
    saved = ok(probe, "history", {"messages": [{"id": "m1", "role": "user", "content": "Hi"}], "taskId": "t"})
    refusal = exchange(probe=probe, label="finished 0", status=400)
    other = exchange(probe=probe, label="other", status=400)
    heard = stream([(0.1, USER + done("of somebody else"))], probe=probe, label="finished 1")

    found = judged("STREAM-035", saved, other, refusal, heard, facts={probe: {"other": "nabc"}})

    assert found.reason == "foreign-event"


def held_back(late: float, lag: float) -> Verdict:
    first = [(0.0, USER + LIVE), (1.0, call("c")), (2.0, result("c", "o")), (2.1, done("x"))]
    second = [(0.0, USER + LIVE), (1.0, call("c")), (2.0 + late, result("c", "o") + done("x"))]
    return judged(
        "STREAM-023",
        stream(first, probe="tool_task", label="1: whole", ended=9.0),
        stream(second, probe="tool_task", label="1: joins after 0.0 s", ended=9.0),
        facts={"tool_task": {"attempt": "1"}},
        lag=lag,
    )


def test_two_readers_may_hear_an_event_as_far_apart_as_thrice_the_jitter():
    assert held_back(SLACK_SECONDS, lag=0.0).outcome is Outcome.PASSED
    assert held_back(0.9, lag=0.5).outcome is Outcome.PASSED
    assert held_back(1.1, lag=0.5).reason == "timing-noise"
    assert held_back(2.3, lag=0.5).reason == "held-back"


def cancelled(closed_after: float) -> Verdict:
    heard = stream([(0.0, USER + LIVE)], probe="cancel_running", label="s", ended=1.0 + closed_after)
    asked = ok("cancel_running", "cancel", ended=1.0)
    return judged("CANCEL-009", heard, asked, facts={"cancel_running": {"stream": "s"}})


def test_a_stream_ends_within_five_seconds_of_a_cancellation():
    assert cancelled(5.0).outcome is Outcome.PASSED
    assert cancelled(5.000000001).reason == "left-open"
    assert cancelled(5.5).reason == "left-open"
    assert "within 5 s" in cancelled(5.5).expected


def test_a_client_is_told_the_first_event_that_it_loses():
    odd = USER + LIVE + content("a") + b'data: {"text": "b"}\nevent: content\n\n' + done("ab")

    found = judged("STREAM-015", stream([(0.0, odd)], probe="easy_task", label="first reader"))

    assert "event 4 of 5" in found.observed
    assert found.evidence[0].offset == len(USER + LIVE + content("a"))


# --- what is saved, listed and made


def approved(*outputs: str) -> Verdict:
    body = b"".join(
        [USER, LIVE, call("c"), *(result("c", each) for each in outputs), content("So."), done("So.")]
    )
    heard = stream([(1.0, body)], probe="approve_once", label="once: stream")
    return judged("APPROVE-003", heard, facts={"approve_once": {"call": "c", "first": "w0rd"}})


def test_the_first_result_after_an_approval_is_looked_at():
    assert approved("w0rd", "other").outcome is Outcome.PASSED
    assert approved("other", "w0rd").reason == "did-not-run"


def refused_call(*events: bytes) -> Verdict:
    heard = stream([(1.0, b"".join([USER, LIVE, *events]))], probe="approve_cancel", label="refused: stream")
    page = ok("approve_cancel", "files", [])
    return judged("APPROVE-006", heard, page, facts={"approve_cancel": {"call": "c", "word": "w"}})


def test_a_refused_call_has_no_result_of_success():
    assert refused_call(result("c", "no", "error")).outcome is Outcome.PASSED
    assert refused_call(result("c", "yes")).reason == "ran-although-refused"


def own(*said: bytes) -> Verdict:
    heard = stream([(1.0, b"".join([LIVE, *said]))], label="run")
    claim, seen = Claim("foreign-content", "its own"), record(heard, ok("p", "history", {"messages": []}))
    side_by_side._own_texts(claim, seen.stream("p", "run"), seen.exchange("p", "history"))
    return claim.verdict()


def test_the_very_first_text_is_its_own_when_no_tool_ran():
    assert own(content("of another"), done("mine")).reason == "foreign-content"
    assert own(content("mine"), done("mine")).outcome is Outcome.PASSED


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


def test_a_tag_is_told_before_and_after():
    def download(when: str, text: str, tag: str) -> Exchange:
        headers = (("ETag", tag), ("Content-Type", "text/plain"))
        return exchange(probe=RUNNING, label=f"{when}: download", headers=headers, body=text)

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


def test_a_stream_that_was_cut_in_time_did_not_end():
    heard = stream(
        [(0.0, USER + LIVE)], probe="cancel_running", label="s", ended=2.0, closed=Closed.TRUNCATED
    )
    asked = ok("cancel_running", "cancel", ended=1.0)

    assert judged("CANCEL-009", heard, asked, facts={"cancel_running": {"stream": "s"}}).reason == "left-open"


@pytest.mark.parametrize(
    ("status", "reason"),
    [(498, None), (499, None), (500, "server-error"), (501, "zero-observations"), (502, "server-error")],
)
def test_what_is_a_server_error(status, reason):
    assert judged("HTTP-006", exchange(probe="easy_task", status=status)).reason == reason


def test_a_tool_call_outside_of_a_subagent_is_the_tasks_own():
    start, end = (event(f"subagent_{when}", subagentId="s", name="n") for when in ("start", "end"))
    used = event("subagent_tool", subagentId="s", callId="u", toolName="t")

    def told(*events: bytes) -> Verdict:
        heard = stream([(0.0, b"".join([USER, LIVE, *events]))], probe="subagents", label="s")
        return judged("AGENT-008", heard, facts={"subagents": {"stream": "s"}})

    assert told(call("u"), start, used, end, call("u")).outcome is Outcome.PASSED
    assert told(start, used, call("u"), end).reason == "told-as-own"
    assert told(start, used, call("other"), end).outcome is Outcome.PASSED


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


def test_a_first_text_that_is_empty_makes_no_growing_text():
    heard = stream(
        [(0.0, USER + LIVE + content("") + content("a") + done("a"))], probe="easy_task", label="r"
    )

    assert judged("EVENT-018", heard).observed == "a delta"


def test_a_heartbeat_before_the_end_is_none_after_it():
    def heard(*parts: bytes) -> Verdict:
        return judged("BEAT-007", stream([(0.0, USER + LIVE + b"".join(parts))], probe="easy_task"))

    assert heard(BEAT, done("x")).reason is None
    assert heard(done("x"), BEAT).reason == "heartbeat-after-end"


def test_a_heartbeat_inside_the_last_event_does_not_follow_it():
    inside = b":heartbeat\n" + done("x")

    assert judged("BEAT-007", stream([(0.0, USER + LIVE + inside)], probe="easy_task")).reason is None


# --- heartbeats


def parked(*beats: float, ended: float, closed: Closed = Closed.HUNG_UP, lag: float = 0.0) -> Verdict:
    """Of a reader who is parked and one of a busy tool, at an interval of ten seconds."""
    parts = [(0.0, USER + LIVE), *((at, BEAT) for at in beats)]
    readers = [
        stream(parts, probe=probe, label=label, ended=ended, closed=closed)
        for probe, label in (("heartbeat_while_waiting", "parked"), ("heartbeat_window", "early"))
    ]
    facts = {"heartbeat_while_waiting": {"parked at": 0}, "heartbeat_window": {"called at": 0}}
    return judged("BEAT-009", *readers, facts=facts, lag=lag, heartbeat_seconds=10.0)


def test_heartbeats_that_come_too_often_by_no_more_than_the_jitter_are_no_flood():
    assert parked(10.0, 15.0, ended=20.0).outcome is Outcome.PASSED
    assert parked(10.0, 14.9, ended=20.0).reason == "flood"
    assert parked(10.0, 14.9, ended=20.0, lag=0.2).reason == "timing-noise"


def listened(row: str, label: str, *beats: float, ended: float) -> Verdict:
    probe = REGISTRY.judges[row].needs[0]
    parts = [(0.0, USER + LIVE), *((at, BEAT) for at in beats)]
    heard = stream(parts, probe=probe, label=label, ended=ended, closed=Closed.HUNG_UP)
    return judged(row, heard, facts={probe: {"parked at": 0}}, heartbeat_seconds=10.0)


@pytest.mark.parametrize(
    ("row", "label", "least"),
    [("BEAT-012", "gzip", 20.0), ("BEAT-014", "reconnected", 15.0), ("BEAT-005", "late", 15.0)],
)
def test_silence_is_judged_by_who_listened_for_long_enough(row, label, least):
    assert listened(row, label, 10.0, ended=least - 1).reason == "precondition"
    assert listened(row, label, 10.0, ended=least).outcome is Outcome.PASSED


def test_a_parked_stream_that_ended_says_nothing_of_waiting():
    probe = "heartbeat_while_waiting"
    parts = [(0.0, USER + LIVE), (10.0, BEAT), (20.0, BEAT + done("x"))]
    over = stream(parts, probe=probe, label="parked", ended=20.0)

    found = judged("BEAT-013", over, heartbeat_seconds=10.0)

    assert (found.reason, "does not stay open" in found.observed) == ("precondition", True)


# --- texts that grow


def coded(*said: str, label: str) -> Exchange:
    body = b"".join([USER, LIVE, *map(content, said), event("done", finalResponse="x")])
    return stream([(1.0, body)], probe="many_events", label=f"1: {label}", ended=5.0)


def test_of_texts_that_grow_the_last_is_what_was_said():
    def told(*said: str) -> str | None:
        pair = coded("a", "ab", label="quick"), coded(*said, label="gzip")
        return judged("STREAM-036", *pair, facts={"many_events": {"attempt": 1}}).reason

    assert told("ab") is None
    assert told("a", "ab", "abc") == "content-differs"


@pytest.mark.parametrize(("texts", "reason"), [(("One two",), None), (("One",), "seam-broken")])
def test_two_texts_may_grow_already(texts, reason):
    assert joined(*texts, whole=("One", "One two")).reason == reason


def test_a_single_text_does_not_grow():
    assert joined("One ", "two", whole=("One two",)).reason is None


def test_a_gzip_stream_may_look_back_as_far_as_gzip_does():
    text = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(256)) * 3
    quick = coded(text, text, label="quick")
    other = replace(
        exchange(
            operation="stream_task",
            probe="many_events",
            label="1: gzip",
            headers=(*STREAM, ("Content-Encoding", "gzip")),
            chunks=[(1.0, gzip.compress(quick.body))],
            ended=5.0,
        ),
        url="http://x/api/v1/tasks/t/stream",
    )

    assert judged("STREAM-036", quick, other, facts={"many_events": {"attempt": 1}}).reason is None


# --- times


def test_messages_of_a_history_come_in_the_order_of_their_times():
    def message(minute: int) -> bytes:
        time = f"2026-01-26T15:{minute:02}:54.870Z"
        return event("history_message", id=f"m{minute}", role="user", content=f"{minute}", createdAt=time)

    def told(*minutes: int) -> str | None:
        body = b"".join([*map(message, minutes), event("history_done", messageCount=2, isStreaming=False)])
        return judged("PHASE-001", stream([(0.0, body)], probe="easy_task")).reason

    assert told(1, 2) is None
    assert told(2, 1) == "history-out-of-order"


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


def waiting(*beats: float, ended: float) -> Verdict:
    parts = [(0.0, USER + LIVE), *((at, BEAT) for at in beats)]
    probe = "heartbeat_while_waiting"
    heard = stream(parts, probe=probe, label="parked", ended=ended, closed=Closed.HUNG_UP)
    return judged("BEAT-003", heard, facts={probe: {"parked at": 0}}, heartbeat_seconds=10.0)


def test_two_heartbeats_are_waited_for_in_two_intervals():
    assert waiting(10.0, ended=19.9).reason == "precondition"
    assert waiting(ended=20.0).reason == "too-few-heartbeats"
    assert waiting(10.0, 20.0, ended=25.0).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("status", "reason"),
    [(None, None), (400, None), (499, None), (500, "server-error"), (503, "server-error")],
)
def test_two_lengths_are_refused_or_read_as_one(status, reason):
    names = ("chunks and a length", "nothing, then a length", "a length, then nothing")
    firsts = [exchange(probe="two_lengths", label=name, status=status) for name in names]
    mores = [exchange(probe="two_lengths", label=f"{name}: more", status=None) for name in names]
    twin = ok("two_lengths", "one length")
    alone = exchange(probe="two_lengths", label="one length: more", status=None)

    assert judged("HTTP-009", *firsts, *mores, twin, alone).reason == reason


def test_nine_streams_are_not_ten():
    nine = [
        stream([(1.0, USER + LIVE)], probe="tool_task", label=f"1: {number}", ended=3.0)
        for number in range(9)
    ]

    found = judged("PHASE-025", *nine, facts={"tool_task": {"attempt": "1"}})

    assert found.observed == "only 9 streams were open at once"


def test_half_of_the_streams_cut_is_no_weather():
    def told(cut: int, whole: int) -> str | None:
        body = USER + LIVE + done("x")
        closed = [Closed.TRUNCATED] * cut + [Closed.COMPLETE] * whole
        heard = [
            replace(
                stream([(0.0, body)], probe="easy_task", label=str(number), closed=how),
                framing=Framing.CHUNKED,
            )
            for number, how in enumerate(closed)
        ]
        return judged("STREAM-020", *heard).reason

    assert told(1, 2) is None
    assert told(1, 1) == "cut-connection"
    assert told(2, 1) == "cut-connection"


def side(*others: float) -> Verdict:
    """A task whose tool runs from the first second to the third, and what another tells meanwhile."""
    one = stream(
        [(0.0, LIVE), (1.0, call("c")), (3.0, result("c", "o"))],
        probe="tool_task",
        label="one",
        target="/api/v1/tasks/a/stream",
    )
    chunks = [(at, content("x")) for at in others]
    other = stream(
        [(0.0, LIVE), *chunks, (9.0, call("d")), (9.9, result("d", "o"))],
        probe="cancel_running",
        label="other",
        target="/api/v1/tasks/b/stream",
    )
    return judged("STATE-006", one, other)


def test_a_task_goes_on_beside_another_when_it_tells_something_strictly_meanwhile():
    assert side(2.0).outcome is Outcome.PASSED
    assert side(3.0).reason == "stimulus-not-reached"
    assert side(1.0).reason == "stimulus-not-reached"
