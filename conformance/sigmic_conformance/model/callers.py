"""Identify the caller of a request, the owner of a task, and how they are related. Pure.

Records store a credential as a placeholder (keys) or as an unsigned token. A key is one that the run was
configured with (AUTH-001, AUTH-002). A token is one that an exchange issued, for its end user (A-09).
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.requests import asked, operation_of
from sigmic_conformance.wire.redaction import PLACEHOLDER
from sigmic_conformance.wire.transcript import Exchange

LEEWAY_SECONDS = 60
_LIFE = re.compile(r"(\d{1,9})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
OWNER, SECOND, VIEWER, ANOTHER = "owner", "second", "viewer", "another"
"""Roles of the configured keys, as the profile assigns them: one per project, and a read-only and another key
of the first project."""
_KEYS = frozenset({OWNER, SECOND, VIEWER, ANOTHER})
WITH_POLICIES = "mcp"
"""The role of the key of a project whose policies ask for some of its tools (MCP-008)."""


class Header(StrEnum):
    """The header of a credential."""

    BEARER = "bearer"
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class User:
    """An end user of a widget app."""

    app: str
    name: str


@dataclass(frozen=True, slots=True)
class Key:
    """An API key of the run, by its configured role."""

    role: str


Owner = User | Key
_OF_BOTH_PROJECTS = frozenset(map(Key, _KEYS))


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request. `owner`: None if it is unknown, or if the credential may have expired.

    `is_nobody`: without a credential. `is_invalid`: with a credential that was never issued or has expired.
    """

    owner: Owner | None = None
    header: Header | None = None
    is_nobody: bool = False
    is_invalid: bool = False


class Relation(StrEnum):
    """Relation of a caller to a task. No page says which other callers may see it (X-08, G-41)."""

    OWN = "own"
    OTHER_END_USER = "other_end_user"
    OTHER_PROJECT = "other_project"
    UNKNOWN = "unknown"


def relation(caller: Owner | None, owner: Owner | None) -> Relation:
    """Relation of one owner of tasks to another."""
    if caller is None or owner is None:
        return Relation.UNKNOWN
    if caller == owner:
        return Relation.OWN
    if isinstance(caller, User) and (isinstance(owner, Key) or caller.app == owner.app):
        return Relation.OTHER_END_USER  # a key's task is not a conversation of an end user
    if Key(SECOND) in {caller, owner} and {caller, owner} <= _OF_BOTH_PROJECTS:
        return Relation.OTHER_PROJECT
    return Relation.UNKNOWN


class Callers:
    """The credentials of a run."""

    def __init__(self, exchanges: Iterable[Exchange], download_path: str) -> None:
        self._known: dict[str, Owner] = {}
        self._lives: dict[str, tuple[int, int]] = {}
        """Per token: until when it is certainly valid, and from when on it is certainly expired."""
        self._callers: dict[int, Caller] = {}
        for exchange in exchanges:
            credential, header = _credential(exchange)
            # Records have a placeholder for a key; any other value of these roles is a changed header.
            if exchange.role in _KEYS and header and PLACEHOLDER.fullmatch(credential):
                self._known.setdefault(credential, Key(exchange.role))
            if operation_of(exchange.sent, download_path) == "create_token" and exchange.ok:
                self._issued(exchange)

    def of(self, exchange: Exchange) -> Caller:
        """The caller of a request of the run. Cached by identity, so the run's exchanges must outlive it."""
        if id(exchange) not in self._callers:
            self._callers[id(exchange)] = self._of(exchange)
        return self._callers[id(exchange)]

    def _of(self, exchange: Exchange) -> Caller:
        told = [
            value for name, value in exchange.sent.headers if name.lower() in {"authorization", "x-api-key"}
        ]
        if not told:
            # A credential elsewhere, for example in the query, is not documented. Of requests that are sent
            # as raw bytes the headers are not recorded.
            return Caller(is_nobody=exchange.role not in _KEYS)
        credential, header = _credential(exchange)
        if header is None:
            return Caller()
        if header is Header.API_KEY and credential.startswith("eyJ"):
            # The documentation does not say how a token in X-API-Key is treated (G-88).
            return Caller()
        owner = self._known.get(credential)
        if owner is None:
            return Caller(header=header, is_invalid=PLACEHOLDER.fullmatch(credential) is None)
        living, over = self._lives.get(credential, (exchange.ended + 1, exchange.ended + 1))
        if exchange.started > over:
            return Caller(header=header, is_invalid=True)
        return Caller(owner if exchange.ended < living else None, header)

    def is_over(self, exchange: Exchange) -> bool:
        """Whether the token of a request was issued by the run and expired at least a second ago.

        Clock leeway may extend its life, but the sentence about its end allows none (AUTH-008).
        """
        credential, _ = _credential(exchange)
        if credential not in self._lives:
            return False
        over = self._lives[credential][1] - LEEWAY_SECONDS * NANO
        return exchange.started > over + NANO

    def _issued(self, exchange: Exchange) -> None:
        body = asked(exchange.sent).fields
        token = exchange.fields.get("token")
        app, user = body.get("appId"), body.get("endUserId")
        life = lifetime_of(body.get("expiresIn", "1h"))
        if isinstance(token, str) and isinstance(app, str) and isinstance(user, str) and life is not None:
            self._known[token] = User(app, user)
            # Whole seconds in the token and a clock's leeway (RFC 7519 section 4.1.4) on both sides.
            self._lives[token] = (
                exchange.started + round((life - 1) * NANO),
                exchange.ended + round((life + LEEWAY_SECONDS) * NANO),
            )


def lifetime_of(life: object) -> int | None:
    """A lifetime such as `30m` in seconds; None for any other value."""
    told = _LIFE.fullmatch(life) if isinstance(life, str) else None
    return int(told[1]) * _UNITS[told[2]] if told else None


def _credential(exchange: Exchange) -> tuple[str, Header | None]:
    """The credential of a request with one credential header, and its documented header or None."""
    told = [
        (name.lower(), value)
        for name, value in exchange.sent.headers
        if name.lower() in {"authorization", "x-api-key"}
    ]
    if len(told) != 1:
        return json.dumps(told), None
    name, value = told[0]
    if name == "x-api-key":
        return value, Header.API_KEY
    scheme, _, credential = value.partition(" ")
    return (credential, Header.BEARER) if scheme == "Bearer" else (value, None)
