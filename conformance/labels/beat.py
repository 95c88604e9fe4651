"""The long window: a command of three heartbeat intervals, heard by early, late and returning readers."""

from sigmic_conformance.conformance.transcript.fact import LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels


class HeartbeatWindow:
    """What `heartbeat_window` records."""

    PROBE = ProbeName("heartbeat_window")

    CREATE = Labels[int](PROBE, "create {}")
    CANCEL_WITH_A_BODY = Label(PROBE, "cancel with a body")
    EARLY = Label(PROBE, "early")
    MEANWHILE = Label(PROBE, "meanwhile")
    LATE = Label(PROBE, "late")


class HeartbeatWhileWaiting:
    """What `heartbeat_while_waiting` records."""

    PROBE = ProbeName("heartbeat_while_waiting")

    CREATE = Labels[int](PROBE, "create {}")


class HeartbeatAmongEvents:
    """What `heartbeat_among_events` records."""

    PROBE = ProbeName("heartbeat_among_events")

    BUSY = TaskLabels[int](PROBE, "busy {}")

    STREAM = LabelFact(PROBE, "stream")
