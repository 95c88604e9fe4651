"""One easy task seen from every side, and one task of several tool calls with readers who come and go."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels


class EasyTask:
    """What `easy_task` records."""

    PROBE = ProbeName("easy_task")

    FINISHED = Label(PROBE, "finished")
    HISTORY = Label(PROBE, "history")
    LIST = Label(PROBE, "list")
    NO_FILES = Label(PROBE, "no files")
    REPLAY = Label(PROBE, "replay")
    SECOND_REPLAY = Label(PROBE, "second replay")
    FINISHED_AGAIN = Label(PROBE, "finished again")
    HISTORY_AGAIN = Label(PROBE, "history again")
    FIRST_READER = Label(PROBE, "first reader")
    SECOND_READER = Label(PROBE, "second reader")
    CREATE_TASK = Label(PROBE, "create_task")
    STARTED = Label(PROBE, "started")

    MESSAGE = Fact[str](PROBE, "message")
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
    FINISHED = Label(PROBE, "finished")
    HISTORY = Label(PROBE, "history")
    REPLAY = Label(PROBE, "replay")
    AFTER_REPLAY = Label(PROBE, "after replay")

    WORDS = Fact[list[str]](PROBE, "words")
    VANISHED = LabelFact(PROBE, "vanished")
    REACHED = LabelFact(PROBE, "attempt")
    MESSAGE = Fact[str](PROBE, "message")
    TASK = Fact[str](PROBE, "task")


class AwkwardText:
    """What `awkward_text` records."""

    PROBE = ProbeName("awkward_text")

    PRINTING = TaskLabels[int](PROBE, "printing {}")
    CREATE_TASK = Label(PROBE, "create_task")
    RUN = Label(PROBE, "run")
    REPLAY = Label(PROBE, "replay")
    READ_BACK = Label(PROBE, "read back")
    HISTORY = Label(PROBE, "history")

    PRINTED = LabelFact(PROBE, "printing")
    WORD = Fact[str](PROBE, "word")
    MESSAGE = Fact[str](PROBE, "message")
