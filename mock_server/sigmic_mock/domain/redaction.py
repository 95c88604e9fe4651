"""Replaces secret values in everything the agent prints by `[secret NAME]` (ADR 4, ADR 32, V-07).

It searches for the value itself, each line of a value with several, the password of an address, and their
forms inside a JSON string. Line breaks in the text are ignored: a value is found wherever lines cut it.
Values under four characters are left alone, because they would mangle ordinary text. Rule: use a
`RedactedStream` for a text that arrives in pieces, and `following` for texts in sequence, because a value may
be cut.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from sigmic_mock.domain.secret import Secret

E = TypeVar("E")

SHORTEST = 4
"""Characters of the shortest value that is looked for."""
MOST_LINES = 300
"""Of the values of one session: beyond them a value of several lines is looked for as a whole alone."""
_ORDINARY = re.compile(r"[A-Za-z]{0,7}|[0-9.:]{1,7}")
_HEAD = 32
"""A longer value is searched for only if its first characters, this many, occur."""
_TRIES = 32
"""Places at which a long value is compared with the end of a text; from the next one on, all is held."""
_ROOM = 4
_BREAK = re.compile(r"[\r\n]")

Span = tuple[int, int, str]
"""Begin, end and name of a value in a text without line breaks."""


class Redactor:
    """Knows the secrets of one session. Work on a text: one pass for each value, never more."""

    def __init__(self, secrets: Mapping[str, Secret]) -> None:
        self._names: dict[str, str] = {}
        self._lines_left = MOST_LINES
        self._forms_by_head: dict[str, list[str]] = {}
        self._begins: frozenset[str] = frozenset()
        self.learn(secrets)

    def __repr__(self) -> str:
        return f"Redactor({sorted(set(self._names.values()))})"

    def learn(self, secrets: Mapping[str, Secret]) -> None:
        """Look for these too from now on."""
        if not secrets:
            return
        names = dict(self._names)
        for name, secret in secrets.items():
            value = secret.reveal()
            looked_for = forms(value, most_lines=self._lines_left)
            self._lines_left = max(0, self._lines_left - value.count("\n"))
            for form in map(_without_breaks, looked_for):
                if len(form) >= SHORTEST:
                    names.setdefault(form, name)
        # New objects, not changed ones: a copy of this redactor keeps its own.
        self._names = names
        self._forms_by_head = {}
        for form in names:
            self._forms_by_head.setdefault(form[:_HEAD], []).append(form)
        self._begins = frozenset(head[:size] for head in self._forms_by_head for size in range(1, len(head)))

    def text(self, text: str) -> str:
        """Return `text` without secret values."""
        return self._shown(text)[0]

    def following(self, before: str, text: str) -> tuple[str, str]:
        """Return `text` without secret values, including the rest of one that started in `before`.

        The second is the value for `before` with the next text.
        """
        whole = before + text
        shown, rest, end = self._shown(whole, since=len(before), holds=True)
        return shown + rest, whole[end:]

    def held(self, text: str) -> tuple[str, str]:
        """Return `text` without secret values up to a possible start of one, and the rest unchanged."""
        shown, _, end = self._shown(text, holds=True)
        return shown, text[end:]

    def cut_text(self, text: str) -> str:
        """Like `text`, for a text that was cut off: its end may be the begin of a value."""
        shown, rest, end = self._shown(text, holds=True)
        return shown + (rest if len(text) - end < SHORTEST else "[secret]")

    def value(self, value: Any) -> Any:
        """Return a JSON value with every string in it, keys too, redacted."""
        everything = _without_breaks("\0".join(_texts(value)))
        return self._value(value) if any(head in everything for head in self._forms_by_head) else value

    def _value(self, value: Any) -> Any:
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(str(key)): self._value(item) for key, item in value.items()}
            case list() | tuple():
                return [self._value(item) for item in value]
            case _:
                return value

    def event(self, event: E) -> E:
        """Return an event, or another dataclass, with every text of it redacted."""
        if not self._names or not is_dataclass(event) or isinstance(event, type):
            return event
        texts = {each.name: getattr(event, each.name) for each in fields(event)}
        return replace(event, **{name: self.text(text) for name, text in texts.items() if type(text) is str})

    def stream(self) -> "RedactedStream":
        """Return a redactor for a text that arrives in pieces."""
        return RedactedStream(self)

    def _mark(self, name: str) -> str:
        return f"[secret {name}]"

    def _shown(self, text: str, *, since: int = 0, holds: bool = False) -> tuple[str, str, int]:
        """Return `text[since:]` with a mark for each whole or partial value in it.

        With `holds` it comes in two parts, split where a value may have started that is not complete yet. The
        third is the position of the split in `text`.
        """
        dense, breaks = _dense(text)
        found = self._found(dense)
        begin = self._open(dense, found) if holds else len(dense)
        hold = len(text) if begin == len(dense) else begin + bisect_right(breaks, begin)
        sides: tuple[list[str], list[str]] = [], []
        at = since
        for first, after, name in found:
            # A line break belongs before the character at its place in the dense text.
            start = max(at, first + bisect_right(breaks, first))
            end = after + bisect_right(breaks, after - 1)
            if end <= at:
                continue
            if at < hold <= start:
                sides[0].append(text[at:hold])
                at = hold
            sides[start >= hold].extend((text[at:start], self._mark(name)))
            at = end
        sides[0].append(text[at:hold])
        sides[1].append(text[max(at, hold) :])
        return "".join(sides[0]), "".join(sides[1]), hold

    def _found(self, dense: str) -> list[Span]:
        """Return the positions of values, in order; overlapping ones are one, named as the first."""
        found: list[tuple[int, int, str]] = []
        for head, alike in self._forms_by_head.items():
            first = dense.find(head)
            for form in alike if first >= 0 else ():
                # Padded: str.find takes quadratic time in a text that is little longer than the needle.
                room = dense if len(head) < _HEAD else dense.ljust(_ROOM * len(form), "\0")
                begin = room.find(form, first)
                while 0 <= begin <= len(dense) - len(form):
                    found.append((begin, -len(form), form))
                    begin = room.find(form, begin + len(form))
        merged: list[Span] = []
        for begin, size, form in sorted(found):
            end = begin - size
            if merged and begin < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end), merged[-1][2])
            else:
                merged.append((begin, end, self._names[form]))
        return merged

    def _open(self, dense: str, found: Sequence[Span]) -> int:
        """Return where the end of a text starts that could still become a value, or somewhat earlier."""
        begin = min(self._head_at_end(dense), self._long_at_end(dense))
        return next((first for first, after, _ in found if first < begin < after), begin)

    def _head_at_end(self, dense: str) -> int:
        """Return where a begin of fewer than `_HEAD` characters starts that reaches the end."""
        size = min(_HEAD - 1, len(dense))
        while size and dense[-size:] not in self._begins:
            size -= 1
        return len(dense) - size

    def _long_at_end(self, dense: str) -> int:
        """Return where a longer begin starts that reaches the end; after `_TRIES` places the next one."""
        earliest = len(dense)
        for head, alike in self._forms_by_head.items():
            for form in alike if len(head) == _HEAD else ():
                at = dense.find(head, max(0, len(dense) - len(form) + 1))
                tries = _TRIES
                while 0 <= at < earliest:
                    tries -= 1
                    if tries < 0 or form.startswith(dense[at:]):
                        earliest = at
                    at = dense.find(head, at + 1)
        return earliest


class RedactedStream:
    """A text in pieces: `add` returns the part that is safe to show, `flush` the rest at its end."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""
        self._enough = 0
        """Number of held characters at which they are checked again; it grows by an eighth each time."""

    def add(self, piece: str) -> str:
        """Add a piece and return what is safe; a possible start of a value is held until more is known."""
        text = self._held = self._held + piece
        if len(text) < self._enough:
            return ""
        shown, self._held = self._redactor.held(text)
        self._enough = len(self._held) + len(self._held) // 8
        return shown

    def flush(self, *, cut: bool = False) -> str:
        """Return the part that is still held; the text has ended, or was cut off."""
        held, self._held, self._enough = self._held, "", 0
        return self._redactor.cut_text(held) if cut else self._redactor.text(held)


def _without_breaks(text: str) -> str:
    return text.replace("\n", "").replace("\r", "")


def _dense(text: str) -> tuple[str, Sequence[int]]:
    """Return a text without its line breaks, and for each the place in that text before which it was."""
    if "\n" not in text and "\r" not in text:
        return text, ()
    return _without_breaks(text), [at.start() - number for number, at in enumerate(_BREAK.finditer(text))]


def _texts(value: Any) -> Iterator[str]:
    """Yield every string of a JSON value, keys too."""
    match value:
        case str():
            yield value
        case Mapping():
            for key, item in value.items():
                yield str(key)
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case _:
            pass


def is_ordinary(value: str) -> bool:
    """Tell whether a value is a short word or number, `true` or `8080`: to redact it would mangle text."""
    return _ORDINARY.fullmatch(value) is not None


def forms(value: str, *, most_lines: int | None = None) -> list[str]:
    """Return how a value may look in a text.

    That is itself, each of its lines if they are at most `most_lines`, the password of an address, and all of
    them inside a JSON string.
    """
    plain = [value, value.strip(), *_passwords(value)]
    if "\n" in value and (most_lines is None or value.count("\n") <= most_lines):
        plain += [line.strip() for line in value.splitlines()]
    return [
        form
        for form in dict.fromkeys(_written(dict.fromkeys(plain)))
        if len(form) >= SHORTEST and not form.isspace()
    ]


def _written(plain: Iterable[str]) -> Iterator[str]:
    for form in plain:
        yield form
        if form.isascii() and form.isprintable() and '"' not in form and "\\" not in form:
            continue
        yield json.dumps(form)[1:-1]
        if not form.isascii():
            yield json.dumps(form, ensure_ascii=False)[1:-1]


def _passwords(value: str) -> Iterator[str]:
    """Yield the password of an address with one, `scheme://user:password@host`; programs print it alone."""
    if "://" in value and "@" in value:
        try:
            password = urlsplit(value.strip()).password
        except ValueError:
            return
        if password and not is_ordinary(password):
            yield password
            yield unquote(password)
