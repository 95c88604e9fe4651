"""The final state of every requested stream, in one row whose parts add up. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sigmic_load.measures.errors import Errors

OPERATION = "stream_task"


class End(StrEnum):
    """How an open stream ended; the value is the name of its count."""

    DONE = "streams_done"
    EARLY = "streams_ended"
    """A held stream ended with `done`, or because its task was over."""
    FAILED = "streams_failed"
    CLOSED = "streams_closed"
    CUT = "streams_cut"
    SILENT = "streams_silent"
    LEFT = "streams_left"

    @property
    def is_by_target(self) -> bool:
        """True when the target ended a stream that should have continued."""
        return self in {End.FAILED, End.CLOSED, End.CUT}

    @property
    def may_be_ours(self) -> bool:
        """True when a stall of this process may be the cause: the target may cut a slow reader."""
        return self in {End.CLOSED, End.CUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`requested` is answered + refused + unanswered + waiting; `answered` is the sum of the others.

    `wanted` is the most streams that users wanted to hold at the same time. `waiting` have no answer yet,
    and are not overdue. `unmeasured` ended, or were refused, while the load generator stood still.
    `lost` were open in a worker that was lost. `silent` had no heartbeat for two periods when the user left.
    """

    wanted: int
    requested: int
    answered: int
    open: int
    done: int
    early: int
    error: int
    closed: int
    cut: int
    silent: int
    left: int
    lost: int
    refused: int
    unanswered: int
    waiting: int
    unmeasured: int
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def line(self) -> str:
        """Return it in one line: the numbers that are always shown, then the others that are not 0."""
        parts = [f"{self.requested} requested", f"{self.answered} answered", f"{self.open} open"]
        ends = {
            "ended with done": self.done,
            "ended early": self.early,
            "ended with error": self.error,
            "closed without done": self.closed,
            "cut": self.cut,
            "silent in the end": self.silent,
            "left": self.left,
            "lost with a worker": self.lost,
            "refused": self.refused,
            "never answered": self.unanswered,
            "waiting": self.waiting,
            "not measured": self.unmeasured,
        }
        parts += [f"{number} {what}" for what, number in ends.items() if number]
        wanted = f" ({self.wanted} to be held)" if self.wanted else ""
        return f"streams: {', '.join(parts)}{wanted}"

    def as_json(self) -> dict[str, Any]:
        """Return it for `load.json`."""
        return {
            **asdict(self),
            "reasons": [{"reason": reason, "count": count} for reason, count in self.reasons],
        }


def account(counts: dict[str, int], errors: Errors, *, wanted: int, lost: Iterable[int] = ()) -> Account:
    """Return the row. `lost` are the numbers of open streams of each lost worker."""

    def number(name: str) -> int:
        return counts.get(name, 0)

    requested, answered = number("streams_requested"), number("streams_opened")
    refused, unanswered = number("streams_refused"), number("streams_unanswered")
    cut, unopened = number("streams_cut_unmeasured"), number("streams_unanswered_unmeasured")
    gone = sum(lost)
    ended = sum(number(end.value) for end in End) + cut
    return Account(
        wanted=wanted,
        requested=requested,
        answered=answered,
        open=answered - ended - gone,
        done=number(End.DONE),
        early=number(End.EARLY),
        error=number(End.FAILED),
        closed=number(End.CLOSED),
        cut=number(End.CUT),
        silent=number(End.SILENT),
        left=number(End.LEFT),
        lost=gone,
        refused=refused,
        unanswered=unanswered,
        waiting=requested - answered - refused - unanswered - unopened,
        unmeasured=cut + unopened,
        reasons=tuple(
            (reason, times.count)
            for operation, reason, times in errors.most_frequent()
            if operation == OPERATION
        ),
    )
