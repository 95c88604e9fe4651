"""The forms of credentials, their kinds, and their digests.

Keys and app secrets are stored as SHA-256 digests, never as text. A plain fast digest is right here: they are
256 random bits, so a slow password hash would not protect them better, and every request would pay for it.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sigmic_mock.domain.errors import ApiError, ErrorCode

KEY_PREFIX = "sigmic_"
TOKEN_PREFIX = "eyJ"  # noqa: S105 - how a JWT begins, not a secret
_KEY = re.compile(r"sigmic_[0-9a-fA-F]{64}", re.ASCII)
LONGEST_ORIGIN = len("https://") + 253 + len(":65535")
"""Characters of an origin; the name of a host has at most 253."""
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """An API key as the caller sent it; its form is right, whether it is known is not yet asked."""

    text: str


@dataclass(frozen=True, slots=True)
class TokenCredential:
    """A JWT as the caller sent it, unverified."""

    text: str


Credential = KeyCredential | TokenCredential


def read_credential(authorization: Sequence[str], api_key: Sequence[str]) -> Credential:
    """Return the credential in the two headers (A-02..A-04, X-12, G-88); each is given as all values sent.

    A non-empty `Authorization` wins. Raises AUTH_REQUIRED, INVALID_AUTH_FORMAT or INVALID_API_KEY.
    """
    spoken = " \t".join(authorization).strip(" \t")
    if spoken:
        if len(authorization) > 1:
            raise ApiError(ErrorCode.INVALID_AUTH_FORMAT, "Send one Authorization header, not several")
        return _from_authorization(spoken)
    offered = [value.strip(" \t") for value in api_key]
    if any(offered):
        if len(offered) > 1:
            raise ApiError(ErrorCode.INVALID_AUTH_FORMAT, "Send one X-API-Key header, not several")
        return _from_api_key(offered[0])
    raise ApiError(ErrorCode.AUTH_REQUIRED)


def _from_authorization(value: str) -> Credential:
    scheme, _, token = value.partition(" ")
    token = token.strip(" \t")
    if scheme.lower() != "bearer":
        raise ApiError(ErrorCode.INVALID_AUTH_FORMAT, "Use Authorization: Bearer <API key or token>")
    if not token:
        raise ApiError(ErrorCode.AUTH_REQUIRED)
    if token.startswith(KEY_PREFIX):
        return KeyCredential(_well_formed(token))
    if token.startswith(TOKEN_PREFIX):
        return TokenCredential(token)
    raise ApiError(ErrorCode.INVALID_AUTH_FORMAT, "A credential starts with sigmic_ or eyJ")


def _from_api_key(value: str) -> Credential:
    if value.startswith(TOKEN_PREFIX):
        raise ApiError(ErrorCode.INVALID_API_KEY, "A token belongs in Authorization, not in X-API-Key")
    if not value.startswith(KEY_PREFIX):
        raise ApiError(ErrorCode.INVALID_AUTH_FORMAT, "An API key starts with sigmic_")
    return KeyCredential(_well_formed(value))


def _well_formed(key: str) -> str:
    if not is_api_key(key):
        raise ApiError(ErrorCode.INVALID_API_KEY)
    return key


def is_api_key(text: str) -> bool:
    """True for `sigmic_` and 64 hex digits (A-01)."""
    return _KEY.fullmatch(text) is not None


def is_origin(text: str) -> bool:
    """True for an exact web origin: scheme, host, maybe port; lower case, no path, no wildcard (G-90)."""
    return len(text) <= LONGEST_ORIGIN and _ORIGIN.fullmatch(text) is not None


def digest(secret: str) -> bytes:
    """Return the 32 bytes under which a key or app secret is remembered."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def matches(secret: str, remembered: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(digest(secret), remembered)


def uuid_of(text: str) -> str:
    """Return a stable identifier of version 4 shape for `text`: a configured key keeps its id (C-05)."""
    raw = bytearray(hashlib.sha256(b"id\0" + text.encode()).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    hexed = raw.hex()
    return f"{hexed[:8]}-{hexed[8:12]}-{hexed[12:16]}-{hexed[16:20]}-{hexed[20:]}"
