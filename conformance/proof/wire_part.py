"""The part `wire`: every mutant of the table between the suite and a healthy platform."""

import time
from dataclasses import replace
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.probing.loop_thread import LoopThread
from sigmic_conformance.conformance.proof.golden import Golden
from sigmic_conformance.conformance.proof.grading import Finding, grade
from sigmic_conformance.conformance.proof.grounds import Grounds, unhurried
from sigmic_conformance.conformance.proof.part import Part, Plan, caught, until_caught
from sigmic_conformance.conformance.proof.platform import Platform
from sigmic_conformance.conformance.proof.trial import Bench, changes
from sigmic_conformance.conformance.proof.violations import PATIENT_RETRIES, RETRIES, TIMING, in_quiet, keep
from sigmic_conformance.conformance.proof.wire_mutants import MUTANTS, WireMutant
from sigmic_conformance.conformance.proof.wire_proxy import Proxy


def wire_part(bench: Bench, grounds: Grounds, golden: Golden, plan: Plan) -> Part:
    """Meet every mutant that the plan selects; all proxies share one event loop."""
    wanted = [mutant for mutant in MUTANTS if fits(mutant, plan.only)]
    wanted.sort(key=lambda mutant: not TIMING & set(bench.registry.checks[mutant.row].needs))
    with LoopThread("proof-wire") as loop:
        found = until_caught(
            plan,
            wanted,
            lambda mutant, *, hurried: prove(bench, mutant, grounds, golden, loop, hurried=hurried),
        )
    return caught("wire", found, mutants={mutant.id: mutant.about for mutant in wanted})


def fits(mutant: WireMutant, pattern: str | None) -> bool:
    """True when the pattern fits the mutant's id or row."""
    return pattern is None or fnmatchcase(mutant.id, pattern) or fnmatchcase(mutant.row, pattern)


def prove(
    bench: Bench,
    mutant: WireMutant,
    grounds: Grounds,
    golden: Golden,
    loop: LoopThread,
    *,
    hurried: bool = True,
) -> Finding:
    """Meet a mutant and grade what its row says."""
    place = grounds.steady if TIMING & set(bench.registry.checks[mutant.row].needs) else grounds.shared
    return in_quiet(
        lambda: _trial(bench, mutant, place, golden, loop, hurried=hurried),
        retries=RETRIES if hurried else PATIENT_RETRIES,
    )


def _trial(
    bench: Bench,
    mutant: WireMutant,
    place: Platform,
    golden: Golden,
    loop: LoopThread,
    *,
    hurried: bool,
) -> Finding:
    began = time.monotonic()
    probes = tuple(dict.fromkeys((*bench.registry.checks[mutant.row].needs, *mutant.also)))
    accounts = place.accounts()
    proxy = Proxy(urlsplit(place.base_url).port or 0, mutant.edit)
    patience = accounts.profile if hurried else unhurried(accounts.profile)
    try:
        with loop.entered(proxy.listening()) as url:
            transcripts = bench.record(replace(patience, base_url=url), accounts.credentials, probes)
    finally:
        place.remove(accounts)
    verdicts = bench.verdicts(accounts.profile, transcripts)
    before = golden.verdicts(accounts.profile, probes)
    verdict = verdicts[mutant.row]
    found = Finding(
        id=mutant.id,
        row=mutant.row,
        expected=mutant.reason,
        grade=grade(expected=mutant.reason, healthy=before[mutant.row], verdict=verdict, fired=proxy.hits),
        outcome=verdict.outcome,
        reason=verdict.reason,
        observed=verdict.observed.strip()[:400],
        fired=proxy.hits,
        met="wire",
        probes=probes,
        changed={
            row: pair for row, pair in changes(before, verdicts).items() if pair[1][0] is not Outcome.PASSED
        },
        seconds=round(time.monotonic() - began, 2),
    )
    keep(bench, found, accounts.profile, transcripts)
    return found
