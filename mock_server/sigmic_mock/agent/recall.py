"""The agent's memory: codewords, facts and earlier questions, from the conversation alone.

After a session was restored the memory comes from the history (H-03), so the agent still knows earlier facts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from sigmic_mock.domain.model import Message, MessageRole

CODEWORD = (
    "(?:"
    + "|".join(
        rf"{first}[\-\x20]?{second}"
        for first, second in (
            ("code", "word"),
            ("secret", "word"),
            ("secret", "code"),
            ("pass", "word"),
            ("pass", "phrase"),
            ("key", "word"),
        )
    )
    + ")"
)
QUOTED = r"`([^`\n]{1,200})`|\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|'([^'\n]{1,200})'"
"""Text in quotation marks; each kind of mark has a separate group."""
_PLAIN_WORD = (
    r"(?!(?:and|or|but|then|so|because|since|which|that|who|what|when|while|until|till|if|unless|for|from|with"
    r"|without|to|of|in|on|at|by|as|before|after|later|now|please|thanks?|exactly|verbatim|is|are|was|it|this"
    r"|these|i|we|you|he|she|they|me|my|your|our)(?![\w'-]))[^\s`\"“]{0,199}[^\s`\"“.,;:!?)]"
)
_VALUE = rf"[:=]?[ \t\n]{{1,4}}(?:{QUOTED}|({_PLAIN_WORD}(?:[ \t]+{_PLAIN_WORD}){{0,7}}))"
"""A value: quoted, or plain words up to the first mark or small word, which could belong to another thing."""
NOTHING_DONE = "I did nothing of this message"
"""In the answer to a message that was not understood: facts in such a message are not remembered."""
NOTHING_DONE_IN = (
    NOTHING_DONE,
    "Ich habe nichts davon getan",
    "No hice nada de esto",
    "Je n'ai rien fait de ce message",
    "何もしませんでした",
)
"""The same in each language of the agent."""
_READ_OF_AN_ANSWER = 1_000
_TOLD = re.compile(
    rf"(?:(?:remember|memori[sz]e|note|keep in mind|store)(?: that)?(?: the| this| my| our)?(?: following)?"
    rf"[ \t\n]{{1,4}}(?P<key>{CODEWORD})(?: is| as)?|\b(?:the|my|our)[ \t\n]{{1,4}}"
    rf"(?P<named>{CODEWORD}) is(?! the\b| my\b))" + _VALUE,
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?i:\b(?:my name is|call me|i am called))[ \t]+"
    r"([^\W\d_][\w'\u2019.-]{0,60}(?: [A-Z][\w'\u2019-]{1,40})?)"
)
_FACT = re.compile(
    r"\bmy[ \t]+([a-z][\w -]{1,40}?)[ \t]+(?:is|are)[ \t]+([^.!?\n]{1,120}?)(?=,? and my\b|[.!?\n]|\Z)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[ -]")


def recall_codeword(memory: Sequence[Message], word: str = "codeword") -> str | None:
    """Return the codeword that the user set last, or None without one."""
    asked = key_of(word)
    found = [told.value for text in _told(memory) for told in codewords(text) if told.key == asked]
    return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Codeword:
    """A codeword in a text: its kind, its value, and its start and end in the text."""

    key: str
    value: str
    at: int
    end: int


def codewords(text: str) -> Iterator[Codeword]:
    """Yield each codeword that a text sets."""
    for told in _TOLD.finditer(text):
        value = next(each for each in told.groups()[2:] if each)
        yield Codeword(key_of(told["key"] or told["named"]), value, told.start(), told.end())


def key_of(word: str) -> str:
    """Return one spelling for `code word`, `code-word` and `Codeword`."""
    return _SEPARATORS.sub("", word.lower())


def recall_name(memory: Sequence[Message]) -> str | None:
    """Return the name that the user introduced themselves with last."""
    told = [name for text in _told(memory) for name in names(text)]
    return told[-1] if told else None


def names(text: str) -> Iterator[str]:
    """Yield each name that the writer of a text introduces themselves with."""
    return (found[1].rstrip(".'\u2019-") for found in _NAME.finditer(text))


def recall_fact(memory: Sequence[Message], subject: str) -> str | None:
    """Return the value that the user gave for their `subject` ("my favourite colour is blue")."""
    wanted = " ".join(subject.lower().split())
    facts = [
        found[2].strip()
        for text in _told(memory)
        for found in _FACT.finditer(text)
        if " ".join(found[1].lower().split()) == wanted
    ]
    return facts[-1] if facts else None


def earlier_messages(memory: Sequence[Message]) -> tuple[str, ...]:
    """Return the user's earlier messages, oldest first."""
    return tuple(message.content for message in memory if message.role is MessageRole.USER)


def _told(memory: Sequence[Message]) -> Iterator[str]:
    """Yield the user's messages, except those that the agent refused."""
    for message, following in zip_longest(memory, memory[1:]):
        answer = "" if following is None else following.content[:_READ_OF_AN_ANSWER].lower()
        refused = (
            following is not None
            and following.role is MessageRole.ASSISTANT
            and any(words.lower() in answer for words in NOTHING_DONE_IN)
        )
        if message.role is MessageRole.USER and not refused:
            yield message.content
