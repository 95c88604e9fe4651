"""PHASE: every stream sends the saved messages, then the live events, and ends."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.transcript import Chunk, Closed, Exchange
from tests.conformance.handwritten import (
    DONE,
    FOUR,
    HI,
    MORE,
    Traffic,
    agent,
    cases,
    heard,
    sent,
    stories,
    user,
)
from tests.conformance.kit import (
    HEARTBEAT,
    LIVE,
    SECOND,
    USER,
    call,
    content,
    event,
    exchange,
    judged,
    result,
    stream,
    verdicts,
)

TARGET = "/api/v1/tasks/t/stream"


def message(minute: int | None, text: str = "") -> bytes:
    made = minute and f"2026-01-26T15:{minute:02}:54.870Z"
    return event("history_message", id=f"m{minute}", role="user", content=text or f"{minute}", createdAt=made)


def marker(number: int = 1, **more: Any) -> bytes:
    return event("history_done", messageCount=number, **{"isStreaming": True} | more)


SAYS_HI, IDLE_MARKER = event("history_message", **HI), marker(isStreaming=False)
RUN = (SAYS_HI, LIVE, content("4", partial=False), DONE)
RUNS = call("a", status="executing", args={"command": "echo x > x.txt"})
RUNS_LONG = call("a", status="executing", args={"command": "sleep 30; echo x"})
ASKS = call("a", status="awaiting_approval", args={"command": "echo x > x.txt"})


@cases(
    ("PHASE-001", (event("other"), *RUN), None),
    ("PHASE-001", (message(1, "Hi"), message(2), marker(2), DONE), None),
    ("PHASE-001", (message(2), message(1, "Hi"), marker(2), DONE), "history-out-of-order"),
    # Another requirement demands that each message has a time.
    ("PHASE-001", (message(1, "Hi"), message(None), message(2), marker(3), DONE), None),
    ("PHASE-001", (message(2), message(None), message(1, "Hi"), marker(3), DONE), "history-out-of-order"),
    ("PHASE-001", (SAYS_HI, content("4"), *RUN[1:]), "history-out-of-order"),
    ("PHASE-001", (*RUN[:3], SAYS_HI, DONE), "history-out-of-order"),
    ("PHASE-002", (RUN[0], *RUN[2:]), "wrong-number-of-markers"),
    ("PHASE-002", (*RUN[:2], *RUN[1:]), "wrong-number-of-markers"),
    ("PHASE-004", (SAYS_HI, LIVE, DONE), None),
    ("PHASE-004", (SAYS_HI, LIVE), "wrong-is-streaming"),
    ("PHASE-004", (SAYS_HI, IDLE_MARKER, DONE), "wrong-is-streaming"),
    ("PHASE-012", (*RUN, event("ping")), None),
    ("PHASE-012", (*RUN, DONE), "wrong-end"),
    ("PHASE-012", (*RUN, content("5")), "wrong-end"),
)
def test_what_a_stream_tells(pieces: tuple[bytes, ...]) -> Traffic:
    return sent(*pieces)


@pytest.mark.parametrize("told", [(), (call("a", status="awaiting_approval"),)], ids=["untold", "told"])
@cases("PHASE-004", (False, "unjudged"), (True, "wrong-is-streaming"))
def test_whether_a_waiting_task_streams_is_free_and_a_running_one_does(
    executes: bool, *, told: tuple[bytes, ...]
) -> Traffic:
    """The stream of a task that awaits approval may end after the marker (X-21)."""
    traffic = Traffic().create("Hi", fields={"autoExecute": executes})
    traffic.stream(*told, shown=[HI], closed=Closed.HUNG_UP, took=9.0)
    return traffic.at(4.0).stream(shown=[HI]).get("running")


@verdicts((True, Outcome.FAILED), (False, Outcome.INFO))
def test_streams_opened_before_and_during_a_wait_follow_one_rule_by_a_premise(reference):
    traffic = Traffic(reference=reference).create("Hi", fields={"autoExecute": False})
    traffic.stream(call("a", status="awaiting_approval"), shown=[HI], closed=Closed.HUNG_UP, took=9.0)
    traffic.at(4.0).stream(shown=[HI])
    return traffic.judged("PHASE-017")


@pytest.mark.parametrize("row", ["PHASE-002", "PHASE-004", "PHASE-006"])
@pytest.mark.parametrize("closed", [Closed.HUNG_UP, Closed.RESET])
def test_a_stream_that_was_cut_lacks_nothing(row: str, closed: Closed):
    assert not sent(SAYS_HI, closed=closed).row(row).spoke
    assert not sent(SAYS_HI, LIVE, closed=closed).row(row).breaches


@cases(
    "PHASE-006",
    ((), {}, {}, "never-ends"),
    ((content("4"),), {}, {}, "never-ends"),
    ((content("4"),), {}, {"asks": True}, "unjudged"),
    ((content("4"),), {}, {"took": 15.0}, "unjudged"),
    ((content("4"),), {}, {"closed": Closed.DEADLINE}, "never-ends"),
    ((content("4"),), {}, {"closed": Closed.TRUNCATED}, "unjudged"),
    ((content("4"),), {}, {"beats": 0}, "unjudged"),
    ((RUNS,), {}, {}, "never-ends"),
    ((RUNS_LONG,), {}, {}, "unjudged"),
    ((RUNS_LONG, result("a", "x")), {}, {}, "never-ends"),
    ((ASKS,), {}, {}, "unjudged"),
    ((ASKS,), {"a": "proceed_once"}, {}, "never-ends"),
    ((ASKS,), {"a": "cancel"}, {}, "never-ends"),
)
def test_no_turn_hangs(live: tuple[bytes, ...], answers: dict[str, str], more: Any) -> Traffic:
    traffic = Traffic(task_seconds=20.0)
    traffic.create("Hi", fields={"autoExecute": ASKS not in live and "asks" not in more})
    for name, outcome in answers.items():
        traffic.now = 3.0
        traffic.approve(name, outcome)
    traffic.now = 1.0
    told = {"took": more.get("took", 40.0), "closed": more.get("closed", Closed.HUNG_UP)}
    traffic.stream(*live, shown=[HI], streaming=True, step=0.5, **told)
    heard = traffic.exchanges[-1]
    beats = [Chunk(30 * SECOND, HEARTBEAT)] * more.get("beats", 1)
    traffic.exchanges[-1] = replace(heard, chunks=(*heard.chunks, *beats))
    return traffic


@cases(
    "PHASE-006", (30.4, "running", "cut-off"), (24.0, "running", "unjudged"), (30.4, "completed", "unjudged")
)
def test_two_streams_that_are_cut_at_the_same_age(seconds: float, status: str) -> Traffic:
    traffic = Traffic().create("Hi")
    for took in (30.0, seconds):
        traffic.stream(RUNS_LONG, shown=[HI], took=took, closed=Closed.TRUNCATED)
    return traffic.get(status)


def test_a_call_of_a_later_turn_may_wait_without_an_event():
    """A history that shows the answer in progress has the call (G-49)."""
    traffic = Traffic(task_seconds=20.0).create("Hi", fields={"autoExecute": False})
    traffic.stream(ASKS, result("a", "x"), DONE, shown=[HI])
    traffic.say("More")
    traffic.stream(shown=[HI, FOUR, MORE], streaming=True, took=40.0, closed=Closed.HUNG_UP)
    heard = traffic.exchanges[-1]
    beat = Chunk(heard.started + 30 * SECOND, HEARTBEAT)
    traffic.exchanges[-1] = replace(heard, chunks=(*heard.chunks, beat))

    assert not traffic.row("PHASE-006").breaches


@pytest.mark.parametrize(
    ("row", "reason"),
    [("PHASE-013", "closed-late"), ("PHASE-022", "left-hanging")],
)
@pytest.mark.parametrize(("seconds", "is_told"), [(4.9, False), (5.0, True)])
def test_how_long_a_reader_waits_for_the_close(row: str, reason: str, seconds: float, *, is_told: bool):
    left = sent(*RUN, closed=Closed.HUNG_UP, took=0.5 + seconds)

    assert {breach.reason for breach in left.row(row).breaches} == ({reason} if is_told else set())


@cases("PHASE-013", (5.0, None), (5.000000001, "closed-late"))
def test_a_stream_is_closed_within_five_seconds_of_its_last_event(seconds: float) -> Traffic:
    return sent(*RUN, took=0.5 + seconds)


def counted(number: int, *, said: bool = False) -> Traffic:
    """A stream without messages whose marker counts `number`, and a history with one message."""
    traffic = sent(marker(number), DONE)
    if said:
        traffic.say("More")
    return traffic.history(HI, told="running")


def test_a_message_that_the_marker_counts_and_nobody_told_is_missing():
    assert {breach.reason for breach in counted(1).row("PHASE-001").breaches} >= {"message-missing"}
    # The message may be saved when its run starts, or may have arrived later.
    assert not counted(0).row("PHASE-001").breaches
    assert not counted(1, said=True).row("PHASE-001").breaches


@cases(
    "PHASE-009",
    ([HI], ["c"], None),
    ([], ["c"], "not-replayed"),
    ([HI], [], "not-replayed"),
    ([HI], ["d"], "not-replayed"),
)
def test_who_comes_back_gets_the_history_and_the_running_call(
    shown: list[Any], running: list[str]
) -> Traffic:
    traffic = heard(call("c"), closed=Closed.RESET)
    return traffic.stream(*map(call, running), shown=shown, streaming=True, closed=Closed.HUNG_UP, took=5.0)


@cases("PHASE-009", "unjudged")
def test_who_comes_back_when_all_is_over_shows_nothing() -> Traffic:
    return heard(call("c"), closed=Closed.RESET).stream(shown=[HI], streaming=False)


@cases(
    "PHASE-009",
    ({"command": "echo 1"}, "Run `echo 2`", "not-current"),
    # The id is used again: for another command, or for the same one, because it was asked for again.
    ({"command": "echo 2"}, "Run `echo 2`", None),
    ({"command": "echo 1"}, "Run `echo 1` again", None),
    ({"path": "/workspace"}, "Run `echo 2`", None),
)
def test_a_call_of_an_earlier_turn_is_not_current(args: dict[str, str], message: str) -> Traffic:
    traffic = Traffic().create("Run `echo 1`")
    ran = call("c", args=args if "path" in args else {"command": "echo 1"}), result("c", "1")
    traffic.stream(*ran, DONE, shown=[user(1, "Run `echo 1`")])
    traffic.get()
    traffic.say(message)
    traffic.stream(call("c", args=args), result("c", "1"), DONE, shown=[HI, FOUR, MORE])
    return traffic.get()


ASKED = call("one", status="awaiting_approval")


def streams(number: int, *, refused: int = 0) -> Traffic:
    """N streams that are open at the same time, and then some that are refused."""
    traffic = Traffic().create("Hi")
    for _ in range(number):
        traffic.at(1.0).stream(content("4"), shown=[HI], took=5.0, closed=Closed.HUNG_UP)
    for _ in range(refused):
        traffic.at(2.0).add("GET", TARGET, status=404)
    return traffic


@verdicts(
    (streams(10), "passed"),
    (streams(9), "zero-observations"),
    (streams(5, refused=6), "refused"),
    # An eleventh stream may be refused, and a single refused stream is not one of ten.
    (streams(10, refused=1), "passed"),
    (streams(0, refused=1), "zero-observations"),
)
def test_ten_streams_are_served(traffic: Traffic) -> Verdict:
    return traffic.judged("PHASE-025")


def failed(*end: bytes, followed: bool = False, ended: float = 0.0, cancelled: bool = False) -> Traffic:
    """A failed run that ends with these events."""
    traffic = heard(content("4"), *end, took=max(1.0, ended))
    if followed:
        traffic.say("More")
    if cancelled:
        traffic.at(1.1).cancel()
        traffic.now = 3.0
    return traffic.get("failed")


@pytest.mark.parametrize("traffic", [failed(DONE, followed=True), failed(cancelled=True)])
def test_a_run_that_is_not_known_to_have_failed_may_end_otherwise(traffic: Traffic):
    assert not traffic.row("PHASE-027").breaches


def test_a_stream_on_which_nothing_came_any_more_was_cut_somewhere():
    alive, dead = (
        heard(content("a"), *beats, step=2.0, took=50.0, closed=Closed.DEADLINE)
        for beats in ([b":heartbeat\n\n"] * 20, [])
    )
    for traffic in (alive, dead):
        traffic.now = 20.0
        traffic.get("completed")

    for row, reason in (("PHASE-006", "live-phase-missing"), ("PHASE-022", "left-hanging")):
        assert alive.reasons(row) == {reason}
        assert not dead.row(row).breaches


@cases(
    "PHASE-001",
    ([HI, FOUR, MORE], None),
    ([HI, MORE], "message-missing"),
    ([MORE], "message-missing"),
)
def test_a_stream_replays_what_is_saved(shown):
    return Traffic().begun().history(HI, FOUR).say("More").stream(DONE, shown=shown)


@cases(
    "PHASE-011", ([HI], None), ([HI, FOUR], None), ([], "wrong-beginning"), ([HI, MORE], "wrong-beginning")
)
def test_a_new_task_begins_with_its_message(shown):
    return heard(DONE, shown=shown)


@cases(("PHASE-006", "live-phase-missing"), ("PHASE-022", "left-hanging"))
def test_a_stream_that_outlives_its_turn() -> Traffic:
    traffic = Traffic().create("Hi").get("completed")
    return traffic.at(1.0).stream(content("a"), shown=[HI], took=20.0, closed="deadline")


def test_a_stream_that_stays_open_behind_its_done():
    traffic = heard(content("4"), DONE, took=9.0, closed="hung-up").get("completed")
    assert traffic.reasons("PHASE-006") == {"live-phase-missing"}

    left = heard(content("4"), DONE, took=2.0, closed="hung-up").get("completed")
    assert not left.row("PHASE-006").breaches


def test_a_task_whose_only_reader_left_does_not_stand_still():
    def found(text: str, *, seconds: float = 110.0, joined: bool = False) -> list[str]:
        traffic = Traffic().create("Hi").stream(content("1"), shown=[HI], took=0.1, closed="hung-up")
        traffic.get("running", fields={"output": {"content": "1"}})
        if joined:
            traffic.after(seconds / 2).stream(shown=[HI], took=0.1, closed="hung-up").after(-seconds / 2)
        traffic.after(seconds).get("running", fields={"output": {"content": text}})
        return [each.reason for each in traffic.row("PHASE-008").breaches]

    assert found("1") == ["task-disturbed"]
    assert found("12") == found("1", seconds=90.0) == found("1", joined=True) == []


@cases("PHASE-010", None)
def test_a_stream_refused_for_a_parameter_is_no_refusal_of_the_owner() -> Traffic:
    return Traffic().begun().add("GET", "/api/v1/tasks/t/stream", status=400)


def joined(*live: bytes, shown: tuple[dict, ...] = (HI,)) -> Traffic:
    """Six pieces of text, one per second, and the events of a reader that joins after two pieces."""
    return heard(*map(content, "abcdef"), DONE, step=1.0).at(5.5).stream(*live, shown=[*shown], step=0.5)


@cases(
    "PHASE-015",
    ([content("abc"), *map(content, "def"), DONE], None),
    ([content("abc"), content("de"), content("f"), DONE], None),
    # One reader may receive undocumented events and fields alone.
    ([content("abc"), *map(content, "def"), event("readers", count=2), DONE], None),
    ([content("abc"), *map(content, "def"), event("done", finalResponse="4", sequence=4)], None),
    ([content("abc"), *map(content, "dfe"), DONE], "readers-differ"),
    ([content("abc"), *map(content, "de"), DONE], "readers-differ"),
)
def test_two_readers_hear_the_same_from_when_both_are_there(live):
    return joined(*live)


@cases(
    "PHASE-015",
    ([call("one"), result("one", "x"), DONE], None),
    ([call("one"), DONE], "readers-differ"),
    ([call("one", status="awaiting_approval"), DONE], "readers-differ"),
    ([call("one", status="success"), DONE], "unjudged"),  # it was complete when the second reader joined
)
def test_a_result_that_one_of_two_readers_does_not_hear(live):
    traffic = heard(call("one"), content("a"), content("b"), result("one", "x"), content("c"), DONE, step=1.0)
    return traffic.at(3.5).stream(*live, shown=[HI], step=0.1, took=5.0)


@cases(
    ("PHASE-007 PHASE-014", ["abc", "def"], None),
    ("PHASE-007", ["def"], "lost-at-the-join"),
    ("PHASE-014", ["def"], "seam-broken"),
    ("PHASE-007", ["abc", "cdef"], None),
    ("PHASE-014", ["abc", "cdef"], "seam-broken"),
)
def test_who_joins_has_all_text_at_the_end(texts) -> Traffic:
    return joined(*map(content, texts), DONE)


@pytest.mark.parametrize(
    ("texts", "lost", "differs"),
    [
        (["def"], set(), set()),
        (["abc", "def"], set(), set()),
        (["f"], {"lost-at-the-join"}, {"seam-broken"}),
        (["cdef"], set(), {"seam-broken"}),
    ],
)
def test_a_message_may_have_text_from_before_the_join(texts, lost, differs):
    traffic = joined(*map(content, texts), DONE, shown=(HI, agent(1, "abc")))

    assert traffic.reasons("PHASE-007") == lost
    assert traffic.reasons("PHASE-014") == differs


@pytest.mark.parametrize(("rest", "differs"), [("ghijkl", set()), ("", {"seam-broken"})])
def test_a_late_reader_may_get_a_block_of_text_again_as_a_whole(rest: str, differs: set[str]):
    """A platform sends pieces, and then the block of text that they make (G-47)."""
    one, other = "0123456789", "abcdefghijkl"
    blocks = [content(one), content(one, partial=False), *map(content, ("abcdef", "ghijkl"))]
    traffic = heard(*blocks, content(other, partial=False), DONE, step=1.0)
    live = [content(f"{one}abcdef"), content(rest), content(other, partial=False), DONE]
    traffic.at(6.5).stream(*live, shown=[HI], step=0.5)

    assert traffic.reasons("PHASE-007") == set()
    assert traffic.reasons("PHASE-014") == differs


@cases(
    "PHASE-007",
    (["a😀", "b"], None),
    (["a\ud83d", "\ude00b"], "unjudged"),
    (["a\ufffd", "\ufffdb"], "lost-at-the-join"),
    (["other"], "unjudged"),
)
def test_no_character_of_an_answer_is_lost_between_two_pieces(pieces: list[str]) -> Traffic:
    return heard(*map(content, pieces), DONE).get(fields={"output": {"content": "a😀b"}})


@cases("PHASE-007", (True, None), (False, "lost-at-the-join"))
def test_who_joins_gets_the_calls_of_before(told):
    traffic = heard(call("one"), result("one", "x"), DONE, step=1.0)
    return traffic.at(4.5).stream(*([call("one")] if told else []), DONE, shown=[HI], step=0.5)


@cases(
    "PHASE-007",
    ([ASKED, call("one")], [call("one")], None),
    ([ASKED, call("one")], [ASKED, call("one")], None),
    ([ASKED, call("one")], [ASKED], "lost-at-the-join"),
    ([ASKED], [ASKED], None),  # this target does not report that a call runs
    ([call("one"), ASKED], [ASKED], None),
)
def test_who_joins_learns_that_a_call_runs(before, told):
    traffic = heard(*before, closed=Closed.HUNG_UP, took=3.0)
    return traffic.at(3.5).stream(*told, result("one", "x"), DONE, shown=[HI], step=0.5)


@cases("PHASE-007", ("ab", None), ("a", "lost-at-the-join"))
def test_who_joins_gets_every_call_that_waits(told):
    waiting = {name: call(name, status="awaiting_approval") for name in "ab"}
    traffic = heard(*waiting.values(), closed=Closed.HUNG_UP, took=9.0)
    traffic.at(5.0).stream(*(waiting[name] for name in told), shown=[HI], took=9.0, closed=Closed.HUNG_UP)
    traffic.now = 9.0
    for name in waiting:
        traffic.approve(name)
    return traffic


@cases(
    ("PHASE-009 PHASE-016", [HI, FOUR], None),
    ("PHASE-009", [HI], "not-replayed"),
    ("PHASE-016", [HI], "replays-differ"),
)
def test_who_comes_back_to_a_task_at_rest(shown) -> Traffic:
    return Traffic().begun().stream(shown=[HI, FOUR]).stream(shown=shown)


AGAIN = stream([(0.1, SAYS_HI + IDLE_MARKER)])


def storm(
    before: float, after: float, *, cut: int = 150, lag: float = 0.0, then: Exchange = AGAIN
) -> Verdict:
    """A stream took `before` seconds, `cut` were cut, and one took `after` seconds."""
    probe = "connection_storm"
    hung = stream([(0.1, b"")], probe=probe, label="cut off", closed=Closed.HUNG_UP)
    first = stream([(0.1, SAYS_HI + IDLE_MARKER)], probe=probe, label="before", ended=before)
    last = replace(then, probe=probe, label="after", ended=round(after * SECOND))
    return judged("PHASE-026", first, *[hung] * cut, last, lag=lag)


@verdicts(
    (0.2, 0.3, {}, "passed"),
    (1.0, 5.0, {}, "passed"),
    (1.0, 5.1, {}, "slowed-or-broken"),
    (0.1, 2.0, {}, "passed"),
    (0.2, 2.1, {}, "slowed-or-broken"),
    (0.2, 30.0, {}, "slowed-or-broken"),
    (0.2, 4.9, {"lag": 1.0}, "passed"),
    (0.2, 5.1, {"lag": 1.0}, "slowed-or-broken"),
    (0.1, 2.0, {"cut": 149}, "stimulus-not-reached"),
    (0.2, 0.3, {"then": stream([(0.1, IDLE_MARKER)])}, "slowed-or-broken"),
    (0.2, 0.3, {"then": exchange(status=503)}, "slowed-or-broken"),
)
def test_after_a_storm_a_stream_is_whole_and_takes_five_times_as_long_at_most(before, after, more) -> Verdict:
    return storm(before, after, **more)


@cases(
    "PHASE-007",
    ("ab", None),
    ("b", None),
    ("Done.", "unjudged"),
    ("abc", "lost-at-the-join"),
    ("Well: ab.", "lost-at-the-join"),
)
def test_an_output_may_be_all_the_last_words_or_others(output: str) -> Traffic:
    traffic = Traffic().begun("Hi", content("a"), call("c"), result("c", "x"), content("b"), DONE)
    told = {"output": {"content": output}}
    return traffic.get(fields=told).get(fields=told)


def streamed(fields: dict[str, Any], *messages: dict[str, Any]) -> Traffic:
    traffic = Traffic().begun().get(fields={"completedAt": "2026-01-26T15:50:54.870Z"})
    traffic.history(HI, FOUR)
    traffic.stream(shown=[HI, FOUR])
    traffic.get(fields={"completedAt": "2026-01-26T15:50:54.870Z"} | fields)
    return traffic.history(*(messages or (HI, FOUR)))


def looked_again(*messages: dict[str, Any]) -> Traffic:
    traffic = Traffic().begun().get("cancelled").stream(shown=[HI])
    return traffic.stream(shown=messages, streaming=True)


test_reading_a_stream_runs_nothing = stories(
    ("PHASE-024", streamed, {}, {"completedAt": "2026-01-26T15:50:58.870Z"}, "ran-again"),
    ("PHASE-024", lambda shown: streamed({}, *shown), [HI, FOUR], [HI, FOUR, FOUR], "ran-again"),
    ("PHASE-024", lambda shown: looked_again(*shown), [HI], [HI, HI], "ran-again"),
)


def marked(count: int) -> Traffic:
    return sent(USER, event("history_done", messageCount=count, isStreaming=False))


def idle(*live: bytes) -> Traffic:
    """A stream of a task that is over."""
    return Traffic().begun().get().stream(*live, shown=[HI, FOUR], streaming=False)


test_what_a_stream_replays = stories(
    ("PHASE-003", marked, 1, 2, "wrong-count"),
    ("PHASE-005", lambda live: idle(*live), [], [content("4")], "idle-stream-goes-on"),
    ("PHASE-010", lambda status: Traffic().begun().stream(status=status), 200, 404, "refused"),
    ("PHASE-023", lambda told: Traffic().begun().get(told), "completed", "running", "not-completed"),
)


def failed_with(last: bytes) -> Traffic:
    """A reader of a turn that is known to have failed."""
    traffic = Traffic().create("Hi").get("failed").at(0.5)
    traffic.stream(content("4"), last, shown=[HI], took=3.0)
    return traffic.get("failed")


def beside_one_who_left(last: bytes) -> Traffic:
    """A reader that stays while another one is cut off."""
    traffic = Traffic().create("Hi")
    traffic.stream(content("4"), last, shown=[HI], step=2.0)
    traffic.at(2.0).stream(content("4"), shown=[HI], closed=Closed.HUNG_UP, took=1.0)
    return traffic.at(20.0).get("completed")


test_the_end_of_a_stream = stories(
    ("PHASE-027", failed_with, event("error", message="no"), DONE, "silent-end"),
    ("PHASE-028", beside_one_who_left, DONE, event("error", message="no"), "others-disturbed"),
)
