"""How often each project got which answer and which event: counted completely, whatever the ring drops."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from sigmic_mock.journal.entry import Entry, Kind


class Answered(NamedTuple):
    """An operation's answer: its status, and the error code if it was a refusal."""

    operation: str
    status: int
    code: str | None


class Tally:
    """Counts of a project's entries."""

    def __init__(self) -> None:
        self.answers: Counter[Answered] = Counter()
        self.events: Counter[str] = Counter()

    def note(self, entry: Entry) -> None:
        """Count an entry."""
        if entry.kind is Kind.FRAME and entry.event is not None:
            self.events[entry.event] += 1
        elif entry.kind is Kind.REQUEST and entry.operation is not None and entry.status is not None:
            self.answers[Answered(entry.operation, entry.status, entry.detail["code"])] += 1


def added(tallies: Mapping[str | None, Tally]) -> Tally:
    """Return the sum of several tallies."""
    total = Tally()
    for each in tallies.values():
        total.answers.update(each.answers)
        total.events.update(each.events)
    return total
