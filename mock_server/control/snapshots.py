"""/snapshots: keep a project's whole state, go back to it, fork it (docs/guides/state.md)."""

import re
from collections.abc import Iterable
from typing import Any

from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.payloads import timestamp
from sigmic_conformance.mock_server.service.minting import Minting
from sigmic_conformance.mock_server.service.snapshots import Snapshot, Snapshots

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_FORKS = 100


def routes(snapshots: Snapshots, minting: Minting) -> Iterable[ControlRoute]:
    """Return the routes."""

    async def take(call: ControlCall) -> dict[str, Any]:
        name = _name(call.text("name")) if "name" in call.body else None
        return _shown(await snapshots.take(call.project_id, name))

    async def list_all(call: ControlCall) -> dict[str, Any]:
        return {"project": call.project_id, "snapshots": [_shown(it) for it in snapshots.of(call.project_id)]}

    async def show(call: ControlCall) -> dict[str, Any]:
        return _shown(snapshots.get(call.project_id, call.path["name"]))

    async def delete(call: ControlCall) -> dict[str, Any]:
        await snapshots.delete(call.project_id, call.path["name"])
        return {"project": call.project_id, "deleted": call.path["name"]}

    async def restore(call: ControlCall) -> dict[str, Any]:
        return _shown(await snapshots.restore(call.project_id, call.path["name"]))

    async def fork(call: ControlCall) -> dict[str, Any]:
        snapshot = snapshots.get(call.project_id, call.path["name"])
        forks = []
        for _ in range(_count(call)):
            made = minting.project(f"fork of {snapshot.name}", frozenset())
            renamed = await snapshots.fork(snapshot, made.id, made.app_id)
            forks.append(
                {
                    "project": made.id,
                    "api_key": made.key.text.reveal(),
                    "api_key_id": made.key.id,
                    "app_id": made.app_id,
                    "app_secret": made.app_secret.reveal(),
                    "tasks": dict(renamed),
                }
            )
        return {"snapshot": snapshot.name, "forks": forks}

    return (
        ControlRoute("POST", "/snapshots", take, fields=("name",)),
        ControlRoute("GET", "/snapshots", list_all),
        ControlRoute("GET", "/snapshots/{name}", show),
        ControlRoute("DELETE", "/snapshots/{name}", delete),
        ControlRoute("POST", "/snapshots/{name}/restore", restore),
        ControlRoute("POST", "/snapshots/{name}/fork", fork, fields=("count",)),
    )


def _shown(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": snapshot.name,
        "project": snapshot.project_id,
        "taken_at": timestamp(snapshot.taken_at),
        "tasks": {stored.task.id: stored.task.status.value for stored, _ in snapshot.tasks},
        "sessions": len(snapshot.sessions),
        "bytes": snapshot.size,
    }


def _name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        message = (
            "name must have 1 to 64 letters, digits, dots, dashes or underscores, and begin with neither"
        )
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{message} of the last three")
    return name


def _count(call: ControlCall) -> int:
    count = call.body.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST_FORKS:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"count must be a whole number, 1 to {_MOST_FORKS}")
    return count
