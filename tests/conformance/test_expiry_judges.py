"""Judges of expiries, form shapes and variables: a record that holds, and the same with one thing wrong."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import event, exchange, judged, no, ok, stream

KEPT, GONE = "a" * 64, "b" * 64


def ran(probe: str, label: str, command: str, output: str, status: str = "executing") -> Exchange:
    told = [
        event("history_done", messageCount=1, isStreaming=True),
        event("tool_call", callId="c", toolName="t", status=status, args={"command": command}),
        event("tool_result", callId="c", status="success", output=output),
        event("done", finalResponse="x"),
    ]
    return stream([(1.0, b"".join(told))], probe=probe, label=label)


@pytest.mark.parametrize(
    ("before", "one", "two", "reason", "outcome"),
    [
        (KEPT, GONE, GONE, None, Outcome.INFO),
        (KEPT, KEPT, KEPT, None, Outcome.INFO),
        (KEPT, KEPT, GONE, "two-readings", Outcome.FAILED),
        (KEPT, "c" * 64, GONE, "no-reading", Outcome.FAILED),
        (GONE, GONE, GONE, "control-failed", Outcome.INCONCLUSIVE),
    ],
)
def test_secrets_are_kept_or_gone_by_one_rule(
    before: str, one: str, two: str, reason: str | None, outcome: Outcome
):
    probe, command = "secrets_restored", 'printf %s "$KEPT_WORD" | sha256sum'
    facts = {"kept": KEPT, "gone": GONE}
    facts |= {
        f"{name}: {when}": f"{name} {when}" for name in ("one", "two") for when in ("first", "restored")
    }
    answers = {"one first": before, "two first": before, "one restored": one, "two restored": two}

    found = judged(
        "SESSION-012",
        *(ran(probe, f"{label}: stream", command, digest) for label, digest in answers.items()),
        noted=facts,
    )

    assert (found.reason, found.outcome) == (reason, outcome)


def test_a_session_expires_when_idle_and_not_before():
    def seen(*sessions: str) -> Verdict:
        labels = ("one: first: task", "one: soon: task", "one: after")
        told = [
            ok("secrets_restored", label, {"sessionId": each})
            for label, each in zip(labels, sessions, strict=True)
        ]
        return judged("SESSION-009", *told)

    assert seen("s", "s", "t").outcome is Outcome.PASSED
    assert seen("s", "s", "s").reason == "other-expiry"
    assert seen("r", "s", "t").reason == "other-expiry"


def test_processes_end_with_their_session():
    def seen(first: bytes, later: bytes) -> Verdict:
        bodies = {"beat at first": b"beat\n", "beat expired": first, "beat still expired": later}
        made = [
            exchange(probe="secrets_restored", label=label, chunks=[(0.0, body)])
            for label, body in bodies.items()
        ]
        return judged("ISOLATION-014", *made)

    assert seen(b"beat\nbeat\n", b"beat\nbeat\n").outcome is Outcome.PASSED
    assert seen(b"beat\nbeat\n", b"beat\nbeat\nbeat\n").reason == "still-running"


def test_an_approval_for_good_ends_with_the_session():
    answer = ok("approval_restored", "approve always", {})

    def seen(status: str) -> Verdict:
        told = ran("approval_restored", "restored: stream", "echo w", "w", status)
        return judged("SESSION-008", answer, told, noted={"second": "w"})

    assert seen("awaiting_approval").outcome is Outcome.PASSED
    assert seen("executing").reason == "not-asked-again"


def test_a_session_at_work_does_not_expire():
    def seen(output: str, after: str) -> Verdict:
        told = ran("at_work", "stream", "sleep", output)
        states = [ok("at_work", "at work", {"sessionId": "s"}), ok("at_work", "after", {"sessionId": after})]
        return judged("SESSION-011", told, *states, noted={"word": "w"})

    assert seen("w", "s").outcome is Outcome.PASSED
    assert seen("killed", "s").reason == "expired-at-work"
    assert seen("w", "t").reason == "expired-at-work"


def shape(
    name: str, *paths: str, message: str = "m", content: str = "w", accepted: bool = True
) -> list[Exchange]:
    made = exchange(probe="form_shapes", label=name, status=201, body={"success": True, "data": {}})
    bodies = [
        exchange(probe="form_shapes", label=f"{name}: {path}", chunks=[(0.0, content.encode())])
        for path in paths
    ]
    return [
        made if accepted else no("form_shapes", name, 400, "INVALID_ENV"),
        ok("form_shapes", f"{name}: task", {"message": message}),
        ok("form_shapes", f"{name}: files", {"files": [{"path": path} for path in paths]}),
        *bodies,
    ]


@pytest.mark.parametrize(("row", "name"), [("UPLOAD-026", "files first"), ("UPLOAD-027", "text around")])
def test_an_unusual_form_is_read_as_usual(row: str, name: str):
    facts, path = {"message": "m", "word": "w"}, "uploads/plain.txt"

    assert judged(row, *shape(name, path), noted=facts).outcome is Outcome.PASSED
    assert judged(row, *shape(name, path, accepted=False), noted=facts).reason == "refused"
    assert judged(row, *shape(name, path, message=""), noted=facts).reason == "misread"
    assert judged(row, *shape(name, path, content="w\r\n"), noted=facts).reason == "misread"
    assert judged(row, *shape(name), noted=facts).reason == "misread"


def test_two_files_of_one_name_are_both_kept():
    kept = shape("same names", "uploads/same.txt", "uploads/same (1).txt")
    kept[3:] = [replace(each, chunks=()) for each in kept[3:]]

    assert judged("UPLOAD-018", *shape("same names", "uploads/same.txt")).reason == "other-names"
    assert judged("UPLOAD-018", *kept).reason == "other-names"


def test_a_name_is_its_last_component_in_form_c():
    facts = {"word": "w"}

    assert judged("UPLOAD-023", *shape("decomposed", "uploads/caf\u00e9-w.txt"), noted=facts).reason is None
    for path in ("uploads/cafe\u0301-w.txt", "uploads/folder/inner/caf\u00e9-w.txt"):
        assert judged("UPLOAD-023", *shape("decomposed", path), noted=facts).reason == "other-name"


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
