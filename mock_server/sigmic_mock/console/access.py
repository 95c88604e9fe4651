"""/projects/{project}/api-keys and /members: the keys of a project, and the roles of its members."""

from typing import Any

from sigmic_mock.console.router import ConsoleAnswer, ConsoleCall, Handlers
from sigmic_mock.control.router import by_name
from sigmic_mock.domain.access import reaches
from sigmic_mock.domain.accounts import ApiKey
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.domain.tokens import lifetime_seconds
from sigmic_mock.service.minting import Minting
from sigmic_mock.service.people import People


def key_handlers(minting: Minting) -> Handlers:
    """Return the handlers of keys."""
    accounts = minting.accounts

    async def list_api_keys(call: ConsoleCall) -> ConsoleAnswer:
        return ConsoleAnswer(data=[listed(call, key) for key in accounts.keys_of(call.project_id)])

    async def create_api_key(call: ConsoleCall) -> ConsoleAnswer:
        name, expires_in, role = call.body["name"], call.body.get("expiresIn"), Role(call.body["role"])
        if not reaches(call.role, role):
            raise ApiError(ErrorCode.FORBIDDEN, "A key can't have a higher role than its creator")
        lifetime = None if expires_in is None else lifetime_seconds(expires_in)
        user = call.caller.name
        key, text = minting.key(
            call.project_id, role=role, username=user, lifetime_seconds=lifetime, name=name, maker=user
        )
        await minting.kept()
        return ConsoleAnswer(data={**listed(call, key), "key": text.reveal()})

    async def revoke_api_key(call: ConsoleCall) -> ConsoleAnswer:
        key = next((key for key in accounts.keys_of(call.project_id) if key.id == call.path["key"]), None)
        if key is None:
            raise ApiError(ErrorCode.NOT_FOUND, "The project has no such key")
        if not may_revoke(call, key):
            raise ApiError(ErrorCode.FORBIDDEN, "A member can revoke only keys that they created")
        await accounts.remove_key(key)
        return ConsoleAnswer(data={"id": key.id})

    def may_revoke(call: ConsoleCall, key: ApiKey) -> bool:
        return key.username == call.caller.name or reaches(call.role, Role.ADMIN)

    def listed(call: ConsoleCall, key: ApiKey) -> dict[str, Any]:
        declared = not key.minted
        return {
            "id": key.id,
            "name": key.name,
            "username": key.username,
            "role": key.role.value,
            "expiresAt": None if key.expires_at is None else timestamp(key.expires_at),
            "declared": declared,
            "revocable": not declared and may_revoke(call, key),
        }

    return by_name(list_api_keys, create_api_key, revoke_api_key)


def member_handlers(people: People) -> Handlers:
    """Return the handlers of members."""

    def member_data(call: ConsoleCall, name: str, role: Role) -> dict[str, Any]:
        declared = people.is_declared(call.project_id, name)
        return {"name": name, "role": role.value, "declared": declared}

    async def list_members(call: ConsoleCall) -> ConsoleAnswer:
        members = people.members(call.project_id)
        return ConsoleAnswer(data=[member_data(call, name, role) for name, role in members.items()])

    async def give_role(call: ConsoleCall) -> ConsoleAnswer:
        name, role = changeable(call), Role(call.body["role"])
        if not reaches(call.role, role):
            raise ApiError(ErrorCode.FORBIDDEN, "You can't assign a role above your own")
        await people.give(call.project_id, name, role)
        return ConsoleAnswer(data=member_data(call, name, role))

    async def take_role_back(call: ConsoleCall) -> ConsoleAnswer:
        name = changeable(call)
        await people.take_back(call.project_id, name, call.role)
        return ConsoleAnswer(data=member_data(call, name, people.members(call.project_id)[name]))

    def changeable(call: ConsoleCall) -> str:
        """Return the member in the path, unless they are above the caller."""
        name = call.path["user"]
        role = people.members(call.project_id).get(name)
        if role is None:
            raise ApiError(ErrorCode.NOT_FOUND, "There is no such user")
        if not reaches(call.role, role):
            raise ApiError(ErrorCode.FORBIDDEN, "You can't change the role of a member above you")
        return name

    return by_name(list_members, give_role, take_role_back)
