"""The work on a message grows linearly with its length, not quadratically, whatever its content."""

import random
import re
import time
from collections.abc import Callable

import pytest

from sigmic_mock.agent.answers import Answers
from sigmic_mock.agent.directives import reader
from sigmic_mock.agent.directives.forms import FORMS
from sigmic_mock.agent.directives.plans import plan_directives
from sigmic_mock.agent.playbooks.files import PlaybookReader
from sigmic_mock.agent.prompt import Prompt, style_of
from sigmic_mock.domain.model import Message, MessageRole
from sigmic_mock.faults.effects.runs import asks_for_memory
from sigmic_mock.faults.effects.tasks import asks_for_files

CHARACTERS = 10_000
_WORDS = """the a file files named a.txt containing text with exactly then and please after that codeword
remember my name is what capital of France 1+ 2+2 subagent tool not never example me it . , ; : ! ?
` `` ``` ~~~ ~~~~ " ' “ ” « » „ - * 1. > # | ( ) [ ] { } = / \\"""
_SPACES = ("\n", "\n\n", "\r\n", " ", "    ", "\t")
_PHRASES = """e.g. | step 1: | for this test | in order to | 🌧 | say "x. | use the read_file tool to
then and | call the tool x with {"a": | create a file named a with the text x then | remember the codeword a b
run exactly this: ``` | run `a`, | run ls a.b | reply with exactly a | and show me the output | capital of
wait 1 s | my x is y | say: a. | (((( | ..."""
TOKENS = (
    *(example for form in FORMS for example in form.examples),
    *_WORDS.split(),
    *_SPACES,
    *map(str.strip, re.split(r"[|\n]", _PHRASES)),
)


MOST_GROWTH = 3.2
"""Maximum factor of the work for twice the text: linear work doubles, quadratic work quadruples."""
_LEAST_SECONDS = 0.004
"""Below this many seconds the result depends more on the resolution of the clock than on the work."""


def seconds(work: Callable[[str], object], text: str, runs: int = 3) -> float:
    """Return the least CPU time of some runs."""
    taken = []
    for _ in range(runs):
        began = time.thread_time()
        work(text)
        taken.append(time.thread_time() - began)
    return min(taken)


def growth(work: Callable[[str], object], shape: str, characters: int, runs: int = 3) -> float:
    """Return how many times as much work a text of twice the length needs, compared with `characters`.

    `shape` is repeated to fill the text. `runs` of the long text: with one, the result can only be too large.
    """
    text = (shape * (2 * characters // len(shape) + 1))[: 2 * characters]
    long = seconds(work, text, runs)
    if long < _LEAST_SECONDS:
        return 1.0
    return long / max(seconds(work, text[:characters]), _LEAST_SECONDS / 2)


def shapes(count: int) -> list[str]:
    """Return every token alone, and `count` seeded sequences of a few tokens."""
    chance = random.Random(21)
    rows = [
        chance.choice(("", " ")).join([*chance.choices(TOKENS, k=chance.randint(2, 6)), ""])
        for _ in range(count)
    ]
    return [f"{token} " for token in TOKENS] + rows


ANSWERS = Answers(reader=PlaybookReader())


def compiled(text: str) -> object:
    prompt = Prompt(text=text)
    return plan_directives(prompt) or ANSWERS.plan(prompt)


def recalled(text: str) -> object:
    return reader.recalled([Message(id="m", role=MessageRole.USER, content=text, created_at=0)], "codeword")


@pytest.mark.nightly
@pytest.mark.parametrize("work", [compiled, recalled, style_of, asks_for_files, asks_for_memory])
def test_twice_the_text_is_no_more_than_about_twice_the_work(
    work: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MOST_STEPS", 10**9)
    monkeypatch.setattr(reader, "MOST_CHARACTERS", 10**12)
    assert callable(work)

    grown = {shape: growth(work, shape, CHARACTERS, runs=1) for shape in shapes(40)}
    # A result that looks quadratic is measured again: another process may have used the machine's caches.
    slow = {shape: growth(work, shape, CHARACTERS) for shape, most in grown.items() if most > MOST_GROWTH}

    assert {shape: most for shape, most in slow.items() if most > MOST_GROWTH} == {}


def test_a_quadratic_search_is_found() -> None:
    def quadratic(text: str) -> None:
        for start in range(0, len(text), 8):
            text.find("no such text", start)

    assert growth(quadratic, "file ", 40_000) > MOST_GROWTH
