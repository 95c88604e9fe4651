"""Cancelling tasks that run, wait, or are finished."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Labels, ProbeName


class CancelRunning:
    """What `cancel_running` records."""

    PROBE = ProbeName("cancel_running")

    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "stream {}")
    CREATE_BESIDE = Labels[str](PROBE, "create: {}")
    STREAM_BESIDE = Labels[str](PROBE, "stream: {}")
    CANCEL_BESIDE = Labels[str](PROBE, "cancel: {}")
    FILES_BESIDE = Labels[str](PROBE, "files: {}")

    STREAM = LabelFact(PROBE, "stream")
    SECONDS = Fact[int](PROBE, "seconds")
