"""Saved trials: they are read as written, and a half-written trial is not read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sigmic_conformance.conformance.proof.grading import Grade, TriedViolation
from sigmic_conformance.conformance.proof.saved_trials import Kind, TrialWriter, trials
from sigmic_conformance.conformance.proof.trial import ProofContext
from sigmic_conformance.conformance.proof.violations import keep
from sigmic_conformance.conformance.registry import Registry
from sigmic_conformance.conformance.results.saved import Unusable
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


def test_a_trial_is_read_as_it_was_kept_with_its_probes_in_their_order(tmp_path: Path):
    TrialWriter(tmp_path).keep(Kind.BROKEN, PROFILE, RECORDED, ids=("x.y",), row="GET-001", reason="wrong")

    [trial] = trials(tmp_path)

    assert (trial.kind, trial.ids, trial.row, trial.reason) == (Kind.BROKEN, ("x.y",), "GET-001", "wrong")
    assert trial.profile == PROFILE
    assert trial.probes == ("later", "earlier")
    assert {name: trial.transcript(name) for name in trial.probes} == RECORDED


def test_two_trials_of_one_fault_are_two(tmp_path: Path):
    writer = TrialWriter(tmp_path)
    writer.keep(Kind.HEALTHY, PROFILE, RECORDED)
    writer.keep(Kind.LEGAL, PROFILE, RECORDED, ids=("a", "b"))
    writer.keep(Kind.LEGAL, PROFILE, RECORDED, ids=("a",))

    assert [trial.folder.name for trial in trials(tmp_path)] == ["0001-healthy", "0002-a", "0003-a"]


def test_a_trial_that_was_cut_short_is_none(tmp_path: Path):
    writer = TrialWriter(tmp_path)
    writer.keep(Kind.HEALTHY, PROFILE, RECORDED)
    writer.keep(Kind.LEGAL, PROFILE, RECORDED, ids=("a",))
    file = tmp_path / "0002-a" / "trial.json"
    file.rename(file.with_suffix(".json.part"))

    assert [trial.kind for trial in trials(tmp_path)] == [Kind.HEALTHY]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 0}', '{"format": 1}'])
def test_what_is_no_trial_is_refused(text: str, tmp_path: Path):
    TrialWriter(tmp_path).keep(Kind.HEALTHY, PROFILE, RECORDED)
    (tmp_path / "0001-healthy" / "trial.json").write_text(text)

    with pytest.raises(Unusable, match=r"trial\.json"):
        list(trials(tmp_path))


def test_a_folder_without_trials_is_refused(tmp_path: Path):
    with pytest.raises(Unusable, match="has no saved trial"):
        trials(tmp_path)


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
