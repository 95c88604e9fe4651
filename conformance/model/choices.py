"""The observed choices of a target in matters that the documentation leaves open. Pure."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sigmic_conformance.conformance.model.outputs import accumulates
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.sessions import session_told
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript import json_values

MALFORMED = frozenset({400, 422})


@dataclass(frozen=True)
class Choices:
    """The choices that the tasks of a run show."""

    tasks: tuple[Task, ...]

    @cached_property
    def _has_uuids(self) -> bool:
        made = [task.id for task in self.tasks if task.creation is not None]
        return all(json_values.UUID.fullmatch(each) for each in made)

    def takes_for_malformed(self, status: int | None) -> bool:
        """Whether a UUID may be refused with this status because ids have another form (C-05, G-40)."""
        return status in MALFORMED and not self._has_uuids

    @cached_property
    def accumulates(self) -> bool:
        """Whether outputs contain the text of all turns of a task (G-44)."""
        return accumulates(self.tasks)

    @cached_property
    def keeps_sessions(self) -> bool:
        """Whether two turns of a task were in one session: each may have its own (G-63).

        Not if the second message was sent during the first turn: they may be one piece of work (G-59).
        """
        return any(
            other.is_clear and session_told(one, task.read) == session_told(other, task.read) is not None
            for task in self.tasks
            for one, other in pairwise(task.turns)
        )

    @cached_property
    def tells_errors_as_streamed(self) -> bool:
        """Whether get_task repeats the text of the error that ended a run's stream."""
        return any(
            each.fields.get("error") == text
            for task in self.tasks
            for turn in task.turns
            if (text := task.broke_off(turn))
            for each in task.read
            if turn.holds(each.started, each.ended)
        )

    @cached_property
    def refuses_early(self) -> bool:
        """Whether follow-ups on running tasks were refused as conflicts, and none was accepted (G-59).

        Of two that were sent at the same time, either may have come first.
        """
        refused = any(each.exchange.code == "CONFLICT" for task in self.tasks for each in task.refusals)
        taken = any(
            not other.is_clear
            and one.is_clear
            and one.taken <= other.began
            and other.said.certainty is Certainty.ACCEPTED
            for task in self.tasks
            for one, other in pairwise(task.turns)
        )
        return refused and not taken

    @cached_property
    def continued(self) -> frozenset[str]:
        """The final statuses after which a follow-up was accepted (FOLLOWUP-016)."""
        pairs = [pair for task in self.tasks for pair in pairwise(task.turns)]
        return frozenset(
            one.over.status
            for one, other in pairs
            if one.over is not None and one.over.status is not None and other.is_clear
        )
