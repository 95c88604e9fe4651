"""/playbooks and /explain: what the agent knows, why a message gets what it gets, playbooks of one project.

A playbook that is put here belongs to the project of the call alone and goes with its reset, so tests that
run in parallel never share one. It outranks the files of the same priority.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import AttachedFile, Message, MessageRole

if TYPE_CHECKING:
    from sigmic_mock.agent.agent import Agent
    from sigmic_mock.agent.playbooks.playbook import Playbook

AgentSource = Callable[[], Awaitable["Agent"]]
"""Returns the agent once it is loaded."""


def handlers(agent_of_server: AgentSource) -> Handlers:
    """Return the handlers."""

    async def list_playbooks(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        agent.library.refresh()
        return listed(agent, call.project_id)

    async def reload_playbooks(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        agent.library.refresh(force=True)
        return listed(agent, call.project_id)

    async def put_playbook(call: ControlCall) -> dict[str, Any]:
        agent, name = await agent_of_server(), call.path["name"]
        agent.library.refresh()
        playbook = await _put(agent, call.project_id, name, given_playbook(call.body))
        agent.usage.forget(call.project_id, name)
        return {"project": call.project_id, **row_of(agent, call.project_id, playbook)}

    async def remove_playbook(call: ControlCall) -> dict[str, Any]:
        agent, name = await agent_of_server(), call.path["name"]
        if not (gone := agent.library.remove(call.project_id, name)):
            raise ApiError(
                ErrorCode.NOT_FOUND,
                f"The project has no playbook named {name[:80]!r} that was uploaded to it",
            )
        agent.usage.forget(call.project_id, name)
        return {"project": call.project_id, "removed": list(gone)}

    async def remove_playbooks(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        gone = agent.library.remove(call.project_id)
        agent.usage.forget(call.project_id)
        return {"project": call.project_id, "removed": list(gone)}

    async def list_leftovers(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        left = agent.usage.leftovers(call.project_id, agent.library.own(call.project_id))
        replies = [{"steps": list(steps)} for steps in agent.replies.waiting(call.project_id)]
        return {"project": call.project_id, **left, "count": left["count"] + len(replies), "replies": replies}

    async def explain(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        return {"project": call.project_id, **await agent.explain_to_caller(_prompt(call))}

    return by_name(
        list_playbooks,
        remove_playbooks,
        reload_playbooks,
        list_leftovers,
        put_playbook,
        remove_playbook,
        explain,
    )


async def _put(agent: "Agent", project_id: str, name: str, given: Mapping[str, Any] | str) -> "Playbook":
    from sigmic_mock.agent.playbooks.files import PlaybookError

    try:
        while True:
            draft = await asyncio.to_thread(agent.library.draft, project_id, name, given)
            if agent.library.put(draft):
                return draft.playbook
    except PlaybookError as error:
        raise ApiError(ErrorCode.VALIDATION_ERROR, str(error)) from None


def listed(agent: "Agent", project_id: str) -> dict[str, Any]:
    """Return the playbooks of a project, as `GET /playbooks` and `sigmic-mock playbooks list` show them."""
    playbooks = sorted(agent.library.of(project_id), key=lambda playbook: playbook.name)
    return {
        "project": project_id,
        "playbooks": [row_of(agent, project_id, playbook) for playbook in playbooks],
        "problems": list(agent.library.problems),
    }


def row_of(agent: "Agent", project_id: str, playbook: "Playbook") -> dict[str, Any]:
    """Return a playbook as lists show it."""
    return {
        "name": playbook.name,
        "summary": playbook.summary,
        "from": agent.library.layer_of(playbook),
        "source": str(playbook.source),
        "steps": len(playbook.steps),
        "turns": len(playbook.turns),
        "chosen": agent.usage.times_chosen(project_id)[playbook.name],
    }


def given_playbook(body: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """Return a playbook of a body, as data or as YAML; raises VALIDATION_ERROR."""
    if len(body) != 1:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "Send either playbook (an object) or yaml (a string)")
    (given,) = body.values()
    return given if isinstance(given, str) else dict(given)


def _prompt(call: ControlCall) -> Prompt:
    """Return the prompt that `POST /explain` asks about."""
    body = call.body
    files, earlier = body.get("files", ()), body.get("earlier", ())
    return prompt_of(body["message"], files, earlier, call.project_id, body.get("system_prompt") or None)


def prompt_of(
    message: str,
    files: Iterable[str] = (),
    earlier: Iterable[str] = (),
    project_id: str = "",
    system_prompt: str | None = None,
) -> Prompt:
    """Return the prompt of a message with attached files of these names, after these earlier messages."""
    return Prompt(
        text=message,
        files=tuple(AttachedFile(name.rsplit("/", 1)[-1], f"uploads/{name}") for name in files),
        memory=tuple(Message(id="", role=MessageRole.USER, content=text, created_at=0) for text in earlier),
        project_id=project_id,
        system_prompt=system_prompt,
    )
