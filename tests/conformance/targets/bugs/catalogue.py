"""Small bugs of the independent platform, each right everywhere but in one situation.

A bug is a subclass of one part of a target, registered here with the sentence that it breaks, the situation
in which it does, and why somebody would write it. Its id is the name of its class in kebab case; its
docstring says what is wrong. Bugs are written from the facts of `spec/facts.yaml` alone.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Part = TypeVar("Part", bound=type)

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "turn": ("2nd", "3rd", "many"),
    "session": ("restored", "restored twice"),
    "caller": (
        "Bearer",
        "X-API-Key",
        "end user's token",
        "another end user",
        "second key, same project",
        "second key, other project",
    ),
    "body": ("JSON", "multipart", "multipart, files first", "multipart, files last", "urlencoded"),
    "readers": (
        "none",
        "only one",
        "several",
        "joined before",
        "joined during",
        "joined late",
        "dropped",
    ),
    "state": (
        "pending",
        "speaking",
        "tool running",
        "awaiting approval",
        "completed",
        "failed",
        "cancelled",
    ),
    "files": (
        "none",
        "plain",
        "ZIP",
        "at creation",
        "at follow-up",
        "nested",
        "awkward name",
        "awkward size",
        "same name twice",
        "at the limit",
    ),
    "approval": ("automatic", "once", "always", "rejected", "late", "several"),
    "history": ("short", "long", "very long"),
    "values": ("separators", "quotes", "line ends", "non-ASCII", "empty", "longest"),
    "list": ("exact page", "last page", "beyond"),
}
"""What a situation is made of. Of a history, short is up to 2 messages, long from 10, very long from 31."""

Situation = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Bug:
    """`facts` are ids of spec/facts.yaml, or the RFC and section that the platform inherits."""

    id: str
    part: type
    facts: tuple[str, ...]
    sentence: str
    situation: Mapping[str, tuple[str, ...]]
    because: str

    @property
    def area(self) -> str:
        """The name of the module that it stands in."""
        return self.part.__module__.rpartition(".")[2]

    @property
    def says(self) -> str:
        return " ".join((self.part.__doc__ or "").split()).rstrip(".")


BUGS: dict[str, Bug] = {}


def bug(*facts: str, sentence: str, situation: Situation, because: str) -> Callable[[Part], Part]:
    """Register a bug. Raises ValueError for a situation that has no name, or an id given before."""

    def register(part: Part) -> Part:
        name = re.sub("(?<!^)(?=[A-Z])", "-", part.__name__).lower()
        if name in BUGS:
            raise ValueError(f"{name} is registered already")
        BUGS[name] = Bug(name, part, facts, sentence, named(situation), because)
        return part

    return register


def named(situation: Situation) -> dict[str, tuple[str, ...]]:
    """A situation with every value in a tuple. Raises ValueError for a name that is not in DIMENSIONS."""
    found = {name: (told,) if isinstance(told, str) else told for name, told in situation.items()}
    unknown = [
        f"{name}: {value}"
        for name, told in found.items()
        for value in told
        if value not in DIMENSIONS.get(name, ())
    ]
    if unknown or not found:
        raise ValueError(f"no such situation: {', '.join(unknown) or 'none at all'}")
    return found
