"""/settings: what a project has decided about its tasks: policies, prompts, subagents, MCP servers."""

from collections.abc import Mapping
from typing import Any

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain import settings_form
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.form import BadSettings
from sigmic_mock.domain.project_settings import ProjectSettings
from sigmic_mock.service.project_settings import AllSettings


def handlers(settings: AllSettings) -> Handlers:
    """Return the handlers."""

    async def show_settings(call: ControlCall) -> dict[str, Any]:
        return {"project": call.project_id, **settings_form.show_settings(settings.of(call.project_id))}

    async def change_settings(call: ControlCall) -> dict[str, Any]:
        await settings.change(call.project_id, wanted(call.body, settings.of(call.project_id)))
        return await show_settings(call)

    return by_name(show_settings, change_settings)


def wanted(body: Mapping[str, Any], before: ProjectSettings) -> ProjectSettings:
    """Return the settings of a body; raises VALIDATION_ERROR."""
    try:
        return settings_form.read_settings(body, before=before)
    except BadSettings as problem:
        raise ApiError(ErrorCode.VALIDATION_ERROR, str(problem)) from None
