"""Directives that make the agent work: commands, tools by name, variables, subagents. Files: `file_rules`."""

import json
import re
from typing import Any

from sigmic_mock.agent.directives.sentences import (
    BEFORE_PAYLOAD,
    Directive,
    Reader,
    Rule,
    phrase,
    rule,
)
from sigmic_mock.agent.directives.spans import Span
from sigmic_mock.agent.steps.step import Step, Steps, call, called, say
from sigmic_mock.agent.tools.shell import show_variable

MOST_COMMANDS = 100
_PROGRAMS = (
    "ls|pwd|cat|echo|printf|date|whoami|id|uname|hostname|df|du|env|printenv|head|tail|wc|grep|sed|awk|cut"
    "|sort|uniq|mkdir|touch|cp|mv|rm|ps|stat|file|tree|which|sleep|true|false|seq|python3?|node|npm|pip|git|make|pytest|bash"
    "|sh|curl|tar|zip|unzip|sha256sum|md5sum"
)
_PLAIN_COMMAND = re.compile(
    rf"[ \t]*(?P<line>(?:{_PROGRAMS})"
    r"(?:[ \t]+(?:-{1,2}[A-Za-z0-9][\w=./-]*|[\w.~/*-]{0,200}[./~*0-9][\w.~/*-]{0,200})){0,20})(?![\w-])"
)
"""A command that needs no quotation marks: a well-known program with options, paths and numbers."""
_BETWEEN_COMMANDS = re.compile(
    r"[ \t]*(?:,|;)?[ \t]*(?:and[ \t]+then|and|then)?[ \t]*(?:\r?\n[ \t\r\n]{0,20})?"
)


def _commands(reader: Reader, lead: re.Match[str]) -> Directive | None:
    span = reader.payload(lead.end(), is_code=True)
    if span is None or not span.text.strip() or (not span.is_quoted and span.text[0] in '`"“'):
        return None  # a quotation without an end is not a command
    spans = [span]
    while len(spans) < MOST_COMMANDS and spans[-1].is_quoted and (more := _next(reader, spans[-1])):
        spans.append(more)
    steps = tuple(call("run_shell_command", "output", command=each.line) for each in spans)
    return Directive(reader.after(spans[-1].end), steps)


def _plain_command(reader: Reader, lead: re.Match[str]) -> Directive | None:
    found = _PLAIN_COMMAND.match(reader.text, lead.end())
    if found is None:
        return None
    line = found["line"].rstrip(".")
    step = call("run_shell_command", "output", command=line)
    return reader.closed(lead.end() + found[0].index(line) + len(line), step)


def _together(reader: Reader, lead: re.Match[str]) -> Directive | None:
    """Several commands as parallel calls of one turn: those that ask all wait at the same time (G-69)."""
    directive = _commands(reader, lead)
    if directive is None or len(directive.steps) == 1:
        return directive
    return Directive(directive.end, ({"parallel": list(directive.steps)},))


def _next(reader: Reader, before: Span) -> Span | None:
    """Return the next of several commands given together: fences below each other, or `a`, `b` and `c`."""
    between = _BETWEEN_COMMANDS.match(reader.text, before.end)
    at = between.end() if between else before.end
    if before.is_fence:
        return reader.spans.fence(at)
    return reader.spans.code(at)


def _call_tool(reader: Reader, lead: re.Match[str]) -> Directive | None:
    report = {"quote": "The tool returned:"}
    if not lead["given"]:
        return reader.closed(lead.end(), call(lead["name"], report))
    found = _object(reader, lead.end())
    if found is None:
        return None
    args, end = found
    return Directive(reader.after(end), (call(lead["name"], report, **args),))


def _list_tools(reader: Reader, lead: re.Match[str]) -> Directive | None:
    return reader.closed(lead.end(), {"list_tools": True})


def _object(reader: Reader, at: int) -> tuple[dict[str, Any], int] | None:
    """Return the JSON object given at `at`, bare, in inline code or in a fence, and the position after it."""
    before = BEFORE_PAYLOAD.match(reader.text, at)
    start = before.end() if before else at
    span = reader.spans.fence(start) or reader.spans.code(start)
    try:
        if span is not None:
            value, end = json.loads(span.text), span.end
        else:
            value, end = json.JSONDecoder().raw_decode(reader.text, start)
        # No NaN, no lone surrogate: an argument must be a value that can be sent as JSON.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None


def _variable(reader: Reader, lead: re.Match[str]) -> Directive | None:
    span = reader.word(lead.end())
    name = span.text.removeprefix("$").strip("{}") if span else ""
    if span is None or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,199}", name):
        return None
    step = call("run_shell_command", {"quote": f"`{name}` holds:"}, command=show_variable(name))
    return reader.closed(span.end, step)


def _delegate(reader: Reader, lead: re.Match[str]) -> Directive | None:
    """Give a subagent work that the agent itself could do: tools, or an answer."""
    name = lead["named"] or lead["before"]
    inner = reader.inner(lead.end())
    rest = reader.rest(lead.end())
    if inner is not None:
        end, steps = inner.end, (*inner.steps, *inner.chatter)
    elif rest is not None and (found := _LOOKS.fullmatch(rest.text)):
        end, steps = rest.end, (call("list_directory", path=found["where"] or "."), say(_LOOKED))
    elif rest is not None and (answer := reader.answer(rest.text)):
        end, steps = rest.end, tuple(answer.steps)
    else:
        return None
    if not all(called(step) or "say" in step for step in steps):
        return None
    objective = reader.text[lead.end() : end].strip().rstrip(".;!?")
    return Directive(end, (_subagent(name, objective, steps),), file=inner.file if inner else None)


_LOOKS = phrase(
    r"(?:look around|explore|inspect|examine|look at|check|review|analy[sz]e)"
    r"(?: (?:the|my|your|our|all|(?P<where>uploads|downloads)|data|files?|workspace|folder|directory))*"
)
_LOOKED = "I listed the files. I am a simulated agent and did nothing else."


def _subagent(name: str, objective: str, steps: Steps) -> Step:
    display = " ".join(word.capitalize() for word in re.split(r"[-_]+", name) if word) or name
    tools = [use for step in steps if (use := called(step))]
    said = " ".join(step["say"]["text"] for step in steps if "say" in step)
    told = said or " ".join(
        report["brief"]
        for step in steps
        for value in step.values()
        if isinstance(report := value.get("report"), dict) and "brief" in report
    )
    result = told or f"Finished: {objective}"
    return {
        "subagent": {
            "name": name,
            "display_name": display,
            "description": f"Works on what it is given: {display}",
            "objective": objective,
            "steps": [
                {"think": f"I have to {objective}."},
                *({"tool": {"name": tool, "args": args}} for tool, args in tools),
            ],
            "result": result,
            "report": {"brief": f"The subagent `{name}` has finished: {told or objective}"},
        }
    }


_SHELL_TAIL = (
    r"(?: exactly(?: once| as (?:written|shown|given))?)?(?: in (?:the|a|your) (?:shell|terminal"
    r"|sandbox|workspace))?"
    r"(?: once)?(?:,? (?:using|with) the run_shell_command tool)?"
    r"(?:,? and (?:show|report|return|print|give|tell)(?: me)? (?:its|the|all|their|what)(?: [\w-]+){0,5})?"
)

WORK_RULES: tuple[Rule, ...] = (
    rule(
        "run execute",
        r"(?: exactly)? (?:these|the following)(?: [a-z]{2,6})?(?: shell)? commands"
        r" (?:in parallel|at the same time|side by side)(?:,? as parallel tool calls)?(?=\s*[:`\"“'])",
        _together,
    ),
    rule(
        "run execute",
        r"(?: exactly)?(?: (?:this|these|the|the following|a|one))?(?: (?:exact|following|single))?"
        r"(?: (?:shell|bash|sh|terminal|linux|unix|command-line))? commands?"
        + _SHELL_TAIL
        + r"(?=\s*[:`\"“'])",
        _commands,
    ),
    rule("run execute", r"(?: exactly)?(?= ?`)", _commands),
    rule("run execute", r" exactly(?: this)?(?=\s*:)", _commands),
    rule("run execute", r"(?=:)", _commands),
    rule(
        "run execute",
        r"(?: (?:this|the|the following))?(?: (?:shell|bash|terminal))?(?: command)?(?= [a-z])",
        _plain_command,
    ),
    rule(
        "call use invoke run",
        r"(?: the)?(?: tool)? `?(?P<name>[A-Za-z_][\w.-]{1,63})`?(?:(?<=[\w`]) tool)?"
        r"(?P<given> with(?: the)?(?: (?:arguments?|args|parameters?|input))?:?(?=\s*[{`]))",
        _call_tool,
    ),
    rule(
        "call use invoke run",
        r"(?: the)? (?:tool `?(?P<name>[A-Za-z_][\w.-]{1,63})`?(?P<given>(?!))?)(?=\s*(?:[.;!?,]|\Z|\n"
        r"|and\b|then\b))",
        _call_tool,
    ),
    rule(
        "call use invoke run",
        r"(?: the)? `?(?P<name>[A-Za-z_][\w.-]{1,63})`? tool(?P<given>(?!))?(?=\s*(?:[.;!?,]|\Z|\n"
        r"|and\b|then\b))",
        _call_tool,
    ),
    rule(
        "list show",
        r"(?: me)?(?: all)?(?: of)?(?: (?:the|your))?(?: available)? tools(?: (?:you have|you can use))?",
        _list_tools,
    ),
    rule(
        "print show tell echo output read what display",
        r"(?: is| me)?(?: the)?(?: (?:current )?value of)?(?: the)? environment variable(?: named"
        r"| called)?[:\s]",
        _variable,
    ),
    rule(
        "use delegate ask let have",
        r"(?: this| it)?(?: to)?(?: an?| the)?(?: `?(?P<before>[A-Za-z][\w-]{0,63})`?)??"
        r" subagent(?:,? (?:named|called))?(?: [`\"]?(?P<named>(?!to\b)[A-Za-z][\w-]{0,63})[`\"]?)?"
        r"(?: to |: ?)",
        lambda reader, lead: _delegate(reader, lead) if lead["named"] or lead["before"] else None,
    ),
)
