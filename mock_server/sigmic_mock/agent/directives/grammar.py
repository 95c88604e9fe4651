"""Directives: a small closed grammar of plain sentences that a real model would obey just as well.

A directive counts only at the start of a sentence, never inside quoted text, code or a negated list, and only
when the whole sentence matches. All other text is ordinary prompt: saved, listed by `explain`, never guessed.

A message that would change something is done whole or not at all: if some words of it were not understood, no
file, nothing that a command could change and no memory is touched, and the answer states this.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sigmic_mock.agent.directives.dictation import orders
from sigmic_mock.agent.directives.examples import closest_words
from sigmic_mock.agent.directives.files import FILE_RULES
from sigmic_mock.agent.directives.sentences import (
    ABSTAIN,
    INTRO,
    LONGEST_QUESTION,
    NEGATED,
    REMARK,
    SENTENCE_MARK,
    Answer,
    Directive,
    Reader,
    Rule,
)
from sigmic_mock.agent.directives.speech import MOST_CHARACTERS, SPEECH_RULES
from sigmic_mock.agent.directives.work import WORK_RULES
from sigmic_mock.agent.prompt import Prompt, echo
from sigmic_mock.agent.recall import NOTHING_DONE
from sigmic_mock.agent.steps.step import Plan, Step, called, say, think
from sigmic_mock.agent.tools.builtin import TOOLS
from sigmic_spec.plural import plural

RULES: tuple[Rule, ...] = (*FILE_RULES, *WORK_RULES, *SPEECH_RULES)
VERBS = {verb: tuple(each for each in RULES if verb in each.verbs) for each in RULES for verb in each.verbs}
FIRST_WORD = re.compile(r"[A-Za-z]{2,20}")
QUOTED_LINE = re.compile(r"[ \t]*>[^\n]*")
SHOWN_CHARACTERS = 200
TOLD_SENTENCES = 3
REFUSED = "not understood"
TOO_MUCH = "too much"
MOST_STEPS = 1_000
"""Of one message."""
MOST_QUESTIONS = 100
"""Sentences without an answer before the agent looks for no more answers in a message."""
_WANTS = re.compile(r"\b(?:then|please|next|finally|after|also|you)", re.IGNORECASE)
"""In the words before a sentence: it asks for work, whatever its verb."""
_READS = frozenset(name for name, tool in TOOLS.items() if tool.read_only)


@dataclass(frozen=True, slots=True)
class Reading:
    """A message read by the grammar: its directives in order, and its other sentences.

    `asks_more` is True when one of those asks for work, or may; `is_doubtful` when one may follow in dictated
    text; `is_too_much` when reading stopped because the directives had more than `MOST_STEPS` steps or more
    than `MOST_CHARACTERS` to say.
    """

    directives: tuple[Directive, ...]
    understood: tuple[str, ...]
    not_understood: tuple[str, ...]
    asks_more: bool = False
    is_too_much: bool = False
    is_doubtful: bool = False

    @property
    def is_one_question(self) -> bool:
        """True if there is a question with its answer, and nothing else."""
        return len(self.directives) == 1 and self.directives[0].answers != "" and not self.not_understood


def plan_directives(prompt: Prompt, answer: Answer = lambda _sentence: None) -> Plan | None:
    """Compile a message to steps; None if it holds no directive and no question with an answer.

    `answer` is called with every other sentence. The plan's name is `REFUSED` if nothing is done because a
    part was not understood, and `TOO_MUCH` if the message asks for too much.
    """
    reading = read(prompt.text, answer)
    if reading.is_too_much:
        return _nothing_done(
            TOO_MUCH,
            "The message asks for too much, so I do nothing of it.",
            f"{NOTHING_DONE}, because it asks for more than {MOST_STEPS} steps or for more than "
            f"{MOST_CHARACTERS} characters of answer. Send it in several messages.",
            (f"more than {MOST_STEPS} steps or {MOST_CHARACTERS} characters of answer",),
        )
    if reading.is_one_question:
        [question] = reading.directives
        steps = (understanding(prompt), *question.steps, *question.chatter)
        return Plan(source="default", name=question.answers, steps=steps)
    if not reading.directives and not reading.is_doubtful:
        return None
    if reading.not_understood and (reading.asks_more or any(map(_changes, reading.directives))):
        return _refusal(reading)
    return Plan(
        source="directives",
        steps=tuple(_steps(reading)),
        understood=reading.understood,
        not_understood=reading.not_understood,
    )


def understanding(prompt: Prompt) -> Step:
    """Return the agent's first thought about an ordinary message."""
    files = len(prompt.files)
    with_files = f" {plural(files, 'file')} came with it." if files else ""
    return think("Understanding the request", f"The user wrote: “{echo(prompt.text)}”.{with_files}")


def read(text: str, answer: Answer = lambda _sentence: None) -> Reading:
    """Find the directives of a message."""
    return _Scan(text, answer).read()


def told(sentences: Sequence[str]) -> str:
    """Return sentences in quotation marks, the first of them when they are many."""
    shown = [f"“{' '.join(each.split())}”" for each in sentences[:TOLD_SENTENCES]]
    more = len(sentences) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(shown)


def _refusal(reading: Reading) -> Plan:
    return _nothing_done(
        REFUSED,
        "I do not understand all of the message, so I do nothing of it.",
        f"{NOTHING_DONE}, because I did not understand {told(reading.not_understood)}. "
        f"{closest_words(reading.not_understood[0])}"
        "Text that is meant word for word is best put in quotation marks or `backquotes`.",
        reading.not_understood,
    )


def _nothing_done(name: str, thought: str, answer: str, not_understood: tuple[str, ...] = ()) -> Plan:
    return Plan(
        source="directives",
        name=name,
        steps=(think("Following the instructions", thought), say(answer)),
        not_understood=not_understood,
    )


def _changes(directive: Directive) -> bool:
    """Tell whether a directive may change something that outlives the answer."""
    return directive.remembers or any(map(_step_changes, directive.steps))


def _uses_tools(directive: Directive) -> bool:
    return any(called(step) or "parallel" in step or "subagent" in step for step in directive.steps)


def _step_changes(step: Step) -> bool:
    if "subagent" in step:
        uses = [each["tool"]["name"] for each in step["subagent"]["steps"] if "tool" in each]
        return any(tool not in _READS for tool in uses)
    call = called(step)
    return "parallel" in step or (call is not None and call[0] not in _READS)


def _unreported(step: Step) -> Step:
    """Return the step without the words about its success."""
    return {
        key: {name: each for name, each in value.items() if name != "report"}
        if isinstance(value, dict)
        else value
        for key, value in step.items()
    }


def _steps(reading: Reading) -> Iterator[Step]:
    directives = reading.directives
    dictated = any(directive.dictates for directive in directives)
    order = (
        "one thing; I do it"
        if len(directives) == 1
        else f"{plural(len(directives), 'thing')}; I do them in order"
    )
    yield think("Following the instructions", f"The message asks for {order}.")
    for directive in directives:
        yield from map(_unreported, directive.steps) if dictated else directive.steps
        if not dictated:
            yield from directive.chatter
    if reading.not_understood and not dictated:
        yield say(f"I did not understand {told(reading.not_understood)}.")


@dataclass(slots=True)
class _Size:
    """How many steps, and characters of an answer, a message may still ask for."""

    steps: int
    characters: int

    @property
    def is_exceeded(self) -> bool:
        return self.steps < 0 or self.characters < 0

    def take(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self.steps -= len(step.get("parallel", (None,)))
            self.characters -= len(step["say"]["text"]) if "say" in step else 0


class _Scan:
    """One walk over a message, from sentence to sentence."""

    def __init__(self, text: str, answer: Answer) -> None:
        self._text = text
        self._reader = Reader(text, self._leads, self._directive, answer)
        self._abstains: list[str] = []
        """Sentences that forbid the use of tools."""
        self._directives: list[Directive] = []
        self._understood: list[str] = []
        self._other: list[str] = []
        self._asks_more = False
        self._is_doubtful = False
        self._left = _Size(MOST_STEPS, MOST_CHARACTERS)

    def read(self) -> Reading:
        at = 0
        while at < len(self._text) and not self._left.is_exceeded:
            at = self._sentence(at)
        if self._abstains and any(map(_uses_tools, self._directives)):
            self._other += self._abstains
        return Reading(
            tuple(self._directives),
            tuple(self._understood),
            tuple(self._other),
            asks_more=self._asks_more,
            is_too_much=self._left.is_exceeded,
            is_doubtful=self._is_doubtful,
        )

    def _sentence(self, at: int) -> int:
        intro = INTRO.match(self._text, at)
        start = intro.end() if intro else at
        self._reader.forget_doubt()
        directive = None if self._is_fence(start) else self._directive(start)
        doubt = self._reader.doubt
        if directive is None and (remark := REMARK.match(self._text, start)):
            return remark.end()
        if directive is None and (abstains := ABSTAIN.match(self._text, start)):
            self._abstains.append(_shown(abstains[0]))
            return abstains.end()
        end = self._skip(start) if directive is None else directive.end
        directive = directive or self._answered(start, end)
        if directive is not None:
            self._accept(directive, start)
            return max(directive.end, start + 1)
        if doubt is not None:
            self._is_doubtful = True
            at, end = doubt, self._skip(doubt)
        wants = intro is not None and _WANTS.search(intro[0]) is not None
        self._asks_more = self._asks_more or doubt is not None or wants or orders(self._text[start:end])
        self._note(self._text[at:end])
        return end

    def _accept(self, directive: Directive, start: int) -> None:
        self._directives.append(directive)
        self._left.take((*directive.steps, *directive.chatter))
        self._understood.append(_shown(self._text[start : directive.end]))
        self._reader.file = directive.file or self._reader.file

    def _answered(self, start: int, end: int) -> Directive | None:
        """Return the answer to an ordinary question; its words are the agent's own."""
        sentence = self._text[start:end].strip()
        if not sentence or len(sentence) > LONGEST_QUESTION or len(self._other) >= MOST_QUESTIONS:
            return None
        answered = self._reader.answer(sentence)
        if answered is None:
            return None
        does = tuple(step for step in answered.steps if "say" not in step)
        words = tuple(step for step in answered.steps if "say" in step)
        return Directive(end, does, words, answers=answered.name, file=answered.file)

    def _is_fence(self, at: int) -> bool:
        return self._text[at : at + 3] in {"```", "~~~"} and self._reader.spans.fence(at) is not None

    def _leads(self, at: int) -> bool:
        return any(each.lead.match(self._text, at) for each in self._rules(at))

    def _rules(self, at: int) -> tuple[Rule, ...]:
        word = FIRST_WORD.match(self._text, at)
        return VERBS.get(word[0].lower(), ()) if word else ()

    def _directive(self, at: int) -> Directive | None:
        doubt = None
        for each in self._rules(at):
            self._reader.forget_doubt()
            lead = each.lead.match(self._text, at)
            directive = each.read(self._reader, lead) if lead else None
            if directive is not None:
                return directive
            doubt = doubt or self._reader.doubt
        self._reader.doubt = doubt
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
                # The second alternative matches any character, so there is always a match.
                at = mark.start() + len(re.compile(r"`+|.").match(self._text, mark.start())[0])  # type: ignore[index]  # `.` fits
        else:
            at = len(self._text)
        return self._past_forbidden_list(start, max(at, start + 1))

    def _past_forbidden_list(self, start: int, end: int) -> int:
        """Return the end of a sentence; a negated one with a colon includes the list below it."""
        sentence = self._text[start:end].rstrip()
        if not sentence.endswith(":") or not NEGATED.search(sentence):
            return end
        return self._reader.paragraph_end(end)

    def _note(self, text: str) -> None:
        if any(character.isalnum() for character in text):
            self._other.append(_shown(text))


def _shown(text: str) -> str:
    text = text.strip()
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
