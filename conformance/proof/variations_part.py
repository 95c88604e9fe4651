"""The part `variations`: legal but odd servers must cost nothing outside the lane of the sample clients.

A run by all rows is dear, so several variations that do not touch the same thing are armed in one project.
Only when something is found is each of them tried alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.proof.golden import Golden
from sigmic_conformance.conformance.proof.grounds import Grounds
from sigmic_conformance.conformance.proof.legal import Passage, pass_through
from sigmic_conformance.conformance.proof.part import Part, Plan, each
from sigmic_conformance.conformance.proof.platform import Fault
from sigmic_conformance.conformance.proof.trial import Bench
from sigmic_conformance.conformance.proof.violations import chosen
from sigmic_conformance.spec.plural import plural

SAMPLE_CLIENTS = frozenset({"STREAM-014", "STREAM-015", "STREAM-016", "STREAM-017", "STREAM-033"})
"""They say what the documentation's own naive clients cannot read: legal, and worth a warning."""
COMPLAINTS = (Outcome.FAILED, Outcome.WARNED, Outcome.ERRORED, Outcome.INCONCLUSIVE, Outcome.BLOCKED)
RUNS_AT_ONCE = 2
SOFTER: Mapping[str, dict[str, object]] = {
    "http.pieces": {"piece": 251, "operation": "create_task|get_task|get_task_history|list_tasks"},
    "sse.one-byte-chunks": {"event": "history_done|done"},
}
"""A megabyte in pieces of a few bytes takes longer than any client waits, a page of tasks as long as a run:
that shows nothing more."""


def variations_part(bench: Bench, grounds: Grounds, _: Golden, plan: Plan) -> Part:
    """Judge every variation that the plan selects by every row."""
    faults = chosen(grounds.steady.catalogue(), "variation", plan.only)
    found = each(replace(plan, jobs=RUNS_AT_ONCE), grouped(faults), lambda group: meet(bench, grounds, group))
    passages = [passage for group in found for passage in group]
    shown = {fault: fired for passage in passages for fault, fired in passage.fired.items() if fired}
    void = [fault.id for fault in faults if fault.id not in shown]
    alarms = {"+".join(passage.ids): complaints(passage) for passage in passages if complaints(passage)}
    return Part(
        name="variations",
        summary=f"{plural(len(faults) - len(void), 'legal variation')} shown in {plural(len(found), 'run')}, "
        f"{plural(sum(len(rows) for rows in alarms.values()), 'false alarm')}",
        problems=(
            *(
                f"false alarm  {ids}  {row} {said}"
                for ids, rows in alarms.items()
                for row, said in rows.items()
            ),
            *(f"void  {fault}  never showed on the wire" for fault in void),
        ),
        items=len(faults),
        data={
            "false_alarms": alarms,
            "void": void,
            "fired": shown,
            "cleared": {"+".join(each.ids): sorted(each.suspected) for each in passages if each.suspected},
            "runs": [{"ids": list(each.ids), "seconds": each.seconds} for each in passages],
            "lane": lane(passages),
        },
    )


def grouped(faults: Sequence[Fault]) -> list[list[Fault]]:
    """As few groups as possible, about as large as one another, without two that touch the same thing.

    In a group those come first that change one kind of event, and last what rewrites the ends of all lines:
    the others would not find any more what they change.
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
    """What a variation touches of an answer or a stream; all of an effect that is not told apart the same.

    Told apart are members of a JSON value, headers by operation, and the lines of events from their ends.
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


def meet(bench: Bench, grounds: Grounds, group: Sequence[Fault]) -> list[Passage]:
    """Run a group; when a row complains, or a variation did not show beside the others, each alone."""
    whole = pass_through(bench, grounds.steady, orders(group), bench.registry.probes)
    hidden = [fault for fault in group if not whole.fired.get(fault.id)]
    rows = complaints(whole)
    if not rows and (not hidden or len(group) == 1):
        return [whole]
    needed = {name for row in rows for name in bench.registry.checks[row].needs}
    probes: list[str] = sorted(needed) or list(bench.registry.probes)
    alone = [_repeated(bench, grounds, fault, probes) for fault in (group if rows else hidden)]
    return [replace(whole, suspected=frozenset(rows)), *alone]


def _repeated(bench: Bench, grounds: Grounds, fault: Fault, probes: Iterable[str]) -> Passage:
    """A variation alone; what complains must complain again, or it was this busy machine."""
    found = _alone(bench, grounds, fault, probes)
    rows = complaints(found)
    return _alone(bench, grounds, fault, probes) if rows else found


def _alone(bench: Bench, grounds: Grounds, fault: Fault, probes: Iterable[str]) -> Passage:
    """One variation by itself, for everybody: two answers to two callers are then odd alike."""
    with grounds.exclusive() as place:
        return pass_through(bench, place, orders([fault]), probes, everybody=True)


def orders(faults: Iterable[Fault]) -> dict[str, dict[str, object]]:
    """The faults with what they are armed with."""
    return {fault.id: SOFTER.get(fault.id, {}) for fault in faults}


def complaints(passage: Passage) -> dict[str, str]:
    """The rows that did not simply hold, outside the lane, and that no run alone has cleared."""
    return {
        row: f"{verdict.outcome} ({verdict.reason}): {' '.join(verdict.observed.split())[:160]}"
        for row, verdict in passage.rows(*COMPLAINTS).items()
        if row not in SAMPLE_CLIENTS and row not in passage.suspected
    }


def lane(passages: Sequence[Passage]) -> list[str]:
    """The rows of the lane that warned for any of the passages."""
    warned = {row for passage in passages for row in passage.rows(Outcome.WARNED, Outcome.INFO)}
    return sorted(row for row in warned if row in SAMPLE_CLIENTS)
