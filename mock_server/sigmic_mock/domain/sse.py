r"""Server-sent events as bytes: `event: NAME\ndata: JSON\n\n`, nothing else (S-01, S-02, section 3.1).

Rule: one `data` line per event and LF only; the documentation's own clients split on a blank line and use the
second line as the data. So every character that some reader treats as a line break is escaped in the JSON.
"""

import json
import re

from sigmic_mock.domain.events import Event

HEARTBEAT = b":heartbeat\n\n"
"""A comment as a separate block, never inside an event (S-03, G-51)."""

_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_NAME = re.compile(r"[a-z][a-z_]*", re.ASCII)
_LINE_BREAKS = re.compile("[\x7f\x85\u2028\u2029\ud800-\udfff]")
"""Characters that JSON leaves but `str.splitlines` or JavaScript breaks at; lone surrogates (not UTF-8)."""


def encode(event: Event) -> bytes:
    """Return the event as one frame. Raises ValueError for a name that would break the framing."""
    if _NAME.fullmatch(event.name) is None:
        raise ValueError(f"not the name of an event: {event.name!r}")
    data = _LINE_BREAKS.sub(_escape, _json(event.payload()))
    return f"event: {event.name}\ndata: {data}\n\n".encode()


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
