"""Archives of every legal form, archives that look like something else, archives over what is there."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName


class ArchiveKinds:
    """What `archive_kinds` records."""

    PROBE = ProbeName("archive_kinds")

    STREAMED = Label(PROBE, "streamed")
    ZIP64 = Label(PROBE, "zip64")
    NESTED = Label(PROBE, "nested")
    DISGUISED = Label(PROBE, "disguised")
    RUN = Labels[Label](PROBE, "{}: run")
    FILES = Labels[Label](PROBE, "{}: files")
    DOWNLOAD = Labels[Label, str](PROBE, "{}: {}")

    WORD = Fact[str](PROBE, "word")


class KeptFiles:
    """What `kept_files` records."""

    PROBE = ProbeName("kept_files")

    BEFORE = Labels[str](PROBE, "before: {}")
    AFTER = Labels[str](PROBE, "after: {}")
