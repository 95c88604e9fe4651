"""/projects, /keys and /tokens: fresh accounts in no time. What they hold is shown in this answer only."""

from collections.abc import Sequence
from typing import Any

from sigmic_mock.control.clock import mode_of
from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.control.state import Part
from sigmic_mock.domain.accounts import ApiKey
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.domain.secret import Secret
from sigmic_mock.domain.tokens import DEFAULT_LIFETIME, LONGEST_LIFETIME_SECONDS
from sigmic_mock.runtime.clock.clocks import Clocks
from sigmic_mock.runtime.clock.mode import read_duration
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.service.minting import MINTED_BY, MintedApp, MintedKey, Minting


def handlers(minting: Minting, clocks: Clocks, ids: ProjectIds, removals: Sequence[Part]) -> Handlers:
    """Return the handlers. `removals` are what goes with a project, in the order in which it is done."""

    async def list_projects(_call: ControlCall) -> dict[str, Any]:
        accounts = minting.accounts
        return {
            "default": accounts.default_project,
            "projects": [
                {"id": each.id, "name": each.name, "declared": not each.minted} for each in accounts.projects
            ],
        }

    async def create_project(call: ControlCall) -> dict[str, Any]:
        mode = mode_of("clock", call.body["clock"]) if "clock" in call.body else None
        seed = call.body.get("seed")
        name, origins = call.body.get("name", MINTED_BY), frozenset(call.body.get("origins", ()))
        project, key, app = minting.project(name, origins)
        clock = clocks.of(project.id)
        if mode is not None:
            clock.set_mode(mode)
        if seed is not None:
            ids.seed(project.id, seed)
        return {
            "project": project.id,
            "name": project.name,
            "clock": str(clock.mode),
            "seed": ids.seed_of(project.id),
            **key_and_app(key, app),
        }

    async def delete_project(call: ControlCall) -> dict[str, Any]:
        project_id = minting.accounts.project_named(call.path["id"])
        for part in removals:
            await part(project_id)
        return {"deleted": project_id}

    async def create_key(call: ControlCall) -> dict[str, Any]:
        lifetime = read_duration("expires_in", call.body["expires_in"]) if "expires_in" in call.body else None
        role, username = Role(call.body["role"]), call.body.get("username", MINTED_BY)
        key = minting.key(call.project_id, role=role, username=username, lifetime_seconds=lifetime)
        return {"project": call.project_id, **_key(*key)}

    async def create_token(call: ControlCall) -> dict[str, Any]:
        issued = await minting.token(
            call.project_id,
            call.body["end_user"],
            app_id=call.body.get("app_id"),
            lifetime_seconds=_token_seconds(call.body.get("expires_in", DEFAULT_LIFETIME)),
        )
        return {
            "project": call.project_id,
            "token": issued.token,
            "expires_at": timestamp(issued.expires_at),
        }

    return by_name(list_projects, create_project, delete_project, create_key, create_token)


def key_and_app(key: MintedKey, app: MintedApp) -> dict[str, Any]:
    """Return what a made project is called with."""
    return {**_key(*key), "app_id": app[0].id, "app_secret": app[1].reveal()}


def _token_seconds(given: object) -> int:
    """Return whole seconds, at least one, as a token states them; raises VALIDATION_ERROR."""
    seconds = read_duration("expires_in", given)
    if not 1 <= seconds <= LONGEST_LIFETIME_SECONDS:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "expires_in must be from 1s to 30d")
    return int(seconds)


def _key(key: ApiKey, text: Secret) -> dict[str, Any]:
    return {
        "api_key": text.reveal(),
        "api_key_id": key.id,
        "role": key.role.value,
        "expires_at": None if key.expires_at is None else timestamp(key.expires_at),
    }
