"""The table of directives: each form with its examples, what it does, its pattern and the steps it becomes.

The guide, the agent's help and the tests read this table. Its forms are those that the conformance suite, the
platform's documentation and the guides send; a real model obeys most of them. The rest is for playbooks.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sigmic_mock.agent.directives.quoting import QUOTED, Masked
from sigmic_mock.agent.plan import Step, call, called, say, think
from sigmic_mock.agent.tools.paths import PathRefused, workspace_path
from sigmic_mock.domain.model import AttachedFile
from sigmic_spec.plural import plural

MOST_STEPS, MOST_CHARACTERS = 1_000, 1_000_000
"""Of one message, and of its answer."""
_LONGEST_WAIT, _LONGEST_COUNT, _MOST_READ = 24 * 3600.0, 100_000, 3
_UNITS = {
    "ms": 0.001,
    "millisecond": 0.001,
    "s": 1,
    "second": 1,
    "m": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
}
CODEWORDS = ("codeword", "keyword", "password")


@dataclass(frozen=True, slots=True)
class Directive:
    """`steps` are performed; `remarks` are the agent's own words, left out if an answer is dictated.

    `dictates` is True if the answer is to be these words only. `told` is the kind and value of a codeword.
    """

    steps: tuple[Step, ...] = ()
    remarks: tuple[Step, ...] = ()
    dictates: bool = False
    told: tuple[str, str] | None = None

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """The steps with the remarks."""
        return (*self.steps, *self.remarks)


@dataclass(frozen=True, slots=True)
class Unclear:
    """A form was recognised, but a part of it is not exact; `why` is one or two sentences for the user."""

    why: str


@dataclass(frozen=True, slots=True)
class Here:
    """What a form is read in: the message, the files at hand, the directives before it."""

    message: Masked
    files: tuple[AttachedFile, ...] = ()
    before: tuple[Directive, ...] = ()


Made: TypeAlias = Directive | Unclear
Maker: TypeAlias = Callable[[Here, re.Match[str]], Made]


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `does` says what the agent does, for the guide."""

    examples: tuple[str, ...]
    does: str
    pattern: re.Pattern[str]
    make: Maker = field(repr=False)


PREFIX = re.compile(
    r"\s*(?:(?:\d{1,3}[.)]|[-*])[\x20\t]+)?"
    r"(?:(?:(?:and[\x20\t]+)?then|first|next|finally|please)\b,?[\x20\t]+){0,3}",
    re.IGNORECASE,
)
"""Blanks, a list marker and linking words before a directive."""
_END = r"(?:[.!?;](?=\s|\Z)|[\x20\t]{0,8}(?=\r?\n|\Z)|,?[\x20\t]{1,8}(?=(?:and[\x20\t]{1,8})?then\b))"
"""A directive ends with its sentence, with its line, or before `then`."""
_TEXT = rf"(?:\s{{0,8}}:?\s{{0,20}}(?P<quoted>{QUOTED})(?={_END})|:[\x20\t]{{0,8}}(?P<plain>[^\s:][^\n]*))"
"""A text: quoted, or after a colon to the end of the line."""
_PATH = rf"(?:(?P<path>{QUOTED})|(?P<bare>[\w./~@%+()-]*[\w/)]))"
_FOLDER = rf"(?:(?P<path>{QUOTED})|(?P<bare>uploads|downloads|[\w./~@%+()-]*[./][\w./~@%+()-]*[\w/)]))"
_NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,3}|\d{1,9}(?:\.\d{1,6})?)"
_PACE = rf"(?:(?:one|(?P<many>{_NUMBER})) numbers? per (?P<per>second|minute))"
_UNIT = r"(?:milliseconds?|ms|seconds?|s|minutes?|m|hours?|h)\b"
_KIND = rf"(?P<kind>{'|'.join(CODEWORDS)})"
_MORE = re.compile(r"\b(?:and|then|also)\b|[.!?;][)\"'”]?\s+\S", re.IGNORECASE)
_MORE_THAN_A_COMMAND = re.compile(r"\b(?:and|then|also)\b|\w[.!?]\s+\w", re.IGNORECASE)
_QUOTE_IT = "Put the text in quotation marks or `backquotes`, so that it is clear where it ends."


def _form(examples: str, does: str, pattern: str, make: Maker, *, to_the_end: bool = False) -> Form:
    """Return a form; in its pattern a space is any run of blanks on one line."""
    whole = pattern.replace(" ", r"[\x20\t]{1,8}") + ("" if to_the_end else _END)
    return Form(tuple(examples.split(" · ")), does, re.compile(whole, re.IGNORECASE), make)


def _text(here: Here, match: re.Match[str], more: re.Pattern[str] = _MORE) -> str | Unclear:
    """Return the dictated text. Unquoted, it is one plain phrase: what could be more than that is unclear."""
    if match["quoted"]:
        return here.message.quotations(match["quoted"])[0].text
    if more.search(match["plain"]):
        return Unclear(_QUOTE_IT)
    return here.message.source(match["plain"]).strip()


def _path(here: Here, match: re.Match[str]) -> str:
    """Return a path relative to the workspace; one outside is left as it is, so that the tool refuses it."""
    path = here.message.quotations(match["path"])[0].text if match["path"] else match["bare"]
    try:
        return workspace_path(path)
    except PathRefused:
        return path


def _number(text: str) -> float:
    return float(text.replace(",", ""))


# --- tools -------------------------------------------------------------------------------------------------


def _run(here: Here, match: re.Match[str]) -> Made:
    if match["quoted"]:
        commands = [each.line for each in here.message.quotations(match["quoted"])]
    elif _MORE_THAN_A_COMMAND.search(match["plain"]):
        return Unclear(_QUOTE_IT.replace("text", "command"))
    else:
        commands = [here.message.source(match["plain"]).strip()]
    steps = tuple(call("run_shell_command", "output", command=each) for each in commands)
    if not all(each.strip() for each in commands):
        return Unclear("The command is empty.")
    if match.groupdict().get("together") and len(steps) > 1:
        return Directive(({"parallel": list(steps)},))
    return Directive(steps)


def _create(here: Here, match: re.Match[str]) -> Made:
    name, content = _path(here, match), "" if match["empty"] else _text(here, match)
    if isinstance(content, Unclear):
        return content
    report = {"brief": f"I wrote `{name}` ({plural(len(content.encode('utf-8', 'replace')), 'byte')})."}
    return Directive((call("write_file", report, path=name, content=content),))


def _read(here: Here, match: re.Match[str]) -> Made:
    name = _path(here, match)
    report = {"table": name} if match["summary"] else {"quote": f"`{name}` holds:"}
    return Directive((call("read_file", report, path=name),))


def _summarise(here: Here, _match: re.Match[str]) -> Made:
    paths = [file.path for file in here.files][:_MOST_READ]
    if not paths:
        return Unclear("No file was uploaded in this conversation.")
    return Directive(tuple(call("read_file", {"table": path}, path=path) for path in paths))


def _list(here: Here, match: re.Match[str]) -> Made:
    if match["mine"] and here.files:
        # The agent knows them without a tool: their list stands before the message (U-05).
        names = "".join(f"- {file.name}\n" for file in here.files)
        return Directive((say(f"The files are:\n\n{names}", exact=True),))
    where = _path(here, match) if match["path"] or match["bare"] else "uploads" if match["mine"] else "."
    args = {"path": where, **({"recursive": True} if match["mine"] else {})}
    return Directive((call("list_directory", {"quote": "The files are:"}, **args),))


def _call(here: Here, match: re.Match[str]) -> Made:
    given = match["args"]
    text = (
        here.message.quotations(given)[0].text if given.startswith("\ue000") else here.message.source(given)
    )
    try:
        args = json.loads(text)
        # No NaN, no lone surrogate: an argument must be a value that can be sent as JSON.
        json.dumps(args, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        args = None
    if not isinstance(args, dict):
        return Unclear("The arguments of a tool are one JSON object.")
    return Directive((call(match["tool"], {"quote": "The tool returned:"}, **args),))


def _delegate(here: Here, match: re.Match[str]) -> Made:
    for form in FORMS:
        inner = form.pattern.fullmatch(here.message.text, match.start("order"), match.end())
        if inner and form.make is not _delegate:
            made = form.make(here, inner)
            if isinstance(made, Unclear):
                return made
            if all(map(called, made.steps)) and not made.all_steps[len(made.steps) :]:
                objective = here.message.source(match["order"]).strip().rstrip(".!;")
                return Directive((_subagent(match["name"], objective, map(called, made.steps)),))
    return Unclear("A subagent can run commands, create, read and list files, and call tools.")


def _subagent(name: str, objective: str, calls: Iterable[tuple[str, Mapping[str, Any]] | None]) -> Step:
    tools = [{"tool": {"name": each[0], "args": each[1]}} for each in calls if each]
    return {
        "subagent": {
            "name": name,
            "objective": objective,
            "steps": [{"think": f"I have to {objective}."}, *tools],
            "result": f"Finished: {objective}",
            "report": {"brief": f"The subagent `{name}` has finished: {objective}"},
        }
    }


def _say(here: Here, match: re.Match[str]) -> Made:
    words = match.groupdict().get("words") or _text(here, match)
    if isinstance(words, Unclear):
        return words
    fenced = match["quoted"] and here.message.quotations(match["quoted"])[0].is_fence
    return Directive((say(words.removesuffix("\n") if fenced else words, exact=True),), dictates=True)


def _think(here: Here, match: re.Match[str]) -> Made:
    topic = here.message.source(match["topic"])
    if _MORE.search(match["topic"]):
        return Unclear("The topic of a thought is one plain phrase.")
    thought = think(f"Thinking about {topic[:80]}", f"I consider {topic} before I answer.")
    return Directive((thought,), (say(f"I thought about {topic}."),))


def _count(_here: Here, match: re.Match[str]) -> Made:
    first, last = int(_number(match["first"])), int(_number(match["last"]))
    if abs(last - first) >= _LONGEST_COUNT:
        return Unclear(f"A count has at most {_LONGEST_COUNT:,} numbers.")
    pace = 1.0 if match["slowly"] else 0.0
    if match["per"]:
        pace = _UNITS[match["per"].lower()] / max(_number(match["many"] or "1"), 0.001)
    step = 1 if last >= first else -1
    numbers = "\n".join(map(str, range(first, last + step, step)))
    return Directive((say(numbers, split="lines", pace=pace),))


def _remember(here: Here, match: re.Match[str]) -> Made:
    value = here.message.quotations(match["quoted"])[0].line if match["quoted"] else match["value"]
    kind = match["kind"].lower()
    return Directive(remarks=(say(f"I will remember the {kind} {value}."),), told=(kind, value))


def _recall(here: Here, match: re.Match[str]) -> Made:
    kind = (match["kind"] or match["kind_alone"]).lower()
    told = [each.told[1] for each in here.before if each.told and each.told[0] == kind]
    recall: dict[str, Any] = {"word": kind} | ({"told": told[-1]} if told else {})
    if match["kind_alone"] or match["only"]:
        return Directive(({"recall": recall | {"only": True}},), dictates=True)
    return Directive(remarks=({"recall": recall},))


def _sum(_here: Here, match: re.Match[str]) -> Made:
    if match["note"] and _MORE.search(match["note"].lstrip("( ")):
        return Unclear("The note after this question is one plain phrase.")
    one, two = match["one"], match["two"]
    return Directive((say(f"{one}+{two} = {int(one) + int(two)}"),))


def _wait(_here: Here, match: re.Match[str]) -> Made:
    amount, unit = match["amount"], match["unit"].lower()
    seconds = _number(amount) * _UNITS[unit if unit in _UNITS else unit.removesuffix("s")]
    if seconds > _LONGEST_WAIT:
        return Unclear("A wait takes at most 24 hours.")
    return Directive(({"wait": seconds},), (say(f"I waited {amount} {match['unit']}."),))


def _fail(here: Here, match: re.Match[str]) -> Made:
    message = _text(here, match)
    if isinstance(message, Unclear):
        return message
    message = message.strip() or "The agent failed"
    return Directive(({"fail": {"message": message, "code": match["code"]} if match["code"] else message},))


_SEVERAL = rf"{QUOTED}(?:,?\s{{0,20}}(?:and[\x20\t]{{1,8}})?{QUOTED}){{0,99}}"
_COMMANDS = _TEXT.replace(QUOTED, _SEVERAL)

FORMS: tuple[Form, ...] = (
    _form(
        "Run exactly this shell command: `ls -la` · Run: ls -la"
        " · Run exactly these shell commands: `a`, `b` and `c`",
        "calls `run_shell_command` for each command and shows the output; a fence works too",
        rf"(?:run|execute)(?: exactly)?(?: (?:this|these|the following)(?: shell)? commands?)?{_COMMANDS}",
        _run,
    ),
    _form(
        "Run exactly these shell commands at the same time, as parallel tool calls: `a` and `b`",
        "makes parallel calls in one turn; those that need approval wait at the same time",
        r"(?:run|execute)(?: exactly)? these(?: shell)? commands (?P<together>at the same time|in parallel)"
        rf"(?:, as parallel tool calls)?{_COMMANDS}",
        _run,
    ),
    _form(
        "Create a file named a.txt containing: hello · Create an empty file named a.txt",
        "calls `write_file`; a fence keeps its lines",
        rf"create (?:a(?: text)? |(?P<empty>an empty ))file (?:named|called) {_PATH}"
        rf"(?(empty)| (?:containing|with (?:the|this)(?: following)? (?:content|text)){_TEXT})",
        _create,
    ),
    _form(
        "Read the file uploads/data.csv · Read the file uploads/data.csv and summarise it",
        "calls `read_file` and shows the text, or its rows, columns and sums",
        rf"read the file {_PATH}(?P<summary> and summari[sz]e it)?",
        _read,
    ),
    _form(
        "Summarise the attached file · Analyze the CSV file",
        "reads the files of this message, or those that were uploaded last; shows rows, columns and sums",
        r"(?:summari[sz]e|analy[sz]e) the (?:(?:attached|uploaded) )?(?:(?:CSV|text) )?(?:files?|data)",
        _summarise,
    ),
    _form(
        "List the files · List the files in uploads · List the names of the files I uploaded",
        "calls `list_directory`; names the files that came with a message without a tool",
        rf"list the (?:names of the )?files(?:(?P<mine> I uploaded)| in {_FOLDER})?",
        _list,
    ),
    _form(
        'Call the tool list_directory with {"path": "/workspace"}',
        "calls that tool, also one of an MCP server",
        rf"call the tool (?P<tool>[A-Za-z_][\w.-]{{1,63}}) with:?\s{{0,20}}(?P<args>{QUOTED}|\{{[^\n]*\}})",
        _call,
    ),
    _form(
        "List the tools",
        "lists the tools, including those of MCP servers",
        r"list the tools",
        lambda _here, _match: Directive(({"list_tools": True},)),
    ),
    _form(
        "Use a subagent named code-writer to run exactly this shell command: `ls`"
        " · Use a subagent named helper to list the files",
        "sends a subagent's events; it follows one directive that calls tools",
        rf"use a subagent named (?P<name>[A-Za-z][\w-]{{0,63}}) to (?P<order>[^\n]+(?:\n{QUOTED})?)",
        _delegate,
        to_the_end=True,
    ),
    _form(
        'Reply with exactly: pong · Say exactly: pong · Say "pong" · Say hello world',
        "answers with this text and nothing else",
        rf"(?:(?:(?:reply|respond|answer|say)(?: with)? exactly|say(?=:|[\x20\t]+{QUOTED})){_TEXT}"
        r"|say (?P<words>hello(?: world)?))",
        _say,
    ),
    _form(
        "Think about prime numbers",
        "sends a thought",
        r"think about (?P<topic>[^.;!?\n]{1,400})",
        _think,
    ),
    _form(
        "Wait 20 seconds · Wait 24 hours",
        "waits in platform time, at most 24 hours",
        rf"wait(?: for)? (?P<amount>{_NUMBER}) (?P<unit>{_UNIT})",
        _wait,
    ),
    _form(
        "Count from 1 to 100 · Count from 1 to 300, 100 numbers per second · Count slowly from 1 to 30",
        "sends one piece of content per number",
        rf"count(?P<slowly> slowly)? from (?P<first>{_NUMBER}) to (?P<last>{_NUMBER})(?:, {_PACE})?",
        _count,
    ),
    _form(
        "Remember the codeword heron",
        "confirms it; also a `keyword` or a `password`, in one word or quoted",
        rf"remember the {_KIND}:? (?:(?P<quoted>{QUOTED})|(?P<value>[^\s\ue000]{{1,200}}?))",
        _remember,
    ),
    _form(
        "What is the codeword? · Reply with the codeword only",
        "repeats it from the conversation",
        rf"(?:what is the {_KIND}(?P<only>\? reply with the (?P=kind) only)?"
        rf"|reply with the {_KIND.replace('kind', 'kind_alone')} only)",
        _recall,
    ),
    _form(
        "What is 2+2?",
        "answers with the sum; a short note may follow on the same line",
        r"what is (?P<one>\d{1,15})\x20?\+\x20?(?P<two>\d{1,15})\?(?P<note>[\x20\t]{1,8}\S[^\n]*)?",
        _sum,
    ),
    _form(
        "What is the capital of France?",
        "answers that it is Paris",
        r"what is the capital of France\?",
        lambda _here, _match: Directive((say("The capital of France is Paris."),)),
        to_the_end=True,
    ),
    _form(
        'Fail with the message: boom · Fail with the message "boom" and code E_BOOM',
        "the task fails (a real model cannot do this)",
        rf"fail with the message(?:\s{{0,8}}:?\s{{0,20}}(?P<quoted>{QUOTED})"
        r"|:[\x20\t]{0,8}(?P<plain>[^\s:][^\n]*?))"
        r"(?: and code (?P<code>\w{1,60}))?",
        _fail,
    ),
    _form(
        "What can you do?",
        "shows this table",
        r"what can you do\?",
        lambda _here, _match: Directive((say(help_text()),)),
        to_the_end=True,
    ),
)


def help_text() -> str:
    """Return the directives as the agent shows them."""
    rows = "\n".join(f"| {as_code(form.examples[0])} | {form.does} |" for form in FORMS)
    return (
        "I'm a simulated agent: I execute these sentences, one per line, and only if they are all that"
        f" a message contains.\n\n| say | I do |\n|---|---|\n{rows}\n\n"
        "To other messages I send a sample answer."
    )


def as_code(text: str) -> str:
    """Return Markdown of a text as code."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"
