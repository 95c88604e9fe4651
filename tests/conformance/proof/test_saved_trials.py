"""Saved trials hold all that was recorded."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sigmic_conformance.conformance.proof.grading import Grade, TriedViolation
from sigmic_conformance.conformance.proof.saved_trials import Kind, TrialWriter
from sigmic_conformance.conformance.proof.trial import ProofContext
from sigmic_conformance.conformance.proof.violations import keep
from sigmic_conformance.conformance.registry import Registry
from sigmic_conformance.conformance.results.saved import read_transcript
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.kit import exchange

PROFILE = Profile(base_url="http://x", without=frozenset({"zip"}))
RECORDED = {
    name: Transcript(
        probe=name, ending=Ending.COMPLETE, exchanges=(exchange(probe=name, body={"a": "\ud800é"}),)
    )
    for name in ("later", "earlier")
}


def test_a_trial_is_kept_with_all_that_shows_what_it_did(tmp_path: Path):
    TrialWriter(tmp_path).keep(Kind.BROKEN, PROFILE, RECORDED, ids=("x.y",), row="GET-001", reason="wrong")

    assert json.loads((tmp_path / "0001-x.y" / "trial.json").read_text()) == {
        "format": 1,
        "kind": "broken",
        "ids": ["x.y"],
        "row": "GET-001",
        "reason": "wrong",
        "target": PROFILE.public(),
        "probes": ["later", "earlier"],
    }
    saved = {name: tmp_path / "0001-x.y" / "transcripts" / f"{name}.ndjson" for name in RECORDED}
    assert {name: read_transcript(file) for name, file in saved.items()} == RECORDED


def test_two_trials_of_one_fault_are_two(tmp_path: Path):
    writer = TrialWriter(tmp_path)
    writer.keep(Kind.HEALTHY, PROFILE, RECORDED)
    writer.keep(Kind.LEGAL, PROFILE, RECORDED, ids=("a", "b"))
    writer.keep(Kind.LEGAL, PROFILE, RECORDED, ids=("a",))
    writer.beside().keep(Kind.LEGAL, PROFILE, RECORDED, ids=("a",))

    assert {each.name for each in tmp_path.iterdir()} == {"0001-healthy", "0002-a", "0003-a", "5001-a"}


@pytest.mark.parametrize(("grade", "kept"), [(Grade.CAUGHT, 1), (Grade.MISSED, 0), (Grade.VOID, 0)])
def test_only_a_broken_server_that_was_caught_is_kept(grade: Grade, kept: int, tmp_path: Path):
    bench = ProofContext(Ledger.load(), Registry(), writer=TrialWriter(tmp_path))

    keep(bench, TriedViolation(id="x", row="GET-001", expected="wrong", grade=grade), PROFILE, RECORDED)

    assert len([*tmp_path.iterdir()]) == kept


def test_trials_are_not_mixed_with_those_of_another_proof(tmp_path: Path, refused: Callable[..., str]):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "old").touch()

    words = ["prove", "--report-dir", str(tmp_path), "--keep", str(tmp_path / "kept")]

    assert "is not empty" in refused(words)
