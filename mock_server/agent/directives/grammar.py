"""Directives: a small closed grammar of plain sentences that a real model would obey just as well.

A directive counts only where a sentence begins, never inside quoted text, code or a negated list, and only
when the whole sentence fits. Everything else is ordinary prompt: kept, listed by `explain`, never guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sigmic_conformance.mock_server.agent.directives.files import FILE_RULES
from sigmic_conformance.mock_server.agent.directives.sentences import (
    INTRO,
    NEGATED,
    SENTENCE_MARK,
    Directive,
    Reader,
    Rule,
)
from sigmic_conformance.mock_server.agent.directives.speech import SPEECH_RULES
from sigmic_conformance.mock_server.agent.directives.work import WORK_RULES
from sigmic_conformance.mock_server.agent.prompt import Prompt
from sigmic_conformance.mock_server.agent.steps.step import CallTool, Delegate, Plan, Step, Think

RULES: tuple[Rule, ...] = (*FILE_RULES, *WORK_RULES, *SPEECH_RULES)
VERBS = {verb: tuple(each for each in RULES if verb in each.verbs) for each in RULES for verb in each.verbs}
FIRST_WORD = re.compile(r"[A-Za-z]{2,20}")
QUOTED_LINE = re.compile(r"[ \t]*>[^\n]*")
SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """A message read by the grammar: its directives in order, and the sentences that are none."""

    directives: tuple[Directive, ...]
    understood: tuple[str, ...]
    not_understood: tuple[str, ...]


def plan_directives(prompt: Prompt) -> Plan | None:
    """Compile a message to steps; None when it holds no directive."""
    reading = read(prompt.text)
    if not reading.directives:
        return None
    return Plan(
        source="directives",
        steps=tuple(_steps(reading.directives)),
        understood=reading.understood,
        not_understood=reading.not_understood,
    )


def read(text: str) -> Reading:
    """Find the directives of a message."""
    return _Scan(text).read()


def _steps(directives: tuple[Directive, ...]) -> Iterator[Step]:
    dictated = any(directive.dictates for directive in directives)
    order = "one thing; I do it" if len(directives) == 1 else f"{len(directives)} things; I do them in order"
    yield Think("Following the instructions", f"The message asks for {order}.")
    for directive in directives:
        for step in directive.steps:
            yield replace(step, report=None) if dictated and isinstance(step, CallTool | Delegate) else step
        if not dictated:
            yield from directive.chatter


class _Scan:
    """One walk over a message, from sentence to sentence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._reader = Reader(text, self._leads, self._directive)
        self._directives: list[Directive] = []
        self._understood: list[str] = []
        self._other: list[str] = []

    def read(self) -> Reading:
        at = 0
        while at < len(self._text):
            at = self._sentence(at)
        return Reading(tuple(self._directives), tuple(self._understood), tuple(self._other))

    def _sentence(self, at: int) -> int:
        intro = INTRO.match(self._text, at)
        start = intro.end() if intro else at
        directive = None if self._is_fence(start) else self._directive(start)
        if directive is not None:
            self._directives.append(directive)
            self._understood.append(_shown(self._text[start : directive.end]))
            return max(directive.end, start + 1)
        end = self._skip(start)
        self._note(self._text[at:end])
        return end

    def _is_fence(self, at: int) -> bool:
        return self._text[at : at + 3] in {"```", "~~~"} and self._reader.spans.fence(at) is not None

    def _leads(self, at: int) -> bool:
        return any(each.lead.match(self._text, at) for each in self._rules(at))

    def _rules(self, at: int) -> tuple[Rule, ...]:
        word = FIRST_WORD.match(self._text, at)
        return VERBS.get(word[0].lower(), ()) if word else ()

    def _directive(self, at: int) -> Directive | None:
        for each in self._rules(at):
            lead = each.lead.match(self._text, at)
            directive = each.read(self._reader, lead) if lead else None
            if directive is not None:
                return directive
        return None

    def _skip(self, start: int) -> int:
        """Return where the next sentence may begin, jumping over quoted text."""
        if fence := self._reader.spans.fence(start):
            return fence.end
        if quoted := QUOTED_LINE.match(self._text, start):
            return max(quoted.end(), start + 1)
        at = start
        while mark := SENTENCE_MARK.search(self._text, at):
            found, at = mark[0], mark.end()
            if found == "\n" or found in ".!?;":
                break
            quoted_span = self._reader.spans.quoted(mark.start())
            if quoted_span is not None:
                at = quoted_span.end
            else:
                # The second alternative fits any character, so there is a match.
                at = mark.start() + len(re.compile(r"`+|.").match(self._text, mark.start())[0])  # type: ignore[index]
        else:
            at = len(self._text)
        return self._past_forbidden_list(start, max(at, start + 1))

    def _past_forbidden_list(self, start: int, end: int) -> int:
        """A negated sentence that ends with a colon takes the list below it along."""
        sentence = self._text[start:end].rstrip()
        if not sentence.endswith(":") or not NEGATED.search(sentence):
            return end
        return self._reader.paragraph_end(end)

    def _note(self, text: str) -> None:
        if any(character.isalnum() for character in text[:SHOWN_CHARACTERS]):
            self._other.append(_shown(text))


def _shown(text: str) -> str:
    text = text.strip()
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
