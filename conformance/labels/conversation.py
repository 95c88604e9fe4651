"""One easy task seen from every side, and one task of several tool calls with readers who come and go."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels


class EasyTask:
    """What `easy_task` records."""

    PROBE = ProbeName("easy_task")

    FIRST_READER = Label(PROBE, "first reader")
    SECOND_READER = Label(PROBE, "second reader")

    TASK = Fact[str](PROBE, "task")


class ToolTask:
    """What `tool_task` records."""

    PROBE = ProbeName("tool_task")

    ATTEMPT = Labels[int](PROBE, "attempt {}")
    CREATE = Labels[Label](PROBE, "{}: create")
    VANISHING_READER = Labels[Label](PROBE, "{}: vanishing reader")
    WHOLE = Labels[Label](PROBE, "{}: whole")
    JOINS = Labels[Label, str](PROBE, "{}: joins after {}")
    WHILE_RUNNING = Labels[Label](PROBE, "{}: while running")
    HISTORY_WHILE_RUNNING = Labels[Label](PROBE, "{}: history while running")
    AFTER_THE_READER_VANISHED = Labels[Label](PROBE, "{}: after the reader vanished")

    VANISHED = LabelFact(PROBE, "vanished")
    REACHED = LabelFact(PROBE, "attempt")


class AwkwardText:
    """What `awkward_text` records."""

    PROBE = ProbeName("awkward_text")

    PRINTING = TaskLabels[int](PROBE, "printing {}")

    PRINTED = LabelFact(PROBE, "printing")
    WORD = Fact[str](PROBE, "word")
