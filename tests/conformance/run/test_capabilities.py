"""Capabilities: absent ones fail, undeclared ones are reported, and safety is always judged."""

from dataclasses import replace
from typing import Any

import pytest

from lab.platforms.refusal import Refusal
from lab.platforms.server import Edge, serve
from lab.platforms.suite_run import run_rows
from sigmic_conformance.registry import load
from sigmic_conformance.run.capabilities import absence
from sigmic_conformance.run.preflight import preflight
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.ledger import Ledger
from tests.conformance.handwritten import Traffic
from tests.conformance.kit import exchange


def test_a_refused_stranger_does_not_prove_that_a_capability_is_absent():
    stranger = replace(exchange(operation="list_artifacts", status=404, body={}), role="second")

    assert absence([Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(stranger,))], "artifacts") == ()


@pytest.mark.parametrize(
    ("content", "message", "is_absent"),
    [(b"a", "Hi", True), (b"", "Hi", False), (b"a", "Hi" * 40_000, False)],
)
def test_only_the_refusal_of_a_usual_request_shows_an_absence(
    content: bytes, message: str, *, is_absent: bool
):
    """A target that accepts files may refuse an empty file (G-29) or a long message (G-11)."""
    (sent,) = Traffic().create_form(SentFile.of("a.txt", content), message=message, status=400).exchanges
    asked = replace(sent, operation="create_task", sent=replace(sent.sent, size=len(message)))

    made = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(asked,))
    assert absence([made], "files") == ((asked,) if is_absent else ())


@pytest.mark.parametrize(("status", "is_absent"), [(402, False), (415, True)])
def test_a_used_up_quota_shows_no_absence(status: int, *, is_absent: bool):
    (sent,) = Traffic().create_form(SentFile.of("a.txt", b"a"), status=status).exchanges
    asked = replace(sent, operation="create_task")

    found = absence([Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(asked,))], "files")
    assert found == ((asked,) if is_absent else ())


def test_a_refusal_on_a_cancelled_task_does_not_prove_that_a_capability_is_absent():
    cancel = exchange(number=1, operation="cancel_task", method="DELETE", target="/api/v1/tasks/t", body={})
    late = exchange(
        number=2,
        operation="approve_tool_call",
        method="POST",
        target="/api/v1/tasks/t/tools/c/approve",
        status=404,
    )
    made = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(cancel, late))

    assert absence([made], "approvals") == ()
    assert absence([replace(made, exchanges=(late,))], "approvals") == (late,)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_an_operation_that_refuses_its_arguments_is_there(status: int):
    bad = exchange(
        operation="approve_tool_call", method="POST", target="/api/v1/tasks/t/tools/c/approve", status=status
    )

    assert absence([Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(bad,))], "approvals") == ()


def test_a_capability_accepted_in_any_request_form_is_present():
    asked: Any = {
        "operation": "approve_tool_call",
        "method": "POST",
        "target": "/api/v1/tasks/t/tools/c/approve",
    }
    bad = exchange(number=1, status=404, **asked)
    good = exchange(number=2, body={}, **asked)
    good = replace(good, sent=replace(good.sent, spelling=Spelling.HEADER_ORDER))
    made = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(bad, good))

    assert absence([made], "approvals") == ()
    assert absence([replace(made, exchanges=(bad,))], "approvals") == (bad,)


async def test_a_capability_that_the_profile_denies_is_found_if_it_exists():
    denied = frozenset({"approvals", "artifacts", "environment", "files", "widget", "zip", "tools"})
    with serve(heartbeat=2.0, limits=True) as target:
        key = next(iter(target.accounts.keys))
        profile = Profile(base_url=target.url, without=denied)

        told = await preflight(
            profile, Credentials(api_key=key), redactor=Redactor(), client=Client(target.url)
        )

    assert (told.problem, told.found) == (None, denied - {"tools"})


class NoArtifacts(Edge):
    """Files can neither be listed nor downloaded."""

    def list_artifacts(self, id: str) -> None:
        raise Refusal(404, "NOT_FOUND", f"No such path: {id}")

    download_artifact = list_artifacts


@pytest.mark.parametrize(
    ("parts", "without", "outcome", "reason"),
    [
        ([NoArtifacts], (), "failed", "capability-absent"),
        ([NoArtifacts], ("artifacts",), "inapplicable", None),
        ([], ("artifacts",), "info", None),
    ],
)
def test_a_run_tests_a_platform_against_its_declared_capabilities(parts, without, outcome, reason, tmp_path):
    with serve(*parts, heartbeat=2.0, limits=True) as target:
        found = run_rows(target, tmp_path, select="ARTIFACT-011 or ARTIFACT-017", without=without)

    told = found.verdicts["ARTIFACT-011"]
    assert (told["outcome"], told["reason"]) == (outcome, reason)
    assert found.verdicts["ARTIFACT-017"]["outcome"] == ("passed" if outcome == "info" else outcome)


@pytest.mark.parametrize(
    ("probe", "capability", "words"),
    [
        ("viewer", "roles", "viewer_api_key_env"),
        ("mcp_servers", "mcp", "mcp_api_key_env"),
        ("mcp_exchange", "mcp", "mcp_api_key_env"),
    ],
)
def test_a_probe_without_its_own_key_is_unproven_and_can_be_declared_absent(probe, capability, words):
    """No documented sentence gives a key a role, so a profile may declare that there is no such key."""
    needy = load(Ledger.load().by_id).probes[probe]
    unknown = needy.unavailable(Profile(base_url="http://x"))
    none = needy.unavailable(Profile(base_url="http://x", without=frozenset({capability})))

    assert unknown is not None
    assert words in unknown[1]
    assert none is not None
    assert (unknown[0], none[0]) == (Ending.UNAVAILABLE, Ending.INAPPLICABLE)
