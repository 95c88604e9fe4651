"""Run every probe with the mock in dry-run mode, to learn which violations could fire and where."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lab.prove.confinement import Occasion
from lab.prove.mock_pool import MockPool, patient
from lab.prove.part import ProofOptions, each
from lab.prove.platform import Platform
from lab.prove.trial import ProofContext
from lab.prove.violations import TIMING
from sigmic_conformance.traffic.probe import Probe, Requires

STRAINING = frozenset({"idle_clients"})
"""Probes that strain a whole server: other probes at the same time would trigger faults not their own."""
RESTORED = frozenset({"restored", "restored_twice"})


def is_meant(probe: Probe, situation: Mapping[str, Sequence[str]]) -> bool:
    """Whether a probe intends a situation, and no session expired because this machine was busy."""
    return Requires.EXPIRY in probe.requires or RESTORED.isdisjoint(situation.get("session", ()))


def is_its_own(probe: str, needs: Sequence[str]) -> bool:
    """Whether a probe can itself have caused what a row with these probes is about.

    On a strained server, probes also trigger what parallel dry runs bring about.
    """
    return probe in STRAINING or not STRAINING.issuperset(needs)


def dry_run_occasions(bench: ProofContext, pool: MockPool, plan: ProofOptions) -> list[Occasion]:
    """Run every probe in a separate project, to learn which violations could fire and where."""

    def rehearse(name: str) -> list[Occasion]:
        if name in STRAINING:
            with pool.exclusive() as alone:
                return rehearse_at(alone, name)
        return rehearse_at(pool.steady if name in TIMING else pool.shared, name)

    def rehearse_at(place: Platform, name: str) -> list[Occasion]:
        with place.borrowed() as accounts, place.dry_run("violation", accounts.project) as met:
            bench.record(patient(accounts.profile), accounts.credentials, [name])
        return [
            Occasion(fault=fault, probe=name, situation=situation, count=count)
            for fault, situation, count in met
            if is_meant(bench.probe(name), situation)
        ]

    told = replace(plan, tell=lambda text: plan.tell(f"rehearsal {text}"))
    names = sorted(bench.probes, key=lambda name: -bench.probe(name).seconds(pool.steady.profile))
    return [occasion for found in each(told, names, rehearse) for occasion in found]
