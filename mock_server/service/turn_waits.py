"""In what a turn waits: for time, or for a caller. A turn that only waits can be held and taken up again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.mock_server.domain.model import ToolCall
from sigmic_conformance.mock_server.domain.redaction import RedactedStream


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTurn:
    """A turn that waits: for time, or with `asks` for the answer to `call`; `seconds` are left.

    `call` is the tool call that it waits in, None when it is in none.
    """

    call: ToolCall | None
    asks: bool
    seconds: float
    text: RedactedStream
    delta: str
    approved_calls: Mapping[str, tuple[str, Mapping[str, Any]]]
    expires_session: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """What a turn waits for, `until` an instant on the clock's monotonic scale."""

    call: ToolCall | None
    asks: bool
    until: float
