"""Cancelling tasks that run, wait, or are finished."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName


class CancelRunning:
    """What `cancel_running` records."""

    PROBE = ProbeName("cancel_running")

    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "stream {}")
    CANCEL_AGAIN = Label(PROBE, "cancel again")
    CANCEL = Label(PROBE, "cancel")
    CREATE_BESIDE = Labels[str](PROBE, "create: {}")
    STREAM_BESIDE = Labels[str](PROBE, "stream: {}")
    CANCEL_BESIDE = Labels[str](PROBE, "cancel: {}")
    FILES_BESIDE = Labels[str](PROBE, "files: {}")

    STREAM = LabelFact(PROBE, "stream")
    SECONDS = Fact[int](PROBE, "seconds")


class CancelFinished:
    """What `cancel_finished` records."""

    PROBE = ProbeName("cancel_finished")

    CANCEL = Label(PROBE, "cancel")
    CREATE_EARLY = Label(PROBE, "create early")
    CANCEL_EARLY = Label(PROBE, "cancel early")
    EARLY_AFTER = Label(PROBE, "early after")
