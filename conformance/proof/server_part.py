"""The part `server`: every violation of the catalogue, and the rows that none of them breaks."""

from collections import Counter
from collections.abc import Iterable, Mapping

from conformance.proof import violations
from conformance.proof.grading import Finding, Grade
from conformance.proof.grounds import Grounds
from conformance.proof.part import Part, Plan, caught, each
from conformance.proof.trial import Bench
from conformance.transcript import Transcript
from spec.ledger import Evidence, Level


def server_part(bench: Bench, grounds: Grounds, healthy: Mapping[str, Transcript], plan: Plan) -> Part:
    """Meet every violation that the plan selects."""
    faults = violations.chosen(grounds.shared.catalogue(), "violation", plan.only)
    faults.sort(key=lambda fault: -violations.seconds(bench, fault, grounds))
    found = each(plan, faults, lambda fault: violations.prove(bench, fault, grounds, healthy))
    alive = unkilled(bench, found) if plan.only is None else []
    return caught(
        "server",
        found,
        rows=len({finding.row for finding in found if finding.grade is not Grade.UNJUDGED}),
        unkilled=alive,
        unkilled_binding=[row for row in alive if binds(bench, row)],
        faults={fault.id: {"effect": fault.effect, "learns": fault.learns} for fault in faults},
    )


def unkilled(bench: Bench, findings: Iterable[Finding]) -> list[str]:
    """The judged rows that no violation turned red, in the ledger's order."""
    killed = Counter(finding.row for finding in findings if finding.grade is Grade.CAUGHT)
    return [
        row.id for row in bench.ledger.requirements if row.id in bench.registry.judges and not killed[row.id]
    ]


def binds(bench: Bench, row: str) -> bool:
    """True for a must that fails anybody: documented, or inherited from a standard."""
    requirement = bench.ledger.by_id[row]
    told = requirement.evidence in {Evidence.DOCUMENTED, Evidence.INHERITED}
    return told and requirement.level is Level.MUST
