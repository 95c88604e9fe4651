"""The part `server`: every violation of the mock's catalogue against the row it breaks.

First armed only for the tested project, many in parallel on one mock. If that cannot show it (it fires
without credentials, or before the caller is known), it is armed for all callers on a mock that no other trial
uses. Only the probes of the declared row run; all rows that they allow are checked.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from lab.prove.grading import Grade, TriedViolation, better, grade
from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.mock_pool import MockPool, unhurried
from lab.prove.part import Part, ProofOptions, caught, matches, until_caught
from lab.prove.platform import ControlRefused, Fault, Platform
from lab.prove.trial import ProofContext, changes
from sigmic_conformance.model.record.verdict import Outcome, Unproven

WIDE = (
    *("easy_task", "tool_task", "approve_once", "created_file", "pages", "follow_up", "unknown_task"),
    *("awkward_text", "creation_fields"),
)
"""Probes for a check of any traffic that lacks traffic from its own: they send most kinds of requests."""
TIMING = frozenset({"heartbeat_window", "heartbeat_while_waiting"})
RETRIES = 2
PATIENT_RETRIES = 6


def server_part(bench: ProofContext, pool: MockPool, baseline: HealthyBaseline, plan: ProofOptions) -> Part:
    """Try every violation that the plan selects."""
    faults = chosen(pool.shared.catalogue(), "violation", plan.only)
    faults.sort(key=lambda fault: -seconds(bench, fault, pool))
    found = until_caught(
        plan,
        faults,
        lambda fault, *, hurried: prove(bench, fault, pool, baseline, hurried=hurried),
    )
    part = caught(
        "server",
        found,
        rows=len({finding.row for finding in found if finding.grade is not Grade.UNJUDGED}),
        faults={fault.id: {"effect": fault.effect, "learns": fault.learns} for fault in faults},
    )
    return replace(part, problems=(*part.problems, *without_reason(faults)))


def chosen(catalogue: Sequence[Fault], kind: str, patterns: Sequence[str]) -> list[Fault]:
    """The faults of a class whose id or row matches a glob pattern."""
    return [fault for fault in catalogue if fault.kind == kind and matches(patterns, fault.id, fault.row)]


def seconds(bench: ProofContext, fault: Fault, pool: MockPool) -> float:
    """The least seconds that a trial of the fault takes: the longest start first."""
    check = bench.registry.checks.get(fault.row)
    profile = pool.steady.profile
    return (
        max((bench.registry.probes[name].seconds(profile) for name in check.needs), default=0.0)
        if check
        else 0.0
    )


def prove(
    bench: ProofContext, fault: Fault, pool: MockPool, baseline: HealthyBaseline, *, hurried: bool = True
) -> TriedViolation:
    """Try a violation and grade its row's verdict; never raises for an error of the mock or a check."""
    check = bench.registry.checks.get(fault.row)
    if check is None:
        return TriedViolation(id=fault.id, row=fault.row, expected=fault.reason, grade=Grade.UNJUDGED)
    probes = tuple(check.needs)
    place = pool.steady if TIMING & set(probes) else pool.shared
    meet = partial(_trial, bench, fault, baseline, hurried=hurried)
    found = in_quiet(lambda: meet(place, probes), retries=RETRIES if hurried else PATIENT_RETRIES)
    if found.grade is Grade.CAUGHT:
        return found
    with pool.exclusive() as alone:
        found = better(found, meet(alone, probes, everybody=True))
    if found.grade is not Grade.CAUGHT and check.anywhere:
        wide = tuple(dict.fromkeys((*probes, *WIDE)))
        found = better(found, meet(pool.shared, wide))
    return found


def in_quiet(trial: Callable[[], TriedViolation], *, retries: int) -> TriedViolation:
    """A trial, repeated when this machine was too busy to measure time."""
    found = trial()
    for _ in range(retries):
        if found.reason != Unproven.TIMING_NOISE:
            break
        found = better(found, trial())
    return found


def _trial(
    bench: ProofContext,
    fault: Fault,
    baseline: HealthyBaseline,
    place: Platform,
    probes: tuple[str, ...],
    *,
    hurried: bool,
    everybody: bool = False,
) -> TriedViolation:
    began = time.monotonic()
    found = TriedViolation(
        id=fault.id,
        row=fault.row,
        expected=fault.reason,
        grade=Grade.BROKEN,
        met="server" if everybody else "project",
    )
    try:
        with place.borrowed() as accounts:
            profile = accounts.profile if hurried else unhurried(accounts.profile)
            project = None if everybody else accounts.scope(map(bench.probe, probes))
            with place.armed({fault.id: {}}, [project]) as fired:
                transcripts = bench.record(profile, accounts.credentials, probes)
    except ControlRefused as problem:
        return replace(found, observed=str(problem), seconds=round(time.monotonic() - began, 2))
    verdicts = bench.verdicts(accounts.profile, transcripts)
    before = baseline.verdicts(accounts.profile, probes)
    verdict = verdicts[fault.row]
    fires, healthy = fired[fault.id], before.get(fault.row)
    return replace(
        found,
        grade=grade(expected=fault.reason, healthy=healthy, verdict=verdict, fired=fires),
        outcome=verdict.outcome,
        reason=verdict.reason,
        observed=verdict.observed.strip()[:400],
        fired=fires,
        probes=probes,
        changed={
            row: pair for row, pair in changes(before, verdicts).items() if pair[1][0] is not Outcome.PASSED
        },
        seconds=round(time.monotonic() - began, 2),
    )


def without_reason(faults: Iterable[Fault]) -> list[str]:
    """A line for each violation without a declared reason: any failure would count, so it proves little."""
    return [
        f"no reason  {fault.id}  {fault.row}  declares no claim that the check must report"
        for fault in faults
        if fault.reason is None
    ]
