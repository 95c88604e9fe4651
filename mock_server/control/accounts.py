"""/projects, /keys and /tokens: fresh accounts in no time. What they hold is shown in this answer only."""

from collections.abc import Iterable, Sequence
from typing import Any

from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute, one_of
from sigmic_conformance.mock_server.control.seed import seed_of
from sigmic_conformance.mock_server.control.state import Part
from sigmic_conformance.mock_server.domain.credentials import is_origin
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.domain.payloads import timestamp
from sigmic_conformance.mock_server.domain.tokens import DEFAULT_LIFETIME, lifetime_seconds
from sigmic_conformance.mock_server.runtime.clock.clocks import Clocks
from sigmic_conformance.mock_server.runtime.clock.mode import Mode, read_duration, read_mode
from sigmic_conformance.mock_server.runtime.ids import ProjectIds
from sigmic_conformance.mock_server.service.minting import MINTED_BY, MintedKey, Minting

_LONGEST_NAME = 200


def routes(
    minting: Minting, clocks: Clocks, ids: ProjectIds, removals: Sequence[Part]
) -> Iterable[ControlRoute]:
    """Return the routes. `removals` are what goes with a project, in the order in which it is done."""

    async def list_all(_call: ControlCall) -> dict[str, Any]:
        accounts = minting.accounts
        return {
            "default": accounts.default_project,
            "projects": [
                {"id": each.id, "name": each.name, "declared": accounts.is_declared(each)}
                for each in accounts.projects
            ],
        }

    async def project(call: ControlCall) -> dict[str, Any]:
        name, origins, mode = _name(call, "name", MINTED_BY), _origins(call), _mode(call)
        seed = seed_of(call) if "seed" in call.body else None
        made = minting.project(name, origins)
        clock = clocks.of(made.id)
        if mode is not None:
            clock.set_mode(mode)
        if seed is not None:
            ids.seed(made.id, seed)
        return {
            "project": made.id,
            "name": made.name,
            "clock": str(clock.mode),
            "seed": ids.seed_of(made.id),
            **_key(made.key),
            "app_id": made.app_id,
            "app_secret": made.app_secret.reveal(),
        }

    async def remove(call: ControlCall) -> dict[str, Any]:
        project_id = minting.accounts.project_named(call.path["id"])
        for part in removals:
            await part(project_id)
        return {"deleted": project_id}

    async def key(call: ControlCall) -> dict[str, Any]:
        lifetime = read_duration("expires_in", call.body["expires_in"]) if "expires_in" in call.body else None
        role = Role(one_of("role", call.text("role", "member"), [role.value for role in Role]))
        username = _name(call, "username", MINTED_BY)
        made = minting.key(call.project_id, role=role, username=username, lifetime_seconds=lifetime)
        return {"project": call.project_id, **_key(made)}

    async def token(call: ControlCall) -> dict[str, Any]:
        issued = await minting.token(
            call.project_id,
            _name(call, "end_user"),
            app_id=call.text("app_id") if "app_id" in call.body else None,
            lifetime_seconds=lifetime_seconds(call.body.get("expires_in", DEFAULT_LIFETIME)),
        )
        return {
            "project": call.project_id,
            "token": issued.token,
            "expires_at": timestamp(issued.expires_at),
        }

    return (
        ControlRoute("GET", "/projects", list_all, scoped=False),
        ControlRoute("POST", "/projects", project, fields=("name", "origins", "clock", "seed"), scoped=False),
        ControlRoute("DELETE", "/projects/{id}", remove, scoped=False),
        ControlRoute("POST", "/keys", key, fields=("role", "username", "expires_in")),
        ControlRoute("POST", "/tokens", token, fields=("end_user", "app_id", "expires_in")),
    )


def _key(made: MintedKey) -> dict[str, Any]:
    return {
        "api_key": made.text.reveal(),
        "api_key_id": made.id,
        "role": made.role.value,
        "expires_at": None if made.expires_at is None else timestamp(made.expires_at),
    }


def _name(call: ControlCall, field: str, default: str | None = None) -> str:
    name = call.text(field, default)
    if not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{field} must have 1 to {_LONGEST_NAME} characters")
    return name


def _origins(call: ControlCall) -> frozenset[str]:
    given = call.body.get("origins", [])
    if not isinstance(given, list) or not all(isinstance(each, str) and is_origin(each) for each in given):
        raise ApiError(
            ErrorCode.VALIDATION_ERROR, "origins must be a list of origins, for example http://localhost:3000"
        )
    return frozenset(given)


def _mode(call: ControlCall) -> Mode | None:
    if "clock" not in call.body:
        return None
    try:
        return read_mode(call.text("clock"))
    except ValueError as problem:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"clock {problem}") from None
