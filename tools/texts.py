"""Read the texts of this repository by area, each with its file and first line."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from tools.scripts import markup_texts, script_texts

_CODE = ("mock_server", "conformance", "load", "spec")
_DOCUMENTS = ("*.md", "docs/**/*.md", "examples/**/README.md")
_HISTORY = {"CHANGELOG.md"}
_CODE_IN_DOCUMENT = re.compile(
    r"<!-- generated.*?end of generated -->|^( *)```.*?^\1```|`[^`\n]*`", re.DOTALL | re.MULTILINE
)
_GENERATED_DOCUMENT = re.compile(r".{,300}\bGenerated (?:by|from)\b", re.DOTALL)
_DIRECTIVE = re.compile(r"#\s*(noqa|type:|pragma|nosec|ruff|fmt|!)")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROSE = re.compile(r"[A-Za-z]{2} [a-z]")


@dataclass(frozen=True, slots=True)
class Text:
    """Some sentences of a file."""

    path: str
    line: int
    content: str


def _read(
    root: Path, patterns: tuple[str, ...], leave_out: Callable[[Path], bool] = lambda _: False
) -> Iterator[tuple[str, str]]:
    for file in sorted({file for pattern in patterns for file in root.glob(pattern)}):
        if file.is_file() and not leave_out(file):
            yield file.relative_to(root).as_posix(), file.read_text("utf-8")


def _pages(root: Path) -> Iterator[Text]:
    files = ("mock_server/web/**/*.js", "mock_server/web/*.html")
    for path, source in _read(root, files, lambda file: "vendor" in file.parts):
        texts = markup_texts(source) if path.endswith(".html") else script_texts(source)
        yield from (Text(path, line, content) for line, content in texts)


def _documents(root: Path) -> Iterator[Text]:
    for path, source in _read(root, _DOCUMENTS, lambda file: file.name in _HISTORY):
        if not _GENERATED_DOCUMENT.match(source):
            yield Text(path, 1, _CODE_IN_DOCUMENT.sub(lambda code: "X" + "\n" * code[0].count("\n"), source))


def _string(node: ast.AST) -> str | None:
    """Return the content of a string literal, with X for each expression in it; None for other nodes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_string(part) or "X" for part in node.values)
    return None


def _python(root: Path, folders: tuple[str, ...], *, is_message: bool) -> Iterator[Text]:
    """Yield messages (string literals of more than one word), or docstrings and comments."""
    for path, source in _read(root, tuple(f"{folder}/**/*.py" for folder in folders)):
        nodes = list(ast.walk(ast.parse(source)))
        documenting = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes:
            content = None if id(node) in parts else _string(node)
            if content is None or not isinstance(node, ast.expr) or (id(node) in documenting) is is_message:
                continue
            if not is_message or _PROSE.search(content):
                yield Text(path, node.lineno, content)
        if not is_message:
            yield from _comments(path, source)


def _comments(path: str, source: str) -> Iterator[Text]:
    """Yield comments; consecutive lines are one text."""
    found = [
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and not _DIRECTIVE.match(token.string)
    ]
    for _, block in groupby(enumerate(found), lambda item: item[1][0] - item[0]):
        lines = [comment for _, comment in block]
        yield Text(path, lines[0][0], "\n".join(text.lstrip("#") for _, text in lines))


def _data(root: Path) -> Iterator[Text]:
    files = tuple(f"{folder}/**/*.yaml" for folder in _CODE)
    for path, source in _read(root, files):
        for document in yaml.compose_all(source, Loader=_LOADER):
            for node in _scalars(document):
                # As written: the value of a folded text does not contain its line breaks.
                written = source[node.start_mark.index : node.end_mark.index]
                yield Text(path, node.start_mark.line + 1, written)


def _scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode) and " " in node.value:
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for _, item in node.value:
            yield from _scalars(item)


AREAS: Mapping[str, Callable[[Path], Iterator[Text]]] = {
    "pages": _pages,
    "messages": lambda root: _python(root, _CODE, is_message=True),
    "documents": _documents,
    "data": _data,
    "docstrings": lambda root: _python(root, _CODE, is_message=False),
    "tests": lambda root: _python(root, ("tests",), is_message=False),
}
"""The reader of each area. `docstrings` and `tests` include comments."""
