"""Callers of a request: an API key in either header, a token, or no credential."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request; `headers` carry the credentials."""

    role: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


NOBODY = Caller("nobody")


def bearer(role: str, secret: str) -> Caller:
    """A caller that sends `Authorization: Bearer`."""
    return Caller(role, (("Authorization", f"Bearer {secret}"),))


def api_key(role: str, secret: str) -> Caller:
    """A caller that sends `X-API-Key`."""
    return Caller(role, (("X-API-Key", secret),))
