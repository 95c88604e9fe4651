"""Checks an exploration by every clause and every sweep over all exchanges. Pure.

`walks` are its transcripts by name, of random walks as well as of the phases of a generator.
"""

import traceback
from collections.abc import Callable, Mapping
from functools import cache

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.grading import graded
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import (
    Outcome,
    Verdict,
    bind,
    errored,
    failed,
    inapplicable,
    passed,
)
from sigmic_conformance.conformance.registry import Check
from sigmic_conformance.conformance.run.adjudication import violated
from sigmic_conformance.conformance.run.evaluation import evaluated
from sigmic_conformance.conformance.transcript.transcript import Closed, Transcript
from sigmic_conformance.spec.ledger import Ledger, Requirement

_NOTHING = inapplicable("nothing is known of it")

SELECTION = "explore"
"""How the selection of an exploration begins in `result.json`."""


def verdicts_of(
    walks: Mapping[str, Transcript], record: Record, checks: Mapping[str, Check], ledger: Ledger
) -> dict[str, Verdict]:
    """The verdicts by ledger id; a row of which the walks showed nothing is left out.

    Each walk is checked by the same invariants as a run, at every answer that it got.
    """

    @cache
    def found(without: frozenset[Premise]) -> Mapping[str, Verdict]:
        return _found(walks, record.lacking(without) if without else record, checks, ledger.by_id)

    def weighed(row: str, verdict: Verdict) -> Verdict:
        requirement = ledger.by_id[row]
        return bind(
            graded(
                verdict,
                lambda without: found(without).get(row, _NOTHING),
                evidence=requirement.evidence,
                used=record.premises,
            ),
            evidence=requirement.evidence,
            level=requirement.level,
            reference=record.profile.reference,
        )

    return {row: weighed(row, verdict) for row, verdict in sorted(found(frozenset()).items())}


def _found(
    walks: Mapping[str, Transcript],
    record: Record,
    checks: Mapping[str, Check],
    ledger: Mapping[str, Requirement],
) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    for row, check in checks.items():
        if check.sweep and check.function is not None:
            found[row] = _ask(check.function, record)
    for row, verdict in held_or_broken(record, ledger).items():
        # A row that somebody has seen broken stays so.
        if row not in found or _severity(verdict) > _severity(found[row]):
            found[row] = verdict
    gone = left_alone(walks)
    if gone is not None:
        found["HTTP-006"] = gone
    return {row: verdict for row, verdict in found.items() if _is_decided(verdict)}


def held_or_broken(record: Record, ledger: Mapping[str, Requirement]) -> dict[str, Verdict]:
    """What the clauses of each check say of everything that was recorded; silent ones are left out."""
    found: dict[str, Verdict] = {}
    for row, told in record.derived(evaluated).rows.items():
        if told.fault:
            found[row] = errored(f"the check of {row} raised an exception: {told.fault}")
        elif told.breaches:
            found[row] = violated(told.breaches, ledger[row].statement)
        elif told.shown:
            exchange, shown = next(iter(told.shown.values()))
            more = f" (and {told.held - 1} more)" if told.held > 1 else ""
            found[row] = passed(shown + more, cite(exchange, shown))
    return found


def left_alone(walks: Mapping[str, Transcript]) -> Verdict | None:
    """Failed when the target stopped taking connections while it was explored; None when it did not."""
    for walk in walks.values():
        unanswered = [each for each in walk.exchanges if each.closed is Closed.REFUSED]
        if walk.facts.get("gone") and unanswered:
            last = next((each for each in reversed(walk.exchanges) if each.status is not None), unanswered[0])
            return failed(
                "gone",
                cite(last, "the last request that was answered"),
                cite(unanswered[0]),
                expected="the service keeps accepting connections",
                observed=f"connections fail: {unanswered[0].error}",
            )
    return None


def _ask(function: Callable[[Record], Verdict], record: Record) -> Verdict:
    try:
        return function(record)
    except NotRecorded as cause:
        return Verdict(outcome=Outcome.INAPPLICABLE, observed=str(cause))
    except Exception:  # noqa: BLE001 - reported as the harness's own fault
        return errored(f"a check crashed: {traceback.format_exc()}")


def _severity(verdict: Verdict) -> int:
    """How bad a decided verdict is; an undecided one is the least."""
    return list(Outcome).index(verdict.outcome) if _is_decided(verdict) else -1


def _is_decided(verdict: Verdict) -> bool:
    return not (verdict.outcome.is_undecided or verdict.outcome is Outcome.INAPPLICABLE)
