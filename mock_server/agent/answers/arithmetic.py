"""Arithmetic asked in a sentence ("What is 2+2?"), worked out exactly; nothing is evaluated as code."""

import re
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
_TOKEN = re.compile(r"\s*(\d{1,30}(?:\.\d{1,30})?|\.\d{1,30}|[-+*/()])")


class _NotArithmetic(Exception):
    pass


def answer_arithmetic(text: str) -> str | None:
    """Return "2+2 = 4" for a message that asks nothing but a sum, else None."""
    if len(text) > LONGEST:
        return None
    found = _QUESTION.fullmatch(text)
    if found is None:
        return None
    asked = found["sum"].strip()
    spelt = asked.lower()
    for word, sign in _WORDS:
        spelt = spelt.replace(word, sign)
    try:
        return f"{asked} = {_Sum(spelt).value()}"
    except DivisionByZero:
        return f"{asked} has no value: it divides by zero."
    except (_NotArithmetic, InvalidOperation, Overflow):
        return None


class _Sum:
    """A recursive-descent reader of + - * / and parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:
                raise _NotArithmetic
            self._tokens.append(token[1])
            at = token.end()
        self._at = 0

    def value(self) -> str:
        if not {"+", "-", "*", "/"} & set(self._tokens[1:]):
            raise _NotArithmetic
        with localcontext() as context:
            context.prec = DIGITS
            result = self._sum()
            if self._at != len(self._tokens):
                raise _NotArithmetic
            shown = f"{result.normalize():f}" if result else "0"
        return shown if len(shown) <= DIGITS + 2 else f"{result:.12g}"

    def _sum(self) -> Decimal:
        total = self._product()
        while (sign := self._take("+-")) is not None:
            total = total + self._product() if sign == "+" else total - self._product()
        return total

    def _product(self) -> Decimal:
        total = self._factor()
        while (sign := self._take("*/")) is not None:
            other = self._factor()
            if sign == "/" and other == 0:
                raise DivisionByZero
            total = total * other if sign == "*" else total / other
        return total

    def _factor(self) -> Decimal:
        sign = self._take("+-")
        if sign is not None:
            return -self._factor() if sign == "-" else self._factor()
        if self._take("(") is not None:
            inner = self._sum()
            if self._take(")") is None:
                raise _NotArithmetic
            return inner
        if self._at >= len(self._tokens) or not (
            self._tokens[self._at][0].isdigit() or self._tokens[self._at][0] == "."
        ):
            raise _NotArithmetic
        self._at += 1
        return Decimal(self._tokens[self._at - 1])

    def _take(self, signs: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in set(signs):
            self._at += 1
            return self._tokens[self._at - 1]
        return None
