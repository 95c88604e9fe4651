"""Upload limits at both endpoints: 20 and 21 files, and sizes on both sides of 50 MB."""

from typing import Literal

from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

Size = Literal["accepted size", "the limit", "beyond"]


class FileContents:
    """What `file_contents` records."""

    PROBE = ProbeName("file_contents")

    DOWNLOAD = Labels[str](PROBE, "download {}")
    CREATE = Label(PROBE, "create")
    OTHER_FIELD = Label(PROBE, "other field")


class FileNames:
    """What `file_names` records."""

    PROBE = ProbeName("file_names")

    NAME = Labels[int](PROBE, "name {}")
    RUN = Labels[Label](PROBE, "{}: run")
    FILES = Labels[Label](PROBE, "{}: files")


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
