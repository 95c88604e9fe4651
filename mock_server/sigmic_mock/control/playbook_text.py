"""/playbooks/NAME as text: how it was written, what is wrong with it, what it is understood as.

A check reads the text as `PUT /playbooks/NAME` would. Nothing changes.
"""

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sigmic_mock.control.playbooks import (
    AgentSource,
    given_playbook,
    prompt_of,
    row_of,
)
from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from sigmic_mock.agent.playbooks.collection import Playbooks
    from sigmic_mock.agent.playbooks.playbook import Playbook
    from sigmic_mock.agent.playbooks.selectors import Selector


def handlers(agent_of_server: AgentSource) -> Handlers:
    """Return the handlers."""

    async def read_playbook(call: ControlCall) -> dict[str, Any]:
        agent, name = await agent_of_server(), call.path["name"]
        agent.library.refresh()
        playbook = agent.library.of(call.project_id).get(name)
        text = await asyncio.to_thread(agent.library.text_of, call.project_id, name)
        if playbook is None or text is None:
            raise ApiError(ErrorCode.NOT_FOUND, f"No playbook named {name[:80]!r} applies to this project")
        return {"project": call.project_id, **row_of(agent, call.project_id, playbook), "yaml": text}

    async def check_playbook(call: ControlCall) -> dict[str, Any]:
        agent, name = await agent_of_server(), call.path["name"]
        from sigmic_mock.agent.playbooks.files import PlaybookError

        message = call.body.get("message")
        given = given_playbook({key: value for key, value in call.body.items() if key != "message"})
        agent.library.refresh()

        def checked() -> dict[str, Any]:
            try:
                draft = agent.library.draft(call.project_id, name, given)
            except PlaybookError as error:
                problems = [_placed(f"{name}.yaml", problem) for problem in error.problems]
                return {"problems": problems, "understood": None, "chosen": None}
            return {
                "problems": [],
                "understood": _understood(draft.playbook),
                "chosen": None if message is None else _chosen(draft.together, message, call.project_id),
            }

        return {"project": call.project_id, "name": name, **await asyncio.to_thread(checked)}

    return by_name(read_playbook, check_playbook)


def _placed(file: str, problem: str) -> dict[str, Any]:
    """Take a problem apart: the line of the text that it is about, None for the whole, and the words."""
    found = re.match(rf"{re.escape(file)}(?::(\d+))?: (.*)", problem, re.DOTALL)
    if found is None:
        return {"line": None, "text": problem}
    return {"line": None if found[1] is None else int(found[1]), "text": found[2]}


def _understood(playbook: "Playbook") -> dict[str, Any]:
    turns = [{"when": _conditions(turn.selectors), "steps": turn.steps} for turn in playbook.turns]
    return {
        "when": _conditions(playbook.selectors),
        "steps": playbook.steps,
        "turns": turns,
        "follows_system_prompt": playbook.follows_system_prompt,
    }


def _conditions(selectors: "Iterable[Selector]") -> list[dict[str, Any]]:
    return [
        {
            "message": each.message,
            "regex": None if each.regex is None else each.regex.pattern,
            "files": list(each.files),
            "project": each.project,
        }
        for each in selectors
    ]


def _chosen(together: "Playbooks", message: str, project_id: str) -> dict[str, Any]:
    """Say which playbook a first message would get; null when none."""
    plan = together.plan(prompt_of(message, project_id=project_id))
    return {"message": message, "playbook": None if plan is None or plan.source != "playbook" else plan.name}
