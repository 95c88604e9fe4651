"""Invariants of HISTORY: what was said is shown to everybody who asks later."""

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.kit import call, result
from tests.conformance.traffic import DONE, Traffic, agent, user

HI, FOUR, MORE, FIVE = user(1, "Hi"), agent(1, "4"), user(2, "More"), agent(2, "5")


def followed_up() -> Traffic:
    traffic = Traffic().begun()
    traffic.history(HI, FOUR)
    traffic.say("More")
    return traffic


@pytest.mark.parametrize(
    ("shown", "reasons"),
    [
        ([HI, FOUR, MORE], set()),
        ([HI, FOUR, MORE, FIVE], set()),
        ([HI, MORE], {"history-changed"}),
        ([HI, {**FOUR, "content": "5"}, MORE], {"history-changed"}),
        ([FOUR, HI, MORE], {"history-changed"}),
    ],
)
def test_a_history_keeps_what_an_earlier_one_showed(shown: list, reasons: set[str]):
    traffic = followed_up()
    traffic.history(*shown, told="running")

    assert traffic.reasons("HISTORY-016") == reasons


def test_messages_in_another_order_are_told_to_be_so():
    traffic = followed_up()
    traffic.history(FOUR, HI, MORE, told="running")

    assert traffic.row("HISTORY-016").breaches[0].finding.shown == "3 messages, in another order"


def test_an_answer_that_was_cut_off_may_still_be_completed():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.get("running")
    traffic.cancel()
    traffic.get("cancelled")
    traffic.history(HI, agent(1, "The ca"), told="cancelled")
    traffic.history(HI, agent(1, "The cap"), told="cancelled")

    assert traffic.reasons("HISTORY-016") == set()


@pytest.mark.parametrize(("times", "reasons"), [(1, set()), (0, {"half-taken"}), (2, {"half-taken"})])
def test_an_accepted_message_is_there_once(times: int, reasons: set[str]):
    traffic = followed_up()
    traffic.history(HI, FOUR, *[user(2 + number, "More") for number in range(times)], told="running")

    assert traffic.reasons("FOLLOWUP-015") == reasons


def test_a_message_that_is_sent_meanwhile_may_be_there():
    traffic = Traffic().begun()
    traffic.say("More", took=5.0)
    for shown in ([HI, FOUR], [HI, FOUR, MORE]):
        traffic.now = 3.0
        traffic.history(*shown)

    assert traffic.reasons("FOLLOWUP-015") == set()


@pytest.mark.parametrize(
    ("last", "reasons"), [(FOUR, set()), (HI, {"no-answer"}), (agent(1, ""), {"no-answer"})]
)
def test_the_history_of_a_completed_task_ends_with_an_answer(last: dict, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.history(HI, last)

    assert traffic.reasons("HISTORY-015") == reasons


def test_an_agent_may_say_nothing_beside_its_tools():
    traffic = Traffic()
    traffic.begun("Hi", call("c"), result("c", "x"), DONE)
    traffic.history(HI, agent(1, "", toolCalls=[{"callId": "c", "toolName": "t", "status": "success"}]))

    assert not traffic.row("HISTORY-015").breaches


@pytest.mark.parametrize(
    ("shown", "reasons"),
    [
        ([HI], set()),
        ([user(1, "Ho")], {"other-message"}),
        ([FOUR, HI], {"other-message"}),
        ([], {"other-message"}),
    ],
)
def test_the_first_message_is_that_of_the_creation(shown: list, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.history(*shown, told="running")

    assert traffic.reasons("HISTORY-008") == reasons


@pytest.mark.parametrize(("told", "lost"), [("pending", 0), ("running", 1)])
@pytest.mark.parametrize("row", ["HISTORY-008", "FOLLOWUP-015"])
def test_a_pending_task_may_have_no_conversation_yet(row: str, told: str, lost: int):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.history(told=told)

    assert len(traffic.row(row).breaches) == lost


@pytest.mark.parametrize(
    ("content", "reasons"), [("Hi", set()), ("Files: uploads/a.txt\nHi", {"words-added"})]
)
def test_a_message_with_files_is_shown_without_their_list(content: str, reasons: set[str]):
    traffic = Traffic()
    traffic.create_form(SentFile.of("a.txt", b"x"))
    traffic.history(user(1, content), told="running")

    assert traffic.reasons("HISTORY-019") == reasons


@pytest.mark.parametrize(
    ("second", "reasons"), [(["b"], set()), ([], set()), (["a", "b"], {"call-id-reused"})]
)
def test_an_answer_has_no_call_of_an_earlier_one(second: list[str], reasons: set[str]):
    def told(*calls: str) -> dict:
        return {"toolCalls": [{"callId": each, "toolName": "x", "status": "success"} for each in calls]}

    traffic = followed_up()
    traffic.history(HI, FOUR | told("a"), MORE, FIVE | told(*second))

    assert traffic.reasons("EVENT-022") == reasons
