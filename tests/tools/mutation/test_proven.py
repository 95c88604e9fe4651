from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray", reason="the dependency group `mutation` is not installed")

from sigmic_conformance.conformance.proof.saved_trials import Kind, TrialWriter
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from tests.conformance.kit import exchange
from tests.conformance.traffic import OWNER
from tools.mutation.proven import Notice, Told, notice, told

ROW, MODULE, PROBE = "GET-027", "sigmic_conformance.conformance.checks.get", "unknown_task"


def said(
    outcome: str, reason: str | None = None, *, shuts: bool = False, held: bool = True, words: str = ""
) -> Told:
    return Told("1", "A", outcome, reason, shuts=shuts, declared=False, held=held, words=words)


def noticed(was: Told, *now: Told) -> Notice:
    return notice({was.key: was}, now)


def test_what_says_the_same_is_not_noticed():
    red = said("failed", "wrong")

    assert noticed(red, red) is Notice.NOTHING


def test_what_shuts_the_gate_is_proven_whatever_else_moved():
    assert noticed(said("passed"), said("info", "odd"), said("failed", "x", shuts=True)) is Notice.PROVEN


def test_what_shut_the_gate_before_gives_nothing_away():
    late = said("inconclusive", "timing-noise", shuts=True)

    assert noticed(late, late) is Notice.NOTHING


def test_another_verdict_that_opens_the_gate_as_well_has_moved():
    assert noticed(said("passed"), said("inapplicable")) is Notice.MOVED
    assert noticed(said("failed", "a"), said("failed", "b")) is Notice.MOVED


def test_other_words_are_noticed_unless_more_is():
    assert noticed(said("passed"), said("passed", words="x")) is Notice.WORDED
    assert noticed(said("passed"), said("info"), said("passed", words="x")) is Notice.MOVED


def test_what_a_broken_server_leaves_alone_may_change_but_not_break():
    beside = said("passed", held=False)

    assert noticed(beside, said("failed", "x")) is Notice.NOTHING
    assert noticed(beside, said("passed", held=False, words="x")) is Notice.NOTHING
    assert noticed(beside, said("errored")) is Notice.MOVED


def transcripts(status: int) -> dict[str, Transcript]:
    body = {"success": False, "error": {"code": "NOT_FOUND", "message": "no"}}
    asked = exchange(probe=PROBE, label="long", status=status, body=body, asked=OWNER)
    return {PROBE: Transcript(probe=PROBE, ending=Ending.COMPLETE, exchanges=(asked,))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A server broken for a row of the module, one broken for a row of another module, and a healthy one."""
    writer, profile = TrialWriter(tmp_path), Profile(base_url="http://x")
    writer.keep(Kind.HEALTHY, profile, transcripts(404))
    writer.keep(Kind.BROKEN, profile, transcripts(200), ids=("odd",), row=ROW, reason="not-refused")
    writer.keep(Kind.BROKEN, profile, transcripts(200), ids=("other",), row="LIST-001", reason=None)
    return tmp_path


def test_the_checks_of_a_module_are_let_loose_on_their_trials_the_broken_servers_first(folder: Path):
    found = [(each.trial, each.shuts, each.declared, each.held) for each in told(folder, {MODULE})]

    assert found == [("0002-odd", False, True, True), ("0001-healthy", False, False, True)]


def test_a_broken_server_that_is_not_caught_shuts_the_gate(tmp_path: Path):
    profile = Profile(base_url="http://x")
    TrialWriter(tmp_path).keep(
        Kind.BROKEN, profile, transcripts(404), ids=("odd",), row=ROW, reason="not-refused"
    )

    assert [each.shuts for each in told(tmp_path, {MODULE})] == [True]


@pytest.mark.parametrize("kind", [Kind.HEALTHY, Kind.LEGAL, Kind.TRANSIENT])
def test_a_complaint_where_nothing_is_broken_shuts_the_gate(kind: Kind, tmp_path: Path):
    TrialWriter(tmp_path).keep(kind, Profile(base_url="http://x"), transcripts(200), ids=("y",))

    [only] = told(tmp_path, {MODULE})

    assert only.shuts is (kind is not Kind.TRANSIENT or only.outcome == "failed")
