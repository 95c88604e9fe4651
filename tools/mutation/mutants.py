"""Generate the mutants of a module by Cosmic Ray: its operators choose the place and write the new text."""

import ast
import difflib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.work_item import MutationSpec

from tools.mutation.plan import SOURCE, is_used


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: `before` and `after` are the lines that differ, `lines` the statement around it."""

    module: str
    operator: str
    line: int
    lines: tuple[int, ...]
    before: str
    after: str
    code: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The identity of a mutant, independent of line numbers."""
        return self.module, self.before, self.after


def module_path(module: str) -> Path:
    """Return the source file of `sigmic_conformance.x`."""
    return SOURCE / Path(*module.split(".")).with_suffix(".py")


def places(module: str) -> list[MutationSpec]:
    """Return the places where a module can be changed, in the order of its text, without declarations."""
    return places_in(module_path(module))


def places_in(path: Path) -> list[MutationSpec]:
    """Return the same for the file of a module."""
    declared = set(_declarations(ast.parse(path.read_text(encoding="utf-8"))))
    found = [
        spec
        for spec in _places(path)
        if not any(start <= tuple(spec.start_pos) < end for start, end in declared)
    ]
    return sorted(found, key=lambda spec: (*spec.start_pos, spec.operator_name, spec.occurrence))


def drawn(specs: Sequence[MutationSpec], count: int, seed: int) -> list[MutationSpec]:
    """Return `count` of them, drawn by the seed; all if there are fewer."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be kept from anybody
    return chance.sample(list(specs), min(count, len(specs)))


def mutant(spec: MutationSpec) -> Mutant | None:
    """Return the mutant of a place; None if its text is unchanged or not Python, as `/args` for `*args`."""
    source = spec.module_path.read_text(encoding="utf-8")
    operator = get_operator(spec.operator_name)(**(spec.operator_args or {}))
    code = mutate_code(source, operator, spec.occurrence)
    if code is None or code == source or not _is_python(code):
        return None
    before, after = difference(source, code)
    line = spec.start_pos[0]
    return Mutant(
        module=".".join(spec.module_path.relative_to(SOURCE).with_suffix("").parts),
        operator=spec.operator_name.rpartition("/")[2],
        line=line,
        lines=around(ast.parse(source), line),
        before=before,
        after=after,
        code=code,
    )


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


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def difference(source: str, code: str) -> tuple[str, str]:
    """Return the removed lines and the lines that replace them."""
    before, after = [], []
    for each in difflib.unified_diff(source.splitlines(), code.splitlines(), n=0, lineterm=""):
        if each.startswith("-") and not each.startswith("---"):
            before.append(each[1:].strip())
        elif each.startswith("+") and not each.startswith("+++"):
            after.append(each[1:].strip())
    return " / ".join(before), " / ".join(after)
