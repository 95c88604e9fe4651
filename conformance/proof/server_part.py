"""The part `server`: every violation of the catalogue."""

from collections.abc import Iterable
from dataclasses import replace

from sigmic_conformance.conformance.proof import violations
from sigmic_conformance.conformance.proof.golden import Golden
from sigmic_conformance.conformance.proof.grading import Grade
from sigmic_conformance.conformance.proof.grounds import Grounds
from sigmic_conformance.conformance.proof.part import Part, Plan, caught, until_caught
from sigmic_conformance.conformance.proof.platform import Fault
from sigmic_conformance.conformance.proof.trial import Bench


def server_part(bench: Bench, grounds: Grounds, golden: Golden, plan: Plan) -> Part:
    """Meet every violation that the plan selects."""
    faults = violations.chosen(grounds.shared.catalogue(), "violation", plan.only)
    faults.sort(key=lambda fault: -violations.seconds(bench, fault, grounds))
    found = until_caught(
        plan,
        faults,
        lambda fault, *, hurried: violations.prove(bench, fault, grounds, golden, hurried=hurried),
    )
    part = caught(
        "server",
        found,
        rows=len({finding.row for finding in found if finding.grade is not Grade.UNJUDGED}),
        faults={fault.id: {"effect": fault.effect, "learns": fault.learns} for fault in faults},
    )
    return replace(part, problems=(*part.problems, *without_reason(faults)))


def without_reason(faults: Iterable[Fault]) -> list[str]:
    """A line for each violation that declares no claim: any red would do, so it proves little."""
    return [
        f"no reason  {fault.id}  {fault.row}  declares no claim that the check must report"
        for fault in faults
        if fault.reason is None
    ]
