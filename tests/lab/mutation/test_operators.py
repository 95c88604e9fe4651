import ast

import pytest

from lab.mutation.operators import around, is_used, places

SOURCE = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Pair:
    left: int | None = None

def more(a: int | None, b: int) -> int | None:
    if a is None or b > 1:
        return a + b
    return 1
"""


def test_every_place_of_behaviour_is_found_and_no_declaration(tmp_path):
    (tmp_path / "pkg.py").write_text(SOURCE)

    found = {
        (spec.operator_name.rpartition("/")[2], spec.start_pos[0]) for spec in places(tmp_path / "pkg.py")
    }

    assert {line for _, line in found} == {9, 11}
    for name, line in (
        ("ReplaceComparisonOperator_Is_IsNot", 9),
        ("ReplaceOrWithAnd", 9),
        ("ReplaceComparisonOperator_Gt_GtE", 9),
        ("NumberReplacer", 11),
    ):
        assert (name, line) in found


def test_the_head_of_a_compound_statement_is_its_place():
    assert around(ast.parse(SOURCE), 9) == (9,)
    assert around(ast.parse(SOURCE), 10) == (10,)


@pytest.mark.parametrize(
    ("operator", "used"),
    [
        ("core/ReplaceComparisonOperator_Eq_NotEq", True),
        ("core/ReplaceComparisonOperator_Is_Eq", False),
        ("core/ReplaceBinaryOperator_Add_Sub", False),
        ("core/RemoveDecorator", False),
        ("core/NumberReplacer", True),
    ],
)
def test_which_operators_are_used(operator, used):
    assert is_used(operator) is used
