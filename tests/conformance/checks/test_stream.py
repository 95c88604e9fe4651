"""STREAM: the bytes of a stream, and whether each reader receives them in time and complete."""

import itertools
from dataclasses import replace

import pytest

from sigmic_conformance.checks.stream import STALL_SECONDS
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Closed, Exchange, Framing
from tests.conformance.checks.many_events import FACTS, FINISHED, PAUSING, PIECES, QUICK, TEXT, WHOLE, reader
from tests.conformance.handwritten import (
    BY_API_KEY,
    DONE,
    FOUR,
    HI,
    Traffic,
    cases,
    heard,
    sent,
    stories,
    user,
)
from tests.conformance.kit import (
    HEARTBEAT,
    IDLE,
    JSON,
    LIVE,
    SECOND,
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
    result,
    stream,
    verdicts,
)

TARGET = "/api/v1/tasks/t/stream"
ODD = "one\r\ntwo\u2028three"
RUN = (USER, LIVE, content("Hello", partial=False), done("Hello"))


def within(*pieces: bytes) -> Traffic:
    """A run with these pieces before its end."""
    return sent(*RUN[:3], *pieces, RUN[3])


def typed(value: str) -> Traffic:
    return sent(*RUN, answered=(("Content-Type", value),))


def headed(**headers: str) -> Traffic:
    made = {"Cache_Control": "no-store", "X_Accel_Buffering": "no"} | headers
    pairs = ((name.replace("_", "-"), value) for name, value in made.items())
    return sent(*RUN, answered=(*STREAM, *pairs))


@cases(
    ("STREAM-001", typed("text/event-stream; charset=utf-8"), None),
    ("STREAM-001", typed("application/json"), "wrong-type"),
    ("STREAM-001", sent(*RUN, status=206), "wrong-type"),
    ("STREAM-002", typed('text/event-stream; charset="UTF-8"'), None),
    ("STREAM-004", sent(b"\xef\xbb\xbf", *RUN), None),
    ("STREAM-005", within(content("x").replace(b'"text"', b'\ndata: "text"')), None),
    ("STREAM-006", within(b'event: content\ndata: {"te\n\n'), "not-a-json-object"),
    ("STREAM-006", within(b"event: content\ndata: []\n\n"), "not-a-json-object"),
    ("STREAM-010", within(b":x\nid: 1\nretry: 2\n\n"), None),
    ("STREAM-011", within(b"retry: 3000\n\n"), None),
    ("STREAM-012", within(b"id: 1\n\n"), None),
    ("STREAM-013", within(b"id: 1\n\nid: 2\n\n"), None),
    ("STREAM-016", within(HEARTBEAT), None),
    ("STREAM-018", sent(*RUN, took=61.0), None),
    ("STREAM-019", headed(Transfer_Encoding="chunked"), None),
    ("STREAM-032", sent(*RUN, status=299), None),
    ("STREAM-032", sent(status=300), "redirected"),
    ("STREAM-032", sent(status=399), "redirected"),
    ("STREAM-032", sent(status=400), None),
    ("STREAM-034", within(b'data: {"text": "a"}\n\n'), None),
    ("STREAM-034", within(b'event: content\n\ndata: {"text": "a"}\n\n'), "half-event"),
    ("STREAM-034", within(b'data: {"text":\n\n'), "half-event"),
    ("STREAM-034", within(b"data: " + b"[" * 100_000 + b"\n\n"), "half-event"),
    ("STREAM-034", within(content("x").replace(b"\ndata", b"\n:heartbeat\n\ndata")), "half-event"),
)
def test_the_bytes_of_a_stream(traffic: Traffic) -> Traffic:
    return traffic


@cases("STREAM-005", (1.9, None), (2.1, "closed-late"))
def test_an_event_ends_when_it_is_sent(step: float) -> Traffic:
    late = [b"\n" * bool(number) + content(word)[:-1] for number, word in enumerate("abc")]
    return heard(*late, b"\n" + DONE, step=step)


@pytest.mark.parametrize("row", ["STREAM-003", "STREAM-006", "STREAM-015"])
def test_a_stream_without_live_events_shows_nothing_but_a_violation(row: str):
    assert not sent(USER, IDLE).row(row).spoke
    assert sent(USER, b"data: \xff\n\n", IDLE).row("STREAM-003").breaches


@pytest.mark.parametrize("closed", [Closed.HUNG_UP, Closed.TRUNCATED])
def test_a_stream_that_was_cut_has_an_unfinished_event_at_its_end(closed: Closed):
    cut = sent(*RUN[:2], RUN[2][:-9], closed=closed)

    for row in ("STREAM-007", "STREAM-015", "STREAM-017", "STREAM-018"):
        assert not cut.row(row).breaches


def test_a_client_learns_the_first_event_that_it_loses():
    odd = sent(USER, LIVE, content("a"), b'data: {"text": "b"}\nevent: content\n\n', done("ab"))

    (breach,) = odd.row("STREAM-015").breaches
    assert "event 4 of 5" in breach.finding.observed
    assert breach.finding.offset == len(USER + LIVE + content("a"))


def replayed(text: str) -> Traffic:
    return Traffic().create(ODD).stream(DONE, shown=[user(1, text)])


def cut(text: str) -> Traffic:
    """A stream with this text of a message, unescaped between the quotes of its JSON."""
    traffic = Traffic().create("Hi")
    broken = f'data: {{"text": "{text}", "isPartial": false}}\nevent: content\n\n'.encode()
    return traffic.stream(broken, DONE, shown=[HI])


def printed(output: str) -> Traffic:
    """A stream with `output` for the command that prints line breaks, after a tool that counts words."""
    traffic = Traffic(facts={"awkward_text": {"word": "w0rd"}}).create("Hi")
    command = r"printf 'w0rd\r\n'"
    counted = call("n", args={"text": f"Run exactly this shell command: `{command}`"}, toolName="count_words")
    asked = call("c", args={"command": command})
    return traffic.stream(counted, result("n", "7"), asked, result("c", output), DONE, shown=[HI])


test_a_text_keeps_its_line_breaks = stories(
    ("STREAM-008", cut, "a\\nb", "a\nb", "text-broken"),
    ("STREAM-008", replayed, ODD, "one two\u2028three", "text-broken"),
    (
        "STREAM-008",
        printed,
        "w0rd\r\n\r\ndata: x\n\nevent: done",
        "w0rd  data: x  event: done",
        "text-broken",
    ),
)


@cases("STREAM-008", "unjudged")
def test_a_form_may_change_line_ends() -> Traffic:
    traffic = Traffic().add(
        *("POST", "/api/v1/tasks", {"id": "t", "status": "pending"}),
        kind="multipart/form-data; boundary=b",
        parts=("message=one\ntwo",),
        headers=BY_API_KEY,
    )
    return traffic.stream(DONE, shown=[user(1, "one\r\ntwo")])


@verdicts((1, 2, "passed"), (1, 1, "cut-connection"), (2, 1, "cut-connection"))
def test_half_of_the_streams_cut_is_no_transient_fault(cut: int, whole: int) -> Verdict:
    body = USER + LIVE + done("x")
    closed = [Closed.TRUNCATED] * cut + [Closed.COMPLETE] * whole
    heard = [
        replace(
            stream([(0.0, body)], probe="easy_task", label=str(number), closed=how),
            framing=Framing.CHUNKED,
        )
        for number, how in enumerate(closed)
    ]
    return judged("STREAM-020", *heard)


def test_a_stream_that_is_left_open_is_not_a_cut_one_as_well():
    left = stream([(0.0, USER + LIVE + done("x"))], probe="easy_task", closed=Closed.HUNG_UP, ended=9.0)
    left = replace(left, framing=Framing.CHUNKED)
    whole = replace(left, closed=Closed.COMPLETE)
    waited = replace(left, closed=Closed.DEADLINE)
    cut = replace(left, closed=Closed.TRUNCATED)

    assert judged("STREAM-020", whole, left, waited).outcome is Outcome.PASSED
    assert judged("STREAM-020", cut).reason == "cut-connection"
    assert [Stream(each).sent_everything for each in (left, whole, waited, cut)] == [True, True, True, False]


@cases("STREAM-020", (1, "unjudged"), (2, "cut-connection"))
def test_streams_that_are_cut_behind_their_last_event(cut):
    """A network may cut one complete stream by chance, and any stream before its end."""
    traffic = heard(content("4"), DONE, closed=Closed.TRUNCATED)
    traffic.stream(shown=[HI, FOUR], closed=Closed.TRUNCATED if cut == 2 else Closed.COMPLETE)
    traffic.stream(content("4"), shown=[HI], closed=Closed.TRUNCATED)
    for _ in range(3):
        traffic.stream(shown=[HI, FOUR])
    traffic.exchanges = [replace(each, framing=Framing.CHUNKED) for each in traffic.exchanges]
    return traffic


@cases("STREAM-020", (False, "cut-connection"), (True, "unjudged"))
def test_the_streams_of_two_tasks_at_rest_are_cut_behind_their_last_event(elsewhere):
    traffic = Traffic()
    for task in ("t", "u"):
        traffic.create("Hi", task=task)
        if elsewhere and task == "u":  # a network may cut any stream
            traffic.stream(content("4"), shown=[HI], task=task, closed=Closed.TRUNCATED)
        traffic.get(task=task)
        traffic.stream(shown=[HI], task=task, closed=Closed.COMPLETE if elsewhere else Closed.TRUNCATED)
    if elsewhere:
        traffic.stream(shown=[HI], closed=Closed.TRUNCATED)
    traffic.exchanges = [replace(each, framing=Framing.CHUNKED) for each in traffic.exchanges]
    return traffic


@cases("STREAM-035", ("Somebody else's", "foreign-event"), ("Hi", None))
def test_last_event_id_brings_no_messages_of_others(text) -> Traffic:
    traffic = Traffic().begun()
    return traffic.stream(
        shown=[HI, FOUR, user(9, text)],
        headers=(*traffic.exchanges[0].sent.headers, ("Last-Event-ID", "7")),
    )


def timed(traffic: Traffic, *pieces: tuple[float, bytes], took: float) -> None:
    """Add a stream whose pieces arrive these numbers of seconds after the request."""
    chunks = [(traffic.now + after, piece) for after, piece in pieces]
    traffic.add("GET", "/api/v1/tasks/t/stream", chunks=chunks, took=took, answered=STREAM)


def opened_while_a_tool_runs(after: float) -> Traffic:
    """A reader joins while a command runs for some seconds; its marker arrives after `after` seconds."""
    traffic = heard(call("c"), closed=Closed.HUNG_UP)
    traffic.now += 1
    timed(traffic, (after, LIVE), (4.0, result("c", "x")), (5.0, DONE), took=6.0)
    return traffic


def test_where_every_stream_is_slow_none_waits_for_an_event():
    traffic = opened_while_a_tool_runs(4.0)
    traffic.now += 1
    timed(traffic, (4.0, IDLE), took=5.0)

    assert not traffic.row("STREAM-022").breaches


def joined_a_command(after: float) -> Traffic:
    """The only reader joins while a command sleeps, and receives nothing for `after` seconds."""
    traffic = Traffic().begun().stream(shown=[HI, FOUR], streaming=False).say("More")
    told = call("c", args={"command": "sleep 5; echo done"})
    timed(traffic, (after, LIVE), (after, told), (4.5, result("c", "done")), (4.6, DONE), took=5.0)
    return traffic


def side_by_side(late: float) -> Traffic:
    """Two readers of one turn; the second receives each event `late` seconds later."""
    traffic = heard(content("4"), call("c"), result("c", "x"), DONE, step=1.0)
    traffic.now = 1.5
    pieces = zip((3.5, 4.5, 5.5), (call("c"), result("c", "x"), DONE), strict=True)
    timed(traffic, (0.5, LIVE), *((at + late, piece) for at, piece in pieces), took=10.0)
    return traffic


def sleeping(gap: float) -> Traffic:
    traffic = Traffic().create("Hi")
    args = {"command": "sleep 2; echo done"}
    runs = call("c", args=args)
    pieces = ((2.0, runs), (2.0 + gap, runs + result("c", "done")), (5.0, DONE))
    timed(traffic, (0.1, LIVE), *pieces, took=6.0)
    return traffic


test_delivery = stories(
    ("STREAM-022", opened_while_a_tool_runs, 0.1, 4.0, "held-back"),
    ("STREAM-022", joined_a_command, 0.1, 4.4, "held-back"),
    ("STREAM-023", side_by_side, 0.0, 2.0, "held-back"),
    ("STREAM-023", sleeping, 2.0, 0.5, "held-back"),
)


WINDOW = "heartbeat_window"


def unheard(*labels: str) -> Verdict:
    """Two readers during a silence. The readers in `labels` received no head before they timed out."""
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


def test_each_reader_who_waited_in_vain_is_listed():
    assert unheard().outcome is Outcome.PASSED
    assert len(unheard("joins while waiting").evidence) == 1
    assert len(unheard("joins while waiting", "late").evidence) == 2


def waiting(marker: float, *, event: float = 3.0, **first) -> Verdict:
    chunks = [(0.0, USER), (marker, LIVE)] if marker else [(0.0, USER)]
    answers = [
        replace(exchange(probe=probe, label=label), started=round(event * SECOND))
        for probe, label in (("approve_once", "approve"), (WINDOW, "cancel with a body"))
    ]
    readers = [
        stream(chunks, probe="approve_once", label="joins while waiting", ended=6.0),
        stream(chunks, probe="heartbeat_window", label="late", ended=6.0),
    ]
    if first:
        readers[0] = exchange(
            operation="stream_task", probe="approve_once", label="joins while waiting", ended=2.0, **first
        )
    return judged("STREAM-022", *readers, *answers)


def test_the_history_does_not_wait_for_an_event():
    assert waiting(0.1).outcome is Outcome.PASSED
    assert waiting(3.1).outcome is Outcome.WARNED
    assert waiting(0.0).outcome is Outcome.WARNED


def test_a_stream_that_was_read_only_briefly_need_not_have_a_history():
    assert waiting(0.0, event=1.2).reason == "zero-observations"


def test_a_head_that_never_comes_while_nothing_happens_is_held_back():
    assert waiting(0.1, status=None, closed=Closed.DEADLINE).reason == "held-back"
    assert waiting(0.1, status=None, closed=Closed.REFUSED).outcome is Outcome.BLOCKED
    assert waiting(0.1, status=404).outcome is Outcome.BLOCKED


@verdicts((500_000, "stimulus-not-reached"), (500_001, "large-event-broken"))
def test_a_large_event_has_more_than_half_a_megabyte(bytes_saved: int) -> Verdict:
    """A message alone makes it so large: `attachedFiles` may name the archive only (G-32)."""
    saved = {"messages": [{"id": "m1", "role": "user", "content": "Hi"}]}
    history = replace(ok("large_event", "history", saved), size=bytes_saved)
    return judged("STREAM-024", stream([(0.0, IDLE)], probe="large_event", label="quick"), history)


def many(label: str, *chunks: tuple[float, bytes], **more) -> Exchange:
    return stream(list(chunks), probe="many_events", label=f"1: {label}", ended=9.0, **more)


LOST = (USER, LIVE, *PIECES[:60], *PIECES[61:], done(TEXT))


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


@verdicts(
    (USER + LIVE + content("a"), "passed"),
    (USER + LIVE + content("b"), "reader-disturbed"),
    (event("history_message", id="m9", role="user", content="?") + LIVE, "reader-disturbed"),
    ids=["the beginning", "another text", "another history"],
)
def test_a_stream_that_was_cut_is_the_beginning_of_the_whole(heard: bytes) -> Verdict:
    cut = many("pausing", (1.0, heard), closed=Closed.TRUNCATED)
    return beside(cut, (1.0, USER + LIVE + content("a") + content("b") + done("ab")))


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


LARGE = (
    stream([(1.0, USER + IDLE)], probe="large_event", label="quick", ended=2.0),
    stream([(1.0, USER + IDLE)], probe="large_event", label="pausing", ended=4.0),
)


CUT = b"event: content\nda"


def begun(text: str) -> bytes:
    return event("history_message", id="a1", role="assistant", content=text, createdAt="2026-01-26T15:50:55Z")


@verdicts(
    (PAUSING, "passed"),
    (reader("pausing", USER, begun("0 1 "), LIVE, *PIECES[2:], done(TEXT), ended=8.0), "passed"),
    (reader("pausing", *WHOLE[:50], closed=Closed.TRUNCATED, ended=8.0), "passed"),
    (reader("pausing", *WHOLE[:50], CUT, closed=Closed.TRUNCATED, ended=8.0), "reader-disturbed"),
    (reader("pausing", *WHOLE[:50], CUT, closed=Closed.HUNG_UP, ended=8.0), "passed"),
    (reader("pausing", *LOST, ended=8.0), "reader-disturbed"),
    (reader("pausing", *WHOLE, ended=0.5), "stimulus-not-reached"),
    ids=[
        "whole",
        "begun",
        "ended between",
        "cut inside",
        "left by the harness",
        "lost",
        "the quick one waited",
    ],
)
def test_a_pausing_reader(pausing: Exchange) -> Verdict:
    return judged("STREAM-026", QUICK, pausing, *LARGE, facts=FACTS)


@verdicts((7.0, "passed"), (0.7, "stimulus-not-reached"))
def test_a_reader_that_never_had_to_wait_may_be_done_first(resumed: float) -> Verdict:
    early = reader("pausing", *WHOLE, ended=0.5)
    facts = {"many_events": FACTS["many_events"] | {"resumed at": round(resumed * NANO)}}
    return judged("STREAM-026", QUICK, early, *LARGE, facts=facts)


@verdicts(
    (1.0, 3.5, 6.0, Outcome.INCONCLUSIVE),
    (1.0, 1.5, 6.0, Outcome.WARNED),
    ids=["came all the while", "held up"],
)
def test_a_quick_reader_that_outlasts_the_pause_was_held_up_or_had_more_to_hear(
    begin: float, middle: float, end: float
) -> Verdict:
    chunks = [
        (begin, USER + LIVE + PIECES[0]),
        (middle, b"".join(PIECES[1:60])),
        (end, b"".join([*PIECES[60:], done(TEXT)])),
    ]
    quick = stream(chunks, probe="many_events", label="1: quick", ended=7.0)
    facts = {"many_events": FACTS["many_events"] | {"resumed at": 4 * NANO}}
    return judged("STREAM-026", quick, PAUSING, *LARGE, facts=facts)


FOREIGN = "foreign_event_ids"


def said_by(id: str, content: str) -> bytes:
    return event("history_message", id=id, role="assistant", content=content)


def with_id(*parts: bytes, status: int | None = 200) -> Verdict:
    saved = [{"id": "m1", "role": "user", "content": "Hi"}, {"id": "m2", "role": "assistant", "content": "4"}]
    history = exchange(probe=FOREIGN, label="history", body={"success": True, "data": {"messages": saved}})
    theirs = said_by("o1", "Hi (nabc)") + said_by("o2", "5") + said_by("m2", "4") + IDLE
    other = stream([(0.1, theirs)], probe=FOREIGN, label="other")
    if status == 200:
        heard = stream([(0.1, b"".join(parts))], probe=FOREIGN, label="finished 0")
    else:
        closed = Closed.COMPLETE if status else Closed.RESET
        heard = exchange(probe=FOREIGN, label="finished 0", status=status, closed=closed)
    facts = {FOREIGN: {"other": "nabc", "other task": "t-other"}}
    return judged("STREAM-035", history, other, heard, facts=facts)


def test_whatever_the_id_nothing_of_the_other_task_arrives():
    assert with_id(USER, IDLE).outcome is Outcome.PASSED
    assert with_id(status=400).outcome is Outcome.PASSED
    assert with_id(USER, IDLE, event("thought", subject="nabc", description="")).reason == "foreign-event"
    assert with_id(USER, IDLE, event("status", status="t-other")).reason == "foreign-event"
    assert with_id(USER, said_by("o2", "5"), IDLE).reason == "foreign-event"


def test_what_need_not_be_saved_is_not_foreign_without_a_mark_of_the_other_task():
    assert with_id(USER, IDLE, event("done", finalResponse="2 + 2 = 4")).outcome is Outcome.PASSED
    assert with_id(USER, said_by("m2", "4"), IDLE).outcome is Outcome.PASSED
    assert with_id(USER, said_by("o2", "6"), IDLE).outcome is Outcome.PASSED
    assert with_id(USER, said_by("m2", "5"), IDLE).outcome is Outcome.PASSED


def test_a_reader_whose_odd_id_gets_no_stream_received_nothing_foreign():
    assert with_id(status=500).reason == "zero-observations"
    assert with_id(status=None).reason == "zero-observations"


@verdicts(
    (Closed.COMPLETE, Closed.COMPLETE, "passed"),
    (Closed.COMPLETE, Closed.TRUNCATED, "content-differs"),
    (Closed.TRUNCATED, Closed.COMPLETE, "content-differs"),
)
def test_two_codings_are_compared_of_whole_streams(quick: Closed, gzip: Closed) -> Verdict:
    pair = (("quick", quick), ("gzip", gzip))
    heard = [many(label, (1.0, USER + LIVE + content("a") + done("a")), closed=how) for label, how in pair]
    return judged("STREAM-036", *heard, facts={"many_events": {"attempt": 1}})


def coded_texts(*said: str, label: str) -> Exchange:
    return reader(label, USER, LIVE, *map(content, said), done("x"))


def test_a_field_of_one_delivery_is_no_difference_between_two():
    """For example a sequence number per connection, which no page documents."""

    def heard(label: str, sequence: int) -> Exchange:
        ends = event("done", finalResponse="x", sequence=sequence)
        return reader(label, USER, LIVE, content("x"), event("connected", id=sequence), ends)

    assert judged("STREAM-036", heard("quick", 1), heard("gzip", 2), facts=FACTS).reason is None


def test_of_two_readers_the_later_may_have_the_first_events_in_a_saved_message():
    ran = call("c") + result("c", "x")
    early = USER + LIVE + ran + content("a") + content("b") + DONE
    for late, reason in ((begun("a") + LIVE, None), (LIVE + content("a"), "content-differs")):
        for one, other in itertools.permutations((early, USER + late + content("b") + DONE)):
            pair = reader("quick", one), reader("gzip", other)
            assert judged("STREAM-036", *pair, facts=FACTS).reason == reason


@verdicts(("ab", "passed"), ("a", "ab", "abc", "content-differs"))
def test_of_texts_that_grow_the_last_is_the_message(*said: str) -> Verdict:
    pair = coded_texts("a", "ab", label="quick"), coded_texts(*said, label="gzip")
    return judged("STREAM-036", *pair, facts={"many_events": {"attempt": 1}})


def test_readers_who_came_when_all_was_over_show_nothing():
    late = [reader(name, USER, IDLE) for name in ("quick", "gzip")]

    assert judged("STREAM-036", *late, facts=FACTS).reason == "stimulus-not-reached"


def coded(data: bytes, coding: str = "gzip", *, closed: Closed = Closed.COMPLETE) -> Exchange:
    """A stream whose coding was undone, if it is one that the request offers."""
    made = exchange(
        operation="stream_task",
        probe="many_events",
        label="1: gzip",
        headers=(*STREAM, ("Content-Encoding", coding)),
        chunks=[(1.0, data)],
        ended=5.0,
        closed=closed,
    )
    number = len(data) if coding == "gzip" else None
    return replace(made, url="http://x/api/v1/tasks/t/stream", coded=number)


@verdicts(
    (coded(b"".join(WHOLE)), "passed"),
    (reader("gzip", *WHOLE), "passed"),
    (coded(b"".join(LOST[:-1])), "content-differs"),
    (coded(b"", closed=Closed.MALFORMED), "bad-coding"),
    (coded(b"".join(WHOLE), "zz"), "bad-coding"),
    ids=["gzip", "identity", "lost", "no gzip", "unknown"],
)
def test_gzip_says_the_same(other: Exchange) -> Verdict:
    return judged("STREAM-036", QUICK, other, FINISHED, facts=FACTS)


def awaited(closed: Closed) -> Traffic:
    """A stream that was awaited for long after its last event."""
    return heard(content("4"), DONE, closed=closed, took=30.0)


def shown_as(text: str) -> Traffic:
    """A message with a line separator, as a stream replays it."""
    return Traffic().create("one\u2028two").stream(shown=[user(1, text)])


def in_pieces(output: str) -> Traffic:
    """A long answer in many pieces, and the output of the task."""
    traffic = Traffic().create("Hi")
    traffic.stream(*(content("1 ") for _ in range(600)), done("1 " * 600), shown=[HI], step=0.001)
    return traffic.get(fields={"output": {"content": output}})


test_the_form_of_a_stream = stories(
    (
        "STREAM-002",
        lambda charset: typed(f"text/event-stream; charset={charset}"),
        "utf-8",
        "latin-1",
        "wrong-charset",
    ),
    ("STREAM-004", lambda place: sent(*RUN[:place], "\ufeff".encode(), *RUN[place:]), 0, 1, "late-bom"),
    ("STREAM-007", lambda last: sent(*RUN, last), b"", b"event: x\ndata: {}\n", "unterminated-event"),
    ("STREAM-003", lambda text: within(b"event: x\ndata: " + text), b"{}\n\n", b"\xff\n\n", "invalid-utf-8"),
    ("STREAM-009", shown_as, "one\u2028two", "one two", "text-changed"),
    ("STREAM-010", within, b"", b"foo: 1\n\n", "unknown-field"),
    ("STREAM-011", within, b"retry: 10\n\n", b"retry: ten\n\n", "bad-retry"),
    ("STREAM-012", within, b"id: 1\n\n", b"id: \0\n\n", "nul-in-id"),
    ("STREAM-013", lambda line: within(b"id: 1\n\n", line), b"id: 2\n\n", b"id: 1\n\n", "repeated-id"),
    ("STREAM-014", within, b"", b"id: 1\n\n", "id-or-retry-sent"),
    ("STREAM-015", within, b"", b"data: {}\nevent: thought\n\n", "client-breaks"),
    ("STREAM-017", within, b"", b"data: {}\nevent: thought\n\n", "client-breaks"),
    ("STREAM-016", within, b": x\n\n", b": x\nevent: thought\n\n", "comment-in-event"),
    ("STREAM-018", awaited, Closed.COMPLETE, Closed.DEADLINE, "left-open"),
    (
        "STREAM-019",
        lambda more: headed(Transfer_Encoding="chunked", **more),
        {},
        {"Content_Length": "1"},
        "two-framings",
    ),
    ("STREAM-021", lambda more: headed(**more), {}, {"Content_Encoding": "gzip"}, "compressed"),
    ("STREAM-025", in_pieces, "1 " * 600, "1 " * 601, "lost-or-swapped"),
    ("STREAM-029", typed, "text/event-stream", "text/plain", "refused"),
    (
        "STREAM-030",
        lambda kind: Traffic().add("GET", TARGET, status=404, answered=kind),
        JSON,
        STREAM,
        "not-the-envelope",
    ),
)
