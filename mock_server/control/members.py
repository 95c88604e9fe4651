"""/members: which role each user of the console has in a project."""

from collections.abc import Iterable
from typing import Any

from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute, one_of
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.service.people import People

_ROLES = [role.value for role in Role]


def routes(people: People) -> Iterable[ControlRoute]:
    """Return the routes."""

    async def show(call: ControlCall) -> dict[str, Any]:
        members = people.members(call.project_id)
        return {"project": call.project_id, "members": {name: role.value for name, role in members.items()}}

    async def replace(call: ControlCall) -> dict[str, Any]:
        given = call.body.get("members")
        if not isinstance(given, dict):
            raise ApiError(ErrorCode.VALIDATION_ERROR, "members must be an object of roles by user")
        roles = {}
        for name, role in given.items():
            if not isinstance(role, str):
                raise ApiError(ErrorCode.VALIDATION_ERROR, f"the role must be one of {', '.join(_ROLES)}")
            roles[one_of("user", name, list(people.users))] = Role(one_of("role", role, _ROLES))
        await people.replace(call.project_id, roles)
        return await show(call)

    return (
        ControlRoute("GET", "/members", show),
        ControlRoute("PUT", "/members", replace, fields=("members",)),
    )
