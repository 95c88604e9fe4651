"""Several calls that ask, each answered otherwise: one by one, and two that wait at the same time."""

from typing import TypedDict

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName


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
    FINISHED = Label(PROBE, "finished")
    HISTORY = Label(PROBE, "history")
    FOLLOW_UP = Label(PROBE, "follow-up")
    RUN_OF_FOLLOW_UP = Label(PROBE, "run of follow-up")
    CANCEL = Label(PROBE, "cancel")
    CANCELLED = Label(PROBE, "cancelled")
    APPROVE_ENCODED = Label(PROBE, "approve encoded")
    APPROVE_PLAIN = Label(PROBE, "approve plain")

    STREAM = LabelFact(PROBE, "stream")
    DECISIONS = Fact[list[Decision]](PROBE, "decisions")
    FOLLOW_UP_ASKS = Fact[bool](PROBE, "follow-up asks")
    WORD = Fact[str](PROBE, "word")
    KEPT = Fact[str](PROBE, "kept")


class ApproveTogether:
    """What `approve_together` records."""

    PROBE = ProbeName("approve_together")

    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "stream {}")
    CANCEL = Labels[int](PROBE, "cancel {}")
    CANCELLED = Labels[int](PROBE, "cancelled {}")
    BOTH_WAIT = Label(PROBE, "both wait")
    JOINED = Label(PROBE, "joined")
    ONE_WAITS = Label(PROBE, "one waits")
    REFUSE_THE_OTHER = Label(PROBE, "refuse the other")
    FINISHED = Label(PROBE, "finished")
    FILES = Label(PROBE, "files")
    APPROVE_ONE = Label(PROBE, "approve one")
    ANOTHER_WAITS = Label(PROBE, "another waits")
    APPROVE_ANOTHER = Label(PROBE, "approve another")

    STREAM = LabelFact(PROBE, "stream")
    FIRST_WORD = Fact[str](PROBE, "first")
    SECOND_WORD = Fact[str](PROBE, "second")
    CALLS = Fact[list[str]](PROBE, "calls")
    """The call that is approved, then the one that is refused; the words are theirs."""
