"""The same of judges that compare readers: who pauses, who joins, who comes back."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judges.stream_delivery import BURST, STALL_SECONDS
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import (
    IDLE,
    LIVE,
    SECOND,
    USER,
    call,
    content,
    done,
    event,
    exchange,
    judged,
    ok,
    outcome_of,
    result,
    stream,
)

WINDOW = "heartbeat_window"


def back(*parts: bytes, before: bytes = USER + LIVE) -> Verdict:
    """Of a reader who was cut off, and what was heard on the new connection."""
    return judged(
        "PHASE-009",
        stream([(0.0, before)], probe=WINDOW, label="before the reset", closed=Closed.RESET),
        stream([(1.0, b"".join(parts))], probe=WINDOW, label="reconnected", ended=2.0),
        facts={WINDOW: {"word": "w0rd"}},
    )


def test_who_comes_back_gets_the_history_and_the_running_call():
    running = call("c", args={"command": "sleep 60; echo w0rd"})

    assert back(USER, LIVE, running).outcome is Outcome.PASSED
    assert back(LIVE, running).reason == "not-replayed"
    assert back(USER, running).reason == "not-replayed"
    assert back(USER, LIVE, call("c", args={"command": "sleep 60"})).reason == "not-replayed"
    assert back(USER, LIVE, content("w0rd")).reason == "not-replayed"


def test_who_comes_back_when_all_is_over_shows_nothing():
    over = back(USER, IDLE)

    assert (over.outcome, over.reason) == (Outcome.INCONCLUSIVE, "stimulus-not-reached")
    unsaid = event("history_done", messageCount=1)
    assert back(USER, unsaid).reason == "not-replayed"


def many(label: str, *chunks: tuple[float, bytes], **more) -> Exchange:
    return stream(list(chunks), probe="many_events", label=f"1: {label}", ended=9.0, **more)


def pieces(number: int) -> bytes:
    return b"".join(content(f"{each} ") for each in range(number))


def burst(number: int, *, answer: str | None = None) -> Verdict:
    text = "".join(f"{each} " for each in range(number))
    finished = ok("many_events", "finished", {"output": {"content": text if answer is None else answer}})
    quick = many("quick", (1.0, USER + LIVE + pieces(number) + done(text)))
    return judged("STREAM-025", quick, finished, facts={"many_events": {"attempt": 1}})


def test_a_burst_has_a_hundred_pieces():
    assert BURST == 100
    assert burst(99).reason == "stimulus-not-reached"
    assert burst(100).outcome is Outcome.PASSED
    assert burst(99, answer="else").reason == "lost-or-swapped"


LARGE_PAIR = [
    stream([(0.0, USER + IDLE)], probe="large_event", label=label) for label in ("quick", "pausing")
]


def beside(pausing: Exchange, *chunks: tuple[float, bytes], resumed: float | None = None) -> Verdict:
    facts = {"many_events": {"attempt": 1}}
    if resumed is not None:
        facts["many_events"]["resumed at"] = round(resumed * SECOND)
    return judged("STREAM-026", many("quick", *chunks), pausing, *LARGE_PAIR, facts=facts)


def test_a_second_of_silence_is_a_stall():
    assert STALL_SECONDS == 1.0
    heard = USER + LIVE + content("a")
    pausing = many("pausing", (0.5, heard + content("b") + done("ab")))

    def silent_for(seconds: float) -> str:
        chunks = (4.0 - seconds, heard), (5.0, content("b") + done("ab"))
        return outcome_of(beside(pausing, *chunks, resumed=4.0))

    assert silent_for(0.999) == "stimulus-not-reached"
    assert silent_for(1.0) == "reader-disturbed"


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        (USER + LIVE + content("a"), "passed"),
        (USER + LIVE + content("b"), "reader-disturbed"),
        (event("history_message", id="m9", role="user", content="?") + LIVE, "reader-disturbed"),
    ],
    ids=["the beginning", "another text", "another history"],
)
def test_a_stream_that_was_cut_is_the_beginning_of_the_whole(heard, reason):
    cut = many("pausing", (1.0, heard), closed=Closed.TRUNCATED)

    found = beside(cut, (1.0, USER + LIVE + content("a") + content("b") + done("ab")))

    assert outcome_of(found) == reason


def held_back(late: float, lag: float, *, called: float = 1.0) -> str:
    first = [(0.0, USER + LIVE), (called, call("c")), (2.0, result("c", "o")), (2.1, done("x"))]
    second = [(0.0, USER + LIVE), (called, call("c")), (2.0 + late, result("c", "o") + done("x"))]
    return outcome_of(
        judged(
            "STREAM-023",
            stream(first, probe="tool_task", label="1: whole", ended=9.0),
            stream(second, probe="tool_task", label="1: joins after 0.0 s", ended=9.0),
            facts={"tool_task": {"attempt": "1"}},
            lag=lag,
        )
    )


def test_a_little_noise_leaves_nothing_open():
    assert held_back(0.45, lag=0.1) == "passed"
    assert held_back(0.65, lag=0.1) == "held-back"


def test_a_call_is_told_two_fifths_of_a_second_before_its_result_at_least():
    assert held_back(0.0, lag=0.0, called=1.6) == "passed"
    assert held_back(0.0, lag=0.0, called=1.600000001) == "held-back"
    assert held_back(0.0, lag=0.1, called=1.7) == "passed"


def unheard(*labels: str) -> Verdict:
    """Of two readers in a silence; those that are named got no head before somebody gave up."""
    places = (("approve_once", "joins while waiting", "approve"), (WINDOW, "late", "cancel with a body"))
    told = [replace(exchange(probe=probe, label=until), started=3 * SECOND) for probe, _, until in places]
    for probe, label, _ in places:
        if label in labels:
            hung = exchange(
                operation="stream_task", probe=probe, label=label, status=None, closed=Closed.DEADLINE
            )
            told.append(replace(hung, ended=2 * SECOND))
        else:
            told.append(stream([(0.1, USER + LIVE)], probe=probe, label=label, ended=6.0))
    return judged("STREAM-022", *told)


def test_each_reader_who_waited_in_vain_is_told():
    assert unheard().outcome is Outcome.PASSED
    assert len(unheard("joins while waiting").evidence) == 1
    assert len(unheard("joins while waiting", "late").evidence) == 2


def outlives(last: float) -> Verdict:
    probe = "token_ends_while_streaming"
    heard = [(0.1, USER + LIVE), (last, done("x"))]
    return judged(
        "STREAM-031",
        exchange(probe=probe, label="token 1"),
        stream(heard, probe=probe, label="stream 1", ended=9.0),
        exchange(probe=probe, label="expired 1", status=401),
        facts={probe: {"stream": "stream 1", "seconds": 3}},
    )


def test_what_comes_as_the_token_ends_does_not_outlive_it():
    assert outlives(3.0).reason == "ended-with-the-token"
    assert outlives(3.000000001).outcome is Outcome.PASSED


def caught_up(*later: bytes) -> str:
    """Of a reader who joined after a call and its result, and what came a moment after the marker."""
    calls = call("c") + result("c", "o")
    whole = [(1.0, USER + LIVE), (2.0, calls + content("One ")), (4.0, content("two.") + done("One two."))]
    late = [(3.0, USER + LIVE), (3.1, b"".join(later)), (4.0, content("two.") + done("One two."))]
    return outcome_of(
        judged(
            "PHASE-020",
            stream(whole, probe="tool_task", label="1: whole"),
            stream(late, probe="tool_task", label="1: joins late"),
            facts={"tool_task": {"attempt": "1"}},
        )
    )


def test_the_text_of_a_catch_up_may_come_a_moment_after_the_marker():
    calls = call("c") + result("c", "o")

    assert caught_up(content("One "), calls) == "passed"
    assert caught_up(content("On"), content("e "), calls) == "other-form"
    assert caught_up(content("Two "), calls) == "other-form"


def agree(heard_at: float, *, by_both: bool) -> str:
    """Of one who was there and one who joins at 1 s, when a result was heard at a time, by one or by both."""
    calls, end = call("c"), done("x")
    late = (result("c", "o"),) if by_both else ()
    readers = [
        stream(
            [(0.5, USER + LIVE + calls), (heard_at, result("c", "o")), (4.0, end)],
            probe="tool_task",
            label="1: whole",
        ),
        stream([(1.0, USER + LIVE), (4.0, b"".join([*late, end]))], probe="tool_task", label="1: joins"),
        *(
            stream([(0.0, USER + LIVE + end)], probe="easy_task", label=label)
            for label in ("first reader", "second reader")
        ),
    ]
    return outcome_of(judged("PHASE-015", *readers, facts={"tool_task": {"attempt": "1"}}))


def test_right_at_the_join_readers_are_not_compared():
    assert agree(1.25, by_both=False) == "passed"
    assert agree(1.250000001, by_both=False) == "readers-differ"
    assert agree(1.250000001, by_both=True) == "passed"


def of_size(bytes_saved: int) -> str:
    saved = {"messages": [{"id": "m1", "role": "user", "content": "Hi"}]}
    history = replace(ok("large_event", "history", saved), size=bytes_saved)
    return outcome_of(
        judged("STREAM-024", stream([(0.0, IDLE)], probe="large_event", label="quick"), history)
    )


def test_a_large_event_has_more_than_a_million_bytes():
    assert of_size(1_000_000) == "stimulus-not-reached"
    assert of_size(1_000_001) == "large-event-broken"


def storm(before: float, after: float, *, cut: int = 150) -> str:
    probe = "connection_storm"
    hung = stream([(0.1, b"")], probe=probe, label="cut off", closed=Closed.HUNG_UP)
    around = [
        stream([(0.1, USER + IDLE)], probe=probe, label=label, ended=seconds)
        for label, seconds in (("before", before), ("after", after))
    ]
    return outcome_of(judged("PHASE-026", *around, *[hung] * cut))


def test_after_a_storm_a_stream_may_take_five_times_as_long():
    assert storm(1.0, 5.0) == "passed"
    assert storm(1.0, 5.1) == "slowed-or-broken"
    assert storm(0.1, 2.0) == "passed"
    assert storm(0.1, 2.0, cut=149) == "stimulus-not-reached"


def coded_closings(quick: Closed, gzip: Closed) -> str:
    pair = (("quick", quick), ("gzip", gzip))
    heard = [many(label, (1.0, USER + LIVE + content("a") + done("a")), closed=how) for label, how in pair]
    return outcome_of(judged("STREAM-036", *heard, facts={"many_events": {"attempt": 1}}))


def test_two_codings_are_compared_of_whole_streams():
    assert coded_closings(Closed.COMPLETE, Closed.COMPLETE) == "passed"
    assert coded_closings(Closed.COMPLETE, Closed.TRUNCATED) == "content-differs"
    assert coded_closings(Closed.TRUNCATED, Closed.COMPLETE) == "content-differs"


def test_a_quick_reader_hears_its_end_and_the_end_of_its_stream():
    heard = USER + LIVE + content("a")
    pausing = many("pausing", (1.0, heard + done("a")))

    def told(*end: bytes, closed: Closed = Closed.COMPLETE) -> str:
        quick = many("quick", (1.0, heard + b"".join(end)), closed=closed)
        return outcome_of(
            judged("STREAM-026", quick, pausing, *LARGE_PAIR, facts={"many_events": {"attempt": 1}})
        )

    assert told(done("a")) == "passed"
    assert told() == "reader-disturbed"
    assert told(done("a"), closed=Closed.TRUNCATED) == "reader-disturbed"


def relation(*runs: tuple[bytes, ...]) -> str:
    marker = event("history_done", messageCount=0, isStreaming=True)
    heard = [
        stream([(1.0, marker + b"".join(parts))], probe="easy_task", label=str(number))
        for number, parts in enumerate(runs)
    ]
    return outcome_of(judged("EVENT-016", *heard))


def test_without_a_tool_all_content_is_since_the_last_result():
    without = (content("One "), content("two."), done("One two."))
    since = (content("First. "), call("c"), result("c", "o"), content("Then "), content("that."))

    assert relation(without, (*since, done("Then that."))) == "passed"
    assert relation(without, (*since, done("that."))) == "two-relations"
