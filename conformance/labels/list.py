"""Pages of the list: sizes, offsets, order, whose tasks it shows, and nonsense."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact
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


class ListScope:
    """What `list_scope` records."""

    PROBE = ProbeName("list_scope")

    LIST = Label(PROBE, "list")

    TASK = Fact[str](PROBE, "task")
    OTHERS_TASK = Fact[str](PROBE, "other's task")
