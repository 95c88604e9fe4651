"""Recognises credentials that were never declared: by their shape, or by the name of their field.

The log, the journal and recordings share this code, so that none of them shows what another hides. A value
without a recognisable shape is learnt instead (`domain.redaction`, `journal.secrets`).
"""

import re

MASK = "[masked]"
_SHAPES = (
    # An API key; shorter than the platform's 64 digits, since half a key is not for showing either.
    r"sigmic_[0-9A-Za-z]{16,}"
    r"|mockctl_[0-9a-f]+"
    # A JWT, or a part of one.
    r"|eyJ[A-Za-z0-9_=-]{8,}(?:\.[A-Za-z0-9_=-]*){0,2}"
    # An Authorization header. Prose about a "bearer token" has no digit in its second word.
    r"|(?i:(?<![A-Za-z])(?:bearer|basic))\s+(?=[^\s\"']*[0-9=])[A-Za-z0-9_.~+/=-]{8,}"
)
_IN_TEXT = re.compile(_SHAPES)
_IN_BYTES = re.compile(_SHAPES.encode())
_HINTS = ("sigmic_", "mockctl_", "eyJ", "earer", "asic", "EARER", "ASIC")
_BYTE_HINTS = tuple(hint.encode() for hint in _HINTS)
_NAME_ENDS = (
    "authorization",
    "apikey",
    "cookie",
    "credential",
    "credentials",
    "passwd",
    "password",
    "secret",
    "signature",
    "token",
)


def without_credentials(text: str) -> str:
    """Return `text` with `[masked]` in place of everything that has the shape of a credential."""
    return _IN_TEXT.sub(MASK, text) if any(hint in text for hint in _HINTS) else text


def without_credentials_in(data: bytes) -> bytes:
    """Like `without_credentials`, for bytes of any encoding that keeps ASCII unchanged."""
    return _IN_BYTES.sub(MASK.encode(), data) if any(hint in data for hint in _BYTE_HINTS) else data


def is_secret_name(name: str) -> bool:
    """Return whether a header, parameter, field or member of this name holds a credential."""
    plain = name.lower().replace("-", "").replace("_", "")
    return plain == "key" or plain.endswith(_NAME_ENDS)
