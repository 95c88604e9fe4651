"""/projects/{project}/api-keys and /members: who may call, and who may do what."""

from collections.abc import Iterable
from typing import Any

from sigmic_conformance.mock_server.console.fields import name_of, role_of
from sigmic_conformance.mock_server.console.router import ConsoleCall, ConsoleRoute, Said
from sigmic_conformance.mock_server.domain.access import Right, reaches
from sigmic_conformance.mock_server.domain.accounts import ApiKey
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.domain.payloads import timestamp
from sigmic_conformance.mock_server.domain.tokens import lifetime_seconds
from sigmic_conformance.mock_server.service.minting import Minting
from sigmic_conformance.mock_server.service.people import People


def key_routes(minting: Minting) -> Iterable[ConsoleRoute]:
    """Return the routes of keys."""
    accounts = minting.accounts

    async def list_keys(call: ConsoleCall) -> Said:
        return Said(data=[listed(call, key) for key in accounts.keys_of(call.project_id)])

    async def create(call: ConsoleCall) -> Said:
        name, expires_in = name_of(call), call.body.get("expiresIn")
        role = role_of(call, Role.MEMBER)
        if not reaches(call.role, role):
            raise ApiError(ErrorCode.FORBIDDEN, "A key can't have a higher role than its creator")
        lifetime = None if expires_in is None else lifetime_seconds(expires_in)
        user = call.caller.name
        made = minting.key(
            call.project_id, role=role, username=user, lifetime_seconds=lifetime, name=name, maker=user
        )
        await minting.kept()
        expires_at = None if made.expires_at is None else timestamp(made.expires_at)
        shown: dict[str, Any] = {
            "id": made.id,
            "name": name,
            "username": user,
            "role": role.value,
        }
        shown |= {"expiresAt": expires_at, "declared": False, "revocable": True}
        return Said(data={**shown, "key": made.text.reveal()}, status=201)

    async def remove(call: ConsoleCall) -> Said:
        key = next((key for key in accounts.keys_of(call.project_id) if key.id == call.path["key"]), None)
        if key is None:
            raise ApiError(ErrorCode.NOT_FOUND, "The project has no such key")
        if not may_revoke(call, key):
            raise ApiError(ErrorCode.FORBIDDEN, "A member can revoke only keys that they created")
        await accounts.remove_key(key)
        return Said(data={"id": key.id})

    def may_revoke(call: ConsoleCall, key: ApiKey) -> bool:
        return key.username == call.caller.name or reaches(call.role, Role.ADMIN)

    def listed(call: ConsoleCall, key: ApiKey) -> dict[str, Any]:
        declared = accounts.is_declared(key)
        return {**_shown(key, declared=declared), "revocable": not declared and may_revoke(call, key)}

    return (
        ConsoleRoute("GET", "/projects/{project}/api-keys", list_keys, Right.KEYS),
        ConsoleRoute(
            "POST", "/projects/{project}/api-keys", create, Right.KEYS, ("name", "role", "expiresIn")
        ),
        ConsoleRoute("DELETE", "/projects/{project}/api-keys/{key}", remove, Right.KEYS),
    )


def _shown(key: ApiKey, *, declared: bool) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "username": key.username,
        "role": key.role.value,
        "expiresAt": None if key.expires_at is None else timestamp(key.expires_at),
        "declared": declared,
    }


def member_routes(people: People) -> Iterable[ConsoleRoute]:
    """Return the routes of members."""

    def member_data(call: ConsoleCall, name: str, role: Role) -> dict[str, Any]:
        declared = people.is_declared(call.project_id, name)
        return {"name": name, "role": role.value, "declared": declared}

    async def list_members(call: ConsoleCall) -> Said:
        members = people.members(call.project_id)
        return Said(data=[member_data(call, name, role) for name, role in members.items()])

    async def give(call: ConsoleCall) -> Said:
        name, role = changeable(call), role_of(call, None)
        if not reaches(call.role, role):
            raise ApiError(ErrorCode.FORBIDDEN, "You can't assign a role above your own")
        await people.give(call.project_id, name, role)
        return Said(data=member_data(call, name, role))

    async def take_back(call: ConsoleCall) -> Said:
        name = changeable(call)
        await people.take_back(call.project_id, name, call.role)
        return Said(data=member_data(call, name, people.members(call.project_id)[name]))

    def changeable(call: ConsoleCall) -> str:
        """Return the member whom a call is about, unless they are above the caller."""
        name = call.path["user"]
        role = people.members(call.project_id).get(name)
        if role is None:
            raise ApiError(ErrorCode.NOT_FOUND, "There is no such user")
        if not reaches(call.role, role):
            raise ApiError(ErrorCode.FORBIDDEN, "You can't change the role of a member above you")
        return name

    return (
        ConsoleRoute("GET", "/projects/{project}/members", list_members, Right.SEE),
        ConsoleRoute("PUT", "/projects/{project}/members/{user}", give, Right.MEMBERS, ("role",)),
        ConsoleRoute("DELETE", "/projects/{project}/members/{user}", take_back, Right.MEMBERS),
    )
