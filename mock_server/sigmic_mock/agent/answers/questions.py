"""Answers to one ordinary sentence: a question, an introduction, a request to write something.

Rule: a sentence is understood whole or not at all, so that no part of it is silently ignored.
"""

import re
from collections.abc import Callable

from sigmic_mock.agent.answers.arithmetic import answer_arithmetic
from sigmic_mock.agent.answers.capitals import answer_capital
from sigmic_mock.agent.answers.introduction import HELP, JOKE, SIMULATED
from sigmic_mock.agent.answers.languages import answer_in_kind
from sigmic_mock.agent.answers.looking_up import looked_up
from sigmic_mock.agent.answers.writing import writing
from sigmic_mock.agent.directives.dictation import holds_order
from sigmic_mock.agent.directives.sentences import Answered
from sigmic_mock.agent.prompt import Prompt, echo, style_of
from sigmic_mock.agent.recall import (
    codewords,
    earlier_messages,
    names,
    recall_fact,
    recall_name,
)
from sigmic_mock.agent.steps.step import Steps, called, say

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
_HELP = re.compile(
    r"\s*(?:(?:hi|hello|hey)[!,.]*\s+)?(?:what (?:can|do) you (?:do|understand)(?: for me)?"
    r"|what are you able to do|how can you help(?: me)?"
    r"|what are your (?:skills|abilities|capabilities|commands)|help(?: me)?(?:,? please)?"
    r"|(?:list|show)(?: me)? what you can do)\s*[?!.]*\s*",
    re.IGNORECASE,
)
_JOKE = re.compile(
    r"\s*(?:please )?tell me a(?:nother|)(?: good| short| funny)? joke(?:,? please)?[.!]?\s*", re.IGNORECASE
)
_REMEMBERS = re.compile(
    r",?[ \t]+(?:and[ \t]+)?(?:please[ \t]+)?(?:remember|note|keep)[ \t]+(?:it|that"
    r"|this)(?:[ \t]+in[ \t]+mind)?"
    r"(?:,?[ \t]+please)?[.!]*\s*\Z",
    re.IGNORECASE,
)
_AND_ASKS = re.compile(
    r",?[ \t]+and[ \t]+(?:also[ \t]+)?(?=(?:what|who|how|which|where|calculate|tell me)\b)", re.IGNORECASE
)
_MOST_PARTS = 5

Question = Callable[[Prompt, str], Steps | None]


def answer_sentence(prompt: Prompt, sentence: str) -> Answered | None:
    """Answer a sentence; None if no answer matches all of it."""
    if answered := _answered(prompt, sentence):
        return answered
    parts = _AND_ASKS.split(sentence)
    if not 1 < len(parts) <= _MOST_PARTS:
        return None
    answers = [answer for part in parts if (answer := _answered(prompt, part)) is not None]
    if len(answers) != len(parts):
        return None
    return Answered(answers[0].name, [step for answer in answers for step in answer.steps])


def _answered(prompt: Prompt, sentence: str) -> Answered | None:
    for name, answer in _WITH_FILES if prompt.files else _ANSWERS:
        steps = answer(prompt, sentence)
        if steps:
            files = [use[1].get("path") for step in steps if (use := called(step)) and use[0] == "write_file"]
            return Answered(name, steps, file=files[0] if files else None)
    return None


def _whole(answer: Question) -> Question:
    """Refuse a sentence with an order behind it: the answer is for a part of it only."""
    return lambda prompt, sentence: None if holds_order(sentence) else answer(prompt, sentence)


def _from_memory(prompt: Prompt, sentence: str) -> Steps | None:
    if _OWN_NAME.search(sentence):
        name = recall_name(prompt.memory) or next(names(prompt.text[:_MOST_READ]), None)
        return (
            say(f"Your name is {name}." if name else "You have not told me your name in this conversation."),
        )
    if asked := _OWN_FACT.search(sentence):
        fact = recall_fact(prompt.memory, asked[1])
        unknown = f"You have not told me your {asked[1]} in this conversation."
        return (say(f"Your {asked[1]} is {fact}." if fact else unknown),)
    if asked := _EARLIER.search(sentence):
        return (say(_earlier(prompt, asked["which"])),)
    return None


_MOST_READ = 4_000


def _earlier(prompt: Prompt, which: str | None) -> str:
    before = earlier_messages(prompt.memory)
    if not before:
        return "This is the first message of our conversation."
    if which or len(before) == 1:
        return f"You wrote: “{echo(before[0] if which == 'first' else before[-1])}”"
    lines = [f"{at}. “{echo(text)}”" for at, text in enumerate(before[-10:], start=max(1, len(before) - 9))]
    return "\n".join(["You wrote before:", "", *lines])


def _introduction(_prompt: Prompt, sentence: str) -> Steps | None:
    text = _REMEMBERS.sub("", sentence)
    name = None if holds_order(text) else next(names(text), None)
    return (say(f"Nice to meet you, {name}. I will remember your name."),) if name else None


def _codeword_told(_prompt: Prompt, sentence: str) -> Steps | None:
    """Confirm a sentence that is about a codeword and nothing else."""
    text = sentence.strip()
    told = next(codewords(text), None)
    if told is None or told.at or text[told.end :].strip(" .!"):
        return None
    return (say(f"I will remember the {told.key} {told.value}."),)


def _sum(_prompt: Prompt, sentence: str) -> Steps | None:
    result = answer_arithmetic(sentence)
    return (say(result),) if result else None


def _capital(_prompt: Prompt, sentence: str) -> Steps | None:
    answer = answer_capital(sentence)
    return (say(answer),) if answer else None


def _who(prompt: Prompt, sentence: str) -> Steps | None:
    if not _WHO.search(sentence):
        return None
    persona = style_of(prompt.system_prompt).persona
    return (say(f"I am {persona}." if persona else f"I am the agent of this platform. {SIMULATED}"),)


def _help(_prompt: Prompt, sentence: str) -> Steps | None:
    return (say(HELP),) if _HELP.fullmatch(sentence) else None


def _joke(_prompt: Prompt, sentence: str) -> Steps | None:
    return (say(JOKE),) if _JOKE.fullmatch(sentence) else None


_WITH_FILES: tuple[tuple[str, Question], ...] = (
    ("memory", _whole(_from_memory)),
    ("capital", _capital),
    ("who", _whole(_who)),
)
_ANSWERS: tuple[tuple[str, Question], ...] = (
    *_WITH_FILES,
    ("arithmetic", _sum),
    ("introduction", _introduction),
    ("codeword", _codeword_told),
    ("write", lambda _prompt, sentence: writing(sentence)),
    ("help", _help),
    ("joke", _joke),
    ("web", lambda _prompt, sentence: looked_up(sentence)),
    ("in kind", lambda _prompt, sentence: answer_in_kind(sentence)),
)
