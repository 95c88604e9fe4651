"""Prompts that both a scripted agent and a real model understand, and the retries of a stimulus.

Retry only until the agent performs the requested action (a tool call, a new file), never to change a verdict:
once the agent has done it, the first observation counts.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import HeldBack, Missed
from sigmic_conformance.traffic.seed import hex_digits
from sigmic_spec.plural import plural

T = TypeVar("T")

ATTEMPTS = 3
CODEWORD, KEYWORD = "codeword", "keyword"
RECALL, RECALL_KEYWORD = (f"What is the {kind}? Reply with the {kind} only." for kind in (CODEWORD, KEYWORD))
EASY = "What is 2+2?"
PARIS = "What is the capital of France?"


# The initial pause in the first command of an attempt, in seconds.
_PAUSE: ContextVar[int] = ContextVar("pause", default=0)
PAUSE_SECONDS = 2


def nonce() -> str:
    """A random word that cannot be guessed."""
    return f"n{hex_digits(12)}"


def shell(*commands: str) -> str:
    """Ask for shell commands, one tool call each, in order; a repeated attempt starts with a pause."""
    first, *rest = commands
    if pause := _PAUSE.get():
        first = f"sleep {pause}; {first}"
    return "\n".join(
        [f"Run exactly this shell command: `{first}`"]
        + [f"Then run exactly this shell command: `{command}`" for command in rest]
    )


def together(*commands: str) -> str:
    """Ask for shell commands at the same time; an agent may still run them in sequence."""
    *before, last = (f"`{command}`" for command in commands)
    asked = f"{', '.join(before)} and {last}"
    return f"Run exactly these shell commands at the same time, as parallel tool calls: {asked}"


def of_a_subagent(command: str) -> str:
    """Ask for a subagent that runs one shell command."""
    return f"Use a subagent named code-writer to run exactly this shell command: `{command}`"


def call_tools(word: str, *tools: str, **more: object) -> str:
    """Ask for calls of tools, in order; the text argument of each is `<word>.<tool>`, `more` are others."""
    args = ((tool, json.dumps({"text": f"{word}.{tool}", **more})) for tool in tools)
    return "\n".join(f"Call the tool {tool} with {told}" for tool, told in args)


def create_file(name: str, content: str) -> str:
    """Ask for a file."""
    return f"Create a file named {name} containing: {content}"


def digest_of(text: str) -> str:
    """What `printf %s … | sha256sum` prints for a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def think(topic: str) -> str:
    """Ask for a thought, which an agent may not have otherwise."""
    return f"Think about {topic}."


def count(last: int) -> str:
    """Ask to count up to a number, for a second per hundred."""
    return f"Count from 1 to {last}, 100 numbers per second."


def remember(word: str, kind: str = CODEWORD) -> str:
    """Ask to remember a codeword, or a word of another kind."""
    return f"Remember the {kind} {word}."


async def attempts(
    driver: Driver, what: str, attempt: Callable[[int], Awaitable[T | None]], *, most: int = ATTEMPTS
) -> T:
    """Retry until an attempt returns a value; Missed after `most` of them. Notes the number of attempts.

    An attempt may have failed because the target was quick and the reader late: each repetition takes two
    seconds longer at its first command (`shell`).
    """
    for number in range(1, most + 1):
        pause = _PAUSE.set(PAUSE_SECONDS * (number - 1))
        try:
            reached = await attempt(number)
        finally:
            _PAUSE.reset(pause)
        if reached is not None:
            driver.note(f"attempts: {what}", number)
            return reached
        if driver.held_back:
            raise HeldBack(f"{what}: nothing of the task's stream came")
    if driver.conduct.closing.held_back_ever:
        raise HeldBack(f"{what}: no stream showed it in time, and streams of this run are delayed")
    raise Missed(f"the agent never came to this: {what} ({plural(most, 'attempt')})")
