"""Every command in every document exists, with flags that exist, in the text too.

`tests/e2e/test_documents.py` executes the blocks.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigmic_conformance import cli as suite_cli
from sigmic_mock import cli as mock_cli
from sigmic_mock.commands import command as mock_command
from tools.fences import blocks, documents

ROOT = Path(__file__).parents[2]
_INLINE = re.compile(r"`((?:sigmic-mock|sigmic-conformance) [^`\n]+)`")
_PROGRAM = re.compile(r"(?:\S*/)?(sigmic-mock|sigmic-conformance)$")
_LEFT_OUT = re.compile(r"[…|\[\]<>]|\.\.\.|\bCOMMAND\b|\bVERB\b|\bACTION\b")
"""Characters of an inline command that make it a form, not a command to type."""
_NAMED_BY = {"--from", "install", "-t"}
"""The word after each of these is a package or an image."""
_NAME_ALONE = 3
_ENDS = {"|", "&&", "||", ";", "&", ">", ">>", "<", "2>", "2>&1"}


def commands(name: str) -> Iterator[list[str]]:
    """Yield each of our commands in a document, as a list of words."""
    lines = [line for block in blocks(name) if block.kind in {"sh", "console"} for line in block.commands]
    inline = _INLINE.findall((ROOT / name).read_text("utf-8"))
    lines += [line for line in inline if not _LEFT_OUT.search(line)]
    for line in lines:
        try:
            words = shlex.split(line.replace("$(", " $( ").replace("`", ""), comments=True)
        except ValueError:
            continue  # a text of several lines, such as a here document
        if at := [
            at for at, word in enumerate(words) if _PROGRAM.match(word) and words[at - 1] not in _NAMED_BY
        ]:
            program = words[at[-1]].rpartition("/")[2]
            rest = words[at[-1] + 1 :]
            end = next((n for n, each in enumerate(rest) if each in _ENDS or each[0] == ">"), len(rest))
            yield [program, *(each.rstrip(")") for each in rest[:end])]


def parse(words: list[str]) -> None:
    """Parse a command line as the program does. Raises SystemExit after printing the error."""
    program, *rest = words
    if "--help" in rest or rest == ["--version"]:
        return
    if program == "sigmic-conformance":
        suite_verb = next((each for each in suite_cli.COMMANDS if rest[:1] == [each.name]), None)
        assert suite_verb is not None, f"no such command: {rest[:1]}"
        parser = suite_cli._Parser(prog=program)
        suite_verb.load().arguments(parser)
        parser.parse_args(rest[1:])
        return
    verb = rest[0] if rest and not rest[0].startswith("-") else "serve"
    if verb == "serve":
        mock_cli._parser().parse_args(rest[1:] if rest[:1] == ["serve"] else rest)
        return
    assert verb in mock_command.VERBS, f"no such command: {verb}"
    mock_parser = mock_cli._Parser(prog=program, allow_abbrev=False)
    mock_command.load(verb).arguments(mock_parser)
    mock_parser.parse_args(rest[1:])


@pytest.mark.parametrize("name", documents())
def test_every_command_of_a_document_exists(name: str, capsys: pytest.CaptureFixture[str]):
    wrong = []
    for words in commands(name):
        try:
            parse(words)
        except (SystemExit, AssertionError) as problem:
            told = capsys.readouterr().err.strip() or str(problem)
            if "arguments are required" in told and len(words) <= _NAME_ALONE:
                continue  # a text that names a command
            wrong.append(f"{shlex.join(words)}: {told}")

    assert wrong == []


def test_commands_are_found():
    assert ["sigmic-mock", "exec", "--", "pytest", "tests/"] in list(
        commands("docs/guides/configure-the-mock.md")
    )
    assert sum(len(list(commands(name))) for name in documents()) > 100
