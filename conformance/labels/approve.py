"""Approvals: nothing before the decision, and what each of the three answers does."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, ProbeName, TaskLabel


class ApproveOnce:
    """What `approve_once` records."""

    PROBE = ProbeName("approve_once")

    OTHERS = TaskLabel(PROBE, "another task")
    ONCE = TaskLabel(PROBE, "once")
    JOINS_WHILE_WAITING = Label(PROBE, "joins while waiting")
    APPROVE = Label(PROBE, "approve")


class ApproveCancel:
    """What `approve_cancel` records."""

    PROBE = ProbeName("approve_cancel")

    REFUSED = TaskLabel(PROBE, "refused")


class ApproveAlways:
    """What `approve_always` records."""

    PROBE = ProbeName("approve_always")

    ALWAYS = TaskLabel(PROBE, "always")

    CALL = Fact[str](PROBE, "call")
