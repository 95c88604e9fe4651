"""German, Spanish, French and Japanese: greetings and simple requests, answered in the same language.

`languages.yaml` has the sentences that are understood. Any other one is not, and the answer is a
refusal in its language. Text without quotation marks is not understood if another order could begin in it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sigmic_mock.agent.answers.arithmetic import answer_arithmetic
from sigmic_mock.agent.steps.step import Steps, call, say

_END = r"[\s.!?\u3002\uff01\uff1f\u00a1\u00bf]*"
_TEXT = (
    r"(?:`(?P<code>[^`\n]{1,2000})`|\"(?P<double>[^\"\n]{1,2000})\"|„(?P<german>[^“”\n]{1,2000})[“”]"
    r"|“(?P<curly>[^”\n]{1,2000})”|« ?(?P<french>[^»\n]{1,2000}?) ?»|「(?P<japanese>[^」\n]{1,2000})」"
    r"|(?P<plain>[^\s.,;:!?\u3002、「`\"][^.,;:!?\n\u3002、`\"]{0,300}?))"
)
_FILE = r"[`\"„“«「]? ?(?P<file>[\w-][\w./-]{0,100}\.[A-Za-z][A-Za-z0-9]{0,5}) ?[`\"“”»」]?"
_SUM = r"(?P<sum>\d[\d\s.()+*/\u00d7\u00b7\u00f7\u2212-]{0,100}\d\)*)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language: `asks` are patterns of whole sentences by request, `says` the words of its answers.

    `known` words show that a message is in this language, `goes_on` words could begin another order in text
    without quotation marks.
    """

    name: str
    known: re.Pattern[str]
    least: int
    """Number of `known` words that make a message one of this language."""
    goes_on: re.Pattern[str]
    asks: Mapping[str, re.Pattern[str]]
    says: Mapping[str, str]
    capitals: Mapping[str, str]


def _language(entry: Mapping[str, Any]) -> Language:
    kinds = {"<text>": _TEXT, "<file>": _FILE, "<sum>": _SUM}
    asks = {}
    for key, text in entry["asks"].items():
        for placeholder, pattern in kinds.items():
            text = text.replace(placeholder, pattern)  # noqa: PLW2901 - one after the other
        asks[key] = re.compile(rf"\s*(?:{text}){_END}", re.IGNORECASE)
    return Language(
        name=entry["name"],
        known=re.compile(entry["known"], re.IGNORECASE),
        least=entry["least"],
        goes_on=re.compile(entry["goes_on"], re.IGNORECASE),
        asks=asks,
        says=entry["says"],
        capitals=entry["capitals"],
    )


@cache
def languages() -> tuple[Language, ...]:
    """Return the languages besides English."""
    read = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
    return tuple(map(_language, read))


_MOST_READ = 2_000


def answer_in_kind(sentence: str) -> Steps | None:
    """Answer a greeting or a simple request in the language of the sentence; None for any other sentence."""
    text = sentence[:_MOST_READ]
    if len(sentence) > _MOST_READ:
        return None
    for language in languages():
        for asked in (text, _without_greeting(language, text)):
            for kind, pattern in language.asks.items():
                if found := pattern.fullmatch(asked):
                    return _DO[kind](language, found) if kind in _DO else (say(language.says[kind]),)
    return None


def _without_greeting(language: Language, text: str) -> str:
    """Return what follows a greeting at the beginning; all of a text that begins with none."""
    greeting = language.asks["greeting"].match(text)
    return text[greeting.end() :].lstrip(" ,、") if greeting else text


def not_understood(text: str, shown: str) -> str | None:
    """Return the answer for a message that was not understood, in its language; None for English."""
    scored = [(len(each.known.findall(text[:_MOST_READ])), each) for each in languages()]
    count, language = max(scored, key=lambda each: each[0])
    return (
        language.says["nothing"].format(shown) if count > (0 if language.name == "Japanese" else 1) else None
    )


def _given(language: Language, found: re.Match[str]) -> str | None:
    """Return the text of a request; None if an order could follow in plain text."""
    given = found.groupdict()
    plain = given.get("plain")
    if plain is not None:
        return None if language.goes_on.search(plain) else plain.strip()
    return next(
        given[name] for name in ("code", "double", "german", "curly", "french", "japanese") if given.get(name)
    )


def _say(language: Language, found: re.Match[str]) -> Steps | None:
    text = _given(language, found)
    return (say(text, exact=True),) if text else None


def _create(language: Language, found: re.Match[str]) -> Steps | None:
    text = _given(language, found)
    report = {"brief": language.says["wrote"].format(found["file"])}
    return (call("write_file", report, path=found["file"], content=text),) if text else None


def _sum(_language: Language, found: re.Match[str]) -> Steps | None:
    result = answer_arithmetic(found["sum"])
    return (say(result),) if result else None


def _capital(language: Language, found: re.Match[str]) -> Steps | None:
    city = language.capitals.get(found["land"].lower())
    return (say(language.says["capital"].format(city)),) if city else None


def _list(language: Language, _found: re.Match[str]) -> Steps:
    return (call("list_directory", {"quote": language.says["files"]}, path="."),)


def _read(language: Language, found: re.Match[str]) -> Steps:
    return (call("read_file", {"quote": language.says["holds"].format(found["file"])}, path=found["file"]),)


_DO: Mapping[str, Callable[[Language, re.Match[str]], Steps | None]] = {
    "say": _say,
    "create": _create,
    "sum": _sum,
    "capital": _capital,
    "list": _list,
    "read": _read,
}
