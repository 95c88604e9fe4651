"""Paths from faults into JSON values."""

from typing import Any

import pytest

from sigmic_mock.faults.wire.json_paths import CHANGES, change_at, places, set_at


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("items.0", [1]),
        ("items.-1", [3]),
        ("items.*", [1, 2, 3]),
        ("items.3", []),
        ("items.-4", []),
        ("name", ["x"]),
    ],
)
def test_a_step_is_a_name_a_place_counted_from_either_end_or_all_of_them(path: str, found: list[Any]):
    seen: list[Any] = []

    def change(value: Any) -> str:
        seen.append(value)
        return "changed"

    assert change_at({"items": [1, 2, 3], "name": "x"}, path, change) is bool(found)
    assert seen == found


@pytest.mark.parametrize("step", ["\u00b2", "--1", "1-", "-", "", "9" * 5000, "-" + "9" * 5000])
def test_a_step_that_counts_no_place_means_nothing_in_a_list(step: str):
    assert list(places({"items": [1, 2, 3]}, f"items.{step}")) == []
    assert not set_at({"items": [[1], [2]]}, f"items.{step}.0", 7)


@pytest.mark.parametrize(
    ("into", "value", "changed"),
    [
        ("halve", "abcdef", "abc"),
        ("halve", [1, 2], [1]),
        ("halve", None, None),
        ("garble", "x" * 1023 + "é", "x" * 1023 + "\ufffd\ufffd"),
        ("garble", "é" * 1024, "é" * 1024),
        ("garble", 7, 7),
    ],
)
def test_a_text_can_be_cut_or_decoded_in_pieces(into: str, value: Any, changed: Any):
    assert CHANGES[into](value) == changed
