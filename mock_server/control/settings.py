"""/settings: what a project has decided about its tasks: policies, prompts, subagents, MCP servers."""

from typing import Any

from sigmic_conformance.mock_server.control.router import ControlCall, Handlers
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.form import BadSettings
from sigmic_conformance.mock_server.domain.settings_form import read_settings, show_settings
from sigmic_conformance.mock_server.service.project_settings import AllSettings


def handlers(settings: AllSettings) -> Handlers:
    """Return the handlers."""

    async def show(call: ControlCall) -> dict[str, Any]:
        return {"project": call.project_id, **show_settings(settings.of(call.project_id))}

    async def replace(call: ControlCall) -> dict[str, Any]:
        try:
            wanted = read_settings(call.body, before=settings.of(call.project_id))
        except BadSettings as problem:
            raise ApiError(ErrorCode.VALIDATION_ERROR, str(problem)) from None
        await settings.change(call.project_id, wanted)
        return await show(call)

    return {
        "show_settings": show,
        "change_settings": replace,
    }
