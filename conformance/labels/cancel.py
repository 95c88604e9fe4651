"""Cancelling tasks that run, wait, or are finished."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName


class CancelRunning:
    """What `cancel_running` records."""

    PROBE = ProbeName("cancel_running")

    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "stream {}")
    CANCELLED = Label(PROBE, "cancelled")
    CANCEL_AGAIN = Label(PROBE, "cancel again")
    AFTER_SECOND_CANCEL = Label(PROBE, "after second cancel")
    FILES = Label(PROBE, "files")
    HISTORY = Label(PROBE, "history")
    AT_THE_END = Label(PROBE, "at the end")
    CANCEL = Label(PROBE, "cancel")
    BEFORE_THE_CANCELLATION = Label(PROBE, "before the cancellation")
    CREATE_BESIDE = Labels[str](PROBE, "create: {}")
    STREAM_BESIDE = Labels[str](PROBE, "stream: {}")
    CANCEL_BESIDE = Labels[str](PROBE, "cancel: {}")
    FILES_BESIDE = Labels[str](PROBE, "files: {}")

    STREAM = LabelFact(PROBE, "stream")
    SECONDS = Fact[int](PROBE, "seconds")
    WORD = Fact[str](PROBE, "word")
    TASK = Fact[str](PROBE, "task")


class CancelFinished:
    """What `cancel_finished` records."""

    PROBE = ProbeName("cancel_finished")

    CREATE_TASK = Label(PROBE, "create_task")
    RUN = Label(PROBE, "run")
    BEFORE = Label(PROBE, "before")
    CANCEL = Label(PROBE, "cancel")
    AFTER = Label(PROBE, "after")
    CREATE_EARLY = Label(PROBE, "create early")
    CANCEL_EARLY = Label(PROBE, "cancel early")
    EARLY_AFTER = Label(PROBE, "early after")
    FOLLOW_UP_ON_THE_CANCELLED = Label(PROBE, "follow-up on the cancelled")
    RUN_OF_THE_CANCELLED = Label(PROBE, "run of the cancelled")
    CANCELLED_FOLLOWED_UP = Label(PROBE, "cancelled, followed up")
