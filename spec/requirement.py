"""The ledger's values: a requirement, and a fact that requirements settle."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a client depends on it."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Evidence(StrEnum):
    """Where the sentence comes from; it decides whom the sentence binds."""

    DOCUMENTED = "documented"
    EXAMPLE = "example"
    INHERITED = "inherited"
    """A standard that the documentation leans on says so."""
    INFERRED = "inferred"
    CHOSEN = "chosen"
    """The documentation is silent: this project decided, and only its own platform is bound."""


class Kind(StrEnum):
    """How it is judged."""

    SAFETY = "safety"
    LIVENESS = "liveness"
    SHAPE = "shape"
    PIN = "pin"
    """The documentation contradicts itself: which of the admissible readings does a target follow?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One row: a sentence that a stranger can test through the API."""

    id: str
    """`AREA-NNN`; never reused and never renumbered."""
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
    """The gap (G-) or contradiction (X-) that the sentence settles."""
    code: str | None = None
    """The error code that the sentence is about."""
    probes: tuple[str, ...] = ()
    """The probes whose traffic shows it; empty where it is untestable."""
    capabilities: tuple[str, ...] = ()
    """What a target needs for it, beyond what its probes need."""
    anywhere: bool = False
    """True where the traffic of any probe may show it: `probes` then only make sure that there is some."""
    mistake: str | None = None
    """How implementers usually break it: one or two sentences."""
    reading: Mapping[str, str] | None = None
    """Of a pin: name of each admissible reading to what it says, the reference platform's own first."""
    untestable: str | None = None
    """A reason of the closed list, when no request from outside can judge it."""

    is_newer: bool = False
    """True in a ledger that is pinned to a version before the row: it informs, and binds nobody."""

    @property
    def area(self) -> str:
        """The word before the number."""
        return self.id.partition("-")[0]

    def is_about(self, event: str) -> bool:
        """True for a row of an event: its statement begins with the name; of the heartbeat for its area."""
        if event == "heartbeat":
            return self.area == "BEAT"
        return self.area == "EVENT" and self.statement.lower().split()[0] == event


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something read, reconstructed or found missing in the documentation."""

    id: str
    title: str
    """What the facts of its section are about."""
    tags: frozenset[str]
    page: str
    says: str
    requirements: tuple[str, ...] = ()
    """Ids of the rows that settle it, in the ledger's order."""
    unmapped: str | None = None
    """Why there is no such row."""
