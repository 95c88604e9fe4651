"""Pages of the list: sizes, offsets, order, whose tasks it shows, and nonsense."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

Parameter = Literal["limit", "offset"]


class Pages:
    """What `pages` records."""

    PROBE = ProbeName("pages")

    LIMIT = Labels[int](PROBE, "limit {}")


class PageNonsense:
    """What `page_nonsense` records."""

    PROBE = ProbeName("page_nonsense")

    BAD = Labels[Parameter](PROBE, "bad: {}")


class UnchangedList:
    """What `unchanged_list` records."""

    PROBE = ProbeName("unchanged_list")

    LOOK = Labels[int](PROBE, "look {}")
    BEFORE = Labels[Label](PROBE, "{}: before")
    OFFSET = Labels[Label, int](PROBE, "{}: offset {}")
    AFTER = Labels[Label](PROBE, "{}: after")

    UNCHANGED = LabelFact(PROBE, "unchanged")


class ListScope:
    """What `list_scope` records."""

    PROBE = ProbeName("list_scope")

    LIST = Label(PROBE, "list")

    TASK = Fact[str](PROBE, "task")
    OTHERS_TASK = Fact[str](PROBE, "other's task")
