"""Selects rows by pytest's `-k` expressions, by level and evidence, or by name.

pytest itself parses the expression, so that it means the same in `list`, `plan` and `run`.
"""

from collections.abc import Iterable

from _pytest.mark.expression import Expression

from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.registry import Registry
from sigmic_spec.ledger import Ledger
from sigmic_spec.nearest import nearest
from sigmic_spec.requirement import Requirement


def compiled_expression(expression: str) -> Expression:
    """Compile a `-k` expression; Refused with one line if it is invalid."""
    try:
        return Expression.compile(expression)
    except SyntaxError as error:
        example = "write it like 'BEAT or ZIP-006'"
        raise Refused(f"invalid expression -k {expression!r}: {error.msg}; {example}") from error


def matching(expression: str | None, rows: Iterable[Requirement], registry: Registry) -> list[Requirement]:
    """The rows that a `-k` expression selects, all without one; Refused if it is invalid or selects nothing.

    A word matches a row if it is part of the row's id, level or evidence, or of the name of its check's
    module, as in pytest.
    """
    known = list(rows)
    if expression is None:
        return known
    compiled = compiled_expression(expression)

    def fits(row: Requirement) -> bool:
        module = registry.checks[row.id].module if row.id in registry.checks else ""
        names = [row.id.lower(), row.level.value, row.evidence.value, *module.lower().split(".")]
        return compiled.evaluate(lambda word, /, **_: any(word.lower() in name for name in names))

    found = [row for row in known if fits(row)]
    if not found:
        raise Refused(nothing_selected(expression), ExitCode.NOTHING)
    return found


def nothing_selected(expression: str) -> str:
    """The message for an expression that selects no row."""
    return f"no requirement is selected by -k {expression!r}; {where_to_look(expression)}"


def where_to_look(name: str, known: Iterable[str] = ()) -> str:
    """A hint for a name that selects nothing: why the row has no check, or the nearest known name."""
    row = Ledger.load().by_id.get(name.strip().upper())
    if row is not None and row.untestable:
        return f"{row.id} has no check: `explain {row.id}` says why"
    near = nearest(name, known)
    return f"did you mean {near}?" if near else "`list` shows all"
