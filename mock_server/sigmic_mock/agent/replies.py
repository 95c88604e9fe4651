"""Replies: the next answers of a project's agent, given one by one, without a file.

A reply is a playbook without a name that is used once, by the next message of the project that begins to run,
before any playbook or model. Its texts are templates.
"""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sigmic_mock.agent.plan import Plan, Steps
from sigmic_mock.agent.playbooks.files import PlaybookError, PlaybookReader

MOST = 100
"""Replies of one project that wait."""
_NAME = "reply"


class Replies:
    """The replies that wait, by project."""

    def __init__(self, reader: PlaybookReader) -> None:
        self._reader = reader
        self._waiting: dict[str, deque[Steps]] = {}

    def add(self, project_id: str, text: str, tools: Sequence[Any]) -> int:
        """Add a reply: steps, then a text; return how many wait. Raises `PlaybookError`."""
        waiting = self._waiting.setdefault(project_id, deque())
        if len(waiting) >= MOST:
            raise PlaybookError((f"the project has {MOST} replies already; delete some, or send messages",))
        waiting.append(self._checked(text, tools))
        return len(waiting)

    def waiting(self, project_id: str) -> list[Steps]:
        """Return the replies that wait, the next one first."""
        return list(self._waiting.get(project_id, ()))

    def next(self, project_id: str) -> Steps | None:
        """Return the next reply for `plan_of_reply`; None if none waits."""
        waiting = self._waiting.get(project_id)
        return waiting[0] if waiting else None

    def take(self, project_id: str) -> Steps | None:
        """Return the next reply like `next`, and remove it."""
        waiting = self._waiting.get(project_id)
        return waiting.popleft() if waiting else None

    def forget(self, project_id: str) -> int:
        """Remove the replies of a project; return their number."""
        return len(self._waiting.pop(project_id, ()))

    def _checked(self, text: str, tools: Sequence[Any]) -> Steps:
        steps = [*tools, *([{"say": {"text": text, "paragraph": True}}] if text else ())]
        playbook = {"name": _NAME, "when": {"message": "*"}, "templates": True, "steps": steps}
        try:
            checked = self._reader.check(playbook, Path(_NAME))
        except PlaybookError as error:
            raise PlaybookError(tuple(_named(problem, len(tools)) for problem in error.problems)) from None
        done: Steps = checked.data["steps"]
        return done


def plan_of_reply(taken: Steps | None) -> Plan | None:
    """Return the plan of a result of `Replies.take`; None if no reply waited."""
    return None if taken is None else Plan(source=_NAME, steps=taken, templates=True)


def _named(problem: str, tools: int) -> str:
    """Return a problem with the names that the caller knows."""
    told = problem.removeprefix(f"{_NAME}: ")
    return told.replace(f"steps/{tools}/say/text: ", "text: ", 1).replace("steps/", "tools/", 1)
