"""The files of a task that an answer shows, and whether the agent may have changed one. Pure."""

import posixpath
import re
from collections.abc import Callable, Iterator

from sigmic_conformance.model.calls import Call, went_on
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import (
    Attachment,
    is_plain,
)
from sigmic_conformance.wire.sent_file import SentFile

_MADE = re.compile(r"echo [\w.-]+ > ((?:uploads/)?[A-Za-z0-9_][A-Za-z0-9_.-]*);.*;\s*echo done", re.DOTALL)
WRITERS = frozenset({"write_file"})
"""Tools whose name and arguments show which file they write (AGENT-005, an example)."""


def touched(task: Task, name: str, at: int) -> bool:
    """Whether the agent may have changed a file before a time: a call may have named it.

    A turn without a reader to its end may have had such a call, if its message names the file.
    """
    if name not in task.touched_at:
        called = [call.first.at for call in task.calls.values() if call.first and may_touch(call, name)]
        found = [turn.began for at in called if (turn := task.turns.at(at))]  # an event may arrive late
        found += [
            turn.began
            for turn in task.turns
            if name in (turn.message.asked.message or "") and task.readers.of_all(turn) is None
        ]
        task.touched_at[name] = min(found, default=None)
    first = task.touched_at[name]
    return first is not None and first < at


def may_touch(call: Call, name: str) -> bool:
    """Whether a call may change a file: it names the file or a pattern, or its arguments are unknown."""
    said = call.words
    return name in said or "*" in said or "rm " in said or not call.args


def may_still_write(task: Task, name: str, at: int) -> bool:
    """Whether a command of an earlier call may still write a file: in the background, after its result.

    It does not if it creates exactly that file before its last word, and its output has that word.
    """
    return any(
        call.first is not None
        and call.first.at < at
        and not call.takes_a_path
        and may_touch(call, name)
        and not (
            posixpath.basename(made(call) or "") == name and call.result is not None and call.result.at < at
        )
        for call in task.calls.values()
    )


def may_be_own(task: Task, path: str) -> bool:
    """Whether a file may be the platform's own: hidden, not uploaded, and named by no call."""
    name = posixpath.basename(path)
    hidden = any(each.startswith(".") for each in path.split("/")) and not path.startswith("uploads/")
    return hidden and not any(name in call.words for call in task.calls.values())


def attached_before(
    task: Task, at: int, which: Callable[[SentFile], bool] = is_plain
) -> Iterator[Attachment]:
    """The plainly named files that messages attached before a time and that no call can have changed."""
    for each in task.attachments:
        if each.message.answered <= at and which(each.file) and not touched(task, each.file.name, at):
            yield each


def was_restored(seen: Seen) -> bool:
    """Whether the session had been restored before a request."""
    turn = seen.turn
    return turn is not None and seen.restored(turn) > 0


def restored_at(seen: Seen) -> int | None:
    """When the message was sent that caused the last restore before an answer; None without a restore."""
    task, turn = seen.task, seen.turn
    if task is None or turn is None:
        return None
    number = seen.restored(turn)
    return next((each.began for each in task.turns if number and seen.restored(each) == number), None)


def made(call: Call) -> str | None:
    """The path of the file that a command has certainly written: its output has the command's last word."""
    found = _MADE.fullmatch(call.command)
    return found[1] if found and call.output is not None and went_on(call.output) else None


def written(call: Call) -> str | None:
    """The path that a call of a writing tool writes to."""
    path = call.args.get("path", call.args.get("file_path"))
    return path if call.tool in WRITERS and isinstance(path, str) and path else None
