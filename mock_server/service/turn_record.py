"""The record of a turn's calls, for continuing a captured turn.

The agent is a coroutine and cannot be copied. But it decides nothing by time or chance: with the same
outcomes of its tools it reaches the same place again. So a snapshot saves the outcomes and a digest of the
calls. After a restore the agent restarts, every earlier call is answered from the record, and the first one
after that, in which it waited, continues its wait.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sigmic_conformance.mock_server.agent.turn import ToolOutcome, TurnFailed

DIVERGED = "The agent no longer does what it did before the snapshot: a playbook has changed since."


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCalls:
    """The agent's finished calls, with the outcomes of tools; `waits_in` is the call it waits in."""

    count: int
    digest: str
    outcomes: tuple[ToolOutcome, ...]
    waits_in: str


class TurnRecord:
    """Counts the agent's calls, and answers those from before the capture."""

    def __init__(self, past: RecordedCalls | None = None) -> None:
        self._past = past
        """Not repeated yet; None once the turn continues with new calls."""
        self._count = 0
        self._digest = hashlib.sha256()
        self._outcomes: list[ToolOutcome] = []
        self._open: list[str] = []
        self._is_inside_whole = False

    @contextmanager
    def call(self, *parts: object, can_be_resumed: bool = True, is_whole: bool = False) -> Iterator[bool]:
        """Record one call of the agent; yield whether it is a repeated call, which must not run again.

        A call that cannot be resumed waits in several places, so a turn is not captured in it. Nor is it in
        one that is a whole: the calls within are a part of it, and not recorded.
        """
        if self._is_inside_whole:
            yield False
            return
        call = repr(parts)
        is_past = self._is_past(call)
        opened = [call] if can_be_resumed and not is_whole else [call, call]
        self._open += opened
        self._is_inside_whole = is_whole
        try:
            yield is_past
        finally:
            self._is_inside_whole = False
            for each in opened:
                self._open.remove(each)
        self._count += 1
        self._digest.update(call.encode(errors="surrogatepass"))

    def note(self, *outcomes: ToolOutcome) -> None:
        """Record the outcomes of tools."""
        self._outcomes += outcomes

    def outcome(self) -> ToolOutcome:
        """Return and record the outcome of a tool that was called before."""
        known = () if self._past is None else self._past.outcomes
        if len(self._outcomes) >= len(known):
            raise self._diverged()
        self.note(known[len(self._outcomes)])
        return self._outcomes[-1]

    def take_up(self) -> bool:
        """Return whether the turn was captured in this call; calls after it are new."""
        past, self._past = self._past, None
        return past is not None

    def capture(self) -> RecordedCalls | None:
        """Return the data for a restore; None unless the agent is in one call alone."""
        if self._past is not None or len(self._open) != 1:
            return None
        return RecordedCalls(
            count=self._count,
            digest=self._digest.hexdigest(),
            outcomes=tuple(self._outcomes),
            waits_in=self._open[0],
        )

    def _is_past(self, call: str) -> bool:
        past = self._past
        if past is None:
            return False
        if self._count < past.count:
            return True
        if call != past.waits_in or self._digest.hexdigest() != past.digest:
            raise self._diverged()
        return False

    def _diverged(self) -> TurnFailed:
        self._past = None
        return TurnFailed(DIVERGED, "SNAPSHOT_DIVERGED")
