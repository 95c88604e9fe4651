"""Steps that call tools: by name, common ones in short, several in parallel; with branches for failures."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sigmic_mock.agent.plan import Step, Steps, called
from sigmic_mock.agent.steps.kind import StepKind
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.steps.reports import fenced, reported
from sigmic_mock.agent.steps.schemas import (
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
from sigmic_mock.agent.tools.output import bounded
from sigmic_mock.agent.turn import CallScript, ToolOrder, ToolOutcome
from sigmic_mock.domain.model import ToolStatus

SHOWN_OF_AN_ERROR = 2_000

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


def _calling(key: str) -> Callable[..., Awaitable[None]]:
    """Return the function that performs a call of this kind."""

    async def perform(performance: Performance, **value: Any) -> None:
        step = {key: value}
        await _conclude(performance, step, await performance.turn.call_tool(*_order(step)))

    return perform


def _order(step: Step) -> ToolOrder:
    tool = called(step)
    assert tool is not None, "the schema lets no other step in"  # noqa: S101 - a programming error
    [value] = step.values()
    made_up = value.get("result")
    result = made_up if isinstance(made_up, dict) else {"output": made_up}
    script = CallScript(
        ask=value.get("ask", False),
        seconds=seconds(value.get("takes", 0)),
        result=None
        if made_up is None
        else ToolOutcome(ToolStatus(result.get("status", "success")), result["output"]),
    )
    return (*tool, script)


async def _conclude(performance: Performance, step: Step, outcome: ToolOutcome) -> None:
    """Report the outcome in the answer, or perform the branch for it."""
    performance.last_output = outcome.output
    name, args, _ = _order(step)
    [value] = step.values()
    match outcome.status:
        case ToolStatus.SUCCESS:
            if told := reported(value.get("report"), outcome.output, args):
                await performance.tell(told)
        case ToolStatus.CANCELLED:
            refused = f"The call of `{name}` was refused, so I did not do that."
            await _branch(performance, value.get("on_cancel"), refused, refused=True)
        case _:
            await _branch(performance, value.get("on_error"), told_error(name, outcome), refused=False)


async def _branch(performance: Performance, instead: Steps | None, otherwise: str, *, refused: bool) -> None:
    if instead is None:
        await performance.tell(otherwise)
        return
    await performance.play(instead)
    performance.call_off(refused=refused)


def told_error(tool: str, outcome: ToolOutcome) -> str:
    """Return the words for a tool that reported an error."""
    text = outcome.output.strip()
    shown = text if len(text) <= SHOWN_OF_AN_ERROR else f"{text[:SHOWN_OF_AN_ERROR]}…"
    return f"The tool `{tool}` reported an error:\n\n{fenced(shown or 'no details')}"


async def _list_tools(performance: Performance) -> None:
    lines = []
    for tool in await performance.turn.tools():
        headline = tool.description.strip().partition("\n")[0]
        lines.append(f"- `{tool.name}`" + (f": {headline}" if headline else ""))
    listed = bounded("\n".join(lines))
    await performance.tell(f"I can use these tools:\n\n{listed}")


async def _call_at_once(performance: Performance, calls: Steps) -> None:
    outcomes = await performance.turn.together([_order(each) for each in calls])
    for each, outcome in zip(calls, outcomes, strict=True):
        await _conclude(performance, each, outcome)


KINDS = (
    StepKind(
        key="tool",
        schema=_schema(
            "Call a tool by its name.",
            ("name",),
            name=described("Its name; an unknown one is a call that fails.", WORDS),
            args=described("Its arguments.", {"type": "object"}),
        ),
        perform=_calling("tool"),
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
        perform=_calling("run"),
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
        perform=_calling("write"),
        examples=({"path": "downloads/report.md", "text": "# Report\n"},),
    ),
    StepKind(
        key="read",
        schema=_schema("Read a file with the tool read_file.", ("path",), path=PATH),
        perform=_calling("read"),
        examples=(
            {"path": "uploads/sales.csv", "report": "table"},
            {"path": "a", "report": {"table": "b"}},
            {"path": "a", "report": {"brief": "Read."}},
            {"path": "a", "report": "printed"},
        ),
    ),
    StepKind(
        key="list_tools",
        schema=described(
            "Say which tools there are: the built-in ones, and those of the project's MCP servers.",
            {"const": True},
        ),
        perform=_list_tools,
        examples=(True,),
    ),
    StepKind(
        key="parallel",
        schema=described(
            "Several tool calls in parallel: those that need an approval wait for it at the same time.",
            {"type": "array", "minItems": 2, "maxItems": 20, "items": {"$ref": "#/$defs/call"}},
        ),
        perform=_call_at_once,
        short="calls",
        examples=([{"run": {"command": "a", "ask": True}}, {"read": {"path": "b", "ask": True}}],),
    ),
)
