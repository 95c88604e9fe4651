"""Messages if no requirement is selected."""

import pytest

from sigmic_conformance.commands.selection import nothing_selected, where_to_look


@pytest.mark.parametrize("name", ["ERROR-005", "error-005 "])
def test_a_requirement_without_a_check_points_to_explain(name: str):
    assert where_to_look(name) == "ERROR-005 has no check: `explain ERROR-005` says why"


@pytest.mark.parametrize("name", ["NOSUCH", "BEAT-004 and ZIP-001"])
def test_an_unknown_requirement_points_to_list(name: str):
    assert nothing_selected(name) == f"no requirement is selected by -k {name!r}; `list` shows all"
