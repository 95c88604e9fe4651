"""State machines of tasks and tool calls as data: states, steps, and the cause of each step. Pure.

A run shows only samples of a lifecycle. Between two samples any path is possible, if the steps that only a
client can cause were requested. `path` finds such a path, or reports that none exists.
"""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sigmic_conformance.wire.json_values import FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transition. `cause` is an act of a client, by its operation, or `agent`: the platform itself."""

    before: str
    after: str
    cause: str
    source: str

    @property
    def name(self) -> str:
        """`pending → running (agent)`."""
        return f"{self.before} → {self.after} ({self.cause})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Automaton:
    """States, the initial state, and the steps."""

    name: str
    start: str
    steps: tuple[Step, ...]

    @property
    def states(self) -> frozenset[str]:
        """Every state that a step names."""
        return frozenset({self.start} | {state for step in self.steps for state in (step.before, step.after)})

    def path(self, before: str, after: str, causes: Collection[str]) -> tuple[Step, ...] | None:
        """The shortest path between two samples, of steps of the agent and these actions, or None.

        Two equal samples need no step.
        """
        allowed = {"agent", *causes}
        paths: deque[tuple[str, tuple[Step, ...]]] = deque([(before, ())])
        met = {before}
        while paths:
            state, path = paths.popleft()
            if state == after:
                return path
            for step in self.steps:
                if step.before == state and step.cause in allowed and step.after not in met:
                    met.add(step.after)
                    paths.append((step.after, (*path, step)))
        return None


def _steps(*rows: tuple[str, str, str, str]) -> tuple[Step, ...]:
    return tuple(Step(before=row[0], after=row[1], cause=row[2], source=row[3]) for row in rows)


def _each(before: Iterable[str], after: str, cause: str, source: str) -> Iterable[tuple[str, str, str, str]]:
    return ((state, after, cause, source) for state in before)


TASK = Automaton(
    name="task",
    start="pending",
    steps=_steps(
        ("pending", "running", "agent", "introduction"),
        ("pending", "failed", "agent", "tasks/get"),
        ("pending", "cancelled", "cancel_task", "tasks/cancel"),
        ("running", "awaiting_approval", "agent", "tasks/approve"),
        ("running", "completed", "agent", "introduction"),
        ("running", "failed", "agent", "tasks/get"),
        ("running", "cancelled", "cancel_task", "tasks/cancel"),
        ("awaiting_approval", "running", "approve_tool_call", "tasks/approve"),
        ("awaiting_approval", "failed", "agent", "tasks/get"),
        ("awaiting_approval", "cancelled", "cancel_task", "tasks/cancel"),
        *_each(FINAL, "running", "send_message", "tasks/follow-up"),
        *_each(FINAL, "pending", "send_message", "tasks/follow-up"),
    ),
)
"""A task's statuses. After a follow-up a platform may queue the task first (G-60)."""

CALL = Automaton(
    name="tool call",
    start="new",
    steps=_steps(
        ("new", "executing", "agent", "tasks/stream"),
        ("new", "awaiting_approval", "agent", "tasks/approve"),
        ("awaiting_approval", "executing", "proceed", "tasks/approve"),
        ("awaiting_approval", "success", "proceed", "tasks/approve"),
        ("awaiting_approval", "error", "proceed", "tasks/approve"),
        ("awaiting_approval", "cancelled", "cancel", "tasks/approve"),
        ("executing", "success", "agent", "tasks/stream"),
        ("executing", "error", "agent", "tasks/stream"),
        ("executing", "cancelled", "cancel_task", "tasks/cancel"),
        ("awaiting_approval", "cancelled", "cancel_task", "tasks/cancel"),
    ),
)
"""A call's statuses in the events of a stream; `proceed` and `cancel` are answers to its approval."""

AUTOMATA = (TASK, CALL)
