"""/playbooks and /explain: what the agent knows, why a message gets what it gets, playbooks of one project.

A playbook that is put here belongs to the project of the call alone and goes with its reset, so tests that
run side by side never meet. It outranks the files of the same priority.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sigmic_conformance.mock_server.agent.prompt import Prompt
from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import AttachedFile, Message, MessageRole
from sigmic_conformance.mock_server.http.body import LARGE
from sigmic_conformance.mock_server.service.tasks import MOST_CHARACTERS

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.agent.agent import Agent
    from sigmic_conformance.mock_server.agent.playbooks.playbook import Playbook

_MOST_TEXTS = 200
"""Files or earlier messages of one prompt: each of them is compared with every playbook."""
AgentSource = Callable[[], Awaitable["Agent"]]
"""Returns the agent once it is loaded."""


def routes(agent_of_server: AgentSource) -> Iterable[ControlRoute]:
    """Return the routes."""

    async def show(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        agent.library.refresh()
        return _shown(agent, call.project_id)

    async def reload(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        agent.library.refresh(force=True)
        return _shown(agent, call.project_id)

    async def put(call: ControlCall) -> dict[str, Any]:
        agent, name = await agent_of_server(), call.path["name"]
        agent.library.refresh()
        playbook = await _put(agent, call.project_id, name, given_playbook(call.body))
        agent.usage.forget(call.project_id, name)
        return {"project": call.project_id, **row_of(agent, call.project_id, playbook)}

    async def remove(call: ControlCall) -> dict[str, Any]:
        agent, name = await agent_of_server(), call.path["name"]
        if not (gone := agent.library.remove(call.project_id, name)):
            raise ApiError(
                ErrorCode.NOT_FOUND,
                f"The project has no playbook named {name[:80]!r} that was uploaded to it",
            )
        agent.usage.forget(call.project_id, name)
        return {"project": call.project_id, "removed": list(gone)}

    async def remove_all(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        gone = agent.library.remove(call.project_id)
        agent.usage.forget(call.project_id)
        return {"project": call.project_id, "removed": list(gone)}

    async def leftovers(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        left = agent.usage.leftovers(call.project_id, agent.library.own(call.project_id))
        return {"project": call.project_id, **left}

    async def explain(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        return {"project": call.project_id, **await agent.explain_to_caller(_prompt(call))}

    return (
        ControlRoute("GET", "/playbooks", show),
        ControlRoute("DELETE", "/playbooks", remove_all),
        ControlRoute("POST", "/playbooks/reload", reload),
        ControlRoute("GET", "/playbooks/leftovers", leftovers),
        ControlRoute("PUT", "/playbooks/{name}", put, fields=("playbook", "yaml"), limits=LARGE),
        ControlRoute("DELETE", "/playbooks/{name}", remove),
        ControlRoute(
            "POST", "/explain", explain, fields=("message", "files", "earlier", "system_prompt"), limits=LARGE
        ),
    )


async def _put(agent: "Agent", project_id: str, name: str, given: Mapping[str, Any] | str) -> "Playbook":
    from sigmic_conformance.mock_server.agent.playbooks.files import PlaybookError  # noqa: PLC0415 - loaded with the agent

    try:
        while True:
            draft = await asyncio.to_thread(agent.library.draft, project_id, name, given)
            if agent.library.put(draft):
                return draft.playbook
    except PlaybookError as error:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "; ".join(error.problems)) from None


def _shown(agent: "Agent", project_id: str) -> dict[str, Any]:
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
        "steps": len(set(playbook.part.origins)),
        "turns": len(playbook.turns),
        "chosen": agent.usage.times_chosen(project_id)[playbook.name],
    }


def given_playbook(body: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """Return a playbook of a body, as data or as YAML; raises VALIDATION_ERROR."""
    if len(body) != 1:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "Send either playbook (an object) or yaml (a string)")
    given = body.get("playbook", body.get("yaml"))
    if not isinstance(given, dict if "playbook" in body else str):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "playbook must be an object, yaml a string")
    return given


def _prompt(call: ControlCall) -> Prompt:
    """Return the prompt that `POST /explain` asks about: no text in it is longer than a task takes."""
    system_prompt = message_of(call, "system_prompt", "") or None
    files, earlier = _texts(call, "files"), _texts(call, "earlier")
    return prompt_of(message_of(call, "message"), files, earlier, call.project_id, system_prompt)


def message_of(call: ControlCall, field: str, default: str | None = None) -> str:
    """Return a text of the body that a task may have as its message. Raises VALIDATION_ERROR."""
    return _no_longer(field, call.text(field, default))


def _no_longer(field: str, text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{field} must have at most {MOST_CHARACTERS} characters")
    return text


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


def _texts(call: ControlCall, field: str) -> list[str]:
    given = call.body.get(field, [])
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{field} must be a list of strings")
    if len(given) > _MOST_TEXTS:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{field} must have at most {_MOST_TEXTS} entries")
    return [_no_longer(field, text) for text in given]
