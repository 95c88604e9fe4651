"""The grammar's small words: where a sentence begins and ends, how numbers, times and file names are written.

Every pattern is bounded, and anchored by its caller: a message of any length is read in linear time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sigmic_mock.agent.directives.dictation import holds_order, is_dictated, joints
from sigmic_mock.agent.directives.spans import Span, Spans
from sigmic_mock.agent.recall import Codeword, codewords, key_of
from sigmic_mock.agent.steps.step import Step, Steps
from sigmic_mock.agent.tools.builtin import TOOLS

TOOL_NAMES = "|".join(TOOLS)
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {"a": 1, "an": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60}
NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,3}|\d{1,9}(?:\.\d{1,6})?|" + "|".join(NUMBER_WORDS) + r")(?![\w])"
UNITS = {"ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60}
UNITS |= {"h": 3600, "hour": 3600}
UNIT = r"(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)\b"


def phrase(pattern: str) -> re.Pattern[str]:
    """Compile a phrase: any case, a space is any run of spaces, tabs or one line break."""
    return re.compile(pattern.replace(" ", r"(?:[ \t]+|[ \t]*\r?\n[ \t]*)"), re.IGNORECASE)


_CLAUSE = (
    r"(?:to|for this (?:test|task|check|step|exercise)|in this (?:test|task|step)|in order to|as a"
    rf"|using (?:the|your) `?(?:{TOOL_NAMES})`? tool|before (?:you )?(?:answer|reply|do anything)"
    r")\b[^,.;:!?\n`\"“]{0,120},"
    r"|(?:when|once|after) (?:you|that|it|this)(?: are| is| have|'re|'s|'ve)? (?:done|finished|ready"
    r"|complete)(?: with (?:it|that|this|all of (?:it|that|this)))?,"
)
_OPENER = (
    r"please|now|first|firstly|second|secondly|third|next|finally|lastly|also|and|then|after that"
    r"|afterwards|ok"
    r"|okay|so|kindly|just|(?:could|can|would|will) you|i (?:want|need|would like) you to|i'd like you to"
    r"|you (?:must|should)|your task is to|let's|go ahead and"
)
INTRO = phrase(
    rf"(?:\s+|,\s*|[-*•+]\s+|\(?\d{{1,3}}[.)]\s+|step \d{{1,3}}\s*[:.)-]?\s+|(?:{_OPENER})\b[,:]?\s+"
    rf"|{_CLAUSE}\s+"
    rf"|(?:use|call|invoke) (?:the |your )?`?(?:{TOOL_NAMES})`?(?: tool)? to\s+)*"
)
POLITE = phrase(
    r"(?:\s*,?\s*(?:please|for me|and(?: then)? stop|now|right now|immediately|and nothing else"
    r"|nothing else|nothing more|exactly|verbatim"
    r"|exactly as (?:written|shown|given)|thanks|thank you)\b){0,3}[\x20\t]*"
)
STOP = re.compile(r"[.;!?]+(?=[\s)\"'”]|\Z)|(?=\r?\n)|\Z")
CONNECTIVE = phrase(r"(?:,?\s+(?:and then|and|then)|[.;,])\s+(?=\S)")
_TOLD = (
    r"(?: (?:me|us|back|exactly|only|just|the|its|their|all|any|full|complete|entire|whole|raw|exact|of"
    r"|from|to|what"
    r"|each|both|it|they|you|that|this|your|commands?|file|here|verbatim|with|in|answer|reply|please))"
)
TELL_ME = phrase(
    r"(?:,? (?:and|then)(?: then)?|[.,;])? ?(?:please )?(?:show|tell|give|report|print|return|display"
    rf"|reply|answer|respond|include){_TOLD}{{0,10}}"
    r" (?:outputs?|results?|prints?|printed|contents?|says|said|back|what (?:you|it) (?:did|found"
    rf"|wrote|got)|you did)(?:{_TOLD}| (?:printed|did|says|as|is|was|are|afterwards|again)){{0,8}}"
    r"(?:,? please)?(?=[.;!?\n]|,? and |:|\Z)"
)
SENTENCE_MARK = re.compile(r"\n|(?<!e\.g)(?<!i\.e)(?<!\betc)(?<!\bvs)[.!?;](?=[\s)\"'”]|\Z)|[`\"“«„]")
NEGATED = re.compile(r"\b(?:not|never|avoid|without|example|don.t)\b", re.IGNORECASE)
REMARK = phrase(
    r"(?:(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening|day))(?:,? (?:there|again|all))?"
    r"|(?:thanks|thank you)(?: (?:a lot|so much|very much|again|in advance))?|cheers|that(?: is|'s) all"
    r"|(?:do|say|write|add) nothing (?:else|more)|no (?:explanations?|comments?)"
    r"|(?:do not|don't) (?:do|say|add|write|explain|include|output) anything(?: else)?"
    r"|(?:do not|don't) (?:add|include|use|output) (?:(?:an?|any) )?(?:(?:other|further|more|extra"
    r"|trailing) )?"
    r"(?:text|words?|explanations?|comments?|newlines?|line breaks?|punctuation|formatting|markdown|quotes"
    r"|quotation marks)|this is (?:only |just )?a test"
    r"|i(?: will|'ll) ask (?:you )?(?:for|about) (?:it|this|that)(?: (?:again|later|soon))?)"
    r"[\x20\t]*(?:[.!,;]+(?=\s|\Z)|(?=\r?\n)|\Z)"
)
"""Sentences without a request, so that ignoring them leaves nothing undone."""
ABSTAIN = phrase(
    r"(?:(?:do not|don't|never|you (?:must|should) not) (?:create|write|make|modify|change|edit|delete"
    r"|remove|touch"
    r"|run|execute|use|call|read|open)(?: (?:or|and) (?:create|write|make|modify|change|edit|delete|remove"
    r"|run|use))?"
    r"|without (?:using|creating|running|calling))"
    r"(?: (?:any|an?|the|my|your|other|new|more|shell))* (?:files?|folders?|tools?|commands?|workspace"
    r"|anything)"
    r"(?: (?:or|and) (?:files?|folders?|tools?|commands?))?[\x20\t]*(?:[.!,;]+(?=\s|\Z)|(?=\r?\n)|\Z)"
)
"""Sentences that forbid the use of tools: obeyed if the rest of the message asks for none."""
BEFORE_PAYLOAD = re.compile(
    r"[ \t]*(?P<colon>[:=]|[-\u2013\u2014](?=\s))?[ \t]*(?P<line>\r?\n[ \t\r\n]{0,20})?"
)
LONGEST_QUESTION = 400
"""Characters of a sentence that may have an answer."""
BLANK_LINE = re.compile(r"\r?\n[ \t]*\r?\n")
QUOTE_MARKS = ('"', "”", "\u2019", "»", "'")
_LINKS = re.compile(r"\A(?:[.,;\s]|(?:and|then|please)\b)*", re.IGNORECASE)
_ONLY_TAIL = re.compile(r"(?:,[ \t]*please|,?[ \t]+and[ \t]+nothing[ \t]+(?:else|more))\Z", re.IGNORECASE)
_SAME_FILE = re.compile(r"(?:it|(?:that|this|the) (?:new )?file)(?!['\w]|[.-]\w)", re.IGNORECASE)
BARE_PATH = re.compile(r"[\w./~@%+\-()]{1,1024}")


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive that was understood: it ends at `end`; `steps` are those that the agent performs.

    `chatter` is the agent's own remark about it: left out when the message dictates the answer (`dictates` is
    True for the directive that does). `remembers` is True when later messages may rely on it. `file` is the
    file that it is about. `answers` names the answer to an ordinary question.
    """

    end: int
    steps: tuple[Step, ...]
    chatter: tuple[Step, ...] = ()
    dictates: bool = False
    remembers: bool = False
    file: str | None = None
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to an ordinary sentence; `file` is the file that it writes, if any."""

    name: str
    steps: Steps
    file: str | None = None


Answer: TypeAlias = Callable[[str], Answered | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One directive of the grammar: the phrase it begins with, and how the rest is read.

    `verbs` are the first words of the phrase.
    """

    verbs: frozenset[str]
    lead: re.Pattern[str]
    read: Callable[["Reader", re.Match[str]], Directive | None]


def rule(verbs: str, pattern: str, read: Callable[["Reader", re.Match[str]], Directive | None]) -> Rule:
    """Return the rule for a phrase: the verbs, then the pattern of what follows them."""
    words = verbs.split()
    return Rule(frozenset(words), phrase(rf"(?:{'|'.join(words)})\b{pattern}"), read)


class Reader:
    """Reads the parts of one message that rules ask for. `leads` says where another directive begins."""

    def __init__(
        self,
        text: str,
        leads: Callable[[int], bool],
        directive_at: Callable[[int], Directive | None],
        answer: Answer,
    ) -> None:
        self.text = text
        self.answer = answer
        """Answers an ordinary sentence."""
        self.spans = Spans(text)
        self._leads = leads
        self._paragraph = (0, -1)
        self._sentence = (0, -1)
        self._directive_at = directive_at
        self._inside = False
        self._codewords: tuple[Codeword, ...] | None = None
        self.doubt: int | None = None
        """Position of an order in the text of the directive that was read last, which no rule knows."""
        self.file: str | None = None
        """The file that the directives before were about: `it`."""

    def forget_doubt(self) -> None:
        """Begin with another directive."""
        self.doubt = None

    def inner(self, at: int) -> Directive | None:
        """Return the directive at `at` that is part of another one; there is one such level only."""
        if self._inside:
            return None
        self._inside = True
        try:
            return self._directive_at(at)
        finally:
            self._inside = False

    def codeword_before(self, at: int, word: str) -> str | None:
        """Return the last codeword of that kind that the message sets before `at`."""
        if self._codewords is None:
            self._codewords = tuple(codewords(self.text))
        key = key_of(word)
        told = (each for each in reversed(self._codewords) if each.at < at and each.key == key)
        return next((each.value for each in told), None)

    def payload(self, at: int, *, is_code: bool = False) -> Span | None:
        """Return the text given at `at`: fence, code, quotation; after a colon the rest of the line.

        None if another order may follow in it, see `before_directive`.
        """
        before = BEFORE_PAYLOAD.match(self.text, at)
        if before is None:  # pragma: no cover - every part of the pattern is optional
            return None
        start = before.end()
        if fence := self.spans.fence(start):
            return fence
        quoted = self.spans.quoted(start)
        if quoted is not None and (not before["colon"] or self._stands_alone(quoted)):
            return quoted
        if not before["colon"]:
            return None
        end = self.paragraph_end(start) if before["line"] else self._line_end(start)
        end = self.before_directive(start, end, is_code=is_code)
        whole = wrapped(self.text[start:end].strip(" \t\r\n"))
        return Span(whole, end, is_quoted=False) if whole and self.doubt is None else None

    def path(self, at: int) -> Span | None:
        """Return the file name at `at`: quoted, or bare without the punctuation of the sentence; or `it`."""
        start = self.skip_spaces(at)
        if same := _SAME_FILE.match(self.text, start):
            return Span(self.file, same.end()) if self.file else None
        if quoted := self.spans.quoted(start):
            return quoted if quoted.text.strip() else None
        bare = BARE_PATH.match(self.text, start)
        name = bare[0].rstrip(".)") if bare else ""
        return Span(name, start + len(name), is_quoted=False) if name else None

    def word(self, at: int) -> Span | None:
        """Return quoted text, or one bare word without the punctuation of the sentence."""
        start = self.skip_spaces(at)
        if quoted := self.spans.quoted(start):
            return quoted
        bare = re.compile(r"[^\s`\"“”]{1,200}").match(self.text, start)
        word = bare[0].rstrip(".,;:!?") if bare else ""
        return Span(word, start + len(word), is_quoted=False) if word else None

    def plain_text(self, at: int, *, announced: bool = False) -> Span | None:
        """Return text dictated without quotation marks: the rest of the sentence, when that is all it can be.

        It ends where `then` begins another directive.
        """
        rest = self.rest(at)
        if rest is None:
            return None
        end = self.before_directive(at, rest.end)
        text = _ONLY_TAIL.sub("", self.text[at:end].strip())
        mark = self.text[end : end + 1]
        if mark in {"!", "?"} or not is_dictated(text, announced=announced):
            return None
        return Span(text, end, is_quoted=False)

    def before_directive(self, at: int, end: int, *, is_code: bool = False) -> int:
        """Return the position before `end` at which another directive follows the text at `at`, else `end`.

        An order that no rule knows is stored as the `doubt`: it must not become text.
        """
        for joint in joints(self.text, at, end, is_code=is_code):
            intro = INTRO.match(self.text, joint.lead)
            if (joint.order or joint.stops) and self._leads(intro.end() if intro else joint.lead):
                return joint.at
            if joint.order:
                last = min(self._sentence_end(joint.lead), joint.lead + LONGEST_QUESTION)
                if self.answer(self.text[joint.lead : last].strip()):
                    return joint.at
                self.doubt = self.doubt or joint.lead
                return end
        return end

    def rest(self, at: int) -> Span | None:
        """Return the rest of the sentence at `at`."""
        start = self.skip_spaces(at)
        end = self._sentence_end(start)
        text = self.text[start:end].strip()
        return Span(text, end, is_quoted=False) if text else None

    def _sentence_end(self, at: int) -> int:
        low, high = self._sentence
        if not low <= at <= high:
            mark = re.compile(r"[.;!?](?=\s|\Z)|\r?\n|\Z").search(self.text, at)
            self._sentence = (at, mark.start() if mark else len(self.text))
        return self._sentence[1]

    def skip_spaces(self, at: int) -> int:
        """Return the position of the next character that is neither space nor tab."""
        while self.text[at : at + 1] in {" ", "\t"}:
            at += 1
        return at

    def closes(self, at: int) -> int | None:
        """Return where the sentence ends when only politeness or another directive follows `at`."""
        polite = POLITE.match(self.text, at)
        end = polite.end() if polite else at
        if stop := STOP.match(self.text, end):
            return stop.end()
        for start in {end, at}:
            connective = CONNECTIVE.match(self.text, start)
            if connective and self._leads(connective.end()):
                return start
        told = self.tells(at)
        return told.end() if told else None

    def closed(self, at: int, *steps: Step, **more: Any) -> Directive | None:
        """Return the directive of these steps when its sentence ends behind `at`, see `closes`."""
        end = self.closes(at)
        return None if end is None else Directive(end, steps, **more)

    def tells(self, at: int) -> re.Match[str] | None:
        """Match a request for the output, unless it contains an order."""
        told = TELL_ME.match(self.text, at)
        return None if told is None or holds_order(_LINKS.sub("", told[0], count=1)) else told

    def after(self, at: int) -> int:
        """Return where to continue reading after a payload: behind a request for the output."""
        told = self.tells(at)
        if told is None:
            return at
        intro = INTRO.match(self.text, at)
        return at if intro and self._leads(intro.end()) else told.end()

    def _stands_alone(self, quoted: Span) -> bool:
        """True unless more text follows the quotation on its line and ends with a quotation mark."""
        if self.closes(quoted.end) is not None or CONNECTIVE.match(self.text, quoted.end):
            return True
        rest = self.text[quoted.end : self._line_end(quoted.end)].rstrip()
        return not rest.endswith(QUOTE_MARKS)

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def paragraph_end(self, at: int) -> int:
        low, high = self._paragraph
        if not low <= at <= high:
            blank = BLANK_LINE.search(self.text, at)
            self._paragraph = (at, blank.start() if blank else len(self.text))
        return self._paragraph[1]


def wrapped(text: str) -> str:
    """Remove one pair of quotation marks around a whole text, unless it is two quotations."""
    inside = text[1:-1]
    is_one = text[:1] in {'"', "“"} and text[-1] in '"”' and not any(mark in inside for mark in '"“”')
    return inside if inside and is_one else text


def number(text: str) -> float:
    """Return the number that `NUMBER` matched."""
    word = text.lower()
    return float(NUMBER_WORDS[word]) if word in NUMBER_WORDS else float(word.replace(",", ""))


def seconds(amount: str, unit: str) -> float:
    """Return a time in seconds."""
    name = unit.lower()
    factor = UNITS.get(name) or UNITS[name.removesuffix("s")]
    return number(amount) * factor
