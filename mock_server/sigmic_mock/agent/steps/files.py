"""Steps that create files without a tool: the answer so far, and artifacts that no event announces."""

import shlex
from pathlib import PurePosixPath

from sigmic_mock.agent.steps.calls import told_error
from sigmic_mock.agent.steps.kind import StepKind
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.steps.schemas import PATH, described, record
from sigmic_mock.domain.model import ToolStatus
from sigmic_spec.units import SIZE_EXAMPLE, SIZE_PATTERN, read_bytes

_LARGEST = 200_000_000


async def _make(
    performance: Performance,
    path: str,
    text: str | None = None,
    base64: str | None = None,
    size: int | str = 0,
) -> None:
    turn = performance.turn
    if text is not None:
        outcome = await turn.run_subagent_tool("write_file", {"path": path, "content": text})
    else:
        inside = PurePosixPath(path.removeprefix("/workspace/").lstrip("/"))
        source = (
            f"head -c {_bytes(size)} /dev/zero"
            if base64 is None
            else f"printf %s {shlex.quote(base64)} | base64 -d"
        )
        command = (
            f"mkdir -p -- {shlex.quote(f'./{inside.parent}')} && {source} > {shlex.quote(f'./{inside}')}"
        )
        outcome = await turn.run_subagent_tool("run_shell_command", {"command": command})
    if outcome.status is not ToolStatus.SUCCESS:
        await performance.tell(told_error("artifact", outcome))


def _bytes(size: int | str) -> int:
    return min(read_bytes(size) if isinstance(size, str) else size, _LARGEST)


KINDS = (
    StepKind(
        key="artifact",
        schema=described(
            "A file appears in the workspace without a tool call, as when a program made it.",
            {
                **record(
                    ("path",),
                    path=PATH,
                    text=described("What is in it, as text.", {"type": "string"}),
                    base64=described(
                        "What is in it, as base64.",
                        {
                            "type": "string",
                            "pattern": "^[A-Za-z0-9+/]*={0,2}$",
                            "patternErrorMessage": "base64 on one line, for example iVBORw0KGgo=",
                        },
                    ),
                    size=described(
                        "Number of zero bytes, or a size with a unit, for example 20MB; at most 200MB.",
                        {
                            "oneOf": [
                                {
                                    "title": "a number of bytes",
                                    "type": "integer",
                                    "minimum": 0,
                                    "maximum": _LARGEST,
                                },
                                {
                                    "type": "string",
                                    "pattern": SIZE_PATTERN,
                                    "patternErrorMessage": SIZE_EXAMPLE,
                                },
                            ]
                        },
                    ),
                ),
                "oneOf": [{"required": [name]} for name in ("text", "base64", "size")],
            },
        ),
        perform=_make,
        examples=(
            {"path": "downloads/chart.png", "base64": "iVBORw0KGgo="},
            {"path": "downloads/notes.txt", "text": "x"},
            {"path": "downloads/big.bin", "size": "20MB"},
        ),
    ),
)
