"""Several calls that ask, each answered otherwise: one by one, and two that wait at the same time."""

from typing import TypedDict

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Labels, ProbeName


class Decision(TypedDict):
    """How a waiting call was answered; `covered` when its tool had been approved for good by then."""

    call: str
    tool: str
    outcome: str
    covered: bool


class ApproveEach:
    """What `approve_each` records."""

    PROBE = ProbeName("approve_each")

    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "stream {}")
    ANSWERED = Labels[str, int](PROBE, "{} {}")

    STREAM = LabelFact(PROBE, "stream")
    DECISIONS = Fact[list[Decision]](PROBE, "decisions")


class ApproveTogether:
    """What `approve_together` records."""

    PROBE = ProbeName("approve_together")

    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "stream {}")
    CANCEL = Labels[int](PROBE, "cancel {}")
    CANCELLED = Labels[int](PROBE, "cancelled {}")

    STREAM = LabelFact(PROBE, "stream")
    FIRST_WORD = Fact[str](PROBE, "first")
    SECOND_WORD = Fact[str](PROBE, "second")
