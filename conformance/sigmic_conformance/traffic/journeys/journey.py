"""A journey: the steps of one task, each with one message and the events of its turn."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigmic_conformance.wire.ordinary_clients import OrdinaryClient

OWNERS = {"key": ("bearer", "api_key"), "end_user": ("end_user",)}
"""The owners of tasks, and the callers that may act for each of them."""

STRANGERS = ("other_end_user", "other_project")
ENDINGS = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One turn in one situation: a value of every dimension. `expires`: the session ends before it."""

    situation: Mapping[str, str]
    expires: bool = False

    def __getitem__(self, dimension: str) -> str:
        return self.situation[dimension]

    @property
    def states(self) -> tuple[str, ...]:
        """The states in which the task is observed, the last of them after the turn."""
        return states_of(self["state"])

    @property
    def waits_alone(self) -> bool:
        """Whether a call waits without a reader until the target must have detected that the reader left."""
        return self["approval"] == "late" and self["state"] == "awaiting_approval"

    @property
    def is_seen_waiting(self) -> bool:
        """Whether a client reads the stream while a call waits."""
        return self["state"] == "awaiting_approval" and self["reader"] in {
            "from_start",
            "several",
            "returning",
        }

    @property
    def is_joined(self) -> bool:
        """Whether the second of several readers connects while a call waits."""
        return self["reader"] == "several" and self["state"] == "awaiting_approval"

    @property
    def ending(self) -> str:
        """The state in which the turn ends."""
        return self.states[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The steps of one task.

    `asks`: its calls wait for an approval. `is_prompted`: it has a system prompt. `others`: unauthorised
    callers that try to read it. `client`: whose headers its requests have, by default the suite's own.
    `listening`: factor on its usual waits in silences.
    """

    name: str
    owner: str
    value: str
    asks: bool
    others: tuple[str, ...]
    steps: tuple[Step, ...]
    is_prompted: bool = False
    client: OrdinaryClient | None = None
    listening: float = 1.0

    @property
    def expiries(self) -> int:
        """How often the session expires."""
        return sum(step.expires for step in self.steps)


def states_of(state: str) -> tuple[str, ...]:
    """The states in which a turn is observed: the one that it is about, and the one in which it ends."""
    return (state,) if state in ENDINGS else (state, "completed")
