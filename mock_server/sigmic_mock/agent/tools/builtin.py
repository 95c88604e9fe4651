"""The built-in tools: each one is a program run inside the session's sandbox, never on the server.

Content travels on stdin and never in argv, where other processes of the sandbox could read it (V-07).
Names are those of the documentation's examples; arguments are `path` as there, or gemini-cli's names.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sigmic_mock.agent.tools import files, shell, web
from sigmic_mock.agent.tools.files import ToolRefused
from sigmic_mock.agent.tools.output import failed
from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.ports import Sandbox

Work = Callable[[Sandbox, Mapping[str, Any], Mapping[str, str]], Awaitable[ToolOutcome]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool, and other accepted names."""

    name: str
    kind: type = str
    required: bool = True
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool of the catalogue. `read_only` ones change nothing in the workspace."""

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    read_only: bool
    work: Work

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments, without their other names."""
        kinds = {str: "string", bool: "boolean"}
        return {
            "type": "object",
            "properties": {each.name: {"type": kinds[each.kind]} for each in self.parameters},
            "required": [each.name for each in self.parameters if each.required],
        }

    async def run(self, sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
        """Run the tool; an error inside is an outcome, only `SandboxGone` is raised."""
        try:
            return await self.work(sandbox, self._checked(args), env)
        except ToolRefused as refused:
            return failed(f"{self.name}: {refused}")

    def _checked(self, args: Mapping[str, Any]) -> dict[str, Any]:
        known = {alias: each for each in self.parameters for alias in (each.name, *each.aliases)}
        checked: dict[str, Any] = {}
        for given, value in args.items():
            parameter = known.get(given)
            if parameter is None:
                raise ToolRefused(f"unknown argument {given}; it takes {', '.join(known)}")
            if not isinstance(value, parameter.kind):
                raise ToolRefused(f"{given} must be a {'boolean' if parameter.kind is bool else 'string'}")
            checked[parameter.name] = value
        for parameter in self.parameters:
            if parameter.required and parameter.name not in checked:
                raise ToolRefused(f"the argument {parameter.name} is missing")
        return checked


_FILE = Parameter("path", aliases=("file_path",))
_FOLDER = Parameter("path", required=False, aliases=("dir_path",))


def _listing(name: str) -> Tool:
    return Tool(
        name=name,
        summary="List a folder of the workspace, with sizes.",
        parameters=(_FOLDER, Parameter("recursive", bool, required=False)),
        read_only=True,
        work=files.list_directory,
    )


_CATALOGUE = (
    Tool(
        name="run_shell_command",
        summary="Run a shell command in the workspace.",
        parameters=(Parameter("command"), Parameter("description", required=False)),
        read_only=False,
        work=shell.run_shell_command,
    ),
    Tool(
        name="read_file",
        summary="Read a text file.",
        parameters=(_FILE,),
        read_only=True,
        work=files.read_file,
    ),
    Tool(
        name="write_file",
        summary="Write a file, with the folders above it.",
        parameters=(_FILE, Parameter("content")),
        read_only=False,
        work=files.write_file,
    ),
    Tool(
        name="replace",
        summary="Replace every occurrence of a text in a file.",
        parameters=(
            _FILE,
            Parameter("old_string"),
            Parameter("new_string"),
            Parameter("instruction", required=False),
        ),
        read_only=False,
        work=files.replace,
    ),
    _listing("list_directory"),
    _listing("list_files"),
    Tool(
        name="glob",
        summary="Find files by pattern.",
        parameters=(Parameter("pattern"), _FOLDER),
        read_only=True,
        work=files.glob,
    ),
    Tool(
        name="grep_search",
        summary="Search the text of files for a regular expression.",
        parameters=(Parameter("pattern"), _FOLDER),
        read_only=True,
        work=files.grep_search,
    ),
    Tool(
        name="web_search",
        summary="Search a few bundled web pages; nothing leaves this machine.",
        parameters=(Parameter("query"),),
        read_only=True,
        work=web.web_search,
    ),
)

TOOLS: Mapping[str, Tool] = MappingProxyType({tool.name: tool for tool in _CATALOGUE})
