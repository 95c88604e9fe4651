"""Upload limits at both endpoints: 20 and 21 files, and sizes on both sides of 50 MB."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

Size = Literal["accepted size", "the limit", "beyond"]


class FileCounts:
    """What `file_counts` records."""

    PROBE = ProbeName("file_counts")

    MOST = Label(PROBE, "most")
    ONE_TOO_MANY = Label(PROBE, "one too many")
    LIST = Label(PROBE, "list")
    RUN = Label(PROBE, "run")
    FILES = Label(PROBE, "files")
    HISTORY_BEFORE = Label(PROBE, "history before")
    BEFORE = Label(PROBE, "before")
    FOLLOW_UP_ONE_TOO_MANY = Label(PROBE, "follow-up: one too many")
    HISTORY_AFTER_REFUSAL = Label(PROBE, "history after refusal")
    FILES_AFTER_REFUSAL = Label(PROBE, "files after refusal")
    AFTER_REFUSAL = Label(PROBE, "after refusal")
    FOLLOW_UP_MOST = Label(PROBE, "follow-up: most")
    RUN_OF_FOLLOW_UP = Label(PROBE, "run of follow-up")
    FILES_AT_THE_END = Label(PROBE, "files at the end")
    HISTORY_AT_THE_END = Label(PROBE, "history at the end")
    RUN_OF_ONE_TOO_MANY = Label(PROBE, "run of one too many")

    MARK = Fact[str](PROBE, "mark")


class FileContents:
    """What `file_contents` records."""

    PROBE = ProbeName("file_contents")

    DOWNLOAD = Labels[str](PROBE, "download {}")
    CREATE = Label(PROBE, "create")
    RUN = Label(PROBE, "run")
    FILES = Label(PROBE, "files")
    HISTORY = Label(PROBE, "history")
    NO_MESSAGE = Label(PROBE, "no message")
    OTHER_FIELD = Label(PROBE, "other field")

    SIZES = Fact[dict[str, int]](PROBE, "sizes")
    CONTENT = Fact[dict[str, str]](PROBE, "content")
    MESSAGE = Fact[str](PROBE, "message")
    TASK = Fact[str](PROBE, "task")
    CUT_MESSAGE = Fact[str](PROBE, "cut message")


class FileNames:
    """What `file_names` records."""

    PROBE = ProbeName("file_names")

    NAME = Labels[int](PROBE, "name {}")
    RUN = Labels[Label](PROBE, "{}: run")
    FILES = Labels[Label](PROBE, "{}: files")
    TWIN = Label(PROBE, "twin")
    STILL_SERVING = Label(PROBE, "still serving")

    NAMES = Fact[list[str]](PROBE, "names")
    WORD = Fact[str](PROBE, "word")


class FileSizes:
    """What `file_sizes` records."""

    PROBE = ProbeName("file_sizes")

    CREATE = Labels[Size](PROBE, "create: {}")
    FOLLOW_UP = Labels[Size](PROBE, "follow-up: {}")
    RUN = Labels[Label](PROBE, "{}: run")
    HISTORY = Labels[Label](PROBE, "{}: history")
    FILES = Labels[Label](PROBE, "{}: files")
    STATE = Labels[Label](PROBE, "{}: state")
    SMALL_TASK = Label(PROBE, "small task")
    HISTORY_BEFORE = Label(PROBE, "history before")
    BEFORE = Label(PROBE, "before")
    LIST = Label(PROBE, "list")

    MARK = Fact[str](PROBE, "mark")
