"""Steps that call tools: by name, the common ones in short, several at once; with branches for failures."""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.agent.steps.kind import (
    Compile,
    Performance,
    Performer,
    StepFamily,
    StepKind,
    Steps,
    Write,
)
from sigmic_conformance.mock_server.agent.steps.reports import Quote, fenced, read_report, write_report
from sigmic_conformance.mock_server.agent.steps.schemas import (
    PATH,
    REPORT,
    STEPS,
    TEXT,
    TIME,
    WORDS,
    described,
    record,
    seconds,
    short_or,
)
from sigmic_conformance.mock_server.agent.steps.step import CallTool, ListTools, Parallel, Step
from sigmic_conformance.mock_server.agent.tools.shell import show_variable
from sigmic_conformance.mock_server.agent.turn import CallScript, ToolOutcome
from sigmic_conformance.mock_server.domain.model import ToolStatus

SHOWN_OF_AN_ERROR = 2_000
_LONGEST_PATH = 4_096

_BRANCHES: Mapping[str, Mapping[str, Any]] = {
    "report": REPORT,
    "on_cancel": described("Done instead of the rest when the call was refused.", STEPS),
    "on_error": described("Done instead of the rest when the call failed.", STEPS),
    "ask": described(
        "true: wait for an approval, whatever the task's autoExecute and the project's rules say.",
        {"type": "boolean"},
    ),
    "takes": described("Platform time that passes before the outcome.", TIME),
    "result": described(
        "A made-up outcome: no tool runs. For tools that the sandbox doesn't have, for example MCP tools.",
        short_or(
            record(
                ("output",),
                output=described("What the tool printed.", {"type": "string"}),
                status=described("How it ended.", {"enum": ["success", "error"]}),
            ),
            type="string",
        ),
    ),
}


def _schema(text: str, required: tuple[str, ...], /, **properties: Mapping[str, Any]) -> dict[str, Any]:
    return described(text, record(required, **properties, **_BRANCHES))


def _call(name: str, args: Mapping[str, Any], value: Mapping[str, Any], compile: Compile) -> CallTool:
    on_cancel, on_error = value.get("on_cancel"), value.get("on_error")
    return CallTool(
        name,
        args,
        read_report(value.get("report", "none"), args),
        on_cancel=None if on_cancel is None else compile(on_cancel),
        on_error=None if on_error is None else compile(on_error),
        script=CallScript(
            ask=value.get("ask", False),
            seconds=seconds(value.get("takes", 0)),
            result=_result(value.get("result")),
        ),
    )


def _result(value: Any) -> ToolOutcome | None:
    if value is None:
        return None
    given = value if isinstance(value, dict) else {"output": value}
    return ToolOutcome(ToolStatus(given.get("status", "success")), given["output"])


def _read_tool(value: Any, compile: Compile) -> Steps:
    return (_call(value["name"], value.get("args", {}), value, compile),)


def _read_run(value: Any, compile: Compile) -> Steps:
    return (_call("run_shell_command", {"command": value["command"]}, value, compile),)


def _read_write(value: Any, compile: Compile) -> Steps:
    return (_call("write_file", {"path": value["path"], "content": value["text"]}, value, compile),)


def _read_read(value: Any, compile: Compile) -> Steps:
    return (_call("read_file", {"path": value["path"]}, value, compile),)


def _read_env(value: Any, _: Compile) -> Steps:
    return (CallTool("run_shell_command", {"command": show_variable(value)}, Quote(f"{value}:")),)


async def _perform(performance: Performance, step: CallTool) -> None:
    await _conclude(performance, step, await performance.turn.call_tool(step.name, step.args, step.script))


async def _conclude(performance: Performance, step: CallTool, outcome: ToolOutcome) -> None:
    """Put the outcome into words, or take the branch for it."""
    match outcome.status:
        case ToolStatus.SUCCESS:
            if step.report is not None:
                await performance.tell(step.report.words(outcome.output))
        case ToolStatus.CANCELLED:
            refused = f"The call of `{step.name}` was refused, so I did not do that."
            await _branch(performance, step.on_cancel, refused)
        case _:
            await _branch(performance, step.on_error, told_error(step.name, outcome))


async def _branch(performance: Performance, instead: tuple[Step, ...] | None, otherwise: str) -> None:
    if instead is None:
        await performance.tell(otherwise)
        return
    await performance.play(instead)
    performance.call_off()


def told_error(tool: str, outcome: ToolOutcome) -> str:
    """Return the words for a tool that reported an error."""
    text = outcome.output.strip()
    shown = text if len(text) <= SHOWN_OF_AN_ERROR else f"{text[:SHOWN_OF_AN_ERROR]}…"
    return f"The tool `{tool}` reported an error:\n\n{fenced(shown or 'no details')}"


def _write(step: CallTool, write: Write) -> dict[str, Any]:
    key, value = _shortest(step)
    script = step.script
    more = {
        "report": write_report(step.report, step.args),
        "on_cancel": None if step.on_cancel is None else write(step.on_cancel),
        "on_error": None if step.on_error is None else write(step.on_error),
        "ask": script.ask or None,
        "takes": script.seconds or None,
        "result": _written_result(script.result),
    }
    return {key: value | {name: each for name, each in more.items() if each is not None}}


def _written_result(result: ToolOutcome | None) -> Any:
    if result is None or result.status is ToolStatus.SUCCESS:
        return None if result is None else result.output
    return {"output": result.output, "status": result.status.value}


def _shortest(step: CallTool) -> tuple[str, dict[str, Any]]:
    """Return the key for the tool with its own arguments, and the value without what all calls take."""
    args = dict(step.args)
    names = sorted(args)
    if step.name == "run_shell_command" and names == ["command"] and _is_text(args["command"]):
        return "run", args
    if names and _is_text(args.get("path")) and len(args["path"]) <= _LONGEST_PATH:
        if step.name == "read_file" and names == ["path"]:
            return "read", args
        if step.name == "write_file" and names == ["content", "path"] and isinstance(args["content"], str):
            return "write", {"path": args["path"], "text": args["content"]}
    return "tool", {"name": step.name} | ({"args": args} if args else {})


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _read_tools(_: Any, __: Compile) -> Steps:
    return (ListTools(),)


async def _perform_tools(performance: Performance, _: ListTools) -> None:
    await performance.tell(f"I can use these tools:\n\n{await performance.turn.describe_tools()}")


def _write_tools(_: ListTools, __: Write) -> dict[str, Any]:
    return {"list_tools": True}


def _read_parallel(value: Any, compile: Compile) -> Steps:
    return (Parallel(tuple(step for step in compile(value) if isinstance(step, CallTool))),)


async def _perform_parallel(performance: Performance, step: Parallel) -> None:
    turn = performance.turn
    outcomes = await turn.together([(each.name, each.args, each.script) for each in step.calls])
    for each, outcome in zip(step.calls, outcomes, strict=True):
        await _conclude(performance, each, outcome)


def _write_parallel(step: Parallel, write: Write) -> dict[str, Any]:
    return {"parallel": write(step.calls)}


_KINDS = (
    StepKind(
        key="tool",
        schema=_schema(
            "Call a tool by its name.",
            ("name",),
            name=described("Its name; an unknown one is a call that fails.", WORDS),
            args=described("Its arguments.", {"type": "object"}),
        ),
        read=_read_tool,
        examples=(
            {"name": "glob", "args": {"pattern": "*.csv"}, "on_error": [{"say": "No files."}]},
            {"name": "crm__find", "args": {"id": 7}, "ask": True, "takes": "5s", "result": "Ada"},
            {"name": "x", "result": {"output": "no", "status": "error"}, "report": {"quote": "So:"}},
        ),
    ),
    StepKind(
        key="run",
        schema=_schema(
            "Run a shell command in the sandbox.",
            ("command",),
            command=described("The command.", TEXT),
        ),
        read=_read_run,
        examples=({"command": "ls -la", "report": "output"}, {"command": "a", "on_cancel": [{"say": "b"}]}),
    ),
    StepKind(
        key="write",
        schema=_schema(
            "Write a file with the tool write_file; under downloads/ it becomes an artifact.",
            ("path", "text"),
            path=PATH,
            text=described("What is in it.", {"type": "string"}),
        ),
        read=_read_write,
        examples=({"path": "downloads/report.md", "text": "# Report\n"},),
    ),
    StepKind(
        key="read",
        schema=_schema("Read a file with the tool read_file.", ("path",), path=PATH),
        read=_read_read,
        examples=(
            {"path": "uploads/sales.csv", "report": "table"},
            {"path": "a", "report": {"table": "b"}},
            {"path": "a", "report": {"brief": "Read."}},
            {"path": "a", "report": {"sizes": ["a"]}},
            {"path": "a", "report": "printed"},
        ),
    ),
    StepKind(
        key="env",
        schema=described(
            "Show what a variable of the environment holds in the sandbox, or that it is not set.",
            {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,199}$",
                "patternErrorMessage": "the name of a variable: letters, digits and underscores",
            },
        ),
        read=_read_env,
        examples=("API_TOKEN",),
    ),
    StepKind(
        key="list_tools",
        schema=described(
            "Say which tools there are: the built-in ones, and those of the project's MCP servers.",
            {"const": True},
        ),
        read=_read_tools,
        examples=(True,),
    ),
    StepKind(
        key="parallel",
        schema=described(
            "Several tool calls in parallel: those that need an approval wait for it at the same time.",
            {"type": "array", "minItems": 2, "maxItems": 20, "items": {"$ref": "#/$defs/call"}},
        ),
        read=_read_parallel,
        examples=([{"run": {"command": "a", "ask": True}}, {"read": {"path": "b", "ask": True}}],),
    ),
)

_PERFORMERS = (
    Performer(step=CallTool, perform=_perform, write=_write),
    Performer(step=ListTools, perform=_perform_tools, write=_write_tools),
    Performer(step=Parallel, perform=_perform_parallel, write=_write_parallel),
)

FAMILY = StepFamily(kinds=_KINDS, performers=_PERFORMERS)
