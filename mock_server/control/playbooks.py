"""/playbooks and /explain: what the agent knows, why a message gets what it gets, playbooks of one project.

A playbook that is put here belongs to the project of the call alone and goes with its reset, so tests that
run side by side never meet. It outranks the files of the same priority.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sigmic_conformance.mock_server.agent.prompt import Prompt
from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import AttachedFile, Message, MessageRole

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.agent.agent import Agent
    from sigmic_conformance.mock_server.agent.playbooks.playbook import Playbook


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
        from sigmic_conformance.mock_server.agent.playbooks.files import PlaybookError  # noqa: PLC0415 - loaded with the agent

        agent.library.refresh()
        try:
            playbook = agent.library.put(call.project_id, name, given_playbook(call.body))
        except PlaybookError as error:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "; ".join(error.problems)) from None
        agent.usage.forget(call.project_id, name)
        return {"project": call.project_id, **row_of(agent, call.project_id, playbook)}

    async def remove(call: ControlCall) -> dict[str, Any]:
        agent, name = await agent_of_server(), call.path["name"]
        if not (gone := agent.library.remove(call.project_id, name)):
            raise ApiError(ErrorCode.NOT_FOUND, f"The project has no playbook of its own named {name[:80]!r}")
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
        ControlRoute("PUT", "/playbooks/{name}", put, fields=("playbook", "yaml")),
        ControlRoute("DELETE", "/playbooks/{name}", remove),
        ControlRoute("POST", "/explain", explain, fields=("message", "files", "earlier", "system_prompt")),
    )


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
    system_prompt = call.text("system_prompt", "") or None
    return prompt_of(
        call.text("message"), _texts(call, "files"), _texts(call, "earlier"), call.project_id, system_prompt
    )


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
    return given
