"""Forms of unusual but legal shape: names twice, paths in names, files first, text around the parts."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName


class FormShapes:
    """What `form_shapes` records."""

    PROBE = ProbeName("form_shapes")

    SAME_NAMES = Label(PROBE, "same names")
    DECOMPOSED = Label(PROBE, "decomposed")
    FILES_FIRST = Label(PROBE, "files first")
    TEXT_AROUND = Label(PROBE, "text around")
    RUN = Labels[Label](PROBE, "{}: run")
    TASK = Labels[Label](PROBE, "{}: task")
    FILES = Labels[Label](PROBE, "{}: files")
    DOWNLOAD = Labels[Label, str](PROBE, "{}: {}")

    WORD = Fact[str](PROBE, "word")
    MESSAGE = Fact[str](PROBE, "message")
