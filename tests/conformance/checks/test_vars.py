from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import LIVE, USER, call, judged, no, ok, outcome_of, result, stream


def test_the_first_digest_of_a_variable_is_told():
    digests = ["a" * 64, "b" * 64]
    parts = call("c", args={"command": "printf $PLAIN_WORD | sha256sum"}), result("c", " ".join(digests))
    run = stream([(0.0, b"".join([USER, LIVE, *parts]))], probe="environment", label="run: stream")
    found = judged(
        "VARS-004", run, facts={"environment": {"run": "run", "digests": {"PLAIN_WORD": digests[1]}}}
    )

    assert (outcome_of(found), found.observed) == ("passed", f"sha256 of $PLAIN_WORD: {digests[0]}")


@pytest.mark.parametrize(
    ("row", "labels"),
    [
        ("VARS-011", ("too many", "too many secrets", "too large")),
        ("VARS-012", ("reserved PATH",)),
        ("VARS-018", ("not ASCII",)),
    ],
)
def test_variables_beyond_the_rules_are_refused(row: str, labels: tuple[str, ...]):
    control = ok("variable_limits", "at the limits", {})
    refused = [no("variable_limits", label, 400, "INVALID_ENV") for label in labels]
    taken = [ok("variable_limits", labels[-1], {})]

    assert judged(row, control, *refused).outcome is Outcome.PASSED
    assert judged(row, control, *refused, *taken).reason == "accepted"
    assert (
        judged(row, no("variable_limits", "at the limits", 400, "INVALID_ENV"), *refused).reason
        == "control-failed"
    )


@pytest.mark.parametrize(
    ("bare", "with_env", "reason"),
    [
        (None, None, None),
        (None, {"OWN_WORD": "o"}, None),
        (None, {"OWN_WORD": "o", "OF_EXCHANGE": "e"}, "no-reading"),
        ({"OF_EXCHANGE": "e"}, {"OWN_WORD": "o"}, "no-reading"),
    ],
)
def test_env_of_a_token_is_never_the_exchanges(bare: Any, with_env: Any, reason: str | None):
    told = [
        ok("token_env", "bare: task", {"env": bare}),
        ok("token_env", "with env: task", {"env": with_env}),
    ]

    assert judged("VARS-016", *told, noted={"own": "o"}).reason == reason


def test_a_secret_that_the_agent_was_told_to_print_is_its_word_and_not_the_apis():
    mark = "[secret:00c0ffee]"
    printed = [call("c"), result("c", f"value={mark}.")]
    run = stream([(0.0, b"".join([USER, LIVE, *printed]))], probe="environment", label="printing 1: stream")
    read = ok("environment", "printed: read back", {"output": {"content": f"It is {mark}."}})
    leaked = ok("environment", "read back", {"env": {"SECRET_WORD": mark}})
    facts = {"environment": {"placeholders": [mark]}}

    assert judged("VARS-003", run, read, facts=facts).outcome is Outcome.PASSED
    found = judged("VARS-003", run, read, leaked, facts=facts)
    assert (found.outcome, found.evidence[0].label) == (Outcome.FAILED, "read back")
