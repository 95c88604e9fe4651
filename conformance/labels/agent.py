"""What the agent does with tools and files: a file that it reads, a command that fails."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact, TaskLabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels


class ReadUpload:
    """What `read_upload` records."""

    PROBE = ProbeName("read_upload")

    READING = Labels[int](PROBE, "reading {}")
    STREAM = Labels[Label](PROBE, "{}: stream")

    RUN = LabelFact(PROBE, "run")
    WORD = Fact[str](PROBE, "word")
    NAME = Fact[str](PROBE, "name")


class FailingTool:
    """What `failing_tool` records."""

    PROBE = ProbeName("failing_tool")

    FAILING = TaskLabels[int](PROBE, "failing {}")

    RUN = TaskLabelFact(PROBE, "run")
    WORD = Fact[str](PROBE, "word")
