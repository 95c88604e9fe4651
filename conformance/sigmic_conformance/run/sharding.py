"""Divides a run over several machines: `--shard 2/3` sends one part of the traffic. Pure.

Rows that read the same probes stay together, and no probe is run by two shards. A row that
any traffic shows is checked by `merge`, and by no shard. Every shard computes the same split independently,
from the same rows, the same profile and the same suite.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sigmic_conformance.checks import Check
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.costs import Costs
from sigmic_conformance.run.planning import START_SECONDS, Plan, expected, wall_seconds
from sigmic_conformance.target.profile import Profile, ProfileError

MOST_SHARDS = 32


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` (from 1) of `of`."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def read_shard(text: str) -> Shard:
    """Read `2/3`; raises ProfileError for any other form."""
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    if found is None:
        raise ProfileError(f"--shard: {text!r} is not N/M, as in 1/3")
    shard = Shard(*map(int, found.groups()))
    if not 1 <= shard.number <= shard.of <= MOST_SHARDS:
        raise ProfileError(f"--shard: {text} is out of range: N is 1 to M, and M at most {MOST_SHARDS}")
    return shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one shard does: the rows that it checks, the probes that it runs.

    `asked` are the rows of the whole run, `held` those of them that only `merge` can check.
    """

    shard: Shard
    rows: tuple[str, ...]
    probes: frozenset[str]
    asked: tuple[str, ...]
    held: tuple[str, ...]


def share_of(shard: Shard, registry: Registry, asked: Iterable[str], profile: Profile, costs: Costs) -> Share:
    """The share of a shard; the costliest group of probes is assigned first, to the shard with the least."""
    rows = tuple(asked)
    checks = [registry.checks[row] for row in rows]
    seconds: dict[str, float] = {
        each.name: expected(each, profile, costs).cost.seconds for each in registry.probes_for(checks)
    }
    loads: list[float] = [0.0] * shard.of
    mine: frozenset[str] = frozenset()
    groups = sorted(
        _groups(seconds, checks), key=lambda each: (-sum(seconds[name] for name in each), min(each))
    )
    for group in groups:
        least = loads.index(min(loads))
        loads[least] += sum(seconds[name] for name in group)
        if least == shard.number - 1:
            mine |= group
    return Share(
        shard=shard,
        rows=tuple(each.id for each in checks if not each.anywhere and mine.issuperset(each.needs)),
        probes=mine,
        asked=rows,
        held=tuple(each.id for each in checks if each.anywhere),
    )


def shared(plan: Plan, share: Share, profile: Profile) -> Plan:
    """The part of the plan of the whole run that a shard runs, with every n-th journey of n shards."""
    bought = plan.journeys.bought[share.shard.number - 1 :: share.shard.of] if plan.journeys else ()
    kept = share.probes.union(each.journey.name for each in bought)
    probes = tuple(each for each in plan.probes if each.probe.name in kept)
    return replace(
        plan,
        rows=share.rows,
        probes=probes,
        seconds=round(START_SECONDS + wall_seconds(probes, profile), 1),
        left_out={name: why for name, why in plan.left_out.items() if name in share.probes},
        journeys=replace(plan.journeys, bought=bought) if plan.journeys else None,
    )


def _groups(probes: Mapping[str, float], checks: Iterable[Check]) -> set[frozenset[str]]:
    """The probes in groups, so that every row that needs its own probes reads those of one group."""
    group = {name: frozenset({name}) for name in probes}
    for check in checks:
        if not check.anywhere:
            joined = frozenset[str]().union(*(group[name] for name in check.needs))
            group |= dict.fromkeys(joined, joined)
    return set(group.values())
