"""The part `server`: every violation of the catalogue."""

from collections.abc import Iterable
from dataclasses import replace

from sigmic_conformance.conformance.proof import violations
from sigmic_conformance.conformance.proof.grading import Grade
from sigmic_conformance.conformance.proof.healthy_baseline import HealthyBaseline
from sigmic_conformance.conformance.proof.mock_pool import MockPool
from sigmic_conformance.conformance.proof.part import Part, ProofOptions, caught, until_caught
from sigmic_conformance.conformance.proof.platform import Fault
from sigmic_conformance.conformance.proof.trial import ProofContext


def server_part(bench: ProofContext, pool: MockPool, baseline: HealthyBaseline, plan: ProofOptions) -> Part:
    """Try every violation that the plan selects."""
    faults = violations.chosen(pool.shared.catalogue(), "violation", plan.only)
    faults.sort(key=lambda fault: -violations.seconds(bench, fault, pool))
    found = until_caught(
        plan,
        faults,
        lambda fault, *, hurried: violations.prove(bench, fault, pool, baseline, hurried=hurried),
    )
    part = caught(
        "server",
        found,
        rows=len({finding.row for finding in found if finding.grade is not Grade.UNJUDGED}),
        faults={fault.id: {"effect": fault.effect, "learns": fault.learns} for fault in faults},
    )
    return replace(part, problems=(*part.problems, *without_reason(faults)))


def without_reason(faults: Iterable[Fault]) -> list[str]:
    """A line for each violation without a declared reason: any failure would count, so it proves little."""
    return [
        f"no reason  {fault.id}  {fault.row}  declares no claim that the check must report"
        for fault in faults
        if fault.reason is None
    ]
