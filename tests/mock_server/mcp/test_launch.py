"""The process that a configured command starts, depending on the installed packages."""

import pytest

from sigmic_mock.domain.mcp_servers import McpUnavailable
from sigmic_mock.mcp.launch import launched
from sigmic_mock.mcp.tools_folder import Installed, Package, ToolsFolder

HELD = {
    ("npm", "@scope/files"): Installed("2.1.0", {"mcp-files": ("node", "/t/files.js")}),
    ("npm", "two"): Installed("1.0.0", {"two": ("node", "/t/two.js"), "other": ("node", "/t/o.js")}),
    ("pypi", "mcp-server-time"): Installed("2026.1", {"mcp-server-time": ("/t/bin/mcp-server-time",)}),
}


class Tools(ToolsFolder):
    """A tools folder with these packages."""

    def installed(self, package: Package) -> Installed | None:
        return HELD.get((package.registry, package.name))

    def python_of(self, module: str) -> str | None:
        return "/t/bin/python" if module == "mcp_server_time" else None


@pytest.mark.parametrize(
    ("written", "started"),
    [
        ("npx -y @scope/files /workspace", "node /t/files.js /workspace"),
        ("npx --yes @scope/files@latest a -y", "node /t/files.js a -y"),
        ("npx @scope/files@2.1.0", "node /t/files.js"),
        ("npx two", "node /t/two.js"),
        ("uvx mcp-server-time --local UTC", "/t/bin/mcp-server-time --local UTC"),
        ("uvx mcp-server-time@2026.1", "/t/bin/mcp-server-time"),
        ("uvx mcp-server-time[cli]==2026.1", "/t/bin/mcp-server-time"),
        ("npx @scope/files@^2.1.0", "node /t/files.js"),
        ("python -m /t/mcp_server_time", "python -m /t/mcp_server_time"),
        ("python -m", "python -m"),
        ("uvx --from mcp-server-time mcp-server-time", "/t/bin/mcp-server-time"),
        ("uv tool run mcp-server-time", "/t/bin/mcp-server-time"),
        ("pipx run mcp-server-time", "/t/bin/mcp-server-time"),
        ("python -m mcp_server_time", "/t/bin/python -m mcp_server_time"),
        ("python3 -m json.tool", "python3 -m json.tool"),
        ("pipx list", "pipx list"),
        ("node server.js", "node server.js"),
    ],
)
def test_what_is_written_starts_what_is_installed(written: str, started: str) -> None:
    command, *args = written.split()

    assert launched(command, tuple(args), Tools(None)) == started.split()  # in the form that settings have


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("npx -y nothing", "npm:nothing is not installed; run `sigmic-mock mcp add npm:nothing`"),
        ("uvx nothing", "run `sigmic-mock mcp add pypi:nothing`"),
        ("npx @scope/files@3.0.0", "as 2.1.0, not 3.0.0; run `sigmic-mock mcp add npm:@scope/files@3.0.0`"),
        ("uvx --from mcp-server-time x", "pypi:mcp-server-time has no program x; it has mcp-server-time"),
        ("npx --package=x y", "npx: its option --package=x is not known here"),
        ("uvx", "uvx: it names no package"),
        *(
            (f"npx -y {text}", f"npx: {text!r} is not a valid npm package name")
            for text in (
                "/opt/secret@9.9",
                "./here",
                "../up",
                "a/b",
                "@a/b/c",
                "git+https://a.example/b",
                "user/repo",
                "https://a.example/b.tgz",
                "file:/etc",
                "npm:other@1",
                "A",
                ".",
                "@scope",
                "a@/etc",
                "a@",
            )
        ),
        *(
            (f"{command} {text}", f"{text!r} is not a valid pypi package name")
            for command in ("uvx", "uvx --from", "pipx run", "uv tool run")
            for text in (
                "/opt/secret",
                "./here",
                "a/b",
                "git+https://a.example/b",
                "a@file:///etc",
                "a[x",
                "a[/]",
                "a==",
            )
        ),
    ],
)
def test_what_cannot_be_started_says_what_to_do(written: str, told: str) -> None:
    command, *args = written.split()

    with pytest.raises(McpUnavailable) as problem:
        launched(command, args, Tools(None))
    assert told in str(problem.value)
