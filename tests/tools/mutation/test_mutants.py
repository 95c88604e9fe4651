import pytest

pytest.importorskip("cosmic_ray", reason="the dependency group `mutation` is not installed")

from tools.mutation import mutants
from tools.mutation.mutants import drawn, mutant, places
from tools.mutation.plan import is_used

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


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, "SOURCE", tmp_path)
    (tmp_path / "pkg.py").write_text(SOURCE)
    return "pkg"


def test_every_place_of_behaviour_is_changed_and_no_declaration(module):
    made = [mutant(spec) for spec in places(module)]

    changed = {(each.before, each.after) for each in made if each is not None}
    assert ("return a + b", "return a - b") in changed
    assert ("if a is None or b > 1:", "if a is not None or b > 1:") in changed
    assert ("if a is None or b > 1:", "if a is None and b > 1:") in changed
    assert ("if a is None or b > 1:", "if a is None or b >= 1:") in changed
    assert ("return 1", "return 2") in changed
    assert not any("dataclass" in before or "def more" in before or "left" in before for before, _ in changed)


def test_a_mutant_knows_its_place_and_the_rest_of_its_text_is_the_same(module):
    made = next(each for spec in places(module) if (each := mutant(spec)) and each.after == "return a - b")

    assert (made.module, made.line, made.lines) == ("pkg", 10, (10,))
    assert made.code == SOURCE.replace("a + b", "a - b")


def test_the_head_of_a_compound_statement_is_its_place(module):
    heads = [each for spec in places(module) if (each := mutant(spec)) and each.before.startswith("if")]

    assert {each.lines for each in heads} == {(9,)}


def test_a_sample_is_drawn_again_by_its_seed(module):
    specs = places(module)

    assert drawn(specs, 3, 7) == drawn(specs, 3, 7)
    assert len(drawn(specs, 3, 7)) == 3
    assert len(drawn(specs, 1000, 7)) == len(specs)


@pytest.mark.parametrize(
    ("operator", "used"),
    [
        ("core/ReplaceComparisonOperator_Eq_NotEq", True),
        ("core/ReplaceComparisonOperator_Is_Eq", False),
        ("core/ReplaceBinaryOperator_Add_Pow", False),
        ("core/RemoveDecorator", False),
        ("core/NumberReplacer", True),
    ],
)
def test_which_operators_are_used(operator, used):
    assert is_used(operator) is used
