"""On whose behalf a request is made: a key in either header, a token, or nobody."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request is made; `headers` carry the credentials."""

    role: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


NOBODY = Caller("nobody")


def bearer(role: str, secret: str) -> Caller:
    """A caller who sends `Authorization: Bearer`."""
    return Caller(role, (("Authorization", f"Bearer {secret}"),))


def api_key(role: str, secret: str) -> Caller:
    """A caller who sends `X-API-Key`."""
    return Caller(role, (("X-API-Key", secret),))
