"""Turns the output of a sandboxed program into a tool result: UTF-8, bounded, with how it ended."""

from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.ports import Execution

MOST_CHARACTERS = 100_000
CUT = "[output truncated]"
NO_OUTPUT = "(no output)"
"""The result of a command that printed nothing and ended well."""


def is_cut(output: str) -> bool:
    """True when a tool result states that it is not the whole output."""
    return output.endswith(CUT)


def bounded(text: str, *, cut: bool = False) -> str:
    """Return the first `MOST_CHARACTERS`; if the text was cut, here or before, the last line reports it."""
    if len(text) <= MOST_CHARACTERS and not cut:
        return text
    return f"{text[:MOST_CHARACTERS]}\n{CUT}"


def decode(printed: bytes) -> str:
    """Decode the output of a program; bytes that are not UTF-8 become U+FFFD."""
    return printed.decode("utf-8", "replace")


def succeeded(text: str) -> ToolOutcome:
    """Return a success."""
    return ToolOutcome(ToolStatus.SUCCESS, text)


def failed(text: str) -> ToolOutcome:
    """Return an error that does not stop the agent."""
    return ToolOutcome(ToolStatus.ERROR, text)


def outcome(execution: Execution) -> ToolOutcome:
    """Return the output of a program, stdout first, and how it ended unless with exit code 0."""
    printed = _joined(decode(execution.stdout), decode(execution.stderr))
    text = bounded(printed, cut=execution.truncated)
    ended = _ending(execution)
    if ended is None:
        return succeeded(text)
    return failed(_joined(text, ended))


def _ending(execution: Execution) -> str | None:
    """Describe how a program ended, None if it succeeded."""
    if execution.timed_out:
        return f"[timed out: ended after {execution.seconds:.0f} seconds]"
    if execution.signal is not None:
        return f"[ended by signal {execution.signal}]"
    if execution.exit_code != 0:
        return f"[exit code: {execution.exit_code}]"
    return None


def _joined(first: str, second: str) -> str:
    if not first or not second:
        return first or second
    return first + ("" if first.endswith("\n") else "\n") + second
