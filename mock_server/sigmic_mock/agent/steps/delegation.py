"""The step that lets a subagent work."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigmic_mock.agent.steps.calls import told_error
from sigmic_mock.agent.steps.kind import StepKind
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.steps.reports import reported
from sigmic_mock.agent.steps.schemas import (
    REPORT,
    TEXT,
    TIME,
    WORDS,
    described,
    record,
    seconds,
)
from sigmic_mock.domain.events import (
    SubagentEnd,
    SubagentStart,
    SubagentThought,
    SubagentTool,
)
from sigmic_mock.domain.model import ToolStatus

_REASONS = ["GOAL", "TIMEOUT", "MAX_TURNS", "ABORTED", "ERROR"]
_STRING = {"type": "string"}


async def _delegate(  # noqa: PLR0913 - what a playbook may say about it
    performance: Performance,
    *,
    name: str,
    objective: str,
    display_name: str | None = None,
    description: str | None = None,
    steps: Sequence[Mapping[str, Any]] = (),
    result: str = "Done.",
    reason: str = "GOAL",
    report: Any = None,
) -> None:
    """Run the subagent; `report` decides how its result is reported, a problem always is."""
    turn = performance.turn
    if not turn.may_delegate(name):
        await performance.tell(f"The subagent `{name}` is switched off in this project, so it did nothing.")
        return
    await turn.emit(
        SubagentStart(
            agent_name=name,
            display_name=name.replace("-", " ").title() if display_name is None else display_name,
            description=objective if description is None else description,
            objective=objective,
        )
    )
    problem = None
    for each in steps:
        problem = await _perform_step(performance, name, each) or problem
    reason, result = ("ERROR", problem) if problem else (reason, result)
    await turn.emit(SubagentEnd(name, reason, result))
    if problem:
        await performance.tell(f"The subagent `{name}` had a problem. {problem}")
    elif told := reported(report, result, {}):
        await performance.tell(told)


async def _perform_step(performance: Performance, name: str, step: Mapping[str, Any]) -> str | None:
    """Perform one step as the subagent; return the problem, if any."""
    turn = performance.turn
    if "think" in step:
        await turn.emit(SubagentThought(name, step["think"]))
        return None
    if "wait" in step:
        await turn.sleep(seconds(step["wait"]))
        return None
    tool = step["tool"]["name"]
    await turn.emit(SubagentTool(agent_name=name, status="start", tool_name=tool))
    outcome = await turn.run_subagent_tool(tool, step["tool"].get("args", {}))
    await turn.emit(SubagentTool(agent_name=name, status="end", tool_name=tool, output=outcome.output))
    return None if outcome.status is ToolStatus.SUCCESS else told_error(tool, outcome)


KINDS = (
    StepKind(
        key="subagent",
        schema=described(
            "A subagent works: it starts, does its steps in the same sandbox, and ends.",
            record(
                ("name", "objective"),
                name=described("Its name in the events.", WORDS),
                display_name=described("Its name for people.", _STRING),
                description=described("What it is for.", _STRING),
                objective=described("What it is to reach.", _STRING),
                result=described("What it reports at its end.", _STRING),
                reason=described("How it ended.", {"enum": _REASONS}),
                report=REPORT,
                steps=described(
                    "What it does.",
                    {
                        "type": "array",
                        "items": {
                            **record(
                                (),
                                think=described("A thought of the subagent.", TEXT),
                                wait=described("Let platform time pass.", TIME),
                                tool=described(
                                    "A tool, without an approval.",
                                    record(
                                        ("name",),
                                        name=described("Its name.", WORDS),
                                        args=described("Its arguments.", {"type": "object"}),
                                    ),
                                ),
                            ),
                            "minProperties": 1,
                            "maxProperties": 1,
                        },
                    },
                ),
            ),
        ),
        perform=_delegate,
        examples=(
            {
                "name": "code-writer",
                "objective": "Write output.csv",
                "steps": [
                    {"think": "Rows first."},
                    {"wait": "2s"},
                    {"tool": {"name": "write_file", "args": {"path": "output.csv", "content": "a\n"}}},
                ],
                "result": "Written.",
            },
            {"name": "a", "objective": "b", "reason": "TIMEOUT", "report": {"brief": "c"}},
        ),
    ),
)
