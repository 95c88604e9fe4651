"""The tool that runs a shell command. The command travels on stdin, because every process can read argv.

Runs `bash` if the sandbox has it, else `sh`. The command itself finds an empty stdin. Its stdout and stderr
are one stream, in the order in which they were written.
"""

import re
from collections.abc import Mapping
from typing import Any

from sigmic_mock.agent.tools.output import NO_OUTPUT, outcome
from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.ports import Sandbox

_EVALUATE = 'exec 2>&1; eval "$(cat)"'
RUN = f"command -v bash >/dev/null 2>&1 && exec bash -c '{_EVALUATE}' bash; exec sh -c '{_EVALUATE}' sh"

_ASKS_FOR_VARIABLE = re.compile(
    r"""\s*(?:printenv\s+(?P<printenv>[A-Za-z_]\w*)
        |echo\s+(?P<quote>"?)\$\{?(?P<echo>[A-Za-z_]\w*)\}?(?P=quote))\s*;?\s*""",
    re.VERBOSE | re.ASCII,
)


async def run_shell_command(sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
    """Run a command and return its output; an exit code other than 0 is an error that names it."""
    command = str(args["command"])
    ended = await sandbox.run(["sh", "-c", RUN], env=env, stdin=command.encode("utf-8", "replace"))
    told = outcome(ended)
    if (
        not ended.stdout.strip()
        and not ended.stderr.strip()
        and (name := _variable_of(command))
        and name not in env
    ):
        return ToolOutcome(told.status, f"{name} is not set\n{told.output.strip()}".rstrip())
    if told.status is ToolStatus.SUCCESS and not told.output:
        return ToolOutcome(told.status, NO_OUTPUT)
    return told


def _variable_of(command: str) -> str | None:
    """Return the variable if a command only prints one (X-07: the tool reports an unset variable)."""
    match = _ASKS_FOR_VARIABLE.fullmatch(command)
    return (match["printenv"] or match["echo"]) if match else None
