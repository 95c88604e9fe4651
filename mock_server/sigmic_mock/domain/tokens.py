"""Widget tokens: the claims of a JWT, its lifetime, and when it is accepted (G-92, G-93).

Signing is in `storage.keyring`. Time comes from the caller: a token expires by the platform's clock, not by
the machine's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_mock.domain.errors import ApiError, ErrorCode

DEFAULT_LIFETIME = "1h"
LONGEST_LIFETIME_SECONDS = 30 * 24 * 3600
_LIFETIME = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class BadToken(Exception):
    """A token that was not signed by this server, or is not a token at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of a token; env and secrets stay on the server under `token_id`. Times in epoch seconds.

    `maker` is the user of the console for whom it was issued: it never does more than they may.
    """

    end_user_id: str
    app_id: str
    project_id: str
    issued_at: int
    expires_at: int
    token_id: str
    maker: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the registered and private claims of the JWT."""
        made = {} if self.maker is None else {"mkr": self.maker}
        return {
            "sub": self.end_user_id,
            "app": self.app_id,
            "prj": self.project_id,
            "iat": self.issued_at,
            "exp": self.expires_at,
            "jti": self.token_id,
            **made,
        }


def read_claims(claims: Mapping[str, Any]) -> Claims:
    """Read the result of `Claims.as_json`; raises `BadToken` if a claim is missing or has another type."""
    texts = [claims.get(name) for name in ("sub", "app", "prj", "jti")]
    if not isinstance(claims.get("mkr"), str | None):
        raise BadToken("a claim has another type")
    times = [claims.get(name) for name in ("iat", "exp")]
    if not all(isinstance(text, str) and text for text in texts):
        raise BadToken("a claim is missing")
    if not all(isinstance(time, int) and not isinstance(time, bool) for time in times):
        raise BadToken("a time is missing")
    return Claims(
        end_user_id=claims["sub"],
        app_id=claims["app"],
        project_id=claims["prj"],
        token_id=claims["jti"],
        issued_at=claims["iat"],
        expires_at=claims["exp"],
        maker=claims.get("mkr"),
    )


def lifetime_seconds(expires_in: object) -> int:
    """Read `30m`, `1h`, `7d` (G-93): at most 30 days. Raises INVALID_EXPIRES_IN."""
    parts = _LIFETIME.fullmatch(expires_in) if isinstance(expires_in, str) else None
    if parts is None:
        raise ApiError(ErrorCode.INVALID_EXPIRES_IN)
    seconds = int(parts[1]) * _UNIT_SECONDS[parts[2]]
    if seconds > LONGEST_LIFETIME_SECONDS:
        raise ApiError(ErrorCode.INVALID_EXPIRES_IN, "expiresIn may be at most 30d")
    return seconds
