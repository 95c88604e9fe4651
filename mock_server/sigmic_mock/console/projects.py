"""/projects: the organisation's projects, new ones, other names, the end of one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from sigmic_mock.console.router import ConsoleAnswer, ConsoleCall, Handlers
from sigmic_mock.control.router import by_name
from sigmic_mock.domain.access import Right, may, require, up_to
from sigmic_mock.domain.accounts import Project
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.people import User
from sigmic_mock.service.minting import Minting
from sigmic_mock.service.people import People


def project_data(project: Project, role: Role, *, declared: bool) -> dict[str, Any]:
    """Return a project as a user with a role sees it."""
    return {
        "id": project.id,
        "name": project.name,
        "role": role.value,
        "rights": rights_of(role),
        "roles": [each.value for each in up_to(role)],
        "declared": declared,
    }


def rights_of(role: Role) -> list[str]:
    """Return what a role may do in a project."""
    return [right.value for right in Right if may(role, right)]


def handlers(minting: Minting, people: People, remove_project: Callable[[str], Awaitable[None]]) -> Handlers:
    """Return the handlers. `remove_project` ends a project with everything of it."""
    accounts = minting.accounts

    def shown(project: Project, user: User) -> dict[str, Any]:
        return project_data(project, people.role(user, project.id), declared=not project.minted)

    def here(call: ConsoleCall) -> Project:
        return next(project for project in accounts.projects if project.id == call.project_id)

    async def list_projects(call: ConsoleCall) -> ConsoleAnswer:
        return ConsoleAnswer(data=[shown(project, call.caller) for project in accounts.projects])

    async def create_project(call: ConsoleCall) -> ConsoleAnswer:
        require(call.caller.role, Right.CONFIGURE)
        project = minting.empty_project(call.body["name"])
        await minting.kept()
        await people.give(project.id, call.caller.name, Role.OWNER)
        return ConsoleAnswer(data=shown(project, call.caller))

    async def read_project(call: ConsoleCall) -> ConsoleAnswer:
        return ConsoleAnswer(data=shown(here(call), call.caller))

    async def rename_project(call: ConsoleCall) -> ConsoleAnswer:
        await accounts.rename(replace(here(call), name=call.body["name"]))
        return await read_project(call)

    async def delete_project(call: ConsoleCall) -> ConsoleAnswer:
        accounts.require_changeable(here(call))
        await remove_project(call.project_id)
        return ConsoleAnswer(data={"id": call.project_id})

    return by_name(list_projects, create_project, read_project, rename_project, delete_project)
