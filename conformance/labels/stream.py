"""Readers that differ: slow, leaving, compressed, cut off by the hundred, with foreign event ids."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

Reader = Literal["quick", "pausing", "gzip", "leaving"]


class ManyEvents:
    """What `many_events` records."""

    PROBE = ProbeName("many_events")

    CREATE = Labels[int](PROBE, "create {}")
    REPLAY = Labels[int](PROBE, "{}: replay")
    READER = Labels[int, Reader](PROBE, "{}: {}")
    FINISHED = Label(PROBE, "finished")

    RESUMED_AT = Fact[int](PROBE, "resumed at")
    ATTEMPT = Fact[int](PROBE, "attempt")
    PAUSED_SECONDS = Fact[float](PROBE, "paused seconds")
    TASK = Fact[str](PROBE, "task")


class LargeEvent:
    """What `large_event` records."""

    PROBE = ProbeName("large_event")

    CREATE = Label(PROBE, "create")
    CANCEL = Label(PROBE, "cancel")
    FINISHED = Label(PROBE, "finished")
    PAUSING = Label(PROBE, "pausing")
    QUICK = Label(PROBE, "quick")
    HISTORY = Label(PROBE, "history")

    WORD = Fact[str](PROBE, "word")
    TASK = Fact[str](PROBE, "task")


class ConnectionStorm:
    """What `connection_storm` records."""

    PROBE = ProbeName("connection_storm")

    CREATE_TASK = Label(PROBE, "create_task")
    RUN = Label(PROBE, "run")
    BEFORE = Label(PROBE, "before")
    AFTER = Label(PROBE, "after")
    TASK_AFTER = Label(PROBE, "task after")
    CUT_OFF = Label(PROBE, "cut off")

    TASK = Fact[str](PROBE, "task")


class ForeignEventIds:
    """What `foreign_event_ids` records."""

    PROBE = ProbeName("foreign_event_ids")

    FINISHED = Labels[int](PROBE, "finished {}")
    CREATE_OTHER = Label(PROBE, "create other")
    OTHER = Label(PROBE, "other")
    CREATE = Label(PROBE, "create")
    CONTROL = Label(PROBE, "control")
    HISTORY = Label(PROBE, "history")

    OTHER_WORD = Fact[str](PROBE, "other")
    MINE = Fact[str](PROBE, "mine")
    OTHER_TASK = Fact[str](PROBE, "other task")
    TASK = Fact[str](PROBE, "task")


class TokenEndsWhileStreaming:
    """What `token_ends_while_streaming` records."""

    PROBE = ProbeName("token_ends_while_streaming")

    TOKEN = Labels[int](PROBE, "token {}")
    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "stream {}")
    EXPIRED = Labels[int](PROBE, "expired {}")

    SECONDS = Fact[int](PROBE, "seconds")
    STREAM = LabelFact(PROBE, "stream")
    WORD = Fact[str](PROBE, "word")
