import ast
from textwrap import dedent

import pytest

from lab.mutation.mistakes import Kinds, kinds, mistakes

KINDS = b"""
class State(StrEnum):
    OPEN = "open"
    SHUT = "shut"

@dataclass
class Task:
    started: int | None
    ended: int | None
    name: str
"""

UNKNOWN = Kinds()


def made(source: str, known: Kinds = UNKNOWN) -> dict[str, list[str]]:
    """Return the changed texts, by operator."""
    text = dedent(source).encode()
    found: dict[str, list[str]] = {}
    for place in mistakes(text, known):
        ast.parse(place.applied(text))
        found.setdefault(place.operator, []).append(place.applied(text).strip())
    return found


@pytest.mark.parametrize(
    ("source", "operator", "changed"),
    [
        ("if a and b(c): d", "dropped-condition", "if (b(c)): d"),
        ("x = a or {}", "dropped-default", "x = (a)"),
        ("if a: b", "skipped-branch", "if False: b"),
        ("x = a if b else c", "skipped-branch", "x = (c)"),
        ("await a.notify()", "dropped-call", "pass"),
        ("cache.pop(a, None)", "kept-state", "pass"),
        ("x = [a for a in b if a.open]", "dropped-filter", "x = [a for a in b if True]"),
        ("x = sorted(a, key=b)", "reversed-order", "x = list(a)"),
        ("x = sorted(a, reverse=True)", "reversed-order", "x = sorted(a, reverse=not True)"),
        ("x = a[-1]", "reversed-order", "x = a[0]"),
        ("x = max(a, b)", "reversed-order", "x = min(a, b)"),
        ("f(a, b.c)", "swapped-arguments", "f(b.c, a)"),
        ("x = a[b : b + c]", "off-by-one", "x = a[b : (b + c) + 1]"),
        ("x = 4096", "wrong-constant", "x = (4096 // 2)"),
        ("x = list(a)", "shared-state", "x = a"),
        ("x = a.strip()", "not-normalised", "x = a"),
    ],
)
def test_a_mistake_is_one_edit(source, operator, changed):
    assert changed in made(source)[operator]


def test_the_kept_state_mistake_removes_writes_outside_the_constructor():
    found = made(
        """
        class A:
            def __init__(self):
                self.x = 1
            def reset(self):
                self.x = None
        """
    )

    assert len(found["kept-state"]) == 1
    assert "self.x = 1" in found["kept-state"][0]


def test_a_function_returns_early_and_a_loop_ends_after_its_first_round():
    found = made(
        """
        def f(a) -> None:
            first(a)
            for each in a:
                second(each)
        """
    )["early-return"]

    assert any("return\n    for each" in text for text in found)
    assert any("second(each)\n        break" in text for text in found)


def test_a_field_of_an_answer_is_lost_and_its_neighbours_stay():
    found = made("def f(a):\n    return {'b': a.b, 'c': a.c, 'd': 1}")["lost-field"]

    assert {ast.unparse(ast.parse(text)).partition("return ")[2] for text in found} == {
        "{'c': a.c, 'd': 1}",
        "{'b': a.b, 'd': 1}",
    }


def test_names_of_one_kind_are_mistaken_for_one_another():
    known = kinds([KINDS])

    assert made("x = State.OPEN", known)["wrong-constant"] == ["x = State.SHUT"]
    assert made("x = task.started", known)["wrong-variable"] == ["x = task.ended"]
    assert "wrong-variable" not in made("x = task.name", known)
    assert made("def f(a: int, b: int, c: str): return a", known)["wrong-variable"] == [
        "def f(a: int, b: int, c: str): return b"
    ]


def test_code_without_behaviour_gets_no_mutants():
    quiet = """
        @decorated(a or b)
        class A(Protocol):
            def f(self) -> "list[0]": g(a, b)
        def g(x: "a or b") -> None: log.info("a", x, y)
        if TYPE_CHECKING: h(a, b)
        """

    assert made(quiet) == {}
