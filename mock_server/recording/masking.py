"""Mask secrets in everything that a recording writes. They are learnt from the traffic, or known by form.

Learnt: credentials in headers and addresses, `env` and `secrets` of requests, app secrets, tokens in answers.
Invariant: everything that is written to disk passes through `Mask`, and the file of exchanges again at the
end, because a value may turn out to be a secret only later.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

from sigmic_conformance.mock_server.domain.credential_shapes import MASK, is_secret_name, without_credentials
from sigmic_conformance.mock_server.domain.redaction import SHORTEST, Redactor
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.journal.masking import VARIABLES, brought_by
from sigmic_conformance.mock_server.recording.event_reader import SeenEvent
from sigmic_conformance.mock_server.recording.exchange import Exchange

MARK = re.compile(r"\[secret [^\]]*\]|\[masked\]")
_UNSAFE = re.compile(r"\W+")


class Mask:
    """All secrets seen so far."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._redactor = Redactor({})
        self._is_stale = False

    def __repr__(self) -> str:
        return f"Mask({len(self._known)})"

    def learn(self, name: str, value: str) -> None:
        """Add a secret, and its form in an address."""
        safe = _UNSAFE.sub("_", name)[:60] or "SECRET"
        for form in (value, quote(value, safe=""), quote_plus(value)):
            if len(form) >= SHORTEST and form not in self._known:
                self._known[form] = safe
                self._is_stale = True

    def learn_request(self, exchange: Exchange) -> None:
        """Add the secrets of a request, whose body may still be incomplete."""
        for name, value in exchange.request_headers.items():
            self._learn_header(name, value)
        for name, value in parse_qsl(exchange.target.partition("?")[2], keep_blank_values=True):
            if is_secret_name(name):
                self.learn(name, value)
        self._learn_value(exchange.request_json)

    def learn_fields(self, fields: Sequence[tuple[str, str]]) -> None:
        """Add the secrets in the fields of a form, in which `env` and `secrets` may be JSON text."""
        for name, text in fields:
            try:
                self._learn_value({name: json.loads(text) if name in VARIABLES else text})
            except (ValueError, RecursionError):
                self._learn_value({name: text})

    def learn_answer(self, exchange: Exchange) -> None:
        """Add the secrets of an answer: tokens, cookies."""
        for name, value in exchange.answer_headers.items():
            self._learn_header(name, value)
        if exchange.operation is not None and exchange.operation.operation_id == "create_token":
            self._learn_value(exchange.data)

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return without_credentials(self._current.text(text))

    def value(self, value: Any) -> Any:
        """Return a JSON value without secrets. Any value under a secret's name is masked, even if short."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(str(key)): self._under(str(key), item) for key, item in value.items()}
            case list() | tuple():
                return [self.value(item) for item in value]
            case _:
                return value

    def headers(self, headers: Mapping[str, str]) -> list[list[str]]:
        """Return headers without secrets, in their order."""
        return [[name, MASK if is_secret_name(name) else self.text(value)] for name, value in headers.items()]

    def events(self, events: Sequence[SeenEvent]) -> list[SeenEvent]:
        """Return events without secrets, even if a secret is split over the pieces of an answer."""
        stream = self._current.stream()
        shown: list[SeenEvent] = []
        for event in events:
            data = self.value(event.data)
            if event.name == "content" and isinstance(event.data, dict):
                data["text"] = self.text(stream.add(event.field("text")))
            shown.append(SeenEvent(event.at, event.name, "", data))
        rest = self.text(stream.flush())
        for event in reversed(shown):
            if rest and event.name == "content":
                event.data["text"] += rest
                break
        return shown

    def _under(self, key: str, item: Any) -> Any:
        if key in VARIABLES and isinstance(item, Mapping):
            return {str(name): f"[secret {name}]" for name in item}
        if isinstance(item, str) and is_secret_name(key):
            return MASK
        return self.value(item)

    def _learn_header(self, name: str, value: str) -> None:
        if not is_secret_name(name):
            return
        self.learn(name, value)
        if "cookie" not in name.lower():
            self.learn(name, value.partition(" ")[2])
            return
        for cookie in _cookies(value):
            self.learn(name, cookie)

    def _learn_value(self, value: Any) -> None:
        for name, text, _ in brought_by(value):
            self.learn(name, text)

    @property
    def _current(self) -> Redactor:
        if self._is_stale:
            # The redactor is keyed by name, so equal names of different values get a number.
            named = {f"{name}\0{at}": Secret(form) for at, (form, name) in enumerate(self._known.items())}
            self._redactor = _Named(named)
            self._is_stale = False
        return self._redactor


class _Named(Redactor):
    """A redactor whose marks omit the number."""

    def _mark(self, name: str) -> str:
        return super()._mark(name.partition("\0")[0])


def _cookies(value: str) -> Iterator[str]:
    try:
        yield from (morsel.value for morsel in SimpleCookie(value).values())
    except CookieError:
        return
