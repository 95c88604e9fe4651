"""Invariants of VARS: a value that was given is the value that the sandbox has; no secret is shown."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.kit import call, event, result
from tests.conformance.traffic import DONE, TASKS, Traffic, agent, user

HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")
SECRET = "[secret:5555555555555555]"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(name: str, shown: str, *, number: int = 1) -> tuple[bytes, ...]:
    """A command that prints the digest of a variable, and what it printed."""
    command = f'printf %s "${name}" | sha256sum'
    return call(f"c{number}", args={"command": command}), result(f"c{number}", f"{shown}  -\n"), DONE


def given(**fields: Any) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi", fields=fields)
    return traffic


@pytest.mark.parametrize(
    ("shown", "reasons"), [("a b=c", set()), ("a", {"not-in-environment"}), ("", {"not-in-environment"})]
)
def test_env_has_its_value_in_every_turn(shown: str, reasons: set[str]):
    for turns in (1, 2):
        traffic = given(env={"A": "a b=c"})
        for number in range(1, turns + 1):
            value = shown if number == turns else "a b=c"
            traffic.stream(*hashed("A", digest(value), number=number), shown=[HI])
            traffic.get("completed")
            traffic.say("More")

        assert traffic.reasons("VARS-004") == reasons


def test_a_variable_that_is_printed_itself():
    for shown, reasons in (("a b\n", set()), ("a\n", {"not-in-environment"})):
        traffic = given(env={"A": "a b"})
        traffic.stream(call("c", args={"command": "printenv A"}), result("c", shown), DONE, shown=[HI])

        assert traffic.reasons("VARS-004") == reasons


def test_a_command_that_does_more_proves_nothing():
    traffic = given(env={"A": "a"})
    command = {"command": 'A=b; printf %s "$A" | sha256sum'}
    traffic.stream(call("c", args=command), result("c", f"{digest('b')}  -"), DONE, shown=[HI])

    assert "VARS-004" not in traffic.evaluation().rows


@pytest.mark.parametrize(("shown", "reasons"), [("x", set()), ("", {"not-in-environment"})])
def test_a_secret_is_in_the_environment(shown: str, reasons: set[str]):
    traffic = given(secrets={"S": SECRET})
    traffic.stream(*hashed("S", digest(shown)), shown=[HI])
    traffic.get("completed")
    traffic.say("More")
    traffic.stream(*hashed("S", digest(shown), number=2), shown=[HI, FOUR, MORE])

    assert traffic.reasons("VARS-005") == reasons


def test_a_secret_is_the_same_in_the_next_turn():
    traffic = given(secrets={"S": SECRET})
    traffic.stream(*hashed("S", digest("x")), shown=[HI])
    traffic.get("completed")
    traffic.say("More")
    traffic.stream(*hashed("S", digest("y"), number=2), shown=[HI, FOUR, MORE])

    assert traffic.reasons("VARS-005") == {"not-in-environment"}


@pytest.mark.parametrize(("shown", "reasons"), [("secret", set()), ("plain", {"env-wins"})])
def test_secrets_win(shown: str, reasons: set[str]):
    traffic = given(env={"A": "plain"}, secrets={"A": SECRET})
    traffic.stream(*hashed("A", digest(shown)), shown=[HI])

    assert traffic.reasons("VARS-006") == reasons


@pytest.mark.parametrize(("shown", "reasons"), [("", set()), ("theirs", {"leaked-to-another-task"})])
def test_a_variable_of_another_task(shown: str, reasons: set[str]):
    traffic = given()
    traffic.create("Hi", task="other", fields={"env": {"A": "theirs"}})
    traffic.stream(*hashed("A", digest(shown)), shown=[HI])

    assert traffic.reasons("VARS-017") == reasons


@pytest.mark.parametrize(
    ("shown", "broken"),
    [
        ({"env": {"S": SECRET}}, 1),
        ({"error": f"cannot use {SECRET}"}, 1),
        ({"output": {"content": SECRET}}, 0),
        ({"systemPrompt": None}, 0),
    ],
)
def test_a_secret_in_what_the_api_says(shown: dict, broken: int):
    traffic = given(secrets={"S": SECRET})
    traffic.get(fields=shown)

    assert traffic.reasons("VARS-003") == ({"secret-shown"} if broken else set())


def in_another_answer(traffic: Traffic) -> None:
    traffic.create("Hi", task="other", answer={"success": True, "data": {"id": "other", "env": SECRET}})


def in_an_event(traffic: Traffic) -> None:
    traffic.stream(event("status", status=SECRET), shown=[HI])


def in_a_refusal(traffic: Traffic) -> None:
    traffic.add("GET", f"{TASKS}/t", status=404, code=SECRET)


@pytest.mark.parametrize("shown", [in_another_answer, in_an_event, in_a_refusal])
def test_a_secret_anywhere_else(shown: Callable[[Traffic], None]):
    traffic = given(secrets={"S": SECRET})
    shown(traffic)

    assert traffic.reasons("VARS-003") == {"secret-shown"}


def test_what_was_said_openly_is_no_secret():
    traffic = given(secrets={"S": "everybody-knows"}, env={"E": "everybody-knows"})
    traffic.get(fields={"env": {"E": "everybody-knows"}})

    assert "VARS-003" not in traffic.evaluation().rows


@pytest.mark.parametrize(("shown", "reasons"), [("", set()), ("plain", {"not-in-environment"})])
def test_a_secret_that_is_empty(shown: str, reasons: set[str]):
    traffic = given(env={"A": "plain"}, secrets={"A": ""})
    traffic.stream(*hashed("A", digest(shown)), shown=[HI])

    assert traffic.reasons("VARS-005") == reasons
    assert traffic.reasons("VARS-006") == ({"env-wins"} if reasons else set())
