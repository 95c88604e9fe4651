"""Requests to write something: a script or a report becomes a file, an essay is the answer.

Only a sentence that is such a request from beginning to end: one with "… and fax it" is refused.
"""

import html
import json
import re
import shlex
from dataclasses import dataclass

from sigmic_mock.agent.answers.prose import composed
from sigmic_mock.agent.directives.dictation import holds_order, is_modified
from sigmic_mock.agent.directives.sentences import INTRO, phrase
from sigmic_mock.agent.steps.step import Step, call, say
from sigmic_spec.plural import plural

_LANGUAGE = r"(?:python3?|bash|shell|sh|javascript|node(?:\.?js)?|js)"
_NAME = (
    r"(?:,? (?:named|called|as|to|in|into)(?: (?:the|a) file)?(?: (?:named|called))? "
    r"[`\"']?(?P<{}>[\w-][\w./-]{{0,100}}\.[A-Za-z][A-Za-z0-9]{{0,5}})[`\"']?)?"
)
_PROGRAM = (
    rf"(?:{_LANGUAGE} )?(?:scripts?|programs?|code|file)" + _NAME.format("first") + r" (?:that|which|to) "
    r"(?:prints?|outputs?|says?|echo(?:e?s)?|displays?|shows?) (?:(?:the )?(?:text|words?|string) )?"
    r"(?P<prints>`[^`\n]{1,200}`|\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|'[^'\n]{1,200}'"
    r"|(?:hello|hi|goodbye|bye)(?:,? (?:world|there))?!?)" + _NAME.format("second")
)
_DOCUMENT = (
    r"(?P<kind>report|summary|essay|article|letter|poem|story|text|notes?|readme|document|(?:html|web) page)"
    + _NAME.format("third")
    + r"(?: (?:about|on|of|for) (?P<topic>[^.,;:!?\n`\"“]{1,200}?))?"
    + _NAME.format("fourth")
)
_SAMPLE = (
    r"(?:csv|json|spreadsheet)(?: (?:file|table|document))?"
    + _NAME.format("fifth")
    + r"(?: with (?:some )?(?:sample|example|test|dummy) data)?"
    + _NAME.format("sixth")
)
_ASKED = phrase(
    r"(?:create|write|generate|make|build|implement|produce|draft|prepare)(?: me)?(?: (?:an?|the|some))?"
    r"(?P<manner>(?: (?:new|simple|short|small|little|basic|sample|brief|long|longer|detailed|nice|good"
    r"|beautiful"
    r"|great|very|funny))*)"
    rf" (?P<what>{_PROGRAM}|{_DOCUMENT}|{_SAMPLE})(?:,? (?:please|for me))?[.!]?\s*"
)
"""A whole message that asks for one file, without any other request."""
_NAMES = ("first", "second", "third", "fourth", "fifth", "sixth")
_SAID = frozenset({"essay", "article", "letter", "poem", "story", "text"})
"""Printed in the answer, unless the message names a file; other kinds are always written to a file."""
_QUOTATION_MARKS = "`\"“”'"
_LANGUAGES = (
    (re.compile(r"\b(?:bash|shell|sh)\b", re.IGNORECASE), "script.sh"),
    (re.compile(r"\b(?:javascript|node(?:\.?js)?|js)\b", re.IGNORECASE), "script.js"),
    (re.compile(r"\b(?:html|web ?pages?|website)\b", re.IGNORECASE), "index.html"),
    (re.compile(r"\b(?:csv|spreadsheet)\b", re.IGNORECASE), "data.csv"),
    (re.compile(r"\bjson\b", re.IGNORECASE), "data.json"),
    (re.compile(r"\b(?:python|scripts?|programs?|functions?|app|code)\b", re.IGNORECASE), "script.py"),
    (re.compile(r"\b(?:reports?|summary|analysis)\b", re.IGNORECASE), "report.md"),
    (re.compile(r"\breadme\b", re.IGNORECASE), "README.md"),
)


@dataclass(frozen=True, slots=True)
class _Request:
    """The text to write: its description in the user's words, and the text it shall print, if any."""

    what: str
    prints: str | None
    kind: str
    topic: str
    manner: str


def writing(text: str) -> tuple[Step, ...] | None:
    """Return the steps that write what the text asks for, or None if it does not ask for writing."""
    intro = INTRO.match(text)
    asked = _ASKED.fullmatch(text, intro.end() if intro else 0)
    topic = asked["topic"] if asked else None
    if asked is None or (topic and (holds_order(topic) or is_modified(topic))):
        return None
    prints = asked["prints"]
    request = _Request(
        what=" ".join(asked["what"].split()),
        prints=prints and prints.strip(_QUOTATION_MARKS),
        kind=(asked["kind"] or "").lower(),
        topic=" ".join((topic or "an ordinary day").split()),
        manner=asked["manner"].lower(),
    )
    path = next((asked[name] for name in _NAMES if asked[name]), None)
    if path is None and request.kind in _SAID:
        return (say(_composed(request)),)
    path = path or _default_name(request.what)
    content = _content(path, request)
    note = (
        f"I wrote `{path}` ({plural(len(content.encode('utf-8', 'replace')), 'byte')}). "
        "I am a simulated agent: it is a simple version."
    )
    return (call("write_file", {"brief": note}, path=path, content=content),)


def _default_name(what: str) -> str:
    return next((name for pattern, name in _LANGUAGES if pattern.search(what)), "notes.md")


def _content(path: str, request: _Request) -> str:
    suffix = path.rsplit(".", 1)[-1].lower()
    shown = request.prints or request.what
    match suffix:
        case "py":
            return f'"""Made on request: {_plain(request.what)}"""\n\nprint({shown!r})\n'
        case "sh":
            return (
                f"#!/bin/sh\n# Made on request: {_plain(request.what)}\nprintf '%s\\n' {shlex.quote(shown)}\n"
            )
        case "js":
            return f"// Made on request: {_plain(request.what)}\nconsole.log({_json(shown)});\n"
        case "json":
            return f'{{"request": {_json(request.what)}}}\n'
        case "csv":
            return "id,name,value\n1,alpha,10\n2,beta,20\n3,gamma,30\n"
        case "html":
            return f"<!doctype html>\n<title>Made on request</title>\n<p>{html.escape(shown)}</p>\n"
        case _:
            return f"{_composed(request)}\n"


def _composed(request: _Request) -> str:
    return composed(
        request.kind or "text",
        request.topic,
        is_long="long" in request.manner or "detailed" in request.manner,
        is_short="short" in request.manner or "brief" in request.manner or "small" in request.manner,
    )


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
