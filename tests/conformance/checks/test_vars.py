"""VARS: the sandbox has the value that was sent; limits; no secret is shown."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from tests.conformance.handwritten import DONE, FOUR, HI, MORE, Traffic, cases, made_by_ann, stories
from tests.conformance.kit import call, event, judged, ok, outcome_of, result, verdicts
from tests.conformance.probe_reports import about, first_run

INVALID, NO = {"status": 400, "code": "INVALID_ENV"}, {"status": 400, "code": "NO"}
SECRET = "[secret:5555555555555555]"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(name: str, shown: str, *, number: int = 1) -> tuple[bytes, ...]:
    """A command that prints the digest of a variable, and its output."""
    command = f'printf %s "${name}" | sha256sum'
    return call(f"c{number}", args={"command": command}), result(f"c{number}", f"{shown}  -\n"), DONE


def given(**fields: Any) -> Traffic:
    return Traffic().create("Hi", fields=fields)


@cases(
    "VARS-004",
    ("a b\n", "printenv A", None),
    ("a\n", "printenv A", "not-in-environment"),
    ("a\n", ["bash", "-lc", "printenv A"], "not-in-environment"),
)
def test_a_variable_that_is_printed_itself(shown: str, command: Any) -> Traffic:
    return given(env={"A": "a b"}).ran(command, shown)


@cases("VARS-004", ("", None), ("unset", "not-in-environment"))
def test_an_empty_variable_is_not_an_unset_one(shown: str) -> Traffic:
    return given(env={"A": ""}).ran('printf %s "${A-unset}" | sha256sum', f"{digest(shown)}  -")


@cases("VARS-004", "unjudged")
def test_a_command_that_does_more_proves_nothing() -> Traffic:
    return given(env={"A": "a"}).ran('A=b; printf %s "$A" | sha256sum', f"{digest('b')}  -")


@verdicts(
    ("one\ntwo", Outcome.PASSED),
    ("one", Outcome.FAILED),
    ("", Outcome.INFO),
    ("unset", Outcome.INFO),
)
def test_a_variable_may_be_missing_in_the_next_turn_but_not_another(shown: str) -> Verdict:
    traffic = given(env={"A": "one\ntwo"})
    traffic.stream(*hashed("A", digest("one\ntwo")), shown=[HI])
    traffic.get("completed")
    traffic.say("More")
    traffic.stream(*hashed("A", digest(shown), number=2), shown=[HI, FOUR, MORE])
    return traffic.judged("VARS-004")


@verdicts(("x", Outcome.FAILED), ("", Outcome.INFO))
def test_env_does_not_win_in_a_turn_that_has_other_secrets(other: str) -> Verdict:
    traffic = given(env={"A": "of env"}, secrets={"A": SECRET, "S": SECRET})
    traffic.stream(*hashed("A", digest("y")), shown=[HI])
    traffic.get("completed")
    traffic.say("More")
    command = 'printf %s "$A" | sha256sum; printf %s "$S" | sha256sum'
    printed = f"{digest('of env')}  -\n{digest(other)}  -\n"
    traffic.ran(command, printed, name="c2", shown=[HI, FOUR, MORE])
    return traffic.judged("VARS-006")


@cases("VARS-005", "not-in-environment")
def test_a_secret_is_the_same_in_the_next_turn() -> Traffic:
    traffic = given(secrets={"S": SECRET}).stream(*hashed("S", digest("x")), shown=[HI])
    traffic.get("completed")
    traffic.say("More")
    return traffic.stream(*hashed("S", digest("y"), number=2), shown=[HI, FOUR, MORE])


@cases(
    "VARS-003",
    ({"env": {"S": SECRET}}, "secret-shown"),
    ({"error": f"cannot use {SECRET}"}, "secret-shown"),
    ({"output": {"content": SECRET}}, None),
    ({"systemPrompt": None}, None),
)
def test_a_secret_in_what_the_api_says(shown: dict) -> Traffic:
    return given(secrets={"S": SECRET}).get(fields=shown)


@pytest.mark.parametrize(("command", "broken"), [("ls", 1), ("env > .env", 0)])
def test_a_secret_in_a_hidden_file_of_the_platform(command: str, broken: int):
    traffic = given(secrets={"S": SECRET})
    traffic.ran(command, "")
    traffic.get()
    traffic.download(".env", f"S={SECRET}".encode())

    assert len(traffic.row("VARS-003").breaches) == broken


@cases("VARS-003", "unjudged")
def test_what_was_sent_openly_is_no_secret() -> Traffic:
    traffic = given(secrets={"S": "everybody-knows"}, env={"E": "everybody-knows"})
    return traffic.get(fields={"env": {"E": "everybody-knows"}})


@pytest.mark.parametrize(("shown", "reasons"), [("", set()), ("plain", {"not-in-environment"})])
def test_a_secret_that_is_empty(shown: str, reasons: set[str]):
    traffic = given(env={"A": "plain"}, secrets={"A": ""}).stream(*hashed("A", digest(shown)), shown=[HI])

    assert traffic.reasons("VARS-005") == reasons
    assert traffic.reasons("VARS-006") == ({"env-wins"} if reasons else set())


@pytest.mark.parametrize("kind", ["env", "secrets"])
@cases(
    ("VARS-001", {"A": "a b"}, {}, None),
    ("VARS-001", {"A": "a b"}, INVALID, "refused"),
    ("VARS-007", {"_A1": ""}, {}, None),
    ("VARS-007", {"_A1": ""}, INVALID, "refused"),
)
def test_a_variable(variables: dict[str, Any], answer: dict[str, Any], *, kind: str) -> Traffic:
    return Traffic().create("Hi", fields={kind: variables}, **{"status": 201} | answer)


@cases("VARS-001 VARS-007", "unjudged")
def test_a_wrong_body_says_nothing_of_its_variables() -> Traffic:
    return Traffic().create("Hi", fields={"env": {"A": "a"}, "autoExecute": "maybe"}, status=400)


@verdicts(
    (None, None, "info"),
    (None, {"OWN_WORD": "o"}, "info"),
    (None, {"OWN_WORD": "o", "OF_EXCHANGE": "e"}, "no-reading"),
    ({"OF_EXCHANGE": "e"}, {"OWN_WORD": "o"}, "no-reading"),
)
def test_env_of_a_token_is_never_the_exchanges(bare: Any, with_env: Any) -> Verdict:
    told = [
        ok("token_env", "bare: task", {"env": bare}),
        ok("token_env", "with env: task", {"env": with_env}),
    ]
    return judged("VARS-016", *told, noted={"own": "o"})


def test_variables_of_an_exchange_are_missed_only_where_those_of_a_task_arrive():
    tasks = first_run()
    kept = first_run({"http.word": "{{mcp.PROBE_WORD}}"}, probe="mcp_exchange")
    lost = first_run(without="stdio_digests", probe="mcp_exchange")

    assert about("VARS-019", first_run(probe="mcp_exchange"), tasks).outcome is Outcome.PASSED
    assert about("VARS-019", kept, tasks).reason == "not-replaced"
    assert about("VARS-019", lost, tasks).reason == "not-replaced"
    assert outcome_of(about("VARS-019", lost, first_run(without="http_digests"))) == "stimulus-not-reached"


def test_variables_of_an_exchange_reach_the_servers_of_each_task():
    def found(**changed: str) -> str:
        second = replace(first_run(changed, probe="mcp_exchange"), label="again: stream")
        return outcome_of(
            about("VARS-019", first_run(probe="mcp_exchange"), second, first_run(), again="again")
        )

    assert found() == "passed"
    assert found(**{"http.header.x-probe-plain": "{{mcp.PROBE_PLAIN}}"}) == "not-replaced"


@pytest.mark.parametrize("status", [200, 404, 409])
@cases("VARS-015", ("region-north-1", "variable-shown"), ("none", None))
def test_no_answer_and_no_refusal_shows_a_value_of_an_exchange(told: str, *, status: int) -> Traffic:
    traffic = Traffic()
    token = traffic.token("ann", fields={"env": {"REGION": "region-north-1"}})
    ann: Any = {"headers": token, "role": "end user ann"}
    answer = {"success": status == 200, "data": {}, "error": {"code": "NO", "message": f"in {told}"}}
    return traffic.create("Hi", **ann).get(**ann).cancel(status=status, answer=answer, **ann)


@cases("VARS-017", ("of-ann", None), ("", None), ("of-bob", "leaked-to-another-task"))
def test_a_task_has_no_variable_of_another_end_user(shown: str) -> Traffic:
    traffic = Traffic()
    ann, _ = (
        traffic.token(name, fields={"env": {"REGION": f"of-{name}", "SAME": "x"}}) for name in ("ann", "bob")
    )
    of_ann: Any = {"headers": ann, "role": "end user ann"}
    traffic.create("Hi", **of_ann)
    traffic.stream(*hashed("REGION", digest(shown)), shown=[HI], **of_ann)
    traffic.say("More", **of_ann)
    return traffic.stream(*hashed("SAME", digest("x"), number=2), shown=[HI, FOUR, MORE], **of_ann)


@cases("VARS-001 VARS-007", "unjudged")
def test_a_token_that_needs_an_origin_is_not_refused_for_its_variables() -> Traffic:
    traffic, ann, *_ = made_by_ann()
    refused: Any = {"status": 403, "code": "ORIGIN_NOT_ALLOWED", "role": "end user ann"}
    return traffic.create(task="u", fields={"env": {"A": "a"}}, headers=ann, **refused)


def created_with(**fields: Any) -> Callable[[dict[str, Any]], Traffic]:
    """A function that creates a task with these fields, and gets an answer."""
    return lambda more: Traffic().create("Hi", fields=fields, **more)


def printing(text: str) -> Traffic:
    traffic = Traffic().create("Hi", fields={"secrets": {"KEY": "s3cr3t-value-1"}})
    return traffic.ran("echo $KEY", text)


def printing_by_a_subagent(text: str) -> Traffic:
    traffic = Traffic().create("Hi", fields={"secrets": {"KEY": "s3cr3t-value-1"}})
    end = event("subagent_end", agentName="a", result=text)
    return traffic.stream(event("subagent_start", agentName="a"), end, DONE)


NOT_VALID = {"status": 400, "code": "VALIDATION_ERROR"}

test_variables = stories(
    (
        "VARS-002",
        lambda env: Traffic().create("Hi", fields={"env": {"WORD": "a"}}).get(fields={"env": env}),
        {"WORD": "a"},
        None,
        "other-env",
    ),
    ("VARS-008", created_with(env={"1A": "a"}), NOT_VALID, {}, "accepted"),
    ("VARS-009", created_with(env={"A": 1}), NOT_VALID, {}, "accepted"),
    ("VARS-014", printing, "***", "s3cr3t-value-1", "secret-shown"),
    ("VARS-014", printing_by_a_subagent, "***", "s3cr3t-value-1", "secret-shown"),
)
