"""The operators of Cosmic Ray that are used, and the places where they can change a module."""

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.work_item import MutationSpec

COMPARISONS = {"Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is"}
"""One swap for each comparison: the other dozen are detected with it, and would only flatter the rate."""
LEFT_OUT = {
    *("RemoveDecorator", "VariableReplacer", "VariableInserter", "NoOp"),
    *("ExceptionReplacer", "ReplaceUnaryOperator", "ReplaceBinaryOperator"),
}
"""Without a decorator everything fails. No developer makes the other changes: most crash immediately."""


def is_used(operator: str) -> bool:
    """Return whether an operator of Cosmic Ray's (`core/ReplaceComparisonOperator_Eq_NotEq`) is used."""
    kind, _, swap = operator.rpartition("/")[2].partition("_")
    return kind not in LEFT_OUT and (kind != "ReplaceComparisonOperator" or swap in COMPARISONS)


def places(path: Path) -> list[MutationSpec]:
    """Return the places where a module can be changed, in the order of its text, without declarations."""
    declared = set(_declarations(ast.parse(path.read_text(encoding="utf-8"))))
    found = [
        spec
        for spec in _places(path)
        if not any(start <= tuple(spec.start_pos) < end for start, end in declared)
    ]
    return sorted(found, key=lambda spec: (*spec.start_pos, spec.operator_name, spec.occurrence))


def _places(path: Path) -> Iterator[MutationSpec]:
    nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
    for name in filter(is_used, operator_names()):
        operator = get_operator(name)()
        positions = (position for node in nodes for position in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            yield MutationSpec(path, name, occurrence, start, end)


def _declarations(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield annotations, decorators and the star of a signature: changing them does not change behaviour."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts += [node.returns, *node.decorator_list]
            if node.args.kwonlyargs:
                first = node.args.kwonlyargs[0]
                before = node.args.args[-1] if node.args.args else node
                yield (before.lineno, before.col_offset), (first.lineno, first.col_offset)
        elif isinstance(node, ast.ClassDef):
            parts += node.decorator_list
        elif isinstance(node, ast.AnnAssign | ast.arg):
            parts.append(node.annotation)
        for part in parts:
            if isinstance(part, ast.expr):
                end = (part.end_lineno or part.lineno, part.end_col_offset or 0)
                yield (part.lineno, part.col_offset), end


def around(tree: ast.AST, line: int) -> tuple[int, ...]:
    """Return the lines of the smallest statement around a line; for a compound statement, of its head."""
    best: tuple[int, ...] = (line,)
    size = 1 << 30
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            continue
        body = getattr(node, "body", None)
        first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
        last = (body[0].lineno - 1) if body else getattr(node, "end_lineno", first)
        last = max(first, last or first)
        if first <= line <= last and last - first < size:
            best, size = tuple(range(first, last + 1)), last - first
    return best


def difference(source: str, code: str) -> tuple[str, str]:
    """Return the removed lines and the lines that replace them."""
    before, after = [], []
    for each in difflib.unified_diff(source.splitlines(), code.splitlines(), n=0, lineterm=""):
        if each.startswith("-") and not each.startswith("---"):
            before.append(each[1:].strip())
        elif each.startswith("+") and not each.startswith("+++"):
            after.append(each[1:].strip())
    return " / ".join(before), " / ".join(after)
