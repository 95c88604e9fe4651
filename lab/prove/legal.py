"""The parts `variations` and `transient`: legal servers must not fail any row.

A run of all rows is expensive, so several variations that do not touch the same thing are armed in one
project. Only if a row complains is each of them tried alone. A transient fault (a reset, a 503, a slow
answer) may leave a row undecided, and is never reported as a violation.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.mock_pool import MockPool, patient
from lab.prove.part import Part, ProofOptions, each
from lab.prove.platform import Fault, Platform
from lab.prove.trial import ProofContext
from lab.prove.violations import chosen
from sigmic_conformance.model.record.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.run.retrial import can_clear
from sigmic_spec.plural import plural

SAMPLE_CLIENTS = frozenset({"STREAM-014", "STREAM-015", "STREAM-016", "STREAM-017"})
"""These rows report input that the documentation's naive clients cannot parse: legal, and worth a warning."""
COMPLAINTS = (Outcome.FAILED, Outcome.WARNED, Outcome.ERRORED, Outcome.INCONCLUSIVE, Outcome.BLOCKED)
RUNS_AT_ONCE = 2
SOFTER: Mapping[str, dict[str, object]] = {
    "http.pieces": {"piece": 251, "operation": "create_task|get_task|get_task_history|list_tasks"},
    "sse.one-byte-chunks": {"event": "history_done|done"},
}
"""A megabyte in pieces of a few bytes takes longer than any client waits, a page of tasks as long as a run:
neither shows more."""
SAMPLE = ("easy_task", "tool_task", "pages", "created_file", "unknown_task")
"""Probes of every kind: a run, tools, lists, files, refusals."""
EVERY = 7
"""Transient faults fire only sometimes: a server that fails each time is broken, and is checked as such."""
WHERE = {
    "proxy.login-page": {"method": "GET"},
    "http.internal-error": {"method": "GET"},
    "http.internal-error-once": {"method": "GET"},
}
"""A page instead of an answer to a creation: no client can know whether the task exists. And a request that
may have had an effect is not retried after a 500 of the platform itself: that is checked."""

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
    """Rows that complained and were tried again: under every fault alone, or under the transient one."""

    def rows(self, *outcomes: Outcome) -> dict[str, Verdict]:
        """The verdicts of these outcomes; rows that this machine was too busy to measure are left out."""
        return {
            row: verdict
            for row, verdict in self.verdicts.items()
            if verdict.outcome in outcomes and verdict.reason != Unproven.TIMING_NOISE
        }


def pass_through(
    bench: ProofContext,
    place: Platform,
    orders: Orders,
    probes: Iterable[str],
    *,
    everybody: bool = False,
) -> Passage:
    """Arm all orders and test the platform as a foreign one, not as the reference. Raises ControlRefused.

    They are armed for the tested projects, or with `everybody` for all callers, also without a project.
    """
    began = time.monotonic()
    with place.borrowed() as accounts:
        profile = replace(patient(accounts.profile), reference=False)
        with place.armed(orders, (None,) if everybody else (accounts.project, accounts.mcp)) as fired:
            transcripts = bench.record(profile, accounts.credentials, probes)
    return Passage(
        ids=tuple(orders),
        fired=fired,
        verdicts=bench.verdicts(profile, transcripts),
        seconds=round(time.monotonic() - began, 1),
    )


def variations_part(bench: ProofContext, pool: MockPool, _: HealthyBaseline, plan: ProofOptions) -> Part:
    """Run all rows against every variation that the plan selects."""
    faults = chosen(pool.steady.catalogue(), "variation", plan.only)
    found = each(replace(plan, jobs=RUNS_AT_ONCE), grouped(faults), lambda group: meet(bench, pool, group))
    passages = [passage for group in found for passage in group]
    return reported(
        "variations",
        faults,
        passages,
        {"+".join(passage.ids): complaints(passage) for passage in passages},
        "legal variation",
        f"shown in {plural(len(found), 'run')}",
        "false alarm",
        cleared={"+".join(each.ids): sorted(each.suspected) for each in passages if each.suspected},
        runs=[{"ids": list(each.ids), "seconds": each.seconds} for each in passages],
        lane=lane(passages),
    )


def transient_part(bench: ProofContext, pool: MockPool, _: HealthyBaseline, plan: ProofOptions) -> Part:
    """Run a sample of probes under each kind of transient fault that the plan selects."""
    catalogue = chosen(pool.shared.catalogue(), "transient", plan.only)
    faults = [fault for fault in catalogue if not is_out_of_sample(fault)]
    found = each(plan, faults, lambda fault: _under(bench, pool, fault))
    return reported(
        "transient",
        faults,
        found,
        {passage.ids[0]: blamed(passage) for passage in found},
        "transient fault",
        "shown",
        "blamed",
        cleared={each.ids[0]: sorted(each.suspected) for each in found if each.suspected},
        unproven={each.ids[0]: sorted(each.rows(Outcome.INCONCLUSIVE, Outcome.BLOCKED)) for each in found},
    )


def is_out_of_sample(fault: Fault) -> bool:
    """Whether it is a transient fault of MCP servers: no probe of the sample needs any."""
    return fault.kind == "transient" and fault.row.startswith("MCP-")


def reported(
    name: str,
    faults: Sequence[Fault],
    passages: Sequence[Passage],
    complained: Mapping[str, Mapping[str, str]],
    what: str,
    shown: str,
    trouble: str,
    **data: Any,
) -> Part:
    """The part: how many showed, each row that complained about them, each fault that never showed."""
    fired = {fault: count for each in passages for fault, count in each.fired.items() if count}
    void = [fault.id for fault in faults if fault.id not in fired]
    alarms = {ids: rows for ids, rows in complained.items() if rows}
    return Part(
        name=name,
        summary=f"{plural(len(faults) - len(void), what)} {shown}, "
        f"{plural(sum(map(len, alarms.values())), 'false alarm')}",
        problems=(
            *(
                f"{trouble}  {ids}  {row} {said}"
                for ids, rows in alarms.items()
                for row, said in rows.items()
            ),
            *(f"void  {fault}  never showed on the wire" for fault in void),
        ),
        items=len(faults),
        data={"false_alarms": alarms, "void": void, "fired": fired, **data},
    )


def grouped(faults: Sequence[Fault]) -> list[list[Fault]]:
    """As few groups as possible, of about equal size, without two faults that touch the same thing.

    In a group, faults that change one kind of event come first, and those that rewrite all line ends last:
    after these the others would no longer find what they change.
    """
    alike: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        alike[touched(fault)].append(fault)
    groups: list[list[Fault]] = [[] for _ in range(max(map(len, alike.values()), default=0))]
    for same in sorted(alike.values(), key=len, reverse=True):
        for group, fault in zip(sorted(groups, key=len), same, strict=False):
            group.append(fault)
    return [sorted(group, key=_turn) for group in groups]


def touched(fault: Fault) -> str:
    """What a variation changes in an answer or a stream; effects that are not distinguished count as one.

    Distinguished are members of a JSON value, headers by operation, and the lines of events from their ends.
    """
    parameters, where = fault.parameters, fault.where
    match fault.effect:
        case "answer.set" | "answer.change":
            return f"{fault.effect} {parameters.get('path')}"
        case "answer.header":
            return f"{fault.effect} {parameters.get('name')} {where.get('operation')}"
        case "frame.substitute" if _rewrites_ends(fault):
            return f"{fault.effect} ends"
        case "frame.substitute" | "frame.insert":
            return f"{fault.effect} {where.get('event')}"
        case effect:
            return effect


def _turn(fault: Fault) -> tuple[bool, bool]:
    return _rewrites_ends(fault), "event" not in fault.where


def _rewrites_ends(fault: Fault) -> bool:
    return fault.parameters.get("find") == "\n"


def meet(bench: ProofContext, pool: MockPool, group: Sequence[Fault]) -> list[Passage]:
    """Run a group; if a row complains, or a variation did not show among the others, run each alone."""
    whole = pass_through(bench, pool.steady, orders(group), bench.registry.probes)
    hidden = [fault for fault in group if not whole.fired.get(fault.id)]
    rows = complaints(whole)
    if not rows and (not hidden or len(group) == 1):
        return [whole]
    needed = {name for row in rows for name in bench.registry.checks[row].needs}
    probes: list[str] = sorted(needed) or list(bench.registry.probes)
    alone = [_repeated(bench, pool, fault, probes) for fault in (group if rows else hidden)]
    return [replace(whole, suspected=frozenset(rows)), *alone]


def _repeated(bench: ProofContext, pool: MockPool, fault: Fault, probes: Iterable[str]) -> Passage:
    """Run a variation alone; rows that complain must do so again, or this machine was too busy."""
    found = _alone(bench, pool, fault, probes)
    rows = complaints(found)
    return _alone(bench, pool, fault, probes) if rows else found


def _alone(bench: ProofContext, pool: MockPool, fault: Fault, probes: Iterable[str]) -> Passage:
    """One variation alone, for all callers: answers to two callers then differ in the same way."""
    with pool.exclusive() as place:
        return pass_through(bench, place, orders([fault]), probes, everybody=True)


def orders(faults: Iterable[Fault]) -> dict[str, dict[str, object]]:
    """The faults, with the parameters to arm them."""
    return {fault.id: SOFTER.get(fault.id, {}) for fault in faults}


def complaints(passage: Passage) -> dict[str, str]:
    """The rows outside the lane that did not pass, and that no run alone has cleared."""
    return {
        row: said
        for row, said in _told(passage, *COMPLAINTS).items()
        if row not in SAMPLE_CLIENTS | passage.suspected
    }


def blamed(passage: Passage) -> dict[str, str]:
    """The rows that reported a transient fault as a violation, or crashed on it, in both trials if two."""
    found = _told(passage, Outcome.FAILED, Outcome.ERRORED)
    return {row: said for row, said in found.items() if row not in passage.suspected}


def _told(passage: Passage, *outcomes: Outcome) -> dict[str, str]:
    return {
        row: f"{verdict.outcome} ({verdict.reason}): {' '.join(verdict.observed.split())[:160]}"
        for row, verdict in passage.rows(*outcomes).items()
    }


def lane(passages: Sequence[Passage]) -> list[str]:
    """The rows of the lane that warned for any of the passages."""
    warned = {row for passage in passages for row in passage.rows(Outcome.WARNED, Outcome.INFO)}
    return sorted(warned & SAMPLE_CLIENTS)


def _under(bench: ProofContext, pool: MockPool, fault: Fault) -> Passage:
    """Run the sample under a transient fault. As in a run, a row is cleared that passes when tried again."""
    rhythm = {} if {"times", "nth", "every"} & fault.where.keys() else {"every": EVERY}
    values = {**rhythm, **WHERE.get(fault.id, {})}

    def tried() -> Passage:
        return pass_through(bench, pool.shared, {fault.id: values}, SAMPLE)

    found = tried()
    able = {row for row in blamed(found) if can_clear(bench.ledger.by_id[row].kind)}
    return replace(found, suspected=frozenset(able - blamed(tried()).keys())) if able else found
