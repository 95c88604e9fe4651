"""Two tasks at once, and what a command finds of its neighbours, of the server and of those before it."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, TaskLabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels

Which = Literal["one", "other"]


class SideBySide:
    """What `side_by_side` records."""

    PROBE = ProbeName("side_by_side")

    WAITS = TaskLabels[int](PROBE, "waits {}")
    LOOKS = TaskLabels[int](PROBE, "looks {}")
    HISTORY = Labels[Which](PROBE, "{}: history")
    TASK = Labels[Which](PROBE, "{}: task")
    WAITING_TASK = Label(PROBE, "waiting: task")

    WAITED = TaskLabelFact(PROBE, "waits")
    LOOKED = TaskLabelFact(PROBE, "looks")
    WENT_ON = Fact[bool](PROBE, "went on")
    OTHER = Fact[str](PROBE, "other")


class LeftBehind:
    """What `left_behind` records."""

    PROBE = ProbeName("left_behind")

    LEAVES = TaskLabels[int](PROBE, "leaves {}")
    LOOKS = TaskLabels[int](PROBE, "looks {}")

    LEFT = TaskLabelFact(PROBE, "leaves")
    LOOKED = TaskLabelFact(PROBE, "looks")
    DIGESTS = Fact[list[str]](PROBE, "digests")
    OWN_DIGEST = Fact[str](PROBE, "own digest")
