"""env and secrets: in the sandbox's environment, in get_task only env, and in no other task."""

from sigmic_conformance.conformance.transcript.fact import TaskLabelFact
from sigmic_conformance.conformance.transcript.label import ProbeName, TaskLabels


class Environment:
    """What `environment` records."""

    PROBE = ProbeName("environment")

    ATTEMPT = TaskLabels[int](PROBE, "attempt {}")
    PRINTING = TaskLabels[int](PROBE, "printing {}")
    OTHER_TASK = TaskLabels[int](PROBE, "other task {}")

    RUN = TaskLabelFact(PROBE, "run")
    PRINTED = TaskLabelFact(PROBE, "printing")
    OTHER = TaskLabelFact(PROBE, "other")
