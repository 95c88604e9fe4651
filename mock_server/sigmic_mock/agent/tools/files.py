"""The tools that work on files. Each is a small shell program that gets its path as an argument (`$1`).

A path always reaches the program with `./` in front of it, so that no name is taken for an option.
"""

import re
from collections.abc import Mapping
from dataclasses import replace as changed
from fnmatch import fnmatchcase
from typing import Any

from sigmic_mock.agent.tools.output import bounded, decode, failed, outcome, succeeded
from sigmic_mock.agent.tools.paths import PathRefused, workspace_path
from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.ports import Execution, Limits, Sandbox
from sigmic_spec.plural import plural

EDITABLE_BYTES = 32 << 20
_AMPLE = Limits(output_bytes=EDITABLE_BYTES)
MOST_LISTED = 5_000

_MISSING = '[ -e "$1" ] || { echo "no such file or directory" >&2; exit 66; }; '
_FOLDER = 'if [ -d "$1" ]; then echo "it is a directory" >&2; exit 65; fi; '
READ = f'{_MISSING}{_FOLDER}exec cat < "$1"'
WRITE = f'{_FOLDER}mkdir -p "$(dirname "$1")" && exec cat > "$1"'
LIST = (
    f'{_MISSING}[ -d "$1" ] || {{ echo "it is not a directory" >&2; exit 65; }}; '
    'cd "$1" && exec find . -mindepth 1 $2 -printf "%y %s %P\\0"'
)
SEARCH = 'cd "$1" && exec grep -rnIE -f - .'
NO_MATCH = 1


class ToolRefused(Exception):
    """The tool refuses its arguments; the message is its output."""


async def read_file(sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
    """Return the text of a file, unchanged."""
    path = _path(sandbox, args)
    ended = await _program(sandbox, READ, path, env=env)
    if ended.exit_code != 0:
        return _could_not(f"read {path}", ended)
    if b"\0" in ended.stdout:
        return succeeded(f"{path} is a binary file; its text cannot be shown.")
    return succeeded(bounded(decode(ended.stdout), cut=ended.truncated))


async def write_file(sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
    """Write a file, with the folders above it; an existing file is replaced."""
    path = _path(sandbox, args)
    content = _encoded(args["content"])
    ended = await _program(sandbox, WRITE, path, env=env, stdin=content)
    if ended.exit_code != 0:
        return _could_not(f"write {path}", ended)
    return succeeded(f"Wrote {plural(len(content), 'byte')} to {path}")


async def replace(sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
    """Replace every occurrence of one text by another, byte for byte."""
    path = _path(sandbox, args)
    old, new = _encoded(args["old_string"]), _encoded(args["new_string"])
    if not old:
        raise ToolRefused("old_string is empty")
    ended = await _program(sandbox, READ, path, env=env, limits=_AMPLE)
    if ended.exit_code != 0:
        return _could_not(f"read {path}", ended)
    if ended.truncated:
        raise ToolRefused(f"{path} is too large to edit (more than {EDITABLE_BYTES} bytes)")
    count = ended.stdout.count(old)
    if not count:
        raise ToolRefused(f"{path} does not contain the text to replace; it is unchanged")
    ended = await _program(sandbox, WRITE, path, env=env, stdin=ended.stdout.replace(old, new))
    if ended.exit_code != 0:
        return _could_not(f"write {path}", ended)
    return succeeded(f"Replaced {plural(count, 'occurrence')} in {path}")


async def list_directory(sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
    """List a folder: `name/` for folders, `name (N bytes)` for files, sorted."""
    path = _path(sandbox, args, default=".")
    depth = "" if args.get("recursive") else "-maxdepth 1"
    found = await _found(sandbox, path, depth, env)
    if isinstance(found, ToolOutcome):
        return found
    lines = [
        f"{name}/" if kind == "d" else f"{name} ({plural(int(size), 'byte')})" for kind, size, name in found
    ]
    shown = "\n".join(lines[:MOST_LISTED]) or "The directory is empty."
    return succeeded(bounded(shown, cut=len(lines) > MOST_LISTED))


async def glob(sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
    """List the files whose path matches a pattern: `*` within a name, `**` across folders."""
    path = _path(sandbox, args, default=".")
    found = await _found(sandbox, path, "", env)
    if isinstance(found, ToolOutcome):
        return found
    pattern = str(args["pattern"]).removeprefix("./").split("/")
    names = [name for kind, _, name in found if kind != "d" and _matches(name.split("/"), pattern)]
    if not names:
        return succeeded("No file matches.")
    return succeeded(bounded("\n".join(names[:MOST_LISTED]), cut=len(names) > MOST_LISTED))


async def grep_search(sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
    """Search the text files for an extended regular expression: `path:line:text`."""
    path = _path(sandbox, args, default=".")
    pattern = _encoded(args["pattern"]) + b"\n"
    ended = await _program(sandbox, SEARCH, path, env=env, stdin=pattern)
    if ended.exit_code == NO_MATCH and not ended.stderr:
        return succeeded("No line matches.")
    told = outcome(ended)
    return changed(told, output="\n".join(line.removeprefix("./") for line in told.output.split("\n")))


async def _found(
    sandbox: Sandbox, path: str, depth: str, env: Mapping[str, str]
) -> list[tuple[str, str, str]] | ToolOutcome:
    ended = await _program(sandbox, LIST, path, depth, env=env)
    if ended.exit_code != 0 and not ended.stdout:
        return _could_not(f"list {path}", ended)
    entries = [entry.split(" ", 2) for entry in decode(ended.stdout).split("\0")]
    whole = [(entry[0], entry[1], entry[2]) for entry in entries if len(entry) == 3]  # noqa: PLR2004 - %y %s %P
    return sorted(whole, key=lambda entry: entry[2])


async def _program(
    sandbox: Sandbox,
    program: str,
    path: str,
    *more: str,
    env: Mapping[str, str],
    limits: Limits | None = None,
    stdin: bytes = b"",
) -> Execution:
    argv = ["sh", "-c", program, "sh", path if path == "." else f"./{path}", *more]
    return await sandbox.run(argv, env=env, stdin=stdin, limits=limits)


def _path(sandbox: Sandbox, args: Mapping[str, Any], default: str | None = None) -> str:
    written = args.get("path", default)
    try:
        return workspace_path(str(written), sandbox.root)
    except PathRefused as refused:
        raise ToolRefused(str(refused)) from None


def _could_not(what: str, ended: Execution) -> ToolOutcome:
    return failed(f"Could not {what}: {outcome(ended).output}")


def _encoded(text: object) -> bytes:
    return str(text).encode("utf-8", "replace")


def _matches(names: list[str], pattern: list[str]) -> bool:
    """Match name by name; `**` takes any number of them. Backtracks to the last `**` only."""
    at = star = 0
    resume = -1
    position = 0
    while position < len(names):
        if at < len(pattern) and pattern[at] == "**":
            star, resume, at = at, position, at + 1
        elif at < len(pattern) and fnmatchcase(names[position], pattern[at]):
            at, position = at + 1, position + 1
        elif resume >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return all(re.fullmatch(r"\*\*", rest) for rest in pattern[at:])
