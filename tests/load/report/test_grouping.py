"""Evidence is grouped by kind and second."""

from typing import Any

from sigmic_load.report.grouping import EXAMPLES, grouped


def row(kind: str, at: float, seconds: float = 0.0, task: str = "t", stream: str = "s") -> dict[str, Any]:
    return {
        "kind": kind,
        "at": at,
        "seconds": seconds,
        "task": task,
        "stream": stream,
        "says": "",
        "bytes": "",
    }


def test_what_happened_in_one_second_is_one_line():
    evidence = [
        row("missed", 12 + number / 100, number, f"t{number % 4}", f"s{number}") for number in range(50)
    ]

    (group,) = grouped(evidence)

    (second,) = group.seconds
    assert (group.kind, group.count) == ("missed", 50)
    assert (second.at, second.streams, second.tasks, second.most) == (12, 50, 4, 49)
    assert [it["seconds"] for it in second.examples] == [49, 48, 47]
    assert len(second.examples) == EXAMPLES


def test_kinds_keep_their_order_and_seconds_that_of_time():
    found = grouped([row("lost", 9), row("lost", 3), row("late", 5, 2.0), row("late", 1, 1.0)])

    assert [(group.kind, [second.at for second in group.seconds]) for group in found] == [
        ("lost", [3, 9]),
        ("late", [1, 5]),
    ]


def test_nothing_has_no_groups():
    assert grouped([]) == []
