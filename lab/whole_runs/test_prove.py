"""Small slices of a real proof: the parts that a whole proof does not save or draw."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lab.prove.command import main
from lab.prove.confined_part import drawn_part, journeys
from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.mock_pool import MockPool, healthy
from lab.prove.part import ProofOptions
from lab.prove.platform import platform
from lab.prove.trial import ProofContext
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.registry import Registry
from tests.conformance.kit import LEDGER, REGISTRY

pytestmark = [pytest.mark.judgement, pytest.mark.timeout(180)]


def bench(*probes: str) -> ProofContext:
    """A context with these probes, and the checks that need no others."""
    whole = ProofContext(LEDGER, REGISTRY)
    checks = {check.id: check for check in whole.checks(probes)}
    return replace(whole, registry=Registry({name: whole.probe(name) for name in probes}, checks))


def test_a_slice_of_the_matrix_is_caught_and_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["--part", "server", "--report-dir", str(tmp_path), "--jobs", "2"]

    code = main([*words, "--only", "code.not-found"])

    parts = json.loads((tmp_path / "proof.json").read_text())["parts"]
    assert [each["grade"] for each in parts["server"]["findings"] if each["id"] == "code.not-found"] == [
        "caught"
    ]
    assert code == ExitCode.OK, parts
    assert "code.not-found" in (tmp_path / "proof.html").read_text()
    assert "server" in capsys.readouterr().out


def test_violations_are_drawn_in_situations_that_a_rehearsal_has_met():
    few = bench("easy_task", "follow_up", "follow_up_files", "end_users")
    with platform(heartbeat_seconds=0.5) as mock:
        made = journeys(mock.profile, seed=1)
        short = min(made, key=lambda name: made[name].seconds(mock.profile))
        few = replace(few, beside={short: made[short]})
        transcripts, _ = healthy(few, mock, few.registry.probes)
        plan = ProofOptions(("history.role-system",), 8, lambda _: None, sample=3, seed=1)
        found = drawn_part(few, MockPool(mock, mock, ()), HealthyBaseline(few, transcripts, 0.5), plan)

    met = found.data["results"]
    assert [(each["row"], each["fired"] > 0) for each in met] == [("HISTORY-005", True)] * 3
    assert found.data["possible"] > 20
