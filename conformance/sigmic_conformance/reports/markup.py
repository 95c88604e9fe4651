"""Markup that is safe by construction: any value except `Html` is escaped and made visible. Pure."""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from sigmic_conformance.reports.visible import visible

VOID = frozenset({"meta", "input", "br", "hr", "link"})


class Html(str):
    """Text that is already markup. Only this module and fixed texts of this package create it."""

    __slots__ = ()


Child: TypeAlias = "str | Html | Iterable[Child] | None"
Attribute: TypeAlias = str | float | bool | None


def element(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """An element. `class_` becomes `class`, `data_x` `data-x`; None and False omit an attribute."""
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
    """A sentence of the ledger, with text between backticks as code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return join(text)
    return join([element("code", piece) if number % 2 else piece for number, piece in enumerate(pieces)])


def fold(said: Child, *children: Child, class_: str | None = "inner", **attributes: Attribute) -> Html:
    """Content that is shown when `said` is clicked."""
    return element("details", element("summary", said), children, class_=class_, **attributes)


def fact(name: str, child: Child) -> Html:
    """A name and its value, for a description list."""
    return element("div", element("dt", name), element("dd", child))


def heads(names: Iterable[str]) -> Html:
    """The line of a table's columns."""
    return element("tr", [element("th", name, scope="col") for name in names])


def line(name: Child, *cells: Child) -> Html:
    """A line of a table, with its heading and a cell for each of the others."""
    return element("tr", element("th", name, scope="row"), [element("td", cell) for cell in cells])


def table(names: Iterable[str], lines: Child, **attributes: Attribute) -> Html:
    """A table with a heading for each column."""
    return element("table", element("thead", heads(names)), element("tbody", lines), **attributes)


def wide(child: Child, label: str) -> Html:
    """Content that may be wider than the page: it scrolls separately, also by keyboard."""
    return element("div", child, class_="wide", tabindex=0, role="group", aria_label=label)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f' {name}=""'
    text = f"{value:g}" if isinstance(value, float) else visible(str(value))
    return f' {name}="{escape(text)}"'
