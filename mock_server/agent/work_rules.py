"""Directives that make the agent work: commands, files, tools, variables, subagents."""

import json
import re
import shlex
from typing import Any

from mock_server.agent.reports import Brief, Printed, Quote, Report, Table
from mock_server.agent.sentences import BEFORE_PAYLOAD, Deed, Reader, Rule, phrase, rule
from mock_server.agent.shell_tool import show_variable
from mock_server.agent.spans import Span
from mock_server.agent.steps import (
    CallTool,
    Delegate,
    SubagentStep,
    SubagentThinks,
    SubagentUses,
)
from mock_server.agent.workspace_path import PathRefused, workspace_path

MOST_COMMANDS = 100
_BETWEEN_COMMANDS = re.compile(
    r"[ \t]*(?:,|;)?[ \t]*(?:and[ \t]+then|and|then)?[ \t]*(?:\r?\n[ \t\r\n]{0,20})?"
)
_NAMED = r"(?:,? (?:named|called|at|with the (?:name|path)|at the path))?"
_CONTENT_WORDS = (
    r"(?:containing|that contains|which contains|with|whose contents? (?:is|are)|and (?:write|put)"
    r"|that says|saying)"
    r"(?: (?:exactly|only|just|the|this|these|following|text|contents?|content|body|words?|lines?|line"
    r"|into it|in it"
    r"|single|one))*"
)
_AFTER_CONTENT = phrase(rf"(?:,? )?{_CONTENT_WORDS}(?!\w)")
_ONE_WORD = phrase(r".*\b(?:word|text)")


def _call(name: str, report: Report | None, **args: Any) -> CallTool:
    return CallTool(name, args, report)


def _tidy(path: str) -> str:
    """Return a path as the agent writes it: relative; one that cannot be, as it was written."""
    try:
        return workspace_path(path)
    except PathRefused:
        return path


def _commands(reader: Reader, lead: re.Match[str]) -> Deed | None:
    span = reader.payload(lead.end())
    if span is None or not span.text.strip() or (not span.is_quoted and span.text[0] in '`"“'):
        return None  # a quotation that never ends is no command
    spans = [span]
    while len(spans) < MOST_COMMANDS and spans[-1].is_quoted and (more := _next(reader, spans[-1])):
        spans.append(more)
    steps = tuple(_call("run_shell_command", Quote("Output:"), command=_line(each)) for each in spans)
    return Deed(reader.after(spans[-1].end), steps)


def _next(reader: Reader, before: Span) -> Span | None:
    """Return the next of several commands given together: fences below each other, or `a`, `b` and `c`."""
    between = _BETWEEN_COMMANDS.match(reader.text, before.end)
    at = between.end() if between else before.end
    if before.is_fence:
        return reader.spans.fence(at)
    return reader.spans.code(at)


def _line(span: Span) -> str:
    return span.text.removesuffix("\n").removesuffix("\r") if span.is_fence else span.text


def _create(reader: Reader, lead: re.Match[str]) -> Deed | None:
    path = reader.path(lead.end())
    if path is None:
        return None
    if lead.groupdict().get("empty"):
        end = reader.closes(path.end)
        return _write(path.text, "", end) if end is not None else None
    words = _AFTER_CONTENT.match(reader.text, path.end)
    content = reader.payload(words.end() if words else path.end)
    if content is None and words and _ONE_WORD.fullmatch(words[0]):
        content = reader.word(words.end())
    if content is None or (not words and not content.is_fence):
        return None
    return _write(path.text, content.text, reader.after(content.end))


def _write_text(reader: Reader, lead: re.Match[str]) -> Deed | None:
    text = reader.spans.quoted(reader.skip_spaces(lead.end()))
    if text is None:
        return None
    into = re.compile(
        r"[ \t]+(?:in)?to[ \t]+(?:(?:the|a|a new)[ \t]+)?(?:file[ \t]+)?(?:(?:named|called)[ \t]+)?",
        re.IGNORECASE,
    ).match(reader.text, text.end)
    path = reader.path(into.end()) if into else None
    end = reader.closes(path.end) if path else None
    return _write(path.text, text.text, end) if path and end is not None else None


def _write(path: str, content: str, end: int) -> Deed:
    name = _tidy(path)
    size = len(content.encode("utf-8", "replace"))
    step = _call("write_file", Brief(f"I wrote `{name}` ({size} bytes)."), path=name, content=content)
    return Deed(end, (step,))


def _read(reader: Reader, lead: re.Match[str]) -> Deed | None:
    path = reader.path(lead.end())
    if path is None or not (lead.groupdict().get("file") or path.is_quoted or re.search(r"[./]", path.text)):
        return None
    name = _tidy(path.text)
    summary = re.compile(
        r",?[ \t]+(?:and|then)[ \t]+(?:then[ \t]+)?(?:summari[sz]e|analy[sz]e"
        r"|describe)\b[^.;!?\n]{0,120}(?=[.;!?\n]|\Z)",
        re.IGNORECASE,
    ).match(reader.text, path.end)
    if summary:
        return Deed(summary.end(), (_call("read_file", Table(name), path=name),))
    end = reader.closes(path.end)
    if end is None:
        return None
    return Deed(end, (_call("read_file", Quote(f"`{name}` holds:"), path=name),))


def _list(reader: Reader, lead: re.Match[str]) -> Deed | None:
    where = "."
    end: int | None = lead.end()
    if lead["where"]:
        path = reader.path(lead.end())
        if path is None:
            return None
        where = _tidy(path.text)
        end = _phrase_at(reader, r"(?:[ \t]+(?:directory|folder)\b)?", path)
    elif lead["uploaded"]:
        where = "uploads"
    end = reader.closes(end if end is not None else lead.end())
    if end is None:
        return None
    return Deed(end, (_call("list_directory", Quote("The files are:"), path=where),))


def _delete(reader: Reader, lead: re.Match[str]) -> Deed | None:
    path = reader.path(lead.end())
    if path is None or not (lead.groupdict().get("file") or path.is_quoted):
        return None
    end = reader.closes(path.end)
    if end is None:
        return None
    name = _tidy(path.text)
    report = Brief(f"I deleted `{name}`.")
    return Deed(end, (_call("run_shell_command", report, command=f"rm -- {shlex.quote(name)}"),))


def _replace(reader: Reader, lead: re.Match[str]) -> Deed | None:
    old = reader.word(lead.end())
    joint = _phrase_at(reader, r"[ \t]+(?:with|by|to)(?:[ \t]+the[ \t]+(?:text|word|string))?(?=[ \t])", old)
    new = reader.word(joint) if joint is not None else None
    place = _phrase_at(
        reader, r"[ \t]+in(?:[ \t]+the)?(?:[ \t]+file)?(?:[ \t]+(?:named|called))?(?=[ \t])", new
    )
    path = reader.path(place) if place is not None else None
    end = reader.closes(path.end) if path else None
    if old is None or new is None or path is None or end is None or not old.text:
        return None
    name = _tidy(path.text)
    step = _call("replace", Printed(), path=name, old_string=old.text, new_string=new.text)
    return Deed(end, (step,))


def _phrase_at(reader: Reader, pattern: str, before: Span | None) -> int | None:
    found = re.compile(pattern, re.IGNORECASE).match(reader.text, before.end) if before else None
    return found.end() if found else None


def _call_tool(reader: Reader, lead: re.Match[str]) -> Deed | None:
    name = lead["name"]
    args: dict[str, Any] = {}
    end = lead.end()
    if lead["given"]:
        found = _object(reader, lead.end())
        if found is None:
            return None
        args, end = found
        return Deed(reader.after(end), (CallTool(name, args, Quote("The tool returned:")),))
    closed = reader.closes(end)
    return Deed(closed, (CallTool(name, args, Quote("The tool returned:")),)) if closed is not None else None


def _object(reader: Reader, at: int) -> tuple[dict[str, Any], int] | None:
    """Return the JSON object given at `at`, bare, in inline code or in a fence, and where it ends."""
    before = BEFORE_PAYLOAD.match(reader.text, at)
    start = before.end() if before else at
    span = reader.spans.fence(start) or reader.spans.code(start)
    try:
        if span is not None:
            value, end = json.loads(span.text), span.end
        else:
            value, end = json.JSONDecoder().raw_decode(reader.text, start)
    except (ValueError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None


def _variable(reader: Reader, lead: re.Match[str]) -> Deed | None:
    span = reader.word(lead.end())
    name = span.text.removeprefix("$").strip("{}") if span else ""
    end = reader.closes(span.end) if span else None
    if span is None or end is None or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,199}", name):
        return None
    return Deed(end, (_call("run_shell_command", Quote(f"{name}:"), command=show_variable(name)),))


def _delegate(reader: Reader, lead: re.Match[str]) -> Deed | None:
    name = lead["named"] or lead["before"]
    inner = reader.inner(lead.end())
    uses = tuple(step for step in inner.steps if isinstance(step, CallTool)) if inner else ()
    if inner is not None and uses and len(uses) == len(inner.steps):
        end = inner.end
        objective = reader.text[lead.end() : end].strip().rstrip(".;!?")
    elif objective_span := reader.rest(lead.end()):
        end, objective, uses = objective_span.end, objective_span.text, ()
    else:
        return None
    return Deed(end, (_subagent(name, objective, uses),))


def _subagent(name: str, objective: str, uses: tuple[CallTool, ...]) -> Delegate:
    display = " ".join(word.capitalize() for word in re.split(r"[-_]+", name) if word) or name
    tools: tuple[SubagentStep, ...] = tuple(SubagentUses(each.name, each.args) for each in uses) or (
        SubagentUses("list_directory", {"path": "."}),
    )
    return Delegate(
        agent_name=name,
        display_name=display,
        description=f"Works on what it is given: {display}",
        objective=objective,
        steps=(SubagentThinks(f"I have to {objective}."), *tools),
        result=f"Finished: {objective}",
        report=Brief(f"The subagent `{name}` has finished: {objective}."),
    )


_FILE = r"(?P<file>(?:the |my |an? )?(?:(?:uploaded|new|text) )*file\b)"
_SHELL_TAIL = (
    r"(?: exactly(?: once| as (?:written|shown|given))?)?(?: in (?:the|a|your) (?:shell|terminal"
    r"|sandbox|workspace))?"
    r"(?: once)?(?:,? (?:using|with) the run_shell_command tool)?"
    r"(?:,? and (?:show|report|return|print|give|tell)(?: me)? (?:its|the|all|their|what)(?: [\w-]+){0,5})?"
)

WORK_RULES: tuple[Rule, ...] = (
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
    rule(
        "create write make save generate add",
        r"(?: an?| the| one)?(?: (?:new|small|text|plain|plain-text|utf-8|following|(?P<empty>empty)))* file"
        + _NAMED
        + r"[:\s]",
        _create,
    ),
    rule(
        "write save put",
        r"(?: exactly)?(?: the)?(?: exact)?(?: (?:text|line|words?|content))?(?= [`\"“'])",
        _write_text,
    ),
    rule(
        "read open show display print cat view",
        r"(?: me)?(?: the)?(?: (?:full|entire|whole|exact|complete))?(?: (?:contents?|text) of)? "
        + _FILE
        + _NAMED
        + r"[:\s]",
        _read,
    ),
    rule("read cat", r"(?: the contents? of)? ", _read),
    rule(
        "list show",
        r"(?: me)?(?: all)?(?: of)?(?: the| my| your)?(?: (?P<uploaded>uploaded))?"
        r" (?:files(?: and (?:folders|directories))?|directory|(?:workspace|current)(?: (?:files"
        r"|directory|folder))?"
        r"|contents of (?:the |your )?(?:workspace|(?:current |working )?(?:directory|folder)))"
        r"(?: in (?:the |your |my )?(?:(?:current|working) )?(?:workspace|directory|folder"
        r"|sandbox)(?=\s*(?:[.;!?,]|\n|and\b|then\b|please\b|\Z))"
        r"|(?P<where> (?:in|of|under)(?: the)?(?: (?:folder|directory))?(?: (?:named|called))? )(?=[^\s]))?",
        _list,
    ),
    rule("delete remove", r" " + _FILE + _NAMED + r"[:\s]", _delete),
    rule("delete remove", r" (?=[`\"“'])", _delete),
    rule(
        "replace change",
        r"(?: every| all| each)?(?: occurrences? of)?(?: the (?:text|word|string))? (?=\S)",
        _replace,
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
