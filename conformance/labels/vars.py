"""env and secrets: in the sandbox's environment, in get_task only env, and in no other task."""

from sigmic_conformance.conformance.transcript.fact import Fact, TaskLabelFact
from sigmic_conformance.conformance.transcript.label import Label, ProbeName, TaskLabels


class Environment:
    """What `environment` records."""

    PROBE = ProbeName("environment")

    ATTEMPT = TaskLabels[int](PROBE, "attempt {}")
    PRINTING = TaskLabels[int](PROBE, "printing {}")
    OTHER_TASK = TaskLabels[int](PROBE, "other task {}")
    READ_BACK = Label(PROBE, "read back")
    HISTORY = Label(PROBE, "history")
    LIST = Label(PROBE, "list")
    PRINTED_READ_BACK = Label(PROBE, "printed: read back")
    PRINTED_HISTORY = Label(PROBE, "printed: history")
    PRINTED_FILES = Label(PROBE, "printed: files")

    ENV = Fact[dict[str, str]](PROBE, "env")
    PLAIN = Fact[str](PROBE, "plain")
    DIGESTS = Fact[dict[str, str]](PROBE, "digests")
    PLACEHOLDERS = Fact[list[str]](PROBE, "placeholders")
    RUN = TaskLabelFact(PROBE, "run")
    PRINTED = TaskLabelFact(PROBE, "printing")
    OTHER = TaskLabelFact(PROBE, "other")
