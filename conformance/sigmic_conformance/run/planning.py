"""Plans a run before the first request: probes, cost, rows that stay unproven. No I/O, no clock."""

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sigmic_conformance.checks import Check
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.costs import Costs
from sigmic_conformance.run.tiers import Tier, admits, journey_bound
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Cost
from sigmic_conformance.traffic.journeys.planning import Journeys, no_journeys, plan_journeys
from sigmic_conformance.traffic.journeys.probe import probe_of
from sigmic_conformance.traffic.probe import Concurrency, Probe
from sigmic_conformance.wire.transcript import Ending
from sigmic_spec.plural import plural

START_SECONDS = 1.0
"""Preflight, and the suite itself."""

REPEATED = 0.1
"""The fraction of the probes' turns reserved for retries: an agent may not obey at the first attempt."""

DOCUMENTED_FILE_BYTES = 52_428_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A probe and what it is expected to cost on this target; `measured` False: estimated from the others."""

    probe: Probe
    cost: Cost
    measured: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will run. Rows are ledger ids; `seconds` is the predicted wall time.

    `left_out` has the probes that exceed a budget, and which; `unavailable` those that this profile cannot
    run, and why; `unselected` the rows that the tier leaves out. `probes` includes the journeys.
    """

    tier: Tier
    rows: tuple[str, ...]
    unselected: tuple[str, ...]
    probes: tuple[Expected, ...]
    left_out: Mapping[str, str]
    unavailable: Mapping[str, tuple[Ending, str]]
    unproven: Mapping[str, tuple[str, ...]]
    journeys: Journeys | None
    seconds: float

    @property
    def total(self) -> Cost:
        """The sum over all probes that will run; `seconds` as if they ran in sequence."""
        costs = [each.cost for each in self.probes]
        return Cost(
            requests=sum(each.requests for each in costs),
            turns=sum(each.turns for each in costs),
            bytes=sum(each.bytes for each in costs),
            seconds=round(sum(each.seconds for each in costs), 1),
        )


def width(concurrency: Concurrency, profile: Profile) -> int:
    """How many probes of one concurrency class run in parallel."""
    return {
        Concurrency.TIMING: 64,
        Concurrency.QUICK: 6,
        Concurrency.BULK: 1,
        Concurrency.AGENT: profile.concurrency,
    }[concurrency]


def expected(probe: Probe, profile: Profile, costs: Costs) -> Expected:
    """The expected cost of a probe on this target: as measured, with this target's windows and file sizes.

    A probe that was never measured gets the cost of the costliest in its concurrency class.
    """
    measured = costs.of(probe.name)
    declared = probe.seconds(profile)
    if measured is None:
        return Expected(
            probe=probe, cost=replace(_costliest(probe.concurrency, costs), seconds=declared), measured=False
        )
    seconds = measured.seconds + declared - probe.seconds(costs.profile)
    sent = measured.bytes
    if probe.concurrency is Concurrency.BULK:
        sent = round(sent * profile.max_file_bytes / DOCUMENTED_FILE_BYTES)
    return Expected(probe=probe, cost=replace(measured, seconds=round(max(0.1, seconds), 1), bytes=sent))


def in_tier(registry: Registry, check: Check, profile: Profile, tier: Tier, costs: Costs) -> bool:
    """Whether a row is checked in a tier: all its probes must be in it."""
    probes = (registry.probes[name] for name in check.needs)
    return all(
        admits(tier, probe.concurrency, expected(probe, profile, costs).cost, window=probe.seconds(profile))
        for probe in probes
    )


def default_tier(profile: Profile, *, chosen_by_name: bool) -> Tier:
    """The tier when none is asked for.

    Rows chosen by name are never removed. The reference platform costs nothing: run everything. Another
    platform pays for our turns and bandwidth: bulk and long waits only if requested.
    """
    if profile.tier is not None:
        return Tier(profile.tier)
    return Tier.FULL if profile.reference or chosen_by_name else Tier.STANDARD


def make_plan(
    registry: Registry,
    profile: Profile,
    rows: Iterable[str],
    *,
    tier: Tier,
    costs: Costs,
    journeys_seed: int | None = None,
) -> Plan:
    """Plan these rows; with a seed for journeys, also the journeys of the tier."""
    asked = list(rows)
    checked = [row for row in asked if in_tier(registry, registry.checks[row], profile, tier, costs)]
    checks = [registry.checks[row] for row in checked]
    wanted = [expected(probe, profile, costs) for probe in registry.probes_for(checks)]
    unavailable: dict[str, tuple[Ending, str]] = {
        each.probe.name: reason for each in wanted if (reason := each.probe.unavailable(profile)) is not None
    }
    able: dict[str, Expected] = {
        each.probe.name: each for each in wanted if each.probe.name not in unavailable
    }
    sets: set[frozenset[str]] = {
        frozenset(check.needs) for check in checks if not set(check.needs) & set(unavailable)
    }
    worth = {need: sum(frozenset(check.needs) == need for check in checks) for need in sets}
    kept = _affordable(able, worth, profile)
    left_out: dict[str, str] = {
        name: _limit({*kept, name}, able, profile) for name in able if name not in kept
    }
    runs = tuple(each for name, each in able.items() if name in kept)
    journeys = None if journeys_seed is None else _journeys(runs, profile, tier, journeys_seed)
    bought = () if journeys is None else journeys.bought
    runs += tuple(Expected(probe=probe_of(each), cost=each.cost) for each in bought)
    return Plan(
        tier=tier,
        rows=tuple(checked),
        unselected=tuple(row for row in asked if row not in set(checked)),
        probes=runs,
        left_out=left_out,
        unavailable=unavailable,
        unproven=_unproven(checks, left_out, unavailable),
        journeys=journeys,
        seconds=round(START_SECONDS + wall_seconds(runs, profile), 1),
    )


def _journeys(runs: Sequence[Expected], profile: Profile, tier: Tier, seed: int) -> Journeys:
    """The journeys of a tier, within what the probes leave of the budget."""
    bound = journey_bound(profile, tier)
    if isinstance(bound, str):
        return no_journeys(seed, bound)
    probed = sum(each.cost.turns for each in runs)
    spent = round(probed * (1 + REPEATED)), sum(each.cost.bytes for each in runs)
    room = profile.wall_seconds - START_SECONDS - wall_seconds(runs, profile)

    def limit(cost: Cost) -> str:
        turns, sent = spent[0] + cost.turns, spent[1] + cost.bytes
        if profile.model_turns is not None and turns > profile.model_turns:
            return f"at most {plural(profile.model_turns, 'turn')} of the model (--max-turns)"
        if bound.turns is not None and turns > bound.turns:
            return f"tier {tier} allows at most {plural(bound.turns, 'turn')} in total"
        if sent > profile.upload_bytes:
            return f"{plural(profile.upload_bytes, 'byte')} may be sent (--max-bytes)"
        # Journeys run in parallel, in the worst case after the probes.
        serial = cost.seconds + cost.turns * profile.turn_seconds
        if serial / width(Concurrency.AGENT, profile) > room:
            return f"the run may take {profile.wall_seconds:g} s (--max-seconds)"
        return ""

    return plan_journeys(profile, seed=seed, triples=bound.triples, limit=limit)


def wall_seconds(probes: Sequence[Expected], profile: Profile) -> float:
    """How many seconds these probes take: each concurrency class with its own width, the longest first."""
    ends = [0.0]
    for concurrency in Concurrency:
        mine = [each for each in probes if each.probe.concurrency is concurrency]
        mine.sort(key=lambda each: -each.probe.seconds(profile))
        places = [0.0] * width(concurrency, profile)
        for each in mine:
            duration = each.cost.seconds + each.cost.turns * profile.turn_seconds
            ends.append(heapq.heapreplace(places, places[0] + duration) + duration)
    return max(ends)


def _costliest(concurrency: Concurrency, costs: Costs) -> Cost:
    by_turns = max(costs.probes.values(), key=lambda each: each.turns)
    return (
        by_turns
        if concurrency in {Concurrency.AGENT, Concurrency.TIMING}
        else replace(by_turns, turns=min(by_turns.turns, 5))
    )


def _affordable(
    able: Mapping[str, Expected], worth: Mapping[frozenset[str], int], profile: Profile
) -> frozenset[str]:
    """The probes that the budget allows: in turn those that prove the most rows for the least cost."""
    every = frozenset(able)
    if not _limit(every, able, profile):
        return every
    kept: frozenset[str] = frozenset()
    open_sets = dict(worth)
    while open_sets:
        fitting = {need: rows for need, rows in open_sets.items() if not _limit(kept | need, able, profile)}
        if not fitting:
            break
        kept |= _best(fitting, kept, able, profile)
        open_sets = {need: rows for need, rows in fitting.items() if not need <= kept}
    return kept


def _best(
    fitting: Mapping[frozenset[str], int],
    kept: frozenset[str],
    able: Mapping[str, Expected],
    profile: Profile,
) -> frozenset[str]:
    """The set of probes that proves the most rows for its cost; names decide between equals."""

    def value(need: frozenset[str]) -> tuple[float, list[str]]:
        return fitting[need] / _price(need - kept, able, profile), sorted(need)

    return max(fitting, key=value)


def _price(names: Collection[str], able: Mapping[str, Expected], profile: Profile) -> float:
    """The share of the budget that probes take, never nothing."""
    costs = [able[name].cost for name in names]
    turns = sum(each.turns for each in costs) / max(1, profile.model_turns or 1000)
    sent = sum(each.bytes for each in costs) / max(1, profile.upload_bytes)
    longest = max((each.seconds for each in costs), default=0.0) / profile.wall_seconds
    return 0.001 + turns + sent + longest


def _limit(names: Collection[str], able: Mapping[str, Expected], profile: Profile) -> str:
    """Which budget these probes exceed, and by how much; empty if none."""
    chosen = [able[name] for name in names]
    turns = sum(each.cost.turns for each in chosen)
    if profile.model_turns is not None and turns > profile.model_turns:
        return f"at most {plural(profile.model_turns, 'turn')} of the model (--max-turns)"
    if sum(each.cost.bytes for each in chosen) > profile.upload_bytes:
        return f"{plural(profile.upload_bytes, 'byte')} may be sent (--max-bytes)"
    if START_SECONDS + wall_seconds(chosen, profile) > profile.wall_seconds:
        return f"the run may take {profile.wall_seconds:g} s (--max-seconds)"
    return ""


def _unproven(
    checks: Iterable[Check],
    left_out: Mapping[str, str],
    unavailable: Mapping[str, tuple[Ending, str]],
) -> dict[str, tuple[str, ...]]:
    """Rows that cannot be proven, by what would prove them. Sweeps are checked on what there is."""
    found: dict[str, list[str]] = {}
    for check in checks:
        if check.anywhere:
            continue
        for name in check.needs:
            ending, why = unavailable.get(name, (None, ""))
            reason = why if ending is Ending.UNAVAILABLE else left_out.get(name, "")
            if reason:
                found.setdefault(reason, []).append(check.id)
                break
    return {reason: tuple(rows) for reason, rows in found.items()}
