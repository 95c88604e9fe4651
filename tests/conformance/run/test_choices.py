"""What a target does where no page says anything is read from the record, and never judged."""

from typing import Any

import pytest

from sigmic_conformance.model.choices import OBSERVED
from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.verdict import info, passed
from sigmic_conformance.run.choices import choices_of
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Exchange
from tests.conformance.handwritten import FOUR, HI, MORE, Traffic, agent, user
from tests.conformance.kit import (
    HEARTBEAT,
    LEDGER,
    REGISTRY,
    call,
    content,
    done,
    exchange,
    no,
    ok,
    record,
    result,
)


def found(*exchanges: Exchange, **profile: Any) -> dict[str, str]:
    """The answers that exchanges show, as text."""
    seen = record(*exchanges, **profile)
    return {each.id: each.text for each in choices_of(seen, LEDGER, {}) if each.answers}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (ok("follow_up_early", "early follow-up", {}), "accepted (200)"),
        (no("follow_up_early", "early follow-up", 409, "CONFLICT"), "refused as a conflict (409 CONFLICT)"),
        (no("follow_up_early", "early follow-up", 423, "LOCKED"), "refused (423 LOCKED)"),
        (no("follow_up_early", "early follow-up", 302, "MOVED"), "302 MOVED"),
    ],
)
def test_an_answer_has_its_label_and_an_unexpected_one_is_shown_as_it_is(answer: Exchange, text: str):
    assert found(answer) == {"early-follow-up": text}


def test_two_different_answers_are_both_shown_with_their_first_exchange():
    answers = [
        no("created_file", "traversal 0", status, code, number=number)
        for number, (status, code) in enumerate([(404, "GONE"), (403, "NO"), (403, "NO")], 1)
    ]

    (asked,) = [each for each in choices_of(record(*answers), LEDGER, {}) if each.id == "escaping-path"]

    assert asked.text == "as an unknown file (404 GONE); as forbidden (403 NO)"
    assert [each.exchange for each in asked.answers] == [1, 2]


@pytest.mark.parametrize(
    ("fields", "text"),
    [({"completedAt": None}, "open"), ({}, "open"), ({"completedAt": "2026-01-26T15:50:54.870Z"}, "a time")],
)
def test_a_value_that_differs_from_run_to_run_is_not_repeated(fields: dict[str, Any], text: str):
    assert found(ok("cancel_running", "cancelled", fields)) == {"cancelled-at": text}


def test_a_refusal_shows_no_value_and_a_missing_header_is_an_answer():
    assert found(no("cancel_running", "cancelled")) == {}
    answer = exchange(probe="easy_task", label="finished", headers=())
    assert found(answer) == {"caching": "nothing says"}


def test_a_long_text_from_the_target_is_shortened():
    text = found(no("follow_up_early", "early follow-up", 399, "X" * 500))["early-follow-up"]

    assert len(text) == 80


def later(**fields: Any) -> Traffic:
    """A task after its second turn."""
    traffic = Traffic().begun().get(fields={"output": {"content": "4"}, "sessionId": "s1"} | fields)
    traffic.say().stream(content("5"), done("5"), shown=[HI, FOUR, MORE])
    return traffic


@pytest.mark.parametrize(
    ("traffic", "id", "text"),
    [
        (later().get(fields={"message": "Hi"}), "message-after-follow-up", "the first"),
        (later().get(fields={"message": "More"}), "message-after-follow-up", "the last"),
        (later().get(fields={"output": {"content": "5"}}), "output-of-turns", "the last one"),
        (later().get(fields={"output": {"content": "45"}}), "output-of-turns", "all of them"),
        (later().get(fields={"sessionId": "s1"}), "session-of-turns", "yes"),
        (later().get(fields={"sessionId": "s2"}), "session-of-turns", "no"),
        (
            Traffic().begun("Hi", content("4"), content("2"), done("42")),
            "final-response",
            "the concatenated content of the turn",
        ),
        (
            Traffic().begun("Hi", content("4"), content("2"), done("2")),
            "final-response",
            "the text of the last content event",
        ),
        (Traffic().begun("Hi", content("4"), done("It is 4.")), "final-response", "a separate text"),
        (
            Traffic()
            .begun()
            .history(HI, agent(1, "4", toolCalls=[{"callId": "c", "args": {}, "output": ""}])),
            "saved-calls",
            "arguments and output",
        ),
        (
            Traffic().begun().history(HI, agent(1, "4", toolCalls=[{"callId": "c"}])),
            "saved-calls",
            "neither",
        ),
        (Traffic().begun("Hi", content("4"), HEARTBEAT, done("4")), "heartbeat", "without a space"),
    ],
)
def test_the_whole_run_shows_some_answers(traffic: Traffic, id: str, text: str):
    assert found(*traffic.exchanges)[id] == text


def test_a_turn_in_one_piece_does_not_decide_the_meaning_of_final_response():
    assert "final-response" not in found(*Traffic().begun("Hi", content("4"), done("4")).exchanges)


@pytest.mark.parametrize(("ids", "text"), [(["t"], "yes"), ([], "no")])
def test_a_hidden_task_is_listed_or_not(ids: list[str], text: str):
    traffic = Traffic().create(fields={"showInHistory": False})
    traffic.listing(*({"id": each} for each in ids))

    assert found(*traffic.exchanges)["hidden-in-lists"] == text


ARCHIVE = SentFile("a.zip", 9, "0" * 64, (SentFile("b.txt", 1, "1" * 64), SentFile("d/c.txt", 1, "2" * 64)))


@pytest.mark.parametrize(
    ("folder", "text"), [("uploads/a/", "in a directory of its name"), ("uploads/", "in uploads")]
)
def test_an_archive_has_its_place(folder: str, text: str):
    paths = [f"{folder}{entry.name}" for entry in ARCHIVE.entries or ()]
    traffic = Traffic().create_form(ARCHIVE).files(*({"path": each, "size": 1} for each in paths))

    assert found(*traffic.exchanges)["archive-place"] == text


@pytest.mark.parametrize(
    ("names", "text"), [(["b.txt", "c.txt"], "its entries"), (["a.zip"], "the archive"), ([], "none")]
)
def test_an_archive_has_its_attached_files(names: list[str], text: str):
    attached = [{"name": name, "path": f"uploads/{name}"} for name in names]
    traffic = Traffic().create_form(ARCHIVE).history(user(1, "Hi", attachedFiles=attached))

    assert found(*traffic.exchanges)["archive-attached"] == text


def test_a_requirement_that_asks_for_a_reading_is_among_the_choices():
    seen = record(*Traffic().begun("Hi", call("c"), result("c", "x"), content("4"), done("4")).exchanges)
    evidence = cite(next(seen.exchanges()))
    verdicts = {"EVENT-015": passed("fine", evidence), "LIST-019": info("key: own tasks (2 times)", evidence)}

    choices = {each.id: each.text for each in choices_of(seen, LEDGER, verdicts)}

    assert (choices["EVENT-015"], choices["LIST-019"]) == ("flat", "key: own tasks")


def test_every_choice_reads_an_existing_observation_and_probe():
    assert {each.observed for each in LEDGER.choices if each.observed} == OBSERVED.keys()
    unknown = [each.id for each in LEDGER.choices if each.probe and each.probe not in REGISTRY.probes]
    assert unknown == []
