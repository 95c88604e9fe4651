"""Hand-written runs of tasks that called the probe server: correct reports, or reports with one error."""

from typing import Any

from sigmic_conformance.target.mcp_server.configuration import FIXED, FOLDER
from sigmic_conformance.target.mcp_server.program import digest, receipt
from tests.conformance.kit import LIVE, USER, call, event, judged, result, stream

WORD = "n1"
GIVEN = {"PROBE_WORD": WORD, "PROBE_PLAIN": "plain", "PROBE_SECRET": "secret", "PROBE_BOTH": "from secrets"}
GIVEN["PROBE_PAIR"] = "plain/secret"
DIGESTS = {name: digest(value) for name, value in GIVEN.items()}
HTTP = {
    "http.word": WORD,
    "http.header.x-probe-fixed": FIXED,
    "http.header.x-probe-plain": "plain",
    "http.header.x-probe-secret": "secret",
    "http.header.x-probe-both": "from secrets",
    "http.header.x-probe-pair": "plain/secret",
}
STDIO = {
    "stdio.argument": FIXED,
    "stdio.cwd": FOLDER,
    "stdio.env.PROBE_FIXED": FIXED,
    "stdio.env.PROBE_PLAIN": "plain",
    "stdio.env.PROBE_SECRET": "secret",
    "stdio.env.PROBE_BOTH": "from secrets",
}
NO_TOOL = "There is no such tool."


def report(tool: str, **told: str) -> str:
    """Return the result of a tool of the server: its receipt, and digests of values."""
    server, _, own = tool.partition("_")
    words = [f"{server}.{own}.receipt={receipt(server, own, f'{WORD}.{tool}')}"]
    return "\n".join([*words, *(f"{what}={digest(value)}" for what, value in told.items())])


def used(
    tool: str, output: str = NO_TOOL, *, status: str = "success", first: str = "executing"
) -> list[bytes]:
    """Return the events of one call, under the name that another platform gives to the tool."""
    return [
        call(f"c-{tool}", toolName=f"mcp__probe__{tool}", status=first, args={"text": f"{WORD}.{tool}"}),
        result(f"c-{tool}", output, status=status),
    ]


def ran(probe: str, label: str, *parts: bytes, end: str = "done") -> Any:
    over = {"done": event("done", finalResponse=""), "error": event("error", message="no", code="X")}
    return stream(
        [(0.0, b"".join([USER, LIVE, *parts, over.get(end, b"")]))],
        probe=probe,
        label=f"{label}: stream",
        ended=1.0,
    )


def first_run(changed: dict[str, str] | None = None, *, without: str = "", probe: str = "mcp_servers") -> Any:
    """A run that called both servers, with one value changed or one tool without a result."""
    values = HTTP | STDIO | (changed or {})
    texts = {
        "http_echo": report("http_echo"),
        "http_digests": report("http_digests", **{name: values[name] for name in HTTP}),
        "stdio_echo": report("stdio_echo"),
        "stdio_digests": report("stdio_digests", **{name: values[name] for name in STDIO}),
    }
    parts = [
        part for tool, text in texts.items() for part in used(tool, NO_TOOL if tool == without else text)
    ]
    return ran(probe, "run", *parts)


def about(row: str, *exchanges: Any, **noted: Any) -> Any:
    noted = {"word": WORD, "run": "run", "digests": DIGESTS, "placeholders": ["[secret:00c0ffee]"], **noted}
    facts = {"mcp_servers": noted, "mcp_exchange": noted}
    return judged(row, *exchanges, facts=facts, noted=noted)
