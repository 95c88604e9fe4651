"""Turns the steps of a playbook file, already checked against the schema, into the agent's steps."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mock_server.agent.reports import Printed, Quote, Report, Table
from mock_server.agent.steps import (
    CallTool,
    Delegate,
    Fail,
    Repeat,
    SaveAnswer,
    Say,
    ShowStatus,
    Step,
    SubagentStep,
    SubagentThinks,
    SubagentUses,
    Think,
    Wait,
    in_pieces,
)

_TIME = re.compile(r"([0-9.]+)(ms|s|m|h)")
_FACTORS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def compile_steps(listed: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Return the steps in order; a `retry` becomes two."""
    return tuple(step for each in listed for kind, value in each.items() for step in _step(kind, value))


def _step(kind: str, value: Any) -> tuple[Step, ...]:
    return _KINDS[kind](value)


def _thought(value: Any) -> tuple[Step, ...]:
    thought = value if isinstance(value, dict) else {"subject": "Thinking", "description": value}
    return (Think(thought["subject"], thought["description"]),)


def _failure(value: Any) -> tuple[Step, ...]:
    return (Fail(**(value if isinstance(value, dict) else {"message": value})),)


def _say(value: Any) -> Say:
    given = value if isinstance(value, dict) else {"text": value}
    pieces = tuple(given["chunks"]) if "chunks" in given else in_pieces(given["text"])
    return Say(pieces, pace=seconds(given.get("pace", 0)), paragraph=False, exact=True)


def _call(name: str, args: Mapping[str, Any], value: Mapping[str, Any]) -> CallTool:
    on_cancel, on_error = value.get("on_cancel"), value.get("on_error")
    return CallTool(
        name,
        args,
        _report(value.get("report", "none"), args),
        on_cancel=None if on_cancel is None else compile_steps(on_cancel),
        on_error=None if on_error is None else compile_steps(on_error),
    )


def _report(kind: str, args: Mapping[str, Any]) -> Report | None:
    match kind:
        case "output":
            return Quote("Output:")
        case "printed":
            return Printed()
        case "table":
            return Table(str(args.get("path", "the output")))
        case _:
            return None


def _delegate(value: Mapping[str, Any]) -> Delegate:
    name = value["name"]
    return Delegate(
        agent_name=name,
        display_name=value.get("display_name", name.replace("-", " ").title()),
        description=value.get("description", value["objective"]),
        objective=value["objective"],
        steps=tuple(_subagent_step(step) for step in value.get("steps", ())),
        result=value.get("result", "Done."),
        terminate_reason=value.get("reason", "GOAL"),
    )


def _subagent_step(step: Mapping[str, Any]) -> SubagentStep:
    if "think" in step:
        return SubagentThinks(step["think"])
    return SubagentUses(step["tool"]["name"], step["tool"].get("args", {}))


def seconds(value: float | str) -> float:
    """Return a time of a playbook in seconds."""
    if isinstance(value, str):
        found = _TIME.fullmatch(value)
        return float(found[1]) * _FACTORS[found[2]] if found else 0.0
    return float(value)


_KINDS: Mapping[str, Callable[[Any], tuple[Step, ...]]] = {
    "say": lambda value: (_say(value),),
    "think": _thought,
    "status": lambda value: (ShowStatus(value["status"], value.get("message")),),
    "retry": lambda value: (ShowStatus("retrying", value), ShowStatus("processing")),
    "wait": lambda value: (Wait(seconds(value)),),
    "tool": lambda value: (_call(value["name"], value.get("args", {}), value),),
    "run": lambda value: (_call("run_shell_command", {"command": value["command"]}, value),),
    "write": lambda value: (_call("write_file", {"path": value["path"], "content": value["text"]}, value),),
    "read": lambda value: (_call("read_file", {"path": value["path"]}, value),),
    "save_answer": lambda value: (SaveAnswer(value),),
    "subagent": lambda value: (_delegate(value),),
    "repeat": lambda value: (Repeat(value["times"], compile_steps(value["steps"])),),
    "fail": _failure,
}
