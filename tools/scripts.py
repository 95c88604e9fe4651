"""Extract the visible texts of scripts and pages: string literals; text and labels of markup. Pure."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    //[^\n]* | /\*.*?\*/
  | (?P<string> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
  | (?<=[(,=:\[!&|?{;>]) \s* /(?![/*])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/
  | (?P<mark> [`{}] )
    """,
    re.VERBOSE | re.DOTALL,
)
"""Comments and regular expressions are matched first, so that a quote inside them does not start a string."""
_TEMPLATE_MARK = re.compile(r"\\.|`|\$\{", re.DOTALL)
_LABEL = re.compile(r"""\b(?:aria-label|title|placeholder|alt|label|content)=(["'])(.*?)\1""", re.DOTALL)
_NOT_SHOWN = re.compile(r"<!--.*?-->|<(style|script)\b.*?</\1>|<[^>]*>", re.DOTALL)
_PROSE = re.compile(r"[A-Za-z]{2,}\s+[a-z]|^\s*[A-Z][a-z]+")


def script_texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and content of each text of a script. An expression inside a text is shown as X."""
    found: list[tuple[int, str]] = []
    _code(source, 0, found)
    for start, content in found:
        yield from _prose(source[:start].count("\n") + 1, content)


def markup_texts(source: str, line: int = 1) -> Iterator[tuple[int, str]]:
    """Yield line and content of what a page shows: text between tags, labels, titles and placeholders."""
    for label in _LABEL.finditer(source):
        yield line + source[: label.start()].count("\n"), label[2]
    shown = _NOT_SHOWN.sub(lambda tag: "\0" + "\n" * tag[0].count("\n"), source)
    for piece in re.finditer(r"[^\0]+", shown):
        yield line + shown[: piece.start()].count("\n"), piece[0]


def _prose(line: int, content: str) -> Iterator[tuple[int, str]]:
    texts = markup_texts(content, line) if "<" in content else [(line, content)]
    yield from ((where, text) for where, text in texts if _PROSE.search(text))


def _code(source: str, at: int, found: list[tuple[int, str]]) -> int:
    """Collect the texts of code up to the brace that closes it, and return the offset after it."""
    depth = 0
    while (token := _TOKEN.search(source, at)) is not None:
        at = token.end()
        if token["string"]:
            found.append((token.start("string"), token["string"][1:-1]))
        elif token["mark"] == "`":
            at = _template(source, at, found)
        elif token["mark"]:
            depth += 1 if token["mark"] == "{" else -1
            if depth < 0:
                return at
    return len(source)


def _template(source: str, at: int, found: list[tuple[int, str]]) -> int:
    start, content = at, ""
    while (mark := _TEMPLATE_MARK.search(source, at)) is not None:
        content += source[at : mark.start()]
        at = mark.end()
        if mark[0] == "`":
            break
        if mark[0] == "${":
            end = _code(source, at, found)
            content += "X" + "\n" * source.count("\n", at, end)
            at = end
    found.append((start, content))
    return at
