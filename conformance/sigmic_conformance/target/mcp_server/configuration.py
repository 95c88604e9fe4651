"""The configuration of a project of the target, whose tasks show how MCP servers are treated.

Five servers, all of them this program, and two tool policies. The placeholders are variables that each probe
passes with its tasks.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sigmic_conformance.target.mcp_server.program import TOOLS

FIXED = "as-configured"
"""A value written in the configuration itself: as a header, an argument and a variable."""
FOLDER = "/tmp"  # noqa: S108  a folder that every sandbox has
TIMEOUT_MILLISECONDS = 3000
"""How long the server `moody` may take to connect."""
PROGRAM = ("sigmic-conformance", "mcp-server")
TOKEN = "Bearer TOKEN"  # noqa: S105  where the token belongs


def source() -> str:
    """The source of the program, to run it without this package."""
    return Path(__file__).with_name("program.py").read_text(encoding="utf-8")


def embedded() -> tuple[str, ...]:
    """The program as a command that needs only an interpreter."""
    return ("python3", "-c", source())


def servers(
    base_url: str, *, program: Sequence[str] = PROGRAM, authorization: str | None = None
) -> dict[str, Any]:
    """The servers by name, in the fields that the documentation names (and, for filters, this project).

    `base_url` is the program's URL for the target over HTTP; `program` starts it over stdio.
    """
    base = base_url.rstrip("/")
    values = {name: f"{{{{mcp.PROBE_{name}}}}}" for name in ("PLAIN", "SECRET", "BOTH")}
    values["PAIR"] = "{{mcp.PROBE_PLAIN}}/{{mcp.PROBE_SECRET}}"
    auth = {} if authorization is None else {"Authorization": authorization}

    def reached(path: str, **more: Any) -> dict[str, Any]:
        return {"type": "http", "url": f"{base}/{path}", **({"headers": auth} if auth else {}), **more}

    headers = {"X-Probe-Fixed": FIXED, **{f"X-Probe-{name.title()}": text for name, text in values.items()}}
    command, *args = program
    return {
        "probe-http": reached(
            "http/{{mcp.PROBE_WORD}}", headers={**auth, **headers}, excludeTools=["http_hidden"]
        ),
        "probe-stdio": {
            "command": command,
            "args": [*args, "--name", "stdio", "--argument", FIXED],
            "cwd": FOLDER,
            "env": {"PROBE_FIXED": FIXED, **{f"PROBE_{name}": text for name, text in values.items()}},
            "includeTools": [f"stdio_{tool}" for tool in TOOLS if tool != "hidden"],
        },
        "probe-sse": reached("sse/{{mcp.PROBE_WORD}}") | {"type": "sse"},
        "probe-off": reached("off/{{mcp.PROBE_WORD}}", enabled=False),
        # If it cannot be reached, the message about it must not have the address, with the secret in it.
        "probe-moody": reached(
            "moody/{{mcp.PROBE_WORD}}/{{mcp.PROBE_MOOD}}/{{mcp.PROBE_SECRET}}", timeout=TIMEOUT_MILLISECONDS
        ),
    }


def policies() -> dict[str, str]:
    """The tool policies by name; `*` matches any prefix that the target adds."""
    return {"*http_ask": "ask", "*http_deny": "deny", "*stdio_echo": "allow"}


def settings(
    base_url: str, *, program: Sequence[str] = PROGRAM, authorization: str | None = None
) -> dict[str, Any]:
    """Servers and policies of the project, in the form for the reference platform."""
    found = servers(base_url, program=program, authorization=authorization)
    return {"mcp_servers": found, "tool_policies": policies()}
