"""Pages of the list: sizes, offsets, order, whose tasks it shows, and nonsense."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

Parameter = Literal["limit", "offset"]


class Pages:
    """What `pages` records."""

    PROBE = ProbeName("pages")

    LIMIT = Labels[int](PROBE, "limit {}")
    DEFAULT = Label(PROBE, "default")
    BEYOND = Label(PROBE, "beyond")
    CREATE_TASK = Label(PROBE, "create_task")
    RUN = Label(PROBE, "run")
    WALK = Label(PROBE, "walk")

    TASKS = Fact[list[str]](PROBE, "tasks")


class PageNonsense:
    """What `page_nonsense` records."""

    PROBE = ProbeName("page_nonsense")

    BAD = Labels[Parameter](PROBE, "bad: {}")
    TWIN = Label(PROBE, "twin")


class UnchangedList:
    """What `unchanged_list` records."""

    PROBE = ProbeName("unchanged_list")

    LOOK = Labels[int](PROBE, "look {}")
    BEFORE = Labels[Label](PROBE, "{}: before")
    OFFSET = Labels[Label, int](PROBE, "{}: offset {}")
    AFTER = Labels[Label](PROBE, "{}: after")
    CREATE_TASK = Label(PROBE, "create_task")
    RUN = Label(PROBE, "run")

    UNCHANGED = LabelFact(PROBE, "unchanged")


class ListScope:
    """What `list_scope` records."""

    PROBE = ProbeName("list_scope")

    MINE = Label(PROBE, "mine")
    TOKEN = Label(PROBE, "token")
    LIST = Label(PROBE, "list")
    OTHER = Label(PROBE, "other")

    TASK = Fact[str](PROBE, "task")
    OTHERS_TASK = Fact[str](PROBE, "other's task")
