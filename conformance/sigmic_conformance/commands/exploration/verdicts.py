"""Checks an exploration by the same rule as a run, over all exchanges. Pure."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from sigmic_conformance.checks import Check
from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict, failed
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.wire.transcript import Closed, Exchange, Transcript
from sigmic_spec.document import Document
from sigmic_spec.ledger import Ledger

SELECTION = "explore"
"""Prefix of the selection of an exploration in `result.json`."""


def verdicts_of(
    transcripts: Mapping[str, Transcript], record: Record, checks: Mapping[str, Check], ledger: Ledger
) -> dict[str, Verdict]:
    """The verdicts by ledger id; a row that the traffic does not show is left out."""
    found = {
        row: adjudicate(_for_any_traffic(check), ledger.by_id[row], record) for row, check in checks.items()
    }
    gone = left_alone(transcripts)
    if gone is not None:
        found["HTTP-006"] = gone
    left_out = {outcome for outcome in Outcome if outcome.is_undecided} | {Outcome.INAPPLICABLE}
    return {row: found[row] for row in sorted(found) if found[row].outcome not in left_out}


def _for_any_traffic(check: Check) -> Check:
    """The check without its probes, because none ran; its clauses of the run only if any traffic shows it."""
    clauses = tuple(clause for clause in check.clauses if clause.on or check.anywhere)
    return replace(check, needs=(), anywhere=True, clauses=clauses)


def set_aside(exchanges: Iterable[Exchange], invalid: Container[str]) -> tuple[Exchange, ...]:
    """Mark proper refusals of the requests with these labels as transient: no clause is evaluated on them.

    An invalid request has several mistakes, and no page says which of them a target must name.
    """
    codes = Document.load().error_codes
    return tuple(
        replace(each, transient=True)
        if each.label in invalid and each.refused and each.code in codes
        else each
        for each in exchanges
    )


def left_alone(transcripts: Mapping[str, Transcript]) -> Verdict | None:
    """Failed if the target stopped accepting connections during the exploration; else None."""
    for traffic in transcripts.values():
        unanswered = [each for each in traffic.exchanges if each.closed is Closed.REFUSED]
        if traffic.facts.get("gone") and unanswered:
            last = next(
                (each for each in reversed(traffic.exchanges) if each.status is not None), unanswered[0]
            )
            return failed(
                "gone",
                cite(last, "the last request that was answered"),
                cite(unanswered[0]),
                expected="the service keeps accepting connections",
                observed=f"connections fail: {unanswered[0].error}",
            )
    return None
