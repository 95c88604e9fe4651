"""/settings: what a project has decided about its tasks: policies, prompts, subagents, MCP servers."""

from collections.abc import Iterable
from typing import Any

from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.form import BadSettings
from sigmic_conformance.mock_server.domain.settings_form import SETTINGS, read_settings, show_settings
from sigmic_conformance.mock_server.http.body import LARGE
from sigmic_conformance.mock_server.service.project_settings import AllSettings


def routes(settings: AllSettings) -> Iterable[ControlRoute]:
    """Return the routes."""

    async def show(call: ControlCall) -> dict[str, Any]:
        return {"project": call.project_id, **show_settings(settings.of(call.project_id))}

    async def replace(call: ControlCall) -> dict[str, Any]:
        try:
            wanted = read_settings(call.body, before=settings.of(call.project_id))
        except BadSettings as problem:
            raise ApiError(ErrorCode.VALIDATION_ERROR, str(problem)) from None
        await settings.change(call.project_id, wanted)
        return await show(call)

    return (
        ControlRoute("GET", "/settings", show),
        ControlRoute("PUT", "/settings", replace, fields=SETTINGS, limits=LARGE),
    )
