"""Invariants of PHASE, STREAM and EVENT: every stream tells what is saved, then what goes on, and ends."""

import pytest

from tests.conformance.kit import call, content, done, event, result
from tests.conformance.traffic import DONE, Traffic, agent, user

HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")


def heard(*live: bytes, shown=(HI,), **more) -> Traffic:
    """A task whose one reader was there from the start."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(*live, shown=shown, **more)
    return traffic


@pytest.mark.parametrize(("shown", "reasons"), [([HI, FOUR, MORE], set()), ([HI, FOUR], {"not-replayed"})])
def test_a_follow_up_is_replayed(shown, reasons):
    traffic = Traffic().begun()
    traffic.say("More")
    traffic.stream(DONE, shown=shown)

    assert traffic.reasons("FOLLOWUP-005") == reasons


def test_the_output_is_what_a_reader_read_of_a_message_and_heard():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(content("def"), DONE, shown=[HI, agent(1, "abc")])
    traffic.get(fields={"output": {"content": "abcdef"}})

    assert traffic.reasons("GET-022") == set()


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


@pytest.mark.parametrize(("output", "reasons"), [("x", set()), ("y", {"other-output"})])
def test_the_output_of_a_call_in_the_saved_message(output, reasons):
    traffic = heard(call("one"), result("one", "x"), DONE)
    told = [{"callId": "one", "toolName": "t", "status": "success", "output": output}]
    traffic.history(HI, agent(1, "4", toolCalls=told))

    assert traffic.reasons("AGENT-006") == reasons


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


def test_the_answer_to_a_follow_up():
    traffic = Traffic().begun()
    traffic.say("More")
    traffic.stream(content("5"), done("5"), shown=[HI, FOUR, MORE])
    traffic.history(HI, FOUR, MORE)
    assert traffic.reasons("FOLLOWUP-007") == {"not-answered"}
    assert event("done", finalResponse="4") == DONE
