"""Files the agent makes, and paths that must not lead anywhere."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels


class MadeFile:
    """What `made_file` records."""

    PROBE = ProbeName("made_file")

    ATTEMPT = TaskLabels[int](PROBE, "attempt {}")
    TRAVERSAL = Labels[int](PROBE, "traversal {}")
    RAW_TRAVERSAL = Labels[int](PROBE, "traversal raw {}")
    DOWNLOAD = Label(PROBE, "download")
    HEAD = Label(PROBE, "head")
    FILES = Label(PROBE, "files")

    RUN = LabelFact(PROBE, "run")
    WORD = Fact[str](PROBE, "word")
    NAME = Fact[str](PROBE, "name")
    PATH = Fact[str](PROBE, "path")
    CONTENT = Fact[str](PROBE, "content")


class LinkOut:
    """What `link_out` records."""

    PROBE = ProbeName("link_out")

    ATTEMPT = TaskLabels[int](PROBE, "attempt {}")
    LINK = Labels[str](PROBE, "link: {}")

    NAME = Fact[str](PROBE, "link")
