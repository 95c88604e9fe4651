"""The agent's answer to an ordinary message: the documentation's examples work, the rest is honest.

It never guesses a command. It reads, lists and writes files only when the message asks for that.
"""

import re
from collections.abc import Callable

from sigmic_conformance.mock_server.agent.answers.arithmetic import answer_arithmetic
from sigmic_conformance.mock_server.agent.answers.capitals import answer_capital
from sigmic_conformance.mock_server.agent.answers.writing import writing
from sigmic_conformance.mock_server.agent.directives.dictation import begins_order
from sigmic_conformance.mock_server.agent.prompt import Prompt, style_of
from sigmic_conformance.mock_server.agent.recall import (
    NOTHING_DONE,
    codewords,
    earlier_messages,
    names,
    recall_fact,
    recall_name,
)
from sigmic_conformance.mock_server.agent.steps.step import Plan, Step, call, say, think
from sigmic_conformance.spec.plural import plural

ECHOED_CHARACTERS = 160
READ_CHARACTERS = 4_000
MOST_READ = 3
UNREADABLE = re.compile(
    r"\.(?:zip|pdf|png|jpe?g|gif|webp|xlsx?|docx?|pptx?|mp[34]|wav|gz|tar|bin|exe)\Z", re.IGNORECASE
)

_EARLIER = re.compile(
    r"\bwhat (?:did i|have i|was my (?P<which>first|last|previous)(?: question| message)?)\b"
    r"(?: just)?(?: (?:ask|asked|say|said|tell|told|write|wrote))?|\bwhat (?:were|are) my (?:earlier"
    r"|previous) (?:questions|messages)",
    re.IGNORECASE,
)
_OWN_NAME = re.compile(
    r"\b(?:what(?:'s| is) my name|who am i|do you (?:know|remember) my name)\b", re.IGNORECASE
)
_OWN_FACT = re.compile(r"\bwhat(?:'s| is| are) my ([a-z][\w -]{1,40}?)\s*\?", re.IGNORECASE)
_WHO = re.compile(r"\b(?:who|what) are you\b|\bwhat(?:'s| is) your name\b", re.IGNORECASE)
_LIST = re.compile(
    r"\b(?:list|show|what|which)\b[^.!?\n]{0,40}\b(?:files?|director(?:y|ies)|folders?|workspace)\b",
    re.IGNORECASE,
)
_LIST_NOW = re.compile(
    r"\b(?:list|what|which)(?: are)?(?: all)?(?: the| my)?(?: uploaded)? (?:files?|folders?)\b"
    r"|\bwhat(?:'s| is)(?: there)? in(?:side)? (?:the|your|my) workspace\b",
    re.IGNORECASE,
)
"""With uploads: a question for the files themselves, not for what is in them."""
_READ = re.compile(
    r"\b(?:read|summari[sz]e|analy[sz]e|analysis|summary|describe|inspect|review|process|explain"
    r"|look at|what(?:'s| is) in"
    r"|how many (?:rows|lines|columns|records)|report on|statistics|columns|rows)\b",
    re.IGNORECASE,
)
_NAMED_FILE = re.compile(
    r"(?<![\w/])((?:/?[\w.-]{1,100}/){0,8}[\w-][\w.-]{0,100}\.[A-Za-z][A-Za-z0-9]{0,5})(?![\w/])"
)
_REPORT = re.compile(
    r"\s*(?:please\s+|(?:could|can|would) you\s+(?:please\s+)?)?"
    r"(?:read|summari[sz]e|analy[sz]e|inspect|review|process)\s+[^,.;:!?\n]{1,80}?,?\s+(?:and|then|and then)"
    r"\s+(?:write|create|save|generate|make|produce|prepare)(?:\s+me)?"
    r"(?:\s+(?:an?|the|it as an?|it in an?|your))?(?:\s+(?:short|brief|little))?"
    r"\s+(?:report|summary|analysis)"
    r"(?:\s+(?:of|on|about)\s+(?:it|them|this))?(?:,?\s+please)?[.!?]?\s*",
    re.IGNORECASE,
)
"""A whole message that asks for a report on files."""
_GREETING = re.compile(
    r"\s*(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings)"
    r"(?:,? (?:there|again|everyone|all|agent|bot|friend|world))?[!,.]*"
    r"(?:\s*how are you(?: today| doing)?\??)?\s*",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"\s*(?:thanks|thank you|thx|cheers)(?: (?:a lot|so much|very much|again|in advance))?"
    r"(?: for [\w' ]{1,40})?[!.]*\s*",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"\s*(?:(?:hi|hello|hey)[!,.]*\s+)?(?:what (?:can|do) you (?:do|understand)(?: for me)?"
    r"|what are you able to do|how can you help(?: me)?"
    r"|what are your (?:skills|abilities|capabilities|commands)|help(?: me)?(?:,? please)?"
    r"|(?:list|show)(?: me)? what you can do)\s*[?!.]*\s*",
    re.IGNORECASE,
)

Answer = Callable[[Prompt, str], tuple[Step, ...] | None]


def plan_answer(prompt: Prompt) -> Plan:
    """Compile an ordinary message to steps. Never empty: the last answer fits everything."""
    head = prompt.text[:READ_CHARACTERS]
    for name, answer in ANSWERS:
        steps = answer(prompt, head)
        if steps:
            left = _left_undone(name, head)
            more = (say(f"I did nothing else: I did not understand all of “{left}”."),) if left else ()
            return Plan(
                source="default",
                name=name,
                steps=(_thought(prompt), *steps, *more),
                not_understood=(left,) if left else (),
            )
    return Plan(
        source="default",
        name="honest",
        steps=(_thought(prompt), *_honest(prompt)),
        not_understood=(_echo(prompt.text),),
    )


def _left_undone(name: str, head: str) -> str | None:
    """Return the message when it asks for a change that a default answer does not make."""
    if name in _MAKES_ALL or _REPORT.fullmatch(head) or not begins_order(head):
        return None
    return _echo(head)


def _thought(prompt: Prompt) -> Step:
    files = len(prompt.files)
    with_files = f" {plural(files, 'file')} came with it." if files else ""
    return think("Understanding the request", f"The user wrote: “{_echo(prompt.text)}”.{with_files}")


def _echo(text: str) -> str:
    line = " ".join(text[: ECHOED_CHARACTERS * 4].split())
    return line if len(line) <= ECHOED_CHARACTERS else f"{line[:ECHOED_CHARACTERS]}…"


def _from_memory(prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    if _OWN_NAME.search(head):
        name = recall_name(prompt.memory) or next(names(head), None)
        return (
            say(f"Your name is {name}." if name else "You have not told me your name in this conversation."),
        )
    if asked := _OWN_FACT.search(head):
        fact = recall_fact(prompt.memory, asked[1])
        unknown = f"You have not told me your {asked[1]} in this conversation."
        return (say(f"Your {asked[1]} is {fact}." if fact else unknown),)
    if asked := _EARLIER.search(head):
        return (say(_earlier(prompt, asked["which"])),)
    return None


def _earlier(prompt: Prompt, which: str | None) -> str:
    before = earlier_messages(prompt.memory)
    if not before:
        return "This is the first message of our conversation."
    if which or len(before) == 1:
        return f"You wrote: “{_echo(before[0] if which == 'first' else before[-1])}”"
    lines = [f"{at}. “{_echo(text)}”" for at, text in enumerate(before[-10:], start=max(1, len(before) - 9))]
    return "\n".join(["You wrote before:", "", *lines])


def _introduction(prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    name = None if prompt.files else next(names(head), None)
    return (say(f"Nice to meet you, {name}. I will remember your name."),) if name else None


def _codeword_told(prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    """Confirm a message that tells a codeword and nothing else."""
    text = head.strip()
    told = None if prompt.files else next(codewords(text), None)
    if told is None or told.at or text[told.end :].strip(" .!"):
        return None
    return (say(f"I will remember the {told.key} {told.value}."),)


def _sum(prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    result = None if prompt.files else answer_arithmetic(head.strip())
    return (say(result),) if result else None


def _capital(_prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    answer = answer_capital(head)
    return (say(answer),) if answer else None


def _files_read(prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    if not _READ.search(head):
        return None
    uploaded = [file.path for file in prompt.files]
    named = [found[1] for found in _NAMED_FILE.finditer(head)][:MOST_READ]
    wanted = [
        path for path in uploaded if path.rsplit("/", 1)[-1] in {name.rsplit("/", 1)[-1] for name in named}
    ]
    paths = wanted or uploaded or named or _uploaded_before(prompt, head)
    readable = [path for path in paths if not UNREADABLE.search(path)][:MOST_READ]
    if not readable:
        return None
    steps: list[Step] = [say(f"I read {'the file' if len(readable) == 1 else 'the files'}.")]
    steps += [call("read_file", {"table": path}, path=path) for path in readable]
    if _REPORT.fullmatch(head):
        steps.append({"save_answer": "downloads/report.md"})
    return tuple(steps)


def _uploaded_before(prompt: Prompt, head: str) -> list[str]:
    """Return what an earlier message uploaded, when this one speaks of it."""
    if not re.search(
        r"\b(?:files?|csv|data(?:set)?|table|upload(?:ed|s)?|document|attachment|it)\b", head, re.IGNORECASE
    ):
        return []
    latest = next((message for message in reversed(prompt.memory) if message.attached_files), None)
    return [file.path for file in latest.attached_files] if latest else []


def _files_listed(prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    if not (_LIST_NOW if prompt.files else _LIST).search(head):
        return None
    where = re.search(r"(?<![\w.])/?(uploads|downloads)\b", head, re.IGNORECASE)
    path = where[1].lower() if where else "."
    return (call("list_directory", {"quote": "The files are:"}, path=path, recursive=True),)


def _files_received(prompt: Prompt, _head: str) -> tuple[Step, ...] | None:
    if not prompt.files:
        return None
    paths = [file.path for file in prompt.files]
    return (
        call("list_directory", {"sizes": paths}, path="uploads", recursive=True),
        say(f"You wrote: “{_echo(prompt.text)}”. {_SIMULATED} Ask me to read or summarise a file and I do."),
    )


def _written(prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    return None if prompt.files else writing(head)


def _courtesy(prompt: Prompt, head: str) -> tuple[Step, ...] | None:
    persona = style_of(prompt.system_prompt).persona
    if _WHO.search(head):
        return (say(f"I am {persona}." if persona else f"I am the agent of this platform. {_SIMULATED}"),)
    if prompt.files:
        return None
    if _HELP.fullmatch(head):
        return (say(HELP),)
    if _GREETING.fullmatch(head):
        return (say("Hello! What can I do for you?"),)
    if _THANKS.fullmatch(head):
        return (say("You are welcome."),)
    return None


_SIMULATED = "I am a simulated agent: I don't use a model, and my answers are scripted."

HELP = f"""{_SIMULATED} I understand plain sentences such as these:

- Run exactly this shell command: `ls -la`
- Create a file named a.txt containing: hello
- Read the file a.txt
- List the files
- Reply with exactly: pong
- Wait 20 seconds
- Remember the codeword blue
- Use a subagent named helper to list the files
- playbook: stream-example

I also answer sums, capitals and what was said before, and I summarise files that you upload."""

_MAKES_ALL = frozenset({"arithmetic", "write", "courtesy"})
"""Answers to messages that are taken whole or not at all."""
ANSWERS: tuple[tuple[str, Answer], ...] = (
    ("memory", _from_memory),
    ("arithmetic", _sum),
    ("capital", _capital),
    ("introduction", _introduction),
    ("codeword", _codeword_told),
    ("read", _files_read),
    ("list", _files_listed),
    ("write", _written),
    ("courtesy", _courtesy),
    ("received", _files_received),
)


def _honest(prompt: Prompt) -> tuple[Step, ...]:
    return (
        say(
            f"{NOTHING_DONE}, because I did not understand “{_echo(prompt.text)}”. {_SIMULATED} "
            "Ask me “What can you do?” for what I understand."
        ),
    )
