"""The cells of messages and answers that traffic reaches."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import event
from tests.conformance.traffic import DONE, Traffic, agent, user

LONG = "é" * 9000


def said(text: str) -> bytes:
    return event("content", text=text, isPartial=False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "size=nothing"),
        ("?", "size=small"),
        ("a" * 5000, "size=large"),
        ("a" * 4095 + "é", "size=at_an_edge"),
    ],
)
def test_a_message_has_a_size(text: str, found: str):
    traffic = Traffic().create(text, status=400 if not text else 201)

    assert found in traffic.cells("message")


def test_a_view_tells_how_many_messages_and_answers_there_are_and_where():
    traffic = Traffic().begun()
    traffic.history(user(1, "a"), agent(1, "x"), user(2, "b"), agent(2, "y"), user(3, "c"), agent(3, "x"))

    assert traffic.cells("message") >= {"count=two", "place=first", "place=middle", "place=last"}
    assert traffic.cells("answer") >= {"count=two", "place=middle", "place=again"}


def test_a_follow_up_meets_a_turn_before_while_and_after_it_works():
    before = Traffic().create().after(-0.8).say(status=409).get("running")
    assert "moment=before" in before.cells("message")

    during = Traffic().create().get("running").say(status=409).get("running")
    assert "moment=during" in during.cells("message")

    after = Traffic().begun().say()
    assert "moment=after" in after.cells("message")
    assert not after.cells("message") & {"moment=before", "moment=during", "moment=at_once"}


def test_two_follow_ups_are_under_way_at_the_same_time():
    traffic = Traffic().begun().say("a", took=2.0).after(-1.5).say("b")

    assert "moment=at_once" in traffic.cells("message")


def test_a_message_is_cut():
    traffic = Traffic().begun().say("a")
    broken = traffic.exchanges[-1]
    traffic.exchanges[-1] = replace(
        broken, status=None, closed=Closed.HUNG_UP, sent=replace(broken.sent, whole=False)
    )

    assert "cut=middle" in traffic.cells("message")
    assert "cut=middle" in traffic.cells("task")


def test_a_long_answer_is_heard_and_shown():
    traffic = Traffic().begun("Hi", said(LONG[:100]), said(LONG[100:]), event("done", finalResponse=LONG))
    traffic.get("completed")
    traffic.history(user(1, "Hi"), agent(1, LONG))

    assert traffic.cells("answer") >= {"size=large", "view=several", "moment=before", "end=after"}


def test_a_reader_leaves_between_two_texts_and_another_one_joins():
    traffic = Traffic().create()
    traffic.stream(said("a"), said("b"), shown=[user(1, "Hi")], closed=Closed.HUNG_UP, step=2.0)
    traffic.after(-3.0).stream(said("b"), DONE, shown=[user(1, "Hi")])

    assert traffic.cells("answer") >= {"cut=middle", "moment=during"}
