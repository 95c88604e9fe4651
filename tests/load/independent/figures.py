"""What the second client's notes come to: exact, from every value, by formulas of its own. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from math import ceil, floor

from tests.load.independent.client import Followed, Held, Told


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value that `share` of all do not exceed; None without values."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


NEARLY = 0.9
"""A heartbeat that is this share of a period late is taken for the next one, and one for missing."""


def late_and_missed(
    opened: float, beats: Sequence[float], left: float, period: float
) -> tuple[list[float], int]:
    """Return how late each heartbeat was, in seconds, and how many never came.

    One is due a period after the stream opened, or after the one before was due or came, whatever is sooner:
    an early one moves what follows, a late one excuses nothing.
    """
    late, missed = [], 0
    due = opened + period
    for beat in beats:
        while beat - due > NEARLY * period:
            missed += 1
            due += period
        late.append(max(0.0, beat - due))
        due = min(due, beat) + period
    return late, missed + max(0, floor((left - due) / period))


@dataclass(slots=True)
class Figures:
    """Numbers of one client; times in seconds."""

    streams: int = 0
    cut: int = 0
    beats: int = 0
    missed: int = 0
    late: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)
    compared: int = 0
    lost: int = 0
    doubled: int = 0


def of_held(held: Held, period: float) -> Figures:
    """Return the figures of idle streams."""
    figures = Figures(streams=len(held.told), lag=held.lag.seen)
    for told in held.told:
        if told.opened is None:
            continue
        figures.cut += told.ended is not None
        figures.beats += len(told.beats)
        late, missed = late_and_missed(told.opened, told.beats, told.ended or held.left, period)
        figures.late += late
        figures.missed += missed
        figures.gaps += [after - before for before, after in zip(told.beats, told.beats[1:], strict=False)]
    return figures


def compare(figures: Figures, followed: Sequence[Followed]) -> None:
    """Add what the readers of answers lost or heard twice: messages and words, connection by connection."""
    for task in followed:
        for told in task.connections:
            heard, expected = heard_of(told), expected_of(told, task.history)
            if heard is None or expected is None:
                continue
            figures.compared += 1
            lost, doubled = differences(expected, heard, is_whole=told.ended is not None)
            figures.lost += lost
            figures.doubled += doubled


def heard_of(told: Told) -> list[str] | None:
    """Return what a connection told, in order: ids of saved messages, then words; None without a history."""
    names = [name for name, _ in told.events]
    if "history_done" not in names:
        return None
    ids = [str(data.get("id")) for name, data in told.events if name == "history_message"]
    words = "".join(str(data.get("text")) for name, data in told.events if name == "content").split()
    if told.ended is None:
        del words[-1:]  # we may have left in the midst of it
    return ids + words


def expected_of(told: Told, history: Sequence[Mapping[str, object]]) -> list[str] | None:
    """Return what a connection had to tell, by the history as it is in the end."""
    done = [data for name, data in told.events if name == "history_done"]
    saved = [message for message in history if not done[0].get("isStreaming") or message["role"] == "user"]
    ids = [str(message["id"]) for message in saved]
    if not done[0].get("isStreaming"):
        return ids
    return ids + str(history[-1]["content"]).split()


def differences(expected: Sequence[str], heard: Sequence[str], *, is_whole: bool) -> tuple[int, int]:
    """Return how many of `expected` were never heard, and how many were heard that are not expected.

    Whoever left before the end cannot have heard the rest.
    """
    lost = doubled = 0
    for kind, begin, end, start, stop in SequenceMatcher(None, expected, heard, autojunk=False).get_opcodes():
        if kind == "delete" and end == len(expected) and not is_whole:
            continue
        if kind in {"delete", "replace"}:
            lost += end - begin
        if kind in {"insert", "replace"}:
            doubled += stop - start
    return lost, doubled
