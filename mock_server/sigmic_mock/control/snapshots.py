"""/snapshots: keep a project's whole state, go back to it, fork it (docs/guides/state.md)."""

from typing import Any

from sigmic_mock.control.accounts import key_and_app
from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.service.minting import Minting
from sigmic_mock.service.snapshots import Snapshot, Snapshots


def handlers(snapshots: Snapshots, minting: Minting) -> Handlers:
    """Return the handlers."""

    async def take_snapshot(call: ControlCall) -> dict[str, Any]:
        return _shown(await snapshots.take(call.project_id, call.body.get("name")))

    async def list_snapshots(call: ControlCall) -> dict[str, Any]:
        return {"project": call.project_id, "snapshots": [_shown(it) for it in snapshots.of(call.project_id)]}

    async def show_snapshot(call: ControlCall) -> dict[str, Any]:
        return _shown(snapshots.get(call.project_id, call.path["name"]))

    async def delete_snapshot(call: ControlCall) -> dict[str, Any]:
        await snapshots.delete(call.project_id, call.path["name"])
        return {"project": call.project_id, "deleted": call.path["name"]}

    async def restore_snapshot(call: ControlCall) -> dict[str, Any]:
        return _shown(await snapshots.restore(call.project_id, call.path["name"]))

    async def fork_snapshot(call: ControlCall) -> dict[str, Any]:
        snapshot = snapshots.get(call.project_id, call.path["name"])
        forks = []
        for _ in range(call.body["count"]):
            project, key, app = minting.project(f"fork of {snapshot.name}", frozenset())
            renamed = await snapshots.fork(snapshot, project.id, app[0].id)
            forks.append({"project": project.id, **key_and_app(key, app), "tasks": dict(renamed)})
        return {"snapshot": snapshot.name, "forks": forks}

    return by_name(
        take_snapshot, list_snapshots, show_snapshot, delete_snapshot, restore_snapshot, fork_snapshot
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
