"""An input as data: its tokens, its shape (how they are combined) and its size in bytes."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

_LONGEST_TEXT = 30_000
"""Bytes per variable: few enough that the platform accepts the value with the variable's number in front."""
_ADDITIVE = 64
"""Below this many bytes an input grows by 2 bytes at a time, because each byte may double its cost."""


@dataclass(frozen=True)
class Input:
    """An input. `text` joins the tokens in turn, in a shape, up to about `size` characters."""

    tokens: tuple[str, ...]
    shape: str
    size: int

    def text(self) -> str:
        return TEXTS[self.shape](self) if self.shape in TEXTS else VALUES[self.shape](self)

    def value(self) -> str:
        """Return it as JSON: a text as a string, a structure as itself."""
        return json.dumps(self.text()) if self.shape in TEXTS else self.text()

    def grown(self) -> "Input":
        return Input(self.tokens, self.shape, self.size + 2 if self.size < _ADDITIVE else self.size * 2)


def _cycle(of: Input, between: str = "") -> str:
    once = between.join(of.tokens) + between
    return once * max(1, of.size // len(once))


def _nested(of: Input) -> str:
    first, last = of.tokens[0], of.tokens[-1]
    depth = max(1, of.size // (len(first) + len(last)))
    return first * depth + last * depth


def _each(of: Input, form: str) -> Iterator[str]:
    """Yield numbered tokens of `size` characters in all; `form` is the format of one token."""
    length = 0
    for number, token in zip(itertools.count(), itertools.cycle(of.tokens), strict=False):
        if length >= of.size:
            return
        yield (piece := form % (token + str(number)))
        length += len(piece)


def _objects(of: Input) -> str:
    name = json.dumps(of.tokens[0])
    depth = max(1, of.size // (len(name) + 3))
    return f"{{{name}:" * depth + "0" + "}" * depth


def _listed(of: Input) -> str:
    one = json.dumps(of.tokens[0])
    return "[" + ",".join([one] * max(1, of.size // (len(one) + 1))) + "]"


def _texts(of: Input) -> str:
    count = -(-of.size // _LONGEST_TEXT)
    text = _cycle(replace(of, size=min(of.size, _LONGEST_TEXT)))
    return json.dumps({f"N{number}": f"{number}{text}" for number in range(count)}, ensure_ascii=False)


def _named(of: Input) -> str:
    return json.dumps(dict.fromkeys(_each(replace(of, size=of.size // 2), "%s"), 0))


TEXTS: dict[str, Callable[[Input], str]] = {
    "repeated": _cycle,
    "spaced": lambda of: _cycle(of, " "),
    "lines": lambda of: _cycle(of, "\n"),
    "then another": lambda of: _cycle(of) + "\x21x",
    "nested": _nested,
    "quoted": lambda of: 'a="' + _cycle(of) + '"',
    "assigned": lambda of: "".join(_each(of, "%s=1;")),
    "numbered": lambda of: " ".join(_each(of, "%s")),
    "digits": lambda of: "9" * of.size,
}
VALUES: dict[str, Callable[[Input], str]] = {
    "list": _listed,
    "texts": _texts,
    "names": _named,
    "long name": lambda of: json.dumps({_cycle(of): 0}),
    "lists": lambda of: "[" * (of.size // 2) + "]" * (of.size // 2),
    "empty lists": lambda of: "[" + ",".join(["[]"] * (of.size // 3)) + "]",
    "objects": _objects,
    "number": lambda of: "9" * min(of.size, 4299),
    "numbers": lambda of: "[" + ",".join(["9" * 4299] * (of.size // 4300)) + "]",
}
SHAPES = (*TEXTS, *VALUES)
