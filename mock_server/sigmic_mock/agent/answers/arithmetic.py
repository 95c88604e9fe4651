"""Arithmetic asked in a sentence ("What is 2+2?"), worked out exactly; nothing is evaluated as code."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext

LONGEST = 200
DIGITS = 50
_WORDS = (
    ("multiplied by", "*"), ("divided by", "/"), ("plus", "+"), ("minus", "-"), ("times", "*"), ("over", "/"),
    ("\u00d7", "*"), ("·", "*"), ("÷", "/"), ("\u2212", "-"),
)  # fmt: skip
_QUESTION = re.compile(
    r"\s*(?:please |hi[,.!]? |hello[,.!]? )?(?:what(?:'s| is)|how much is|calculate|compute|work out"
    r"|evaluate|solve)?:?\s*"
    r"(?P<sum>[\d(+\-\u2212][\d\s.,()+\-*/\u00d7·÷\u2212a-z]{0,200}?)\s*=?\s*[?.!]*\s*",
    re.IGNORECASE,
)
_SUM = re.compile(r"[\d .()+*/-]+")


def answer_arithmetic(text: str) -> str | None:
    """Return "2+2 = 4" for a message that asks only for a sum, else None."""
    found = _QUESTION.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    asked = found["sum"].strip()
    spelt = " ".join(asked.lower().split())
    for word, sign in _WORDS:
        spelt = spelt.replace(word, sign)
    try:
        return f"{asked} = {_result(spelt)}" if _SUM.fullmatch(spelt) else None
    except DivisionByZero:
        return f"{asked} has no value: it divides by zero."
    except (SyntaxError, MemoryError, RecursionError, KeyError, InvalidOperation, Overflow):
        return None


def _result(spelt: str) -> str:
    """Return the value of a sum. Raises what its parts raise, and `KeyError` for anything else."""
    tree = ast.parse(spelt, mode="eval").body
    if not any(isinstance(each, ast.BinOp) for each in ast.walk(tree)):
        raise KeyError(spelt)
    with localcontext() as context:
        context.prec = DIGITS
        result = _value(tree, spelt)
        shown = f"{result.normalize():f}" if result else "0"
    return shown if len(shown) <= DIGITS + 2 else f"{result:.12g}"


def _value(node: ast.expr, spelt: str) -> Decimal:
    match node:
        case ast.BinOp(left, sign, right):
            return _BINARY[type(sign)](_value(left, spelt), _value(right, spelt))
        case ast.UnaryOp(sign, operand):
            return _UNARY[type(sign)](_value(operand, spelt))
        case _:
            # Read from the source text: a float would not be exact.
            return Decimal(ast.get_source_segment(spelt, node) or "")


def _divided(value: Decimal, by: Decimal) -> Decimal:
    if not by:
        raise DivisionByZero
    return value / by


_BINARY: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Decimal], Decimal]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
