"""The built-in tools in a real sandbox of the `process` backend."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.agent.tools.builtin import TOOLS
from sigmic_mock.agent.tools.output import CUT
from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.ports import Execution, Limits, Sandbox
from sigmic_mock.sandbox.detect import open_backend

HOSTILE = "é漢字 👩‍👩‍👧 \u2028 $HOME `id` 'single' \"double\" \\ \r\n%s\ttab\n\n"


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    backend = await open_backend("process", runtime_dir=tmp_path)
    workspace = tmp_path / "workspaces" / "one"
    workspace.mkdir(parents=True)
    backend.own(workspace)
    box = await backend.create("one", workspace)
    yield box
    await box.close()
    await backend.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspaces" / "one"


class Hurried:
    """Gives each command of a sandbox one second."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def run(self, argv: Sequence[str], **given: Any) -> Execution:
        return await self._sandbox.run(argv, **given, limits=Limits(wall_seconds=1))


async def call(sandbox: Any, name: str, **args: Any) -> ToolOutcome:
    return await TOOLS[name].run(sandbox, args, {})


def success(output: str) -> ToolOutcome:
    return ToolOutcome(ToolStatus.SUCCESS, output)


def error(output: str) -> ToolOutcome:
    return ToolOutcome(ToolStatus.ERROR, output)


async def test_a_written_file_is_read_back_byte_for_byte(sandbox, workspace):
    size = len(HOSTILE.encode())

    written = await call(sandbox, "write_file", path="deep/er/ö '$(x).txt", content=HOSTILE)
    read = await call(sandbox, "read_file", path="/workspace/deep/er/ö '$(x).txt")

    assert written == success(f"Wrote {size} bytes to deep/er/ö '$(x).txt")
    assert read == success(HOSTILE)
    assert (workspace / "deep/er/ö '$(x).txt").read_bytes() == HOSTILE.encode()


async def test_a_path_is_one_of_the_workspace_however_it_is_written(sandbox):
    for written, read in (("-rf", "-rf"), ("a.txt", f"{sandbox.root}/a.txt"), ("uploads/b", "/uploads/b")):
        assert await call(sandbox, "write_file", path=written, content="x") == success(
            f"Wrote 1 byte to {written}"
        )
        assert await call(sandbox, "read_file", file_path=read) == success("x")


@pytest.mark.parametrize(
    ("tool", "args", "outcome"),
    [
        ("list_files", {"path": "/workspace"}, success("The directory is empty.")),
        ("list_directory", {"path": "/workspace"}, success("The directory is empty.")),
        (
            "read_file",
            {"path": "no.txt"},
            error("Could not read no.txt: no such file or directory\n[exit code: 66]"),
        ),
        ("write_file", {}, error("write_file: the argument path is missing")),
        ("write_file", {"path": "a", "content": 3}, error("write_file: content must be a string")),
        (
            "write_file",
            {"path": "a", "content": "", "mode": "w"},
            error("write_file: unknown argument mode; it takes path, file_path, content"),
        ),
    ],
)
async def test_in_an_empty_workspace_a_call_has_its_outcome(sandbox, tool, args, outcome):
    assert await call(sandbox, tool, **args) == outcome


async def test_a_directory_is_neither_read_nor_overwritten(sandbox, workspace):
    await call(sandbox, "write_file", path="d/a", content="")

    read = await call(sandbox, "read_file", path="d")
    written = await call(sandbox, "write_file", path="d", content="x")

    assert (read.status, written.status) == (ToolStatus.ERROR, ToolStatus.ERROR)
    assert "it is a directory" in read.output
    assert (workspace / "d").is_dir()


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "uploads/../../x", "/workspace/../x", "a\0b", "x" * 300, "\ud800"]
)
async def test_a_path_outside_the_workspace_is_refused_without_running_anything(sandbox, path):
    outcome = await call(sandbox, "read_file", path=path)

    assert outcome.status is ToolStatus.ERROR
    assert outcome.output.startswith("read_file: ")


async def test_a_listing_is_sorted_and_marks_folders(sandbox):
    for path in ("b.txt", "a/x.txt", ".hidden"):
        await call(sandbox, "write_file", path=path, content="12")

    assert await call(sandbox, "list_directory") == success(".hidden (2 bytes)\na/\nb.txt (2 bytes)")
    assert await call(sandbox, "list_directory", path="a") == success("x.txt (2 bytes)")
    everything = await call(sandbox, "list_directory", recursive=True)
    assert everything == success(".hidden (2 bytes)\na/\na/x.txt (2 bytes)\nb.txt (2 bytes)")


@pytest.mark.parametrize(
    ("old", "outcome", "content"),
    [
        ("one", success("Replaced 2 occurrences in a.txt"), b"1 & \\1\r\ntwo\xff 1 & \\1\r\n"),
        (
            "y",
            error("replace: a.txt does not contain the text to replace; it is unchanged"),
            b"one\r\ntwo\xff one\r\n",
        ),
    ],
)
async def test_replacing_keeps_every_other_byte(sandbox, workspace, old, outcome, content):
    (workspace / "a.txt").write_bytes(b"one\r\ntwo\xff one\r\n")

    assert await call(sandbox, "replace", path="a.txt", old_string=old, new_string="1 & \\1") == outcome
    assert (workspace / "a.txt").read_bytes() == content


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.py", "top.py"),
        ("**/*.py", "a/b/deep.py\na/mid.py\ntop.py"),
        ("a/**", "a/b/deep.py\na/mid.py"),
        ("a/*/deep.py", "a/b/deep.py"),
        ("*.rs", "No file matches."),
    ],
)
async def test_globs_match_name_by_name(sandbox, pattern, expected):
    for path in ("top.py", "a/mid.py", "a/b/deep.py", "a/b/other.txt"):
        if path.endswith("txt") and pattern == "a/**":
            continue
        await call(sandbox, "write_file", path=path, content="")

    assert await call(sandbox, "glob", pattern=pattern) == success(expected)


async def test_searching_names_file_and_line_and_takes_the_pattern_from_nowhere_else(sandbox):
    await call(sandbox, "write_file", path="a/x.txt", content="one\n-e two\n")

    assert await call(sandbox, "grep_search", pattern="-e t[w]o") == success("a/x.txt:2:-e two\n")
    assert await call(sandbox, "grep_search", pattern="three") == success("No line matches.")
    assert (await call(sandbox, "grep_search", pattern="(")).status is ToolStatus.ERROR


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        ("echo one; echo two >&2; echo three", success("one\ntwo\nthree\n")),
        ("echo no; exit 3", error("no\n[exit code: 3]")),
        ("true", success("(no output)")),
        ("kill -9 $$", error("[ended by signal 9]")),
        ("printf 'a\\377b'", success("a\ufffdb")),
        (f"wc -c <<'END'\n{'é' * 100_000}\nEND", success("200001\n")),  # longer than the limit for arguments
    ],
    ids=range(6),
)
async def test_a_command_has_its_outcome(sandbox, command, outcome):
    assert await call(sandbox, "run_shell_command", command=command) == outcome


async def test_a_command_runs_in_the_workspace_with_its_variables_and_an_empty_stdin(sandbox, workspace):
    variables = {"TENANT": "é$1", "EMPTY": ""}
    command = 'echo "$TENANT"; cat; printenv EMPTY; echo x > made.txt'

    outcome = await TOOLS["run_shell_command"].run(sandbox, {"command": command}, variables)

    assert outcome == success("é$1\n\n")  # a variable that is empty is not called unset
    assert (workspace / "made.txt").read_text() == "x\n"


@pytest.mark.parametrize(
    ("command", "told"), [("if then", "syntax error"), ("echo a; sleep 60", "a\n[timed out: ended after ")]
)
async def test_a_command_that_cannot_be_read_or_takes_too_long_is_reported(sandbox, command, told):
    outcome = await call(Hurried(sandbox), "run_shell_command", command=command)

    assert outcome.status is ToolStatus.ERROR
    assert told in outcome.output


async def test_output_without_end_is_bounded_and_says_so(sandbox):
    outcome = await call(sandbox, "run_shell_command", command="yes | head -c 3000000")

    assert outcome.output.endswith(f"\n{CUT}")
    assert len(outcome.output) < 110_000


@pytest.mark.parametrize("command", ["printenv GONE", 'echo "$GONE"', "echo $GONE", "echo ${GONE}"])
async def test_printing_an_unset_variable_says_that_it_is_not_set(sandbox, command):
    outcome = await call(sandbox, "run_shell_command", command=command)

    assert outcome.output.splitlines()[0] == "GONE is not set"


def test_the_catalogue_holds_the_tools_of_the_documentations_examples():
    assert {"read_file", "write_file", "list_directory", "list_files"} <= set(TOOLS)
    assert all(name == tool.name and tool.summary for name, tool in TOOLS.items())


async def test_no_content_of_a_file_reaches_an_argument_vector():
    seen: list[list[str]] = []

    class Watching:
        id = root = "/workspace"
        alive = True

        async def run(self, argv, *, env, stdin=b"", cwd=None, limits=None):
            from sigmic_mock.ports import Execution

            seen.append(list(argv))
            return Execution(exit_code=0, stdout=b"old content")

        async def open(self, argv, *, env, cwd=None, limits=None):
            raise AssertionError("no built-in tool talks with its command")

        async def close(self):
            pass

    await call(Watching(), "write_file", path="a", content="planted-secret")
    await call(Watching(), "replace", path="a", old_string="old", new_string="planted-secret")
    await call(Watching(), "run_shell_command", command="echo planted-secret")
    await call(Watching(), "grep_search", pattern="planted-secret")

    assert len(seen) == 5
    assert "planted-secret" not in str(seen)
