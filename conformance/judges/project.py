"""PROJECT: a key that may only read."""

from sigmic_conformance.conformance.judging.controls import is_refusal
from sigmic_conformance.conformance.judging.credentials import CHANGES
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge

VIEWER = "viewer"
READS = ("get_task", "get_task_history", "list_tasks", "stream_task")


@judge("PROJECT-005", VIEWER)
def viewers_read(record: Record) -> Verdict:
    observations = Observations("wrong-role", "a viewer reads, and gets 403 FORBIDDEN for every change")
    for operation in READS:
        exchange = record.exchange(VIEWER, f"reads: {operation}")
        observations.add(exchange.ok, exchange, f"{operation}: {summary(exchange)}")
    for operation in CHANGES:
        exchange = record.exchange(VIEWER, f"changes: {operation}")
        good = is_refusal(exchange, status=403, codes=frozenset({"FORBIDDEN"}))
        observations.add(good, exchange, f"{operation}: {summary(exchange)}")
    return observations.verdict()
