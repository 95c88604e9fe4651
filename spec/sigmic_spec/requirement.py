"""The ledger's values: a requirement, a choice of a target, and a fact that these settle."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class LedgerError(ValueError):
    """The ledger cannot be used; the message says where and why, one line per reason."""


class Level(StrEnum):
    """How much a client depends on it."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Evidence(StrEnum):
    """Where the statement comes from; this determines whether breaking it fails or warns."""

    DOCUMENTED = "documented"
    EXAMPLE = "example"
    INHERITED = "inherited"
    """A standard that the documentation is based on."""
    INFERRED = "inferred"


class Kind(StrEnum):
    """How it is tested."""

    SAFETY = "safety"
    LIVENESS = "liveness"
    SHAPE = "shape"
    PIN = "pin"
    """The documentation contradicts itself: which of the admissible interpretations does a target follow?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One row: a statement that an outside client can test through the API."""

    id: str
    """`AREA-NNN`; never reused or renumbered."""
    level: Level
    evidence: Evidence
    kind: Kind
    source: str
    """A page of the documentation, or a standard and its section."""
    operations: tuple[str, ...]
    facts: tuple[str, ...]
    statement: str
    since: str
    """The ledger version that the row came with."""
    decision: str | None = None
    """The gap (G-) or contradiction (X-) that the statement settles."""
    code: str | None = None
    """The error code that the statement is about."""
    probes: tuple[str, ...] = ()
    """The probes whose traffic shows it; empty if it is untestable."""
    capabilities: tuple[str, ...] = ()
    """What a target needs for it, in addition to what its probes need."""
    anywhere: bool = False
    """True if the traffic of any probe may show it. `probes` then only ensure that there is some."""
    mistake: str | None = None
    """How implementers usually break it: one or two sentences."""
    reading: Mapping[str, str] | None = None
    """For a pin: name of each admissible interpretation to its meaning, the reference platform's first."""
    untestable: str | None = None
    """A reason of the closed list, if no request from outside can test it."""

    is_newer: bool = False
    """True if the ledger is pinned to a version before the row: then the row is only informative."""

    @property
    def area(self) -> str:
        """The word before the number."""
        return self.id.partition("-")[0]

    @property
    def binds(self) -> bool:
        """True for a must, unless it is newer than the pin."""
        return self.level is Level.MUST and not self.is_newer

    def is_about(self, event: str) -> bool:
        """True if the row is about an event: its statement starts with the name. Heartbeat: by its area."""
        if event == "heartbeat":
            return self.area == "BEAT"
        return self.area == "EVENT" and self.statement.lower().split()[0] == event


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A question that no page answers: a run records what a target does, without a verdict."""

    id: str
    question: str
    facts: tuple[str, ...]
    """The gaps and contradictions that it is about."""
    answers: Mapping[str, str]
    """Patterns of answers to their labels: `*` matches any text, and the first match counts."""
    probe: str = ""
    label: str = ""
    """The answer is in the exchange of this probe with this label: its status and error code."""
    field: str = ""
    """If given, the answer is this value of the exchange's data instead."""
    header: str = ""
    """If given, the answer is this header of the exchange instead."""
    observed: str = ""
    """If given, a function of the model reads the answer from the whole run instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something read, reconstructed or found missing in the documentation."""

    id: str
    title: str
    """The subject of the facts in its section."""
    tags: frozenset[str]
    page: str
    says: str
    requirements: tuple[str, ...] = ()
    """Ids of the rows that settle it, in the ledger's order."""
    choices: tuple[str, ...] = ()
    """Ids of the choices that it leaves to a target."""
    unmapped: str | None = None
    """Why there is no such row or choice."""
