"""Files while a task runs and as they change, hidden and oddly named files."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels

When = Literal["running", "finished"]


class FilesWhileRunning:
    """What `files_while_running` records."""

    PROBE = ProbeName("files_while_running")

    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "run {}")
    FILES = Labels[When](PROBE, "{}: files")
    DOWNLOAD = Labels[When](PROBE, "{}: download")
    TASK = Labels[When](PROBE, "{}: task")

    RUN = LabelFact(PROBE, "run")


class OddFiles:
    """What `odd_files` records."""

    PROBE = ProbeName("odd_files")

    ATTEMPT = TaskLabels[int](PROBE, "attempt {}")
    DOWNLOAD = Labels[str](PROBE, "download {}")
    FILES = Label(PROBE, "files")

    WORD = Fact[str](PROBE, "word")
