"""PROJECT: a key that may only read."""

from sigmic_conformance.conformance.judging.controls import is_refusal
from sigmic_conformance.conformance.judging.credentials import CHANGES
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.project import Reading, Viewer
from sigmic_conformance.conformance.registry import judge

READS: tuple[Reading, ...] = ("get_task", "get_task_history", "list_tasks", "stream_task")


@judge("PROJECT-005", Viewer.PROBE)
def viewers_read(record: Record) -> Verdict:
    observations = Observations("wrong-role", "a viewer reads, and gets 403 FORBIDDEN for every change")
    for operation in READS:
        exchange = record.exchange(Viewer.READS.of(operation))
        observations.add(exchange.ok, exchange, f"{operation}: {summary(exchange)}")
    for change in CHANGES:
        exchange = record.exchange(Viewer.CHANGES.of(change))
        good = is_refusal(exchange, status=403, codes=frozenset({"FORBIDDEN"}))
        observations.add(good, exchange, f"{change}: {summary(exchange)}")
    return observations.verdict()
