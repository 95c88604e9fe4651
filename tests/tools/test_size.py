"""Sizes and their ratchet: counted by package and kind, lowered by the tool, raised only with a reason."""

import pytest

from tools.size import Limits, Raise, counted, read, table, written

FILES = [
    ("load/a.py", b"1\n" * 300),
    ("load/report/b.py", b"1\n" * 100),
    ("load/slo.yaml", b"1\n" * 900),
    ("mock_server/web/vendor/lib.js", b"1\n"),
    ("docs/images/a.svg", b"1\n"),
    ("README.md", b"1\n2\n"),
]


def test_lines_are_counted_by_package_and_kind_without_what_others_wrote():
    assert counted(FILES) == {("load", "python"): 400, ("load", "data"): 900, (".", "documents"): 2}
    assert counted(FILES, depth=2)["load/report", "python"] == 100
    assert table(counted(FILES)).splitlines()[-1].split() == ["all", "400", "0", "900", "2", "0"]


@pytest.mark.parametrize(
    ("limits", "exceeded"),
    [
        (Limits({"load": {"python": 500}}), []),
        (Limits({"load": {"python": 250}}), ["load has 400 lines of python, and its limit is 250"]),
        (Limits({}), ["load has 400 lines of python, and its limit is 0"]),
        (Limits({"load": {"python": 250}}, (Raise("load", "python", 150, "a new shape"),)), []),
    ],
)
def test_a_package_has_at_most_the_lines_of_its_limit(limits, exceeded):
    assert list(limits.exceeded(counted(FILES))) == exceeded


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Limits({"load": {"python": 9000}}), 500),
        (Limits({"load": {"python": 250}}), 250),
        (Limits({"load": {"python": 250}}, (Raise("load", "python", 150, "a new shape"),)), 250),
        (Limits({}), 500),
    ],
)
def test_a_limit_is_lowered_and_never_raised(before, after):
    limits = before.lowered(counted(FILES))

    assert limits.last == {"load": {"python": after}}
    assert read(written(limits)) == limits


def test_a_raise_without_a_reason_is_refused():
    with pytest.raises(ValueError, match="load has no reason"):
        read("limits: {}\nraised: [{package: load, kind: python, lines: 9, why: ' '}]")
