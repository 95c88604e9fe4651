"""The long window: a command of three heartbeat intervals, heard by early, late and returning readers."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels


class HeartbeatWindow:
    """What `heartbeat_window` records."""

    PROBE = ProbeName("heartbeat_window")

    CREATE = Labels[int](PROBE, "create {}")
    CANCEL_WITH_A_BODY = Label(PROBE, "cancel with a body")
    AFTER_THE_CANCELLATION = Label(PROBE, "after the cancellation")
    EARLY = Label(PROBE, "early")
    MEANWHILE = Label(PROBE, "meanwhile")
    BEFORE_THE_RESET = Label(PROBE, "before the reset")
    RECONNECTED = Label(PROBE, "reconnected")
    GZIP = Label(PROBE, "gzip")
    LATE = Label(PROBE, "late")

    CALLED_AT = Fact[int](PROBE, "called at")
    WORD = Fact[str](PROBE, "word")
    TASK = Fact[str](PROBE, "task")


class HeartbeatWhileWaiting:
    """What `heartbeat_while_waiting` records."""

    PROBE = ProbeName("heartbeat_while_waiting")

    CREATE = Labels[int](PROBE, "create {}")
    CANCEL = Label(PROBE, "cancel")
    AFTER_THE_CANCELLATION = Label(PROBE, "after the cancellation")
    APPROVE_TOO_LATE = Label(PROBE, "approve too late")
    FILES_AFTER_THE_CANCELLATION = Label(PROBE, "files after the cancellation")
    PARKED = Label(PROBE, "parked")
    STATE = Label(PROBE, "state")

    PARKED_AT = Fact[int](PROBE, "parked at")
    WORD = Fact[str](PROBE, "word")


class HeartbeatAmongEvents:
    """What `heartbeat_among_events` records."""

    PROBE = ProbeName("heartbeat_among_events")

    BUSY = TaskLabels[int](PROBE, "busy {}")

    STREAM = LabelFact(PROBE, "stream")
