"""Steps that make files besides the tools: the answer so far, and artifacts that nobody was told of."""

import re
import shlex
from pathlib import PurePosixPath
from typing import Any

from sigmic_conformance.mock_server.agent.steps.calls import told_error
from sigmic_conformance.mock_server.agent.steps.kind import (
    Compile,
    Performance,
    Performer,
    StepFamily,
    StepKind,
    Steps,
    Write,
)
from sigmic_conformance.mock_server.agent.steps.schemas import PATH, described, record
from sigmic_conformance.mock_server.agent.steps.step import Artifact, SaveAnswer
from sigmic_conformance.mock_server.domain.model import ToolStatus

_SIZE = re.compile(r"([0-9]+) ?(B|KB|MB)")
_FACTORS = {"B": 1, "KB": 1_000, "MB": 1_000_000}
_LARGEST = 200_000_000


def _read_save(value: Any, _: Compile) -> Steps:
    return (SaveAnswer(value),)


async def _save(performance: Performance, step: SaveAnswer) -> None:
    args = {"path": step.path, "content": performance.said.strip() + "\n"}
    outcome = await performance.turn.call_tool("write_file", args)
    match outcome.status:
        case ToolStatus.SUCCESS:
            await performance.tell(f"I saved this as `{step.path}`.")
        case ToolStatus.CANCELLED:
            await performance.tell(f"Saving this as `{step.path}` was refused.")
        case _:
            await performance.tell(told_error("write_file", outcome))


def _write_save(step: SaveAnswer, _: Write) -> dict[str, Any]:
    return {"save_answer": step.path}


def _read_artifact(value: Any, _: Compile) -> Steps:
    size = value.get("size")
    return (
        Artifact(
            path=value["path"],
            text=value.get("text"),
            base64=value.get("base64"),
            size=None if size is None else _bytes(size),
        ),
    )


def _bytes(size: int | str) -> int:
    found = _SIZE.fullmatch(size) if isinstance(size, str) else None
    return min(int(found[1]) * _FACTORS[found[2]] if found else int(size), _LARGEST)


async def _make(performance: Performance, step: Artifact) -> None:
    turn = performance.turn
    if step.text is not None:
        outcome = await turn.run_subagent_tool("write_file", {"path": step.path, "content": step.text})
    else:
        path = shlex.quote(f"./{step.path.removeprefix('/workspace/').lstrip('/')}")
        folder = shlex.quote(f"./{PurePosixPath(step.path.removeprefix('/workspace/').lstrip('/')).parent}")
        source = (
            f"head -c {step.size} /dev/zero"
            if step.base64 is None
            else f"printf %s {shlex.quote(step.base64)} | base64 -d"
        )
        command = f"mkdir -p -- {folder} && {source} > {path}"
        outcome = await turn.run_subagent_tool("run_shell_command", {"command": command})
    if outcome.status is not ToolStatus.SUCCESS:
        await performance.tell(told_error("artifact", outcome))


def _write_artifact(step: Artifact, _: Write) -> dict[str, Any]:
    contents = {"text": step.text, "base64": step.base64, "size": step.size}
    return {
        "artifact": {"path": step.path}
        | {name: value for name, value in contents.items() if value is not None}
    }


_KINDS = (
    StepKind(
        key="save_answer",
        schema=described("Write what was said so far to this file, with write_file.", PATH),
        read=_read_save,
        examples=("downloads/answer.md",),
    ),
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
                        "Number of zero bytes, or a size with a unit: 20 MB (at most 200 MB).",
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
                                    "pattern": "^[0-9]{1,9} ?(B|KB|MB)$",
                                    "patternErrorMessage": "a number with B, KB or MB, for example 20 MB",
                                },
                            ]
                        },
                    ),
                ),
                "oneOf": [{"required": [name]} for name in ("text", "base64", "size")],
            },
        ),
        read=_read_artifact,
        examples=(
            {"path": "downloads/chart.png", "base64": "iVBORw0KGgo="},
            {"path": "downloads/notes.txt", "text": "x"},
            {"path": "downloads/big.bin", "size": "20 MB"},
        ),
    ),
)

_PERFORMERS = (
    Performer(step=SaveAnswer, perform=_save, write=_write_save),
    Performer(step=Artifact, perform=_make, write=_write_artifact),
)

FAMILY = StepFamily(kinds=_KINDS, performers=_PERFORMERS)
