"""Coverage of the contract by a suite and by one run of it, as counts. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sigmic_conformance.model.lives import steps_seen
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.model.state_machines import AUTOMATA
from sigmic_conformance.results.situation_counts import SituationCounts
from sigmic_spec.document import Document
from sigmic_spec.ledger import Ledger
from sigmic_spec.situations import Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many of `of` items are covered; `missing` names the others."""

    what: str
    have: int
    of: int
    missing: tuple[str, ...] = ()


def suite_counts(ledger: Ledger, checked: Collection[str]) -> tuple[Count, ...]:
    """The documented statements that rows cover, and the testable rows that have a check."""
    testable = [row for row in ledger.requirements if not row.untestable]
    missing = tuple(row.id for row in testable if row.id not in checked)
    unsettled = tuple(name for name, fact in ledger.facts.items() if fact.unmapped)
    facts = len(ledger.facts)
    return (
        Count(
            what="facts of the documentation settled",
            have=facts - len(unsettled),
            of=facts,
            missing=unsettled,
        ),
        Count(
            what="requirements with a check",
            have=len(testable) - len(missing),
            of=len(testable),
            missing=missing,
        ),
    )


def run_counts(
    document: Document, record: Record, verdicts: Mapping[str, Verdict], checked: Collection[str]
) -> tuple[Count, ...]:
    """The coverage of one run: decided requirements; observed operations, statuses, error codes, event types.

    And how many steps of the state machines of tasks and tool calls occurred in the run.
    """
    decided = {
        row
        for row, verdict in verdicts.items()
        if verdict.outcome.proves or verdict.outcome is Outcome.FAILED
    }
    seen = list(record.exchanges())
    operations = {each.operation for each in seen if each.status is not None}
    answers = {f"{each.operation} {each.status}" for each in seen if each.status is not None}
    documented = {
        f"{name} {status}"
        for name, operation in document.operations.items()
        for status in operation.responses
    }
    events = {event.type for stream in record.streams() for event in stream.events}
    walked = {step for each in record.by_shard() for step in steps_seen(Model(each))}
    steps = {f"{each.name}: {step.name}" for each in AUTOMATA for step in each.steps}
    return (
        _count("requirements decided", decided, checked),
        _count("operations seen", operations, document.operations),
        _count("documented responses seen", answers, documented),
        _count("error codes seen", {each.code for each in seen if each.code}, document.error_codes),
        _count("event types seen", events, document.event_schemas),
        _count("steps of lives seen", walked, steps),
    )


def situation_count(counts: SituationCounts, situations: Situations) -> Count:
    """The pairs of situations in which a row was checked, out of those that one answer can have."""
    met = counts.pairs()
    pairs = tuple(situations.pairs_of_an_answer())
    missing = tuple(f"{one} with {other}" for one, other in pairs if (one, other) not in met)
    return Count(
        what="pairs of situations tested", have=len(pairs) - len(missing), of=len(pairs), missing=missing
    )


def _count(what: str, have: Iterable[str], of: Iterable[str]) -> Count:
    wanted, found = set(of), set(have)
    return Count(what=what, have=len(wanted & found), of=len(wanted), missing=tuple(sorted(wanted - found)))
