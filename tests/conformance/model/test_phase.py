"""Invariants of PHASE, STREAM and EVENT: every stream tells what is saved, then what goes on, and ends."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed, Framing
from tests.conformance.kit import call, content, done, event, result
from tests.conformance.traffic import DONE, Traffic, agent, user

HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")


def heard(*live: bytes, shown=(HI,), **more) -> Traffic:
    """A task whose one reader was there from the start."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(*live, shown=shown, **more)
    return traffic


@pytest.mark.parametrize(
    ("shown", "reasons"),
    [
        ([HI, FOUR, MORE], set()),
        ([HI, MORE], {"message-missing"}),
        ([MORE], {"message-missing"}),
    ],
)
def test_a_stream_replays_what_is_saved(shown, reasons):
    traffic = Traffic().begun()
    traffic.history(HI, FOUR)
    traffic.say("More")
    traffic.stream(DONE, shown=shown)

    assert traffic.reasons("PHASE-001") == reasons


def test_a_message_that_is_replayed_twice():
    assert heard(DONE, shown=(HI, user(2, "Hi"))).reasons("PHASE-001") == {"message-repeated"}


@pytest.mark.parametrize(("shown", "reasons"), [([HI, FOUR, MORE], set()), ([HI, FOUR], {"not-replayed"})])
def test_a_follow_up_is_replayed(shown, reasons):
    traffic = Traffic().begun()
    traffic.say("More")
    traffic.stream(DONE, shown=shown)

    assert traffic.reasons("FOLLOWUP-005") == reasons


@pytest.mark.parametrize(("live", "reasons"), [((), set()), ((DONE,), {"idle-stream-goes-on"})])
def test_the_stream_of_a_task_at_rest_ends(live, reasons):
    traffic = Traffic().begun()
    traffic.stream(*live, shown=[HI, FOUR], streaming=False)

    assert traffic.reasons("PHASE-005") == reasons


@pytest.mark.parametrize(
    ("took", "closed", "reasons"),
    [(0.2, "complete", set()), (20.0, "deadline", {"idle-stream-goes-on"})],
)
def test_the_stream_of_a_task_at_rest_is_closed(took, closed, reasons):
    traffic = Traffic().begun()
    traffic.stream(shown=[HI, FOUR], took=took, closed=closed)

    assert traffic.reasons("PHASE-005") == reasons


@pytest.mark.parametrize(
    ("shown", "reasons"),
    [([HI], set()), ([HI, FOUR], set()), ([], {"wrong-beginning"}), ([HI, MORE], {"wrong-beginning"})],
)
def test_a_new_task_begins_with_its_message(shown, reasons):
    assert heard(DONE, shown=shown).reasons("PHASE-011") == reasons


@pytest.mark.parametrize(("streaming", "reasons"), [(False, set()), (True, {"wrong-is-streaming"})])
def test_a_task_at_rest_does_not_stream(streaming, reasons):
    traffic = Traffic().begun()
    traffic.stream(shown=[HI, FOUR], streaming=streaming)

    assert traffic.reasons("PHASE-004") == reasons


@pytest.mark.parametrize(("streaming", "reasons"), [(True, set()), (False, {"wrong-is-streaming"})])
def test_a_task_at_work_streams(streaming, reasons):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(*([content("abc"), DONE] if streaming else []), shown=[HI], streaming=streaming, step=0.1)
    traffic.get("running")

    assert traffic.reasons("PHASE-004") == reasons


def test_a_stream_that_outlives_its_turn():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.get("completed")
    traffic.now = 1.0
    traffic.stream(content("a"), shown=[HI], took=20.0, closed="deadline")

    assert traffic.reasons("PHASE-006") == {"live-phase-missing"}
    assert traffic.reasons("PHASE-022") == {"left-hanging"}


def test_a_stream_that_stays_open_behind_its_done():
    traffic = heard(content("4"), DONE, took=9.0, closed="hung-up")
    traffic.get("completed")
    assert traffic.reasons("PHASE-006") == {"live-phase-missing"}

    left = heard(content("4"), DONE, took=2.0, closed="hung-up")
    left.get("completed")
    assert not left.row("PHASE-006").breaches


@pytest.mark.parametrize(("cut", "reasons"), [(1, set()), (2, {"cut-connection"})])
def test_streams_that_are_cut_behind_their_last_event(cut, reasons):
    """A network may cut one there by chance, and one of which more was to come."""
    traffic = heard(content("4"), DONE, closed=Closed.TRUNCATED)
    traffic.stream(shown=[HI, FOUR], closed=Closed.TRUNCATED if cut == 2 else Closed.COMPLETE)
    traffic.stream(content("4"), shown=[HI], closed=Closed.TRUNCATED)
    traffic.exchanges = [replace(each, framing=Framing.CHUNKED) for each in traffic.exchanges]

    assert {breach.reason for breach in traffic.row("STREAM-020").breaches} == reasons


@pytest.mark.parametrize(("end", "reasons"), [((DONE,), set()), ((), {"live-phase-missing"})])
def test_a_stream_that_ends_without_an_end(end, reasons):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.get("completed")
    traffic.now = 1.0
    traffic.stream(content("4"), *end, shown=[HI], took=3.0)

    assert traffic.reasons("PHASE-006") == reasons


@pytest.mark.parametrize(("status", "reasons"), [("completed", set()), ("cancelled", {"task-disturbed"})])
def test_a_reader_who_leaves_cancels_nothing(status, reasons):
    traffic = heard(content("a"), closed="hung-up")
    traffic.get(status)

    assert traffic.reasons("PHASE-008") == reasons


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (409, {"refused"}), (404, {"refused"})])
def test_the_owner_may_listen_at_any_time(status, reasons):
    traffic = Traffic().begun()
    if status == 200:
        traffic.stream(shown=[HI])
    else:
        traffic.add("GET", "/api/v1/tasks/t/stream", status=status)

    assert traffic.reasons("PHASE-010") == reasons


def test_a_stream_refused_for_a_parameter_is_no_refusal_of_the_owner():
    traffic = Traffic().begun()
    traffic.add("GET", "/api/v1/tasks/t/stream", status=400)

    assert traffic.reasons("PHASE-010") == set()


def joined(*live: bytes, shown: tuple[dict, ...] = (HI,)) -> Traffic:
    """Six pieces of text, one a second, and a reader who comes after two and hears these events."""
    traffic = heard(*map(content, "abcdef"), DONE, step=1.0)
    traffic.now = 5.5
    traffic.stream(*live, shown=[*shown], step=0.5)
    return traffic


@pytest.mark.parametrize(
    ("live", "reasons"),
    [
        ([content("abc"), *map(content, "def"), DONE], set()),
        ([content("abc"), content("de"), content("f"), DONE], set()),
        ([content("abc"), *map(content, "dfe"), DONE], {"readers-differ"}),
        ([content("abc"), *map(content, "de"), DONE], {"readers-differ"}),
    ],
)
def test_two_readers_hear_the_same_from_when_both_are_there(live, reasons):
    assert joined(*live).reasons("PHASE-015") == reasons


@pytest.mark.parametrize(
    ("live", "reasons"),
    [
        ([call("one"), result("one", "x"), DONE], set()),
        ([call("one"), DONE], {"readers-differ"}),
        ([call("one", status="awaiting_approval"), DONE], {"readers-differ"}),
        ([call("one", status="success"), DONE], set()),  # it was over when he came
    ],
)
def test_a_result_that_one_of_two_readers_does_not_hear(live, reasons):
    traffic = heard(call("one"), content("a"), content("b"), result("one", "x"), content("c"), DONE, step=1.0)
    traffic.now = 3.5
    traffic.stream(*live, shown=[HI], step=0.1, took=5.0)

    assert {breach.reason for breach in traffic.row("PHASE-015").breaches} == reasons


@pytest.mark.parametrize(
    ("first", "reasons"),
    [
        (content("abc"), set()),
        (content("abc", partial=False), {"other-form"}),
        (content("c"), {"other-form"}),
    ],
)
def test_the_text_of_before_comes_in_one_partial_piece(first, reasons):
    assert joined(first, content("def"), DONE).reasons("PHASE-020") == reasons


@pytest.mark.parametrize(
    ("texts", "lost", "differs"),
    [
        (["abc", "def"], set(), set()),
        (["def"], {"lost-at-the-join"}, {"seam-broken"}),
        (["abc", "cdef"], set(), {"seam-broken"}),
    ],
)
def test_who_joins_has_heard_all_text_at_the_end(texts, lost, differs):
    traffic = joined(*map(content, texts), DONE)

    assert traffic.reasons("PHASE-007") == lost
    assert traffic.reasons("PHASE-014") == differs


@pytest.mark.parametrize(
    ("texts", "lost", "differs"),
    [
        (["def"], set(), set()),
        (["abc", "def"], set(), set()),
        (["f"], {"lost-at-the-join"}, {"seam-broken"}),
        (["cdef"], set(), {"seam-broken"}),
    ],
)
def test_a_message_may_have_what_was_said_before_the_join(texts, lost, differs):
    traffic = joined(*map(content, texts), DONE, shown=(HI, agent(1, "abc")))

    assert traffic.reasons("PHASE-007") == lost
    assert traffic.reasons("PHASE-014") == differs
    assert not traffic.row("PHASE-020").breaches


def test_the_output_is_what_a_reader_read_of_a_message_and_heard():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(content("def"), DONE, shown=[HI, agent(1, "abc")])
    traffic.get(fields={"output": {"content": "abcdef"}})

    assert traffic.reasons("GET-022") == set()


@pytest.mark.parametrize(("texts", "reasons"), [("42", set()), (["42", "2"], {"seam-broken"})])
def test_who_joins_has_heard_the_output_at_the_end(texts, reasons):
    traffic = heard(content("4"), closed="hung-up")
    traffic.stream(*map(content, texts), DONE, shown=[HI])
    for _ in range(2):
        traffic.get(fields={"output": {"content": "42"}})

    assert traffic.reasons("PHASE-014") == reasons


@pytest.mark.parametrize(("told", "reasons"), [(True, set()), (False, {"lost-at-the-join"})])
def test_who_joins_is_told_of_the_calls_of_before(told, reasons):
    traffic = heard(call("one"), result("one", "x"), DONE, step=1.0)
    traffic.now = 4.5
    traffic.stream(*([call("one")] if told else []), DONE, shown=[HI], step=0.5)

    assert traffic.reasons("PHASE-007") == reasons


@pytest.mark.parametrize(("told", "reasons"), [("ab", set()), ("a", {"lost-at-the-join"})])
def test_who_joins_is_told_of_every_call_that_waits(told, reasons):
    waiting = {name: call(name, status="awaiting_approval") for name in "ab"}
    traffic = heard(*waiting.values(), closed=Closed.HUNG_UP, took=9.0)
    traffic.now = 5.0
    traffic.stream(*(waiting[name] for name in told), shown=[HI], took=9.0, closed=Closed.HUNG_UP)
    traffic.now = 9.0
    for name in waiting:
        traffic.approve(name)

    assert traffic.reasons("PHASE-007") == reasons


def test_ids_of_messages_and_their_order():
    twice, early = user(1, "More"), {**FOUR, "createdAt": "2026-01-26T15:50:53.870Z"}
    assert heard(DONE, shown=(HI, twice)).reasons("HISTORY-006") == {"id-repeated"}
    assert heard(DONE, shown=(HI, FOUR)).reasons("HISTORY-006") == set()
    assert heard(DONE, shown=(HI, early)).reasons("HISTORY-004") == {"wrong-order"}
    assert heard(DONE, shown=(HI, FOUR)).reasons("HISTORY-004") == set()


def test_what_belongs_to_a_role():
    attached = agent(1, "4", attachedFiles=[])
    thinking = user(1, "Hi", thoughts=[])

    assert heard(DONE, shown=(HI, attached)).reasons("HISTORY-009") == {"wrong-role"}
    assert heard(DONE, shown=(thinking,)).reasons("HISTORY-010") == {"wrong-role"}
    assert heard(DONE, shown=(HI, FOUR)).reasons("HISTORY-009") == set()
    assert heard(DONE, shown=(HI, FOUR)).reasons("HISTORY-010") == set()


def test_a_message_of_another_task():
    traffic = Traffic()
    traffic.create("A message for one task alone", task="one")
    traffic.create("Hi")
    traffic.history(HI, user(2, "A message for one task alone"))

    assert traffic.reasons("ISOLATION-012") == {"foreign-content"}


def test_a_secret_that_the_target_masks_in_other_views_alone_is_not_of_another_task():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(content("It is [secret:0123"), content("456789abcdef]."), done("It is ***."), shown=[HI])
    traffic.get("completed")
    traffic.history(HI, agent(1, "It is ***."))

    assert traffic.row("ISOLATION-012").spoke
    assert traffic.reasons("ISOLATION-012") == set()


def test_a_call_of_another_task():
    traffic = heard(call("one"), result("one", "x"), DONE)
    traffic.create("Hi", task="other")
    traffic.stream(result("one", "x"), DONE, shown=[HI], task="other")

    assert traffic.reasons("ISOLATION-012") == {"foreign-content"}


@pytest.mark.parametrize(("text", "reasons"), [("Somebody else's", {"foreign-event"}), ("Hi", set())])
def test_last_event_id_brings_no_messages_of_others(text, reasons):
    traffic = Traffic().begun()
    traffic.stream(
        shown=[HI, FOUR, user(9, text)],
        headers=(*traffic.exchanges[0].sent.headers, ("Last-Event-ID", "7")),
    )

    assert traffic.row("STREAM-035").spoke
    assert traffic.reasons("STREAM-035") == reasons


@pytest.mark.parametrize(("told", "reasons"), [("c", set()), ("other", {"other-id"})])
def test_one_conversation(told, reasons):
    traffic = Traffic().begun()
    traffic.get(fields={"conversationId": told})
    traffic.history(HI, FOUR)

    assert traffic.reasons("HISTORY-002") == reasons


@pytest.mark.parametrize(("last", "reasons"), [(FOUR, set()), (agent(1, "5"), {"views-differ"})])
def test_views_of_a_task_at_rest_agree(last, reasons):
    traffic = Traffic().begun()
    traffic.history(HI, FOUR)
    traffic.stream(shown=[HI, last])

    assert traffic.reasons("HISTORY-017") == reasons


@pytest.mark.parametrize(
    ("live", "reasons"),
    [((content("4"), DONE), set()), ((content("4"),), {"wrong-end"}), ((DONE, DONE), {"wrong-end"})],
)
def test_a_completed_turn_ends_with_one_done(live, reasons):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.get("completed", took=3.0)
    traffic.now = 1.0
    traffic.stream(*live, shown=[HI])

    assert traffic.reasons("PHASE-012") == reasons


@pytest.mark.parametrize(("status", "reasons"), [("completed", set()), ("running", {"not-completed"})])
def test_done_means_completed(status, reasons):
    traffic = Traffic().begun()
    traffic.get(status)

    assert traffic.reasons("PHASE-023") == reasons


@pytest.mark.parametrize(("output", "reasons"), [("x", set()), ("y", {"other-output"})])
def test_the_output_of_a_call_in_the_saved_message(output, reasons):
    traffic = heard(call("one"), result("one", "x"), DONE)
    told = [{"callId": "one", "toolName": "t", "status": "success", "output": output}]
    traffic.history(HI, agent(1, "4", toolCalls=told))

    assert traffic.reasons("AGENT-006") == reasons


@pytest.mark.parametrize(("name", "reasons"), [("two", set()), ("one", {"call-id-reused"})])
def test_a_call_id_of_an_earlier_turn(name, reasons):
    traffic = heard(call("one"), result("one", "x"), DONE)
    traffic.say("More")
    traffic.stream(call(name), result(name, "y"), DONE, shown=[HI, FOUR, MORE])

    assert traffic.reasons("EVENT-022") == reasons


@pytest.mark.parametrize(("command", "reasons"), [("a", set()), ("b", {"call-id-reused"})])
def test_a_call_id_of_another_call_without_a_result(command, reasons):
    traffic = heard(call("one", args={"command": "a"}), DONE)
    traffic.say("More")
    traffic.stream(call("one", args={"command": command}), DONE, shown=[HI, FOUR, MORE])

    assert traffic.reasons("EVENT-022") == reasons


def test_a_result_that_comes_twice():
    assert heard(call("one"), result("one", "x"), DONE).reasons("EVENT-020") == set()
    assert heard(call("one"), result("one", "x"), result("one", "x"), DONE).reasons("EVENT-020") == {
        "unpaired-result"
    }


@pytest.mark.parametrize(("shown", "reasons"), [("42", set()), ("4", {"texts-differ"})])
def test_the_output_is_what_one_heard_who_joined(shown, reasons):
    traffic = heard(content("4"), closed="hung-up")
    traffic.stream(content("42"), DONE, shown=[HI])
    traffic.get()
    traffic.get(fields={"output": {"content": shown}})

    assert traffic.reasons("GET-022") == reasons


@pytest.mark.parametrize(("shown", "reasons"), [("4", set()), ("5", {"texts-differ"})])
def test_the_output_is_what_was_streamed(shown, reasons):
    traffic = Traffic().begun()
    traffic.get(fields={"output": {"content": shown}})

    assert traffic.reasons("GET-022") == reasons


@pytest.mark.parametrize(
    ("calls", "reasons"), [(["one"], set()), (["two"], {"calls-differ"}), ([], {"calls-differ"})]
)
def test_the_output_has_the_calls_that_were_streamed(calls, reasons):
    traffic = heard(call("one"), result("one", "x"), DONE)
    traffic.get(fields={"output": {"content": "4", "toolCalls": [{"callId": name} for name in calls]}})

    assert traffic.reasons("EVENT-028") == reasons


@pytest.mark.parametrize(("order", "reasons"), [("ab", set()), ("ba", {"calls-differ"}), ("cab", set())])
def test_the_output_has_calls_that_nobody_heard_in_the_order_in_which_they_asked(order, reasons):
    def told(names: str, waiting: str = "") -> dict:
        calls = [{"callId": name} for name in names]
        pending = [{"callId": name} for name in waiting]
        return {"output": {"content": "", "toolCalls": calls}, "pendingApprovals": pending}

    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    for told_then, waits in (("a", "a"), ("ab", "b")):
        traffic.get("awaiting_approval", fields=told(told_then, waits))
        traffic.approve(waits)
    traffic.get(fields=told("ab"))
    traffic.get(fields=told(order))

    assert traffic.reasons("EVENT-028") == reasons


def test_a_silent_stream_in_each_situation():
    held = Traffic(heartbeat_seconds=2.0)
    held.create("Hi")
    held.stream(b":heartbeat\n\n", content("4"), DONE, shown=[HI], step=1.9)
    assert held.reasons("BEAT-001") == set()

    silent = Traffic(heartbeat_seconds=2.0)
    silent.create("Hi", fields={"autoExecute": False})
    silent.stream(call("one", status="awaiting_approval"), shown=[HI], took=9.0, closed="hung-up")
    assert silent.reasons("BEAT-001") == {"silence-too-long"}
    assert silent.reasons("BEAT-013") == {"silence-too-long"}

    working = Traffic(heartbeat_seconds=2.0)
    working.create("Hi")
    working.stream(call("one"), shown=[HI], took=9.0, closed="hung-up")
    assert working.reasons("BEAT-004") == {"silent-while-busy"}
    working.now = 2.0
    working.stream(call("one"), shown=[HI], took=9.0, closed="hung-up")
    assert working.reasons("BEAT-005") == {"silence-too-long"}


def test_a_heartbeat_behind_the_end():
    assert heard(content("4"), DONE).reasons("BEAT-007") == set()
    assert heard(content("4"), DONE, b":heartbeat\n\n").reasons("BEAT-007") == {"heartbeat-after-end"}


def test_the_answer_to_a_follow_up():
    traffic = Traffic().begun()
    traffic.say("More")
    traffic.stream(content("5"), done("5"), shown=[HI, FOUR, MORE])
    traffic.history(HI, FOUR, MORE)
    assert traffic.reasons("FOLLOWUP-007") == {"not-answered"}
    assert event("done", finalResponse="4") == DONE


@pytest.mark.parametrize(
    ("shown", "lost", "differs"),
    [([HI, FOUR], set(), set()), ([HI], {"not-replayed"}, {"replays-differ"})],
)
def test_who_comes_back_to_a_task_at_rest(shown, lost, differs):
    traffic = Traffic().begun()
    traffic.stream(shown=[HI, FOUR])
    traffic.stream(shown=shown)

    assert traffic.reasons("PHASE-009") == lost
    assert traffic.reasons("PHASE-016") == differs


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_views_of_a_turn_that_was_cut_off_agree_up_to_what_the_user_said(status: str):
    def viewed(*messages) -> Traffic:
        traffic = Traffic()
        traffic.create("Hi")
        traffic.get(status)
        traffic.history(HI, told=status)
        traffic.stream(shown=messages)
        return traffic

    assert viewed(HI, FOUR).reasons("HISTORY-017") == set()
    assert viewed(user(1, "H")).reasons("HISTORY-017") == {"views-differ"}


@pytest.mark.parametrize(("elsewhere", "reasons"), [(False, {"cut-connection"}), (True, set())])
def test_the_streams_of_two_tasks_at_rest_are_cut_behind_their_last_event(elsewhere, reasons):
    traffic = Traffic()
    for task in ("t", "u"):
        traffic.create("Hi", task=task)
        if elsewhere and task == "u":  # the network cuts whatever it likes to
            traffic.stream(content("4"), shown=[HI], task=task, closed=Closed.TRUNCATED)
        traffic.get(task=task)
        traffic.stream(shown=[HI], task=task, closed=Closed.COMPLETE if elsewhere else Closed.TRUNCATED)
    if elsewhere:
        traffic.stream(shown=[HI], closed=Closed.TRUNCATED)
    traffic.exchanges = [replace(each, framing=Framing.CHUNKED) for each in traffic.exchanges]

    assert {breach.reason for breach in traffic.row("STREAM-020").breaches} == reasons
