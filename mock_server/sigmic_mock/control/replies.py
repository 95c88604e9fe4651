"""/replies: the next answers of a project's agent."""

from typing import Any

from sigmic_mock.control.playbooks import AgentSource
from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode


def handlers(agent_of_server: AgentSource) -> Handlers:
    """Return the handlers."""

    async def list_replies(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        waiting = agent.replies.waiting(call.project_id)
        return {"project": call.project_id, "replies": [{"steps": list(steps)} for steps in waiting]}

    async def add_reply(call: ControlCall) -> dict[str, Any]:
        from sigmic_mock.agent.playbooks.files import PlaybookError

        agent, text, tools = await agent_of_server(), call.body.get("text", ""), call.body.get("tools", [])
        if not text and not tools:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "Give text, tools or both")
        try:
            waiting = agent.replies.add(call.project_id, text, tools)
        except PlaybookError as error:
            raise ApiError(ErrorCode.VALIDATION_ERROR, str(error)) from None
        return {"project": call.project_id, "waiting": waiting}

    async def remove_replies(call: ControlCall) -> dict[str, Any]:
        agent = await agent_of_server()
        return {"project": call.project_id, "removed": agent.replies.forget(call.project_id)}

    return by_name(list_replies, add_reply, remove_replies)
