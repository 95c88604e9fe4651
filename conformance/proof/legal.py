"""Trials of legal servers: what is armed, what the rows say, and whether each oddity showed on the wire."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.conformance.proof.grounds import patient
from sigmic_conformance.conformance.proof.kept import Kind
from sigmic_conformance.conformance.proof.platform import Platform
from sigmic_conformance.conformance.proof.trial import Bench

Orders = Mapping[str, Mapping[str, object]]
"""Faults to arm, each with its parameters and conditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run against a legal server. `fired` has how often each armed fault showed."""

    ids: tuple[str, ...]
    fired: Mapping[str, int]
    verdicts: Mapping[str, Verdict] = field(repr=False)
    seconds: float
    suspected: frozenset[str] = frozenset()
    """Rows that complained in company, each of which was then judged under every fault alone."""

    def rows(self, *outcomes: Outcome) -> dict[str, Verdict]:
        """The verdicts of these outcomes; what this machine was too busy to measure is left out."""
        return {
            row: verdict
            for row, verdict in self.verdicts.items()
            if verdict.outcome in outcomes and verdict.reason != Unproven.TIMING_NOISE
        }


def pass_through(
    bench: Bench,
    place: Platform,
    orders: Orders,
    probes: Iterable[str],
    *,
    kind: Kind = Kind.LEGAL,
    everybody: bool = False,
) -> Passage:
    """Arm all orders and judge the platform as somebody else's. Raises ControlRefused.

    They are armed for the judged projects, or with `everybody` for callers without a project as well.
    """
    began = time.monotonic()
    accounts = place.accounts()
    scopes = (None,) if everybody else (accounts.project, accounts.mcp)
    profile = replace(patient(accounts.profile), reference=False)
    for scope, (fault, values) in product(scopes, orders.items()):
        place.arm(fault, scope, **values)
    try:
        transcripts = bench.record(profile, accounts.credentials, probes)
    finally:
        fired = sum((Counter(place.disarm(scope)) for scope in scopes), Counter())
        place.remove(accounts)
    if bench.keeper is not None:
        bench.keeper.keep(kind, profile, transcripts, ids=tuple(orders))
    return Passage(
        ids=tuple(orders),
        fired=fired,
        verdicts=bench.verdicts(profile, transcripts),
        seconds=round(time.monotonic() - began, 1),
    )
