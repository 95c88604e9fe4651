"""Markup that is safe by construction: whatever is not `Html` already is made visible and escaped. Pure."""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from sigmic_conformance.conformance.reports.visible import visible

VOID = frozenset({"meta", "input", "br", "hr", "link"})


class Html(str):
    """Text that is markup already. Only this module and fixed texts of this package make it."""

    __slots__ = ()


Child: TypeAlias = "str | Html | Iterable[Child] | None"
Attribute: TypeAlias = str | float | bool | None


def element(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """An element. `class_` stands for `class`, `data_x` for `data-x`; None and False leave one out."""
    words = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{words}>")
    return Html(f"<{name}{words}>{join(children)}</{name}>")


def join(child: Child) -> Html:
    """The markup of a text, an element, None or any nesting of them."""
    if child is None:
        return Html("")
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return Html(escape(visible(child), quote=False))
    return Html("".join(join(each) for each in child))


def prose(text: str) -> Html:
    """A sentence of the ledger, with what stands between backticks as code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return join(text)
    return join([element("code", piece) if number % 2 else piece for number, piece in enumerate(pieces)])


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f' {name}=""'
    text = f"{value:g}" if isinstance(value, float) else visible(str(value))
    return f' {name}="{escape(text)}"'
