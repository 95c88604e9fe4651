"""The agent's answer to an ordinary message: the documentation's examples work, other requests are declined.

It never guesses a command. It reads, lists and writes files only when the message asks for that.
"""

import re
from collections.abc import Callable

from sigmic_mock.agent.answers.introduction import SIMULATED
from sigmic_mock.agent.answers.languages import not_understood
from sigmic_mock.agent.directives.dictation import begins_order
from sigmic_mock.agent.directives.examples import closest_words
from sigmic_mock.agent.directives.grammar import understanding
from sigmic_mock.agent.prompt import Prompt, echo
from sigmic_mock.agent.recall import NOTHING_DONE
from sigmic_mock.agent.steps.step import Plan, Step, Steps, call, say

READ_CHARACTERS = 4_000
MOST_READ = 3
UNREADABLE = re.compile(
    r"\.(?:zip|pdf|png|jpe?g|gif|webp|xlsx?|docx?|pptx?|mp[34]|wav|gz|tar|bin|exe)\Z", re.IGNORECASE
)

_LIST = re.compile(
    r"\s*(?:please |can you |could you )*(?:(?:list|show)(?: me)?(?: all)?(?: of)?(?: the| my"
    r"| your)?(?: uploaded)?"
    r" (?:files?|folders?|director(?:y|ies)|workspace)\b[^.!?\n]{0,40}"
    r"|(?:what|which)(?: are)?(?: all)?(?: the| my)?(?: uploaded)? (?:files?|folders?)\b[^.!?\n]{0,40}"
    r"|(?:are|is) there (?:any )?files?\b[^.!?\n]{0,40}"
    r"|what(?:'s| is)(?: there)? in(?:side)? (?:the|your|my) (?:workspace|folder|directory|uploads"
    r"|downloads))[.!?]*\s*",
    re.IGNORECASE,
)
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
Answer = Callable[[Prompt, str], Steps | None]


def plan_answer(prompt: Prompt) -> Plan:
    """Compile an ordinary message to steps. Never empty: the last answer matches every message."""
    head = prompt.text[:READ_CHARACTERS]
    for name, answer in ANSWERS:
        steps = answer(prompt, head)
        left = _left_undone(name, head) if steps else None
        if steps and (prompt.files or not left):
            more = (say(f"I did nothing else: I did not understand all of “{left}”."),) if left else ()
            return Plan(
                source="default",
                name=name,
                steps=(understanding(prompt), *steps, *more),
                not_understood=(left,) if left else (),
            )
    return Plan(
        source="default",
        name="honest",
        steps=(understanding(prompt), *_honest(prompt)),
        not_understood=(echo(prompt.text),),
    )


def _left_undone(name: str, head: str) -> str | None:
    """Return the message when it asks for a change that a default answer does not make."""
    if name == "courtesy" or _REPORT.fullmatch(head) or not begins_order(head):
        return None
    return echo(head)


def _files_read(prompt: Prompt, head: str) -> Steps | None:
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
        report = {"brief": "I saved this as `downloads/report.md`."}
        steps.append({"save_answer": {"path": "downloads/report.md", "report": report}})
    return tuple(steps)


def _uploaded_before(prompt: Prompt, head: str) -> list[str]:
    """Return the files that an earlier message uploaded, if this message refers to them."""
    if not re.search(
        r"\b(?:files?|csv|data(?:set)?|table|upload(?:ed|s)?|document|attachment|it)\b", head, re.IGNORECASE
    ):
        return []
    latest = next((message for message in reversed(prompt.memory) if message.attached_files), None)
    return [file.path for file in latest.attached_files] if latest else []


def _files_listed(_prompt: Prompt, head: str) -> Steps | None:
    if not _LIST.fullmatch(head):
        return None
    where = re.search(r"(?<![\w.])/?(uploads|downloads)\b", head, re.IGNORECASE)
    path = where[1].lower() if where else "."
    return (call("list_directory", {"quote": "The files are:"}, path=path, recursive=True),)


def _files_received(prompt: Prompt, _head: str) -> Steps | None:
    if not prompt.files:
        return None
    paths = [file.path for file in prompt.files]
    return (
        call("list_directory", {"sizes": paths}, path="uploads", recursive=True),
        say(f"You wrote: “{echo(prompt.text)}”. {SIMULATED} Ask me to read or summarise a file and I do."),
    )


def _courtesy(prompt: Prompt, head: str) -> Steps | None:
    if prompt.files:
        return None
    if _GREETING.fullmatch(head):
        return (say("Hello! What can I do for you?"),)
    if _THANKS.fullmatch(head):
        return (say("You are welcome."),)
    return None


ANSWERS: tuple[tuple[str, Answer], ...] = (
    ("read", _files_read),
    ("list", _files_listed),
    ("courtesy", _courtesy),
    ("received", _files_received),
)


def _honest(prompt: Prompt) -> Steps:
    in_kind = not_understood(prompt.text, echo(prompt.text))
    return (
        say(
            in_kind
            or f"{NOTHING_DONE}, because I did not understand “{echo(prompt.text)}”. "
            f"{closest_words(prompt.text)}{SIMULATED} Ask me “What can you do?” for what I understand."
        ),
    )
