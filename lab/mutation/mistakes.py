"""Mistakes that Cosmic Ray has no operator for. Each is one edit of a source text. Pure.

Mistakes that a type checker or the first start would detect are left out, as far as the text alone
shows them.
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

NORMALISING = {"strip", "lower", "casefold", "rstrip", "lstrip", "removeprefix", "removesuffix"}
COPYING = {"list", "dict", "tuple", "set", "frozenset"}
FORGETTING = {"pop", "clear", "discard", "remove", "popitem"}
LEAST_LIMIT = 8
"""A number above it is a limit and is halved; smaller numbers are counts, which Cosmic Ray changes by one."""
QUIET = {"log", "logger", "logging", "warnings"}
"""Names whose calls have no effect that a client can observe."""

Text = tuple[int, int]
"""A range of the source, in bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """One edit: the bytes from `start` to `end` become `text`."""

    operator: str
    line: int
    start: int
    end: int
    text: str

    def applied(self, source: bytes) -> str:
        """Return the source with the mistake in it."""
        return (source[: self.start] + self.text.encode() + source[self.end :]).decode()


@dataclass(frozen=True, slots=True)
class Kinds:
    """Names that a developer may confuse: members of an enum, fields of a class with the same type."""

    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def kinds(sources: Sequence[bytes]) -> Kinds:
    """Collect them from all modules of a platform."""
    members: dict[str, tuple[str, ...]] = {}
    fields: dict[str, tuple[str, ...]] = {}
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if not isinstance(node, ast.ClassDef):
            continue
        if any("Enum" in ast.unparse(base) for base in node.bases):
            members[node.name] = tuple(
                target.id
                for each in node.body
                if isinstance(each, ast.Assign)
                for target in each.targets
                if isinstance(target, ast.Name)
            )
        typed: dict[str, list[str]] = {}
        for each in node.body:
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                typed.setdefault(ast.unparse(each.annotation), []).append(each.target.id)
        for names in typed.values():
            fields |= {name: tuple(other for other in names if other != name) for name in names}
    return Kinds(members, {name: others for name, others in fields.items() if others})


def mistakes(source: bytes, known: Kinds) -> list[Place]:
    """Return every possible mistake in a module, in the order of its text."""
    module = _Module(source, known)
    found = [place for node in module.nodes for kind in _OPERATORS for place in kind(module, node)]
    return sorted(found, key=lambda place: (place.start, place.end, place.operator, place.text))


class _Module:
    """A parsed module: the positions of its nodes, and which of them are code that runs in a function."""

    def __init__(self, source: bytes, known: Kinds) -> None:
        self.source, self.known = source, known
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        tree = ast.parse(source)
        for parent in ast.walk(tree):
            for child in ast.iter_child_nodes(parent):
                self.parents[child] = parent
        self._gather(tree)

    def _gather(self, node: ast.AST) -> None:
        """Collect nodes with behaviour: no annotation, decorator, default text, type alias or protocol."""
        if isinstance(node, ast.JoinedStr) or _is_quiet(node):
            return
        self.nodes.append(node)
        left_out: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            left_out = [node.returns, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            left_out = [*node.decorator_list, *node.bases]
            if any("Protocol" in ast.unparse(base) for base in node.bases):
                return
        elif isinstance(node, ast.AnnAssign | ast.arg):
            left_out = [node.annotation]
        for child in ast.iter_child_nodes(node):
            if child not in left_out:
                self._gather(child)

    def at(self, node: ast.AST) -> Text:
        """Return the start and end of a node."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        last, ends = getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column)
        return self._lines[line - 1] + column, self._lines[last - 1] + ends

    def text(self, node: ast.AST) -> str:
        """Return the text of a node."""
        start, end = self.at(node)
        return self.source[start:end].decode()

    def put(self, operator: str, node: ast.AST, text: str) -> Place:
        """Return the node replaced by another text."""
        start, end = self.at(node)
        return Place(operator, getattr(node, "lineno", 1), start, end, text)

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the function around a node."""
        around = self.parents.get(node)
        while around is not None and not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            around = self.parents.get(around)
        return around


def _is_quiet(node: ast.AST) -> bool:
    """Return True for code that only affects a log or a type checker."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func).partition(".")[0] in QUIET


Operator = Callable[[_Module, ast.AST], Iterator[Place]]


def _dropped_condition(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Drop one of several conditions; with `or`, also the default."""
    if not isinstance(node, ast.BoolOp):
        return
    word = " and " if isinstance(node.op, ast.And) else " or "
    name = (
        "dropped-condition" if isinstance(node.op, ast.And) or _is_tested(module, node) else "dropped-default"
    )
    for index in range(len(node.values)):
        kept = [module.text(each) for number, each in enumerate(node.values) if number != index]
        if name == "dropped-condition" or index == len(node.values) - 1:
            yield module.put(name, node, f"({word.join(kept)})")


def _is_tested(module: _Module, node: ast.AST) -> bool:
    around = module.parents.get(node)
    return isinstance(
        around, ast.If | ast.While | ast.BoolOp | ast.UnaryOp | ast.comprehension | ast.Assert
    ) or (isinstance(around, ast.IfExp) and around.test is node)


def _skipped_branch(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Make a branch never run, or always."""
    if isinstance(node, ast.If):
        yield module.put("skipped-branch", node.test, "False")
        if node.orelse:
            yield module.put("skipped-branch", node.test, "True")
    elif isinstance(node, ast.IfExp):
        for part in (node.body, node.orelse):
            yield module.put("skipped-branch", node, f"({module.text(part)})")


def _dropped_call(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Drop a call whose result is not used, awaited or not."""
    if not isinstance(node, ast.Expr):
        return
    call = node.value.value if isinstance(node.value, ast.Await) else node.value
    if not isinstance(call, ast.Call):
        return
    named = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if ast.unparse(call.func).startswith("super()"):
        return
    yield module.put("kept-state" if named in FORGETTING else "dropped-call", node, "pass")


def _kept_state(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Leave an object's attribute unwritten, unreset or unremoved."""
    around = module.function(node)
    if around is None or around.name in {"__init__", "__post_init__"}:
        return
    targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
    if isinstance(node, ast.AugAssign):
        targets = [node.target]
    parts = [part for each in targets for part in (each.elts if isinstance(each, ast.Tuple) else [each])]
    if parts and all(isinstance(each, ast.Attribute | ast.Subscript) for each in parts):
        yield module.put("kept-state", node, "pass")


def _dropped_filter(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Drop the filter of a comprehension or of `filter`."""
    if isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield module.put("dropped-filter", test, "True")
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "filter" and len(node.args) == 2:  # noqa: PLR2004  function and values
        yield module.put("dropped-filter", node, module.text(node.args[1]))


def _reversed_order(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Drop or reverse a sort, or swap first and last, or minimum and maximum."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        index = ast.unparse(node.slice)
        if index in {"0", "-1"}:
            yield module.put("reversed-order", node.slice, {"0": "-1", "-1": "0"}[index])
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    if node.func.id in {"max", "min"} and len(node.args) > 0:
        yield module.put("reversed-order", node.func, {"max": "min", "min": "max"}[node.func.id])
    elif node.func.id == "reversed":
        yield module.put("reversed-order", node.func, "iter")
    elif node.func.id == "sorted" and node.args:
        yield module.put("reversed-order", node, f"list({module.text(node.args[0])})")
        turned = next((each for each in node.keywords if each.arg == "reverse"), None)
        if turned is None:
            yield module.put("reversed-order", node, f"list(reversed({module.text(node)}))")
        else:
            yield module.put("reversed-order", turned.value, f"not {module.text(turned.value)}")


def _swapped(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Swap two adjacent arguments, or two values of an answer."""
    plain = ast.Name | ast.Attribute | ast.Subscript
    parts: Sequence[ast.expr | None] = ()
    if isinstance(node, ast.Call):
        parts = node.args
    elif isinstance(node, ast.Dict):
        parts = node.values
    for left, right in pairwise(parts):
        if isinstance(left, plain) and isinstance(right, plain):
            start, end = module.at(left)[0], module.at(right)[1]
            between = module.source[module.at(left)[1] : module.at(right)[0]].decode()
            text = f"{module.text(right)}{between}{module.text(left)}"
            yield Place("swapped-arguments", left.lineno, start, end, text)


def _lost_entry(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Drop a field of an answer."""
    if isinstance(node, ast.Dict) and module.function(node) is not None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and not isinstance(value, ast.Constant):
                text = module.source[module.at(key)[0] : module.at(value)[1]].decode()
                rest = module.text(node).replace(text, "", 1).replace(", ,", ",").replace("{, ", "{")
                lines = [line for line in rest.splitlines(keepends=True) if line.strip() != ","]
                yield module.put("lost-field", node, "".join(lines))


def _wrong_variable(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Use another parameter, or another field, of the same type."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        around = module.function(node)
        parameters = [] if around is None else [*around.args.args, *around.args.kwonlyargs]
        types = {each.arg: ast.unparse(each.annotation) for each in parameters if each.annotation}
        for other, kind in types.items():
            if other != node.id and types.get(node.id) == kind:
                yield module.put("wrong-variable", node, other)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        for other in module.known.fields.get(node.attr, ()):
            yield module.put("wrong-variable", node, f"{module.text(node.value)}.{other}")


def _wrong_constant(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Use another member of the same enum, or half of a limit."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        members = module.known.members.get(node.value.id, ())
        if node.attr in members and len(members) > 1:
            other = members[(members.index(node.attr) + 1) % len(members)]
            yield module.put("wrong-constant", node, f"{node.value.id}.{other}")
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value > LEAST_LIMIT:
        half = "//" if isinstance(node.value, int) else "/"
        yield module.put("wrong-constant", node, f"({module.text(node)} {half} 2)")


def _off_by_one(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Shift a bound of a slice or a range."""
    bounds: list[ast.expr | None] = []
    if isinstance(node, ast.Slice):
        bounds = [node.lower, node.upper]
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "range":
        bounds = list(node.args)
    for each in bounds:
        if each is not None and not isinstance(each, ast.Constant):
            yield module.put("off-by-one", each, f"({module.text(each)}) + 1")


def _early_end(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Return from a function before its last step; end a loop after its first round."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        returns = node.returns is not None and ast.unparse(node.returns) == "None"
        steps = [each for each in node.body[1:] if not isinstance(each, ast.Return)]
        if returns and node.name != "__init__":
            for each in steps:
                indent = " " * each.col_offset
                yield module.put("early-return", each, f"return\n{indent}{module.text(each)}")
    elif isinstance(node, ast.For | ast.AsyncFor):
        last = node.body[-1]
        if not isinstance(last, ast.Return | ast.Break | ast.Raise | ast.Continue):
            indent = " " * last.col_offset
            yield module.put("early-return", last, f"{module.text(last)}\n{indent}break")


def _unwrapped(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Drop a copy, or leave a text unnormalised."""
    if not isinstance(node, ast.Call):
        return
    if (
        isinstance(node.func, ast.Name)
        and node.func.id in COPYING
        and len(node.args) == 1
        and not node.keywords
    ):
        if not isinstance(node.args[0], ast.GeneratorExp | ast.Starred):
            yield module.put("shared-state", node, module.text(node.args[0]))
    elif isinstance(node.func, ast.Attribute) and node.func.attr in NORMALISING:
        yield module.put("not-normalised", node, module.text(node.func.value))


def _swallowed(module: _Module, node: ast.AST) -> Iterator[Place]:
    """Treat an exception as success."""
    if isinstance(node, ast.ExceptHandler):
        for each in node.body:
            if isinstance(each, ast.Raise):
                yield module.put("swallowed-error", each, "pass")


_OPERATORS: tuple[Operator, ...] = (
    _dropped_condition,
    _skipped_branch,
    _dropped_call,
    _kept_state,
    _dropped_filter,
    _reversed_order,
    _swapped,
    _lost_entry,
    _wrong_variable,
    _wrong_constant,
    _off_by_one,
    _early_end,
    _unwrapped,
    _swallowed,
)
