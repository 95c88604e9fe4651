"""The same of judges that read streams."""

import gzip
import hashlib
from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judges import isolation
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.timing import SLACK_SECONDS
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange, Framing
from tests.conformance.kit import (
    IDLE,
    LIVE,
    STREAM,
    USER,
    call,
    content,
    done,
    event,
    exchange,
    judged,
    ok,
    outcome_of,
    record,
    result,
    stream,
)


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


def storm_with_lag(again: float, lag: float) -> Verdict:
    probe = "connection_storm"
    hung = stream([(0.1, b"")], probe=probe, label="cut off", closed=Closed.HUNG_UP)
    before = stream([(0.1, USER + IDLE)], probe=probe, label="before", ended=0.2)
    after = stream([(0.1, USER + IDLE)], probe=probe, label="after", ended=again)
    return judged("PHASE-026", before, *[hung] * 150, after, lag=lag)


def test_a_late_harness_is_allowed_for_three_times():
    assert storm_with_lag(4.9, lag=1.0).outcome is Outcome.PASSED
    assert storm_with_lag(5.1, lag=1.0).reason == "slowed-or-broken"
    assert storm_with_lag(2.1, lag=0.0).reason == "slowed-or-broken"


def test_a_refused_reader_hides_no_foreign_event():
    probe = "foreign_event_ids"
    saved = ok(probe, "history", {"messages": [{"id": "m1", "role": "user", "content": "Hi"}], "taskId": "t"})
    refusal = exchange(probe=probe, label="finished 0", status=400)
    other = stream([(0.1, USER + IDLE)], probe=probe, label="other")
    heard = stream([(0.1, USER + done("nabc, of somebody else"))], probe=probe, label="finished 1")

    facts = {probe: {"other": "nabc", "other task": "t-other"}}
    found = judged("STREAM-035", saved, other, refusal, heard, facts=facts)

    assert found.reason == "foreign-event"


def held_back_verdict(late: float, lag: float) -> Verdict:
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
    assert held_back_verdict(SLACK_SECONDS, lag=0.0).outcome is Outcome.PASSED
    assert held_back_verdict(0.9, lag=0.5).outcome is Outcome.PASSED
    assert held_back_verdict(1.1, lag=0.5).reason == "timing-noise"
    assert held_back_verdict(2.3, lag=0.5).reason == "held-back"


def closed_after_cancelling(closed_after: float) -> Verdict:
    heard = stream([(0.0, USER + LIVE)], probe="cancel_running", label="s", ended=1.0 + closed_after)
    asked = ok("cancel_running", "cancel", ended=1.0)
    return judged("CANCEL-009", heard, asked, facts={"cancel_running": {"stream": "s"}})


def test_a_stream_ends_within_five_seconds_of_a_cancellation():
    assert closed_after_cancelling(5.0).outcome is Outcome.PASSED
    assert closed_after_cancelling(5.000000001).reason == "left-open"
    assert closed_after_cancelling(5.5).reason == "left-open"
    assert "within 5 s" in closed_after_cancelling(5.5).expected


def test_a_client_is_told_the_first_event_that_it_loses():
    odd = USER + LIVE + content("a") + b'data: {"text": "b"}\nevent: content\n\n' + done("ab")

    found = judged("STREAM-015", stream([(0.0, odd)], probe="easy_task", label="first reader"))

    assert "event 4 of 5" in found.observed
    assert found.evidence[0].offset == len(USER + LIVE + content("a"))


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
    observations, seen = (
        Observations("foreign-content", "its own"),
        record(heard, ok("p", "history", {"messages": []})),
    )
    isolation._own_texts(observations, seen.stream("p", "run"), seen.exchange("p", "history"))
    return observations.verdict()


def test_the_very_first_text_is_its_own_when_no_tool_ran():
    assert own(content("of another"), done("mine")).reason == "foreign-content"
    assert own(content("mine"), done("mine")).outcome is Outcome.PASSED


def test_a_stream_that_was_cut_in_time_did_not_end():
    heard = stream(
        [(0.0, USER + LIVE)], probe="cancel_running", label="s", ended=2.0, closed=Closed.TRUNCATED
    )
    asked = ok("cancel_running", "cancel", ended=1.0)

    assert judged("CANCEL-009", heard, asked, facts={"cancel_running": {"stream": "s"}}).reason == "left-open"


def test_a_tool_call_outside_of_a_subagent_is_the_tasks_own():
    start, end = (event(f"subagent_{when}", subagentId="s", name="n") for when in ("start", "end"))
    used = event("subagent_tool", subagentId="s", callId="u", toolName="t")

    def told(*events: bytes) -> Verdict:
        heard = stream([(0.0, b"".join([USER, LIVE, *events]))], probe="subagents", label="s")
        return judged("AGENT-008", heard, facts={"subagents": {"stream": "s"}})

    assert told(call("u"), start, used, end, call("u")).outcome is Outcome.PASSED
    assert told(start, used, call("u"), end).reason == "told-as-own"
    assert told(start, used, call("other"), end).outcome is Outcome.PASSED


def test_a_first_text_that_is_empty_makes_no_growing_text():
    heard = stream(
        [(0.0, USER + LIVE + content("") + content("a") + done("a"))], probe="easy_task", label="r"
    )

    assert judged("EVENT-018", heard).observed == "a delta"


def coded_texts(*said: str, label: str) -> Exchange:
    body = b"".join([USER, LIVE, *map(content, said), event("done", finalResponse="x")])
    return stream([(1.0, body)], probe="many_events", label=f"1: {label}", ended=5.0)


def test_of_texts_that_grow_the_last_is_what_was_said():
    def told(*said: str) -> str | None:
        pair = coded_texts("a", "ab", label="quick"), coded_texts(*said, label="gzip")
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
    quick = coded_texts(text, text, label="quick")
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


def test_messages_of_a_history_come_in_the_order_of_their_times():
    def message(minute: int | None) -> bytes:
        time = minute and f"2026-01-26T15:{minute:02}:54.870Z"
        return event("history_message", id=f"m{minute}", role="user", content=f"{minute}", createdAt=time)

    def told(*minutes: int | None) -> tuple[str, str]:
        body = b"".join([*map(message, minutes), event("history_done", messageCount=2, isStreaming=False)])
        found = judged("PHASE-001", stream([(0.0, body)], probe="easy_task"))
        return outcome_of(found), found.observed

    assert told(1, 2) == ("passed", "2 messages in order of time")
    assert told(2, 1) == ("history-out-of-order", "2 messages, not in order of time")
    # That each has a time is another row's.
    assert told(1, None, 2) == ("passed", "3 messages in order of time")
    assert told(2, None, 1) == ("history-out-of-order", "3 messages, not in order of time")


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
