"""The command's messages for invalid input; `whole_runs` runs proofs on the mock."""

from pathlib import Path

import pytest

from lab.prove import command as prove
from lab.prove.part import Part
from lab.prove.platform import ControlRefused, Fault
from lab.prove.proving import HEALTHY, NothingMatches, names_of
from sigmic_conformance.exit_codes import ExitCode


def test_the_summary_leaves_out_parts_without_matches():
    tried = Part(name="server", summary="1 of 1 caught", problems=(), items=1)
    healthy = Part(name=HEALTHY, summary="3 of 3 requirements hold", problems=())
    empty = Part(name="transient", summary="0 transient faults shown", problems=())

    first, second, _, verdict = prove.summary([healthy, tried, empty], 1.0, Path("reports"))

    assert "3 of 3 requirements hold" in first
    assert "1 of 1 caught" in second
    assert "the suite is proven" in verdict


@pytest.mark.parametrize(
    ("cause", "only", "code", "said"),
    [
        (ControlRefused("GET /faults: 500"), "BEAT-001", ExitCode.HARNESS, "refuses GET /faults: 500"),
        (NothingMatches(["beat.none"]), "beat.non", ExitCode.NOTHING, "did you mean beat.none?"),
        (NothingMatches(["beat.none", "BEAT-001"]), "BEAT-1", ExitCode.NOTHING, "did you mean BEAT-001?"),
        (NothingMatches(["beat.none"]), "zzz", ExitCode.NOTHING, "`list` shows all"),
    ],
)
def test_a_proof_that_cannot_start_is_one_clear_line(cause, only, code, said):
    found = prove.refusal(cause, [only])

    assert (found.code, said in str(found)) == (code, True)


def test_a_pattern_chooses_among_the_names_of_the_parts():
    def fault(id: str, kind: str, row: str) -> Fault:
        return Fault(id=id, kind=kind, row=row, effect="", parameters={}, where={}, learns="")

    faults = [fault("a", "violation", "GET-001"), fault("b", "variation", "GET-002")]
    faults.append(fault("c", "transient", "MCP-001"))

    assert names_of(["server"], faults) == ["a", "GET-001"]
    assert names_of(["variations", "transient"], faults) == ["b", "GET-002"]
    assert "no HTTP" in names_of(["canaries"], faults)
