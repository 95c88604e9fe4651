"""Mask secrets in everything that a recording writes. They are learnt from the traffic, or known by form.

The journal's registry searches for them. Learnt: credentials in headers and addresses, `env` and `secrets` of
requests, app secrets, tokens in answers. Invariant: everything that is written to disk passes through `Mask`,
and the file of exchanges again at the end, because a value may turn out to be a secret only later.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sigmic_mock.domain.credential_shapes import MASK, is_secret_name
from sigmic_mock.journal.masking import VARIABLES, brought_by, masked_value
from sigmic_mock.journal.secrets import Secrets
from sigmic_mock.recording.exchange import Exchange, Form, SeenEvent, read_json

MARK = re.compile(r"\[secret [^\]]*\]|\[masked\]")
_MOST_FORMS = 100_000
"""Forms of secrets that are searched for; the oldest is forgotten."""


class Mask:
    """All secrets seen so far."""

    def __init__(self) -> None:
        self._secrets = Secrets(_MOST_FORMS)

    def learn(self, name: str, value: str) -> None:
        """Add a secret."""
        self._secrets.learn(None, name, value)

    def learn_exchange(self, exchange: Exchange, form: Form | None) -> None:
        """Add the secrets of an exchange."""
        for name, value in (*exchange.request_headers.items(), *exchange.answer_headers.items()):
            if is_secret_name(name):
                self.learn(name, value)
                self.learn(name, value.partition(" ")[2])
        for name, value in exchange.query:
            if is_secret_name(name):
                self.learn(name, value)
        self._learn_value(exchange.request_json)
        for name, text in form.fields if form is not None else ():
            self._learn_value({name: (name in VARIABLES and read_json(text.encode())) or text})
        self._learn_value(exchange.answer_json)

    def _learn_value(self, value: Any) -> None:
        self._secrets.learn_all(None, brought_by(value))

    def text(self, text: str) -> str:
        """Return a text without secrets, and with `?` for half a surrogate pair, which no file can hold."""
        return self._secrets.redact(None, text.encode("utf-8", "replace")).decode("utf-8", "replace")

    def value(self, value: Any) -> Any:
        """Return a JSON value without secrets. Any value under a secret's name is masked, even if short."""
        return self._texts(masked_value(value))

    def _texts(self, value: Any) -> Any:
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(key): self._texts(item) for key, item in value.items()}
            case list():
                return [self._texts(item) for item in value]
            case _:
                return value

    def headers(self, headers: Mapping[str, str]) -> list[list[str]]:
        """Return headers without secrets, in their order."""
        return [[name, MASK if is_secret_name(name) else self.text(value)] for name, value in headers.items()]

    def events(self, events: Sequence[SeenEvent]) -> list[SeenEvent]:
        """Return events without secrets. A secret that is split over pieces of an answer makes them one."""
        shown = [replace(event, data=self.value(event.data)) for event in events]
        pieces = [at for at, event in enumerate(events) if event.name == "content" and event.field("text")]
        whole = self.text("".join(events[at].field("text") for at in pieces))
        if whole != "".join(shown[at].field("text") for at in pieces):
            first, *others = pieces
            shown[first].data["text"] = whole
            for at in others:
                shown[at].data["text"] = ""
        return shown
