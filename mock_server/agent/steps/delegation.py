"""The step that lets a subagent work."""

from typing import Any

from sigmic_conformance.mock_server.agent.steps.calls import told_error
from sigmic_conformance.mock_server.agent.steps.kind import (
    Compile,
    Performance,
    Performer,
    StepFamily,
    StepKind,
    Steps,
    Write,
)
from sigmic_conformance.mock_server.agent.steps.reports import read_report, write_report
from sigmic_conformance.mock_server.agent.steps.schemas import (
    REPORT,
    TEXT,
    TIME,
    WORDS,
    described,
    record,
    seconds,
)
from sigmic_conformance.mock_server.agent.steps.step import (
    Delegate,
    SubagentStep,
    SubagentThinks,
    SubagentUses,
    SubagentWaits,
)
from sigmic_conformance.mock_server.domain.events import (
    SubagentEnd,
    SubagentStart,
    SubagentThought,
    SubagentTool,
)
from sigmic_conformance.mock_server.domain.model import ToolStatus

_REASONS = ["GOAL", "TIMEOUT", "MAX_TURNS", "ABORTED", "ERROR"]
_STRING = {"type": "string"}


def _read(value: Any, _: Compile) -> Steps:
    name = value["name"]
    return (
        Delegate(
            agent_name=name,
            display_name=value.get("display_name", _display(name)),
            description=value.get("description", value["objective"]),
            objective=value["objective"],
            steps=tuple(_read_step(step) for step in value.get("steps", ())),
            result=value.get("result", "Done."),
            terminate_reason=value.get("reason", "GOAL"),
            report=read_report(value.get("report", "none"), {}),
        ),
    )


def _display(name: str) -> str:
    return name.replace("-", " ").title()


def _read_step(step: dict[str, Any]) -> SubagentStep:
    if "think" in step:
        return SubagentThinks(step["think"])
    if "wait" in step:
        return SubagentWaits(seconds(step["wait"]))
    return SubagentUses(step["tool"]["name"], step["tool"].get("args", {}))


async def _perform(performance: Performance, step: Delegate) -> None:
    turn, name = performance.turn, step.agent_name
    if not turn.may_delegate(name):
        await performance.tell(f"The subagent `{name}` is switched off in this project, so it did nothing.")
        return
    await turn.emit(
        SubagentStart(
            agent_name=name,
            display_name=step.display_name,
            description=step.description,
            objective=step.objective,
        )
    )
    problem = None
    for each in step.steps:
        problem = await _perform_step(performance, name, each) or problem
    reason, result = ("ERROR", problem) if problem else (step.terminate_reason, step.result)
    await turn.emit(SubagentEnd(name, reason, result))
    if problem:
        await performance.tell(f"The subagent `{name}` had a problem. {problem}")
    elif step.report is not None:
        await performance.tell(step.report.words(result))


async def _perform_step(performance: Performance, name: str, step: SubagentStep) -> str | None:
    """Do one thing as the subagent; return what went wrong."""
    turn = performance.turn
    if isinstance(step, SubagentThinks):
        await turn.emit(SubagentThought(name, step.text))
        return None
    if isinstance(step, SubagentWaits):
        await turn.sleep(step.seconds)
        return None
    await turn.emit(SubagentTool(agent_name=name, status="start", tool_name=step.name))
    outcome = await turn.run_subagent_tool(step.name, step.args)
    end = SubagentTool(agent_name=name, status="end", tool_name=step.name, output=outcome.output)
    await turn.emit(end)
    return None if outcome.status is ToolStatus.SUCCESS else told_error(step.name, outcome)


def _write(step: Delegate, _: Write) -> dict[str, Any]:
    told: dict[str, tuple[Any, Any]] = {
        "display_name": (step.display_name, _display(step.agent_name)),
        "description": (step.description, step.objective),
        "result": (step.result, "Done."),
        "reason": (step.terminate_reason, "GOAL"),
        "report": (write_report(step.report, {}), None),
        "steps": ([_written(each) for each in step.steps], []),
    }
    return {
        "subagent": {"name": step.agent_name, "objective": step.objective}
        | {name: value for name, (value, default) in told.items() if value != default}
    }


def _written(step: SubagentStep) -> dict[str, Any]:
    match step:
        case SubagentThinks(text):
            return {"think": text}
        case SubagentWaits(time):
            return {"wait": time}
        case SubagentUses(name, args):
            return {"tool": {"name": name} | ({"args": dict(args)} if args else {})}


_KINDS = (
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
        read=_read,
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

_PERFORMERS = (Performer(step=Delegate, perform=_perform, write=_write),)

FAMILY = StepFamily(kinds=_KINDS, performers=_PERFORMERS)
