"""ISOLATION: one task's greed is no other's trouble."""

from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import NANO, Told, compare
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge

SLOW_SECONDS = 5.0


@judge("ISOLATION-015", "greed")
def greed_harms_nobody(record: Record) -> Verdict:
    claim = Claim("unreachable", "others are answered within 5 s, and their tasks end")
    for exchange in record.transcript("greed").labelled("beside it"):
        took = exchange.ended - exchange.started
        told = compare(record, took, "greed", over=round(SLOW_SECONDS * NANO))
        observed = f"{summary(exchange)} after {took / NANO:.2f} s"
        if exchange.ok and told is Told.UNDECIDED:
            return inconclusive(Unproven.TIMING_NOISE, f"{observed}, in a noisy run", cite(exchange))
        claim.see(exchange.ok and told is Told.WITHIN, exchange, observed)
    task = record.exchange("greed", "bystander: task")
    status = task.data.get("status") if isinstance(task.data, dict) else None
    claim.see(status == "completed", task, f"a task beside it is {status}")
    return claim.verdict()
