"""ISOLATION: one task's greed is no other's trouble."""

from conformance.claim import Claim
from conformance.evidence import summary
from conformance.record import Record
from conformance.registry import judge
from conformance.verdict import Verdict

SLOW_SECONDS = 5.0


@judge("ISOLATION-015", "greed")
def greed_harms_nobody(record: Record) -> Verdict:
    claim = Claim("unreachable", "others are answered within 5 s, and their tasks end")
    for exchange in record.transcript("greed").labelled("beside it"):
        seconds = (exchange.ended - exchange.started) / 1e9
        prompt = exchange.ok and seconds <= SLOW_SECONDS
        claim.see(prompt, exchange, f"{summary(exchange)} after {seconds:.2f} s")
    task = record.exchange("greed", "bystander: task")
    status = task.data.get("status") if isinstance(task.data, dict) else None
    claim.see(status == "completed", task, f"a task beside it is {status}")
    return claim.verdict()
