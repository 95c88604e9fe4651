"""The part `transient`: a legal failure (a reset, a 503, a slow answer) is never reported as a violation."""

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.proof.golden import Golden
from sigmic_conformance.conformance.proof.grounds import Grounds
from sigmic_conformance.conformance.proof.kept import Kind
from sigmic_conformance.conformance.proof.legal import Passage, pass_through
from sigmic_conformance.conformance.proof.part import Part, Plan, each
from sigmic_conformance.conformance.proof.platform import Fault
from sigmic_conformance.conformance.proof.trial import Bench
from sigmic_conformance.conformance.proof.violations import chosen
from sigmic_conformance.spec.plural import plural

SAMPLE = ("easy_task", "tool_task", "pages", "made_file", "unknown_task")
"""Probes of every kind: a run, tools, lists, files, refusals."""
EVERY = 7
"""Weather comes and goes: what fails each time is a broken server, and judged as one."""
_NO_SAMPLE = "MCP-"
"""What MCP servers do shows where a project has one; no probe of the sample needs any."""
WHERE = {
    "proxy.login-page": {"method": "GET"},
    "http.internal-error": {"method": "GET"},
    "http.internal-error-once": {"method": "GET"},
}
"""A page instead of an answer to a creation: no client can tell what became of the task. And what may have
been acted on is not repeated after a 500 of the platform itself: that is judged."""


def weather_part(bench: Bench, grounds: Grounds, _: Golden, plan: Plan) -> Part:
    """Run the sample under each kind of weather that the plan selects."""
    weather = chosen(grounds.shared.catalogue(), "transient", plan.only)
    faults = [fault for fault in weather if not fault.row.startswith(_NO_SAMPLE)]
    found = each(plan, faults, lambda fault: _meet(bench, grounds, fault))
    void = [passage.ids[0] for passage in found if not any(passage.fired.values())]
    alarms = {passage.ids[0]: blamed(passage) for passage in found if blamed(passage)}
    return Part(
        name="transient",
        summary=f"{plural(len(found) - len(void), 'transient fault')} shown, "
        f"{sum(len(rows) for rows in alarms.values())} reported as violations",
        problems=(
            *(
                f"blamed  {fault}  {row} {said}"
                for fault, rows in alarms.items()
                for row, said in rows.items()
            ),
            *(f"void  {fault}  never showed on the wire" for fault in void),
        ),
        items=len(found),
        data={
            "false_alarms": alarms,
            "void": void,
            "unproven": {
                passage.ids[0]: sorted(passage.rows(Outcome.INCONCLUSIVE, Outcome.BLOCKED))
                for passage in found
            },
        },
    )


def _meet(bench: Bench, grounds: Grounds, fault: Fault) -> Passage:
    rhythm = {} if {"times", "nth", "every"} & fault.where.keys() else {"every": EVERY}
    values = {**rhythm, **WHERE.get(fault.id, {})}
    return pass_through(bench, grounds.shared, {fault.id: values}, SAMPLE, kind=Kind.WEATHER)


def blamed(passage: Passage) -> dict[str, str]:
    """The rows that called the weather a violation, or broke on it."""
    return {
        row: f"{verdict.outcome} ({verdict.reason}): {' '.join(verdict.observed.split())[:160]}"
        for row, verdict in passage.rows(Outcome.FAILED, Outcome.ERRORED).items()
    }
