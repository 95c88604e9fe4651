"""Secret values out of everything the agent prints: `[secret NAME]` instead (ADR 4, V-07).

Looked for: the value itself, each line of one that has several, and how the value looks inside a JSON string.
Values under four characters are left alone, they would mangle ordinary text. Rule: a text that arrives in
pieces goes through a `RedactedStream`, since a value may be cut in two by the pieces.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from sigmic_conformance.mock_server.domain.secret import Secret

E = TypeVar("E")

SHORTEST = 4
"""Characters of the shortest value that is looked for."""


class Redactor:
    """Knows the secrets of one session."""

    def __init__(self, secrets: Mapping[str, Secret]) -> None:
        self._names: dict[str, str] = {}
        for name, secret in secrets.items():
            for form in forms(secret.reveal()):
                self._names.setdefault(form, name)
        self._forms_by_start: dict[str, list[str]] = {}
        # Longest first: a secret that begins with another one is named as itself.
        for form in sorted(self._names, key=len, reverse=True):
            self._forms_by_start.setdefault(form[:SHORTEST], []).append(form)
        # A pattern of whole values, megabytes when there are many, takes half a minute to compile.
        starts = "|".join(map(re.escape, self._forms_by_start))
        self._starts = re.compile(starts) if starts else None

    def __repr__(self) -> str:
        return f"Redactor({sorted(set(self._names.values()))})"

    def text(self, text: str) -> str:
        """Return `text` without secret values."""
        pieces: list[str] = []
        end = 0
        for begin, form in self._found(text):
            pieces += (text[end:begin], self._mark(form))
            end = begin + len(form)
        return "".join([*pieces, text[end:]]) if pieces else text

    def cut_text(self, text: str) -> str:
        """Like `text`, for a text that was cut off: its end may be the begin of a value."""
        if self._starts is None:
            return text
        keep = len(text) - self._open(text)
        if len(text) - keep < SHORTEST:
            return self.text(text)
        return self.text(text[:keep]) + "[secret]"

    def value(self, value: Any) -> Any:
        """Return a JSON value with every string in it, keys too, redacted."""
        if self._starts is None:
            return value
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(str(key)): self.value(item) for key, item in value.items()}
            case list() | tuple():
                return [self.value(item) for item in value]
            case _:
                return value

    def event(self, event: E) -> E:
        """Return an event with every text of it redacted."""
        if self._starts is None or not is_dataclass(event) or isinstance(event, type):
            return event
        texts = {each.name: getattr(event, each.name) for each in fields(event)}
        return replace(event, **{name: self.text(text) for name, text in texts.items() if type(text) is str})

    def stream(self) -> "RedactedStream":
        """Return a redactor for a text that arrives in pieces."""
        return RedactedStream(self)

    def _mark(self, form: str) -> str:
        return f"[secret {self._names[form]}]"

    def _found(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield each value in `text` and where it begins, of several at one place the longest."""
        at = 0
        while self._starts is not None and (start := self._starts.search(text, at)) is not None:
            begin = start.start()
            forms_here = self._forms_by_start[start.group()]
            form = next((form for form in forms_here if text.startswith(form, begin)), None)
            if form is not None:
                yield begin, form
            at = begin + (1 if form is None else len(form))

    def _open(self, text: str) -> int:
        """Return how many characters at the end of `text` could still become a value."""
        if self._starts is None:
            return 0
        begin = min(_begin_at_end(form, text) for form in self._names)
        for start, form in self._found(text):
            if start < begin < start + len(form):
                begin = start
        return len(text) - begin


class RedactedStream:
    """A text in pieces: `add` returns what is safe to show, `flush` the rest at its end."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""

    def add(self, piece: str) -> str:
        """Take a piece; what may be the begin of a value is held back until more is known."""
        text = self._held + piece
        shown = len(text) - self._redactor._open(text)  # noqa: SLF001 - two halves of one idea
        self._held = text[shown:]
        return self._redactor.text(text[:shown])

    def flush(self) -> str:
        """Return what is still held; the text has ended."""
        held, self._held = self._held, ""
        return self._redactor.text(held)


def _begin_at_end(form: str, text: str) -> int:
    """Return where in `text` a begin of `form` starts that reaches its end; len(text) when none does."""
    at = text.find(form[0], max(0, len(text) - len(form) + 1))
    while at != -1 and not form.startswith(text[at:]):
        at = text.find(form[0], at + 1)
    return len(text) if at == -1 else at


def forms(value: str) -> list[str]:
    """Return how a value may look in a text: itself, each of its lines, and both inside a JSON string."""
    lines = [line.strip() for line in value.splitlines()] if "\n" in value else []
    plain = [value, value.strip(), *lines]
    written = [json.dumps(form)[1:-1] for form in plain] + [
        json.dumps(form, ensure_ascii=False)[1:-1] for form in plain
    ]
    return [form for form in (*plain, *written) if len(form) >= SHORTEST and not form.isspace()]
