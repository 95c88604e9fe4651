"""/members: which role each user of the console has in a project."""

from typing import Any

from sigmic_mock.control.fields import one_of
from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.model import Role
from sigmic_mock.service.people import People


def handlers(people: People) -> Handlers:
    """Return the handlers."""

    async def show_members(call: ControlCall) -> dict[str, Any]:
        members = people.members(call.project_id)
        return {"project": call.project_id, "members": {name: role.value for name, role in members.items()}}

    async def give_roles(call: ControlCall) -> dict[str, Any]:
        given = call.body["members"].items()
        roles = {one_of("user", name, people.users): Role(role) for name, role in given}
        await people.replace(call.project_id, roles)
        return await show_members(call)

    return by_name(show_members, give_roles)
