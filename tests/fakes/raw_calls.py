"""Call the API with a client that sees the wire, and wait for states of a task."""

import asyncio
import json
from typing import Any

from sigmic_mock.config import defaults
from tests.fakes.raw_http import Seen, see
from tests.fakes.served import Served
from tests.fakes.waiting import eventually

TASKS = "/api/v1/tasks"


def ask(mock: Served, method: str, path: str, *, by: str | None = defaults.API_KEY, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {by}"} if by else {}
    value = options.pop("json", None)
    if value is not None:
        headers["Content-Type"] = "application/json"
        options["body"] = json.dumps(value).encode()
    return see(mock.port, method, path, headers | options.pop("headers", {}), **options)


async def status(mock: Served, task: str) -> str:
    return str((await mock.call("GET", f"{TASKS}/{task}")).data["status"])


async def until(mock: Served, task: str, *wanted: str) -> str:
    """Wait until the task has one of these statuses; return it."""
    now = ""

    async def reached() -> bool:
        nonlocal now
        now = await status(mock, task)
        return now in wanted

    await eventually(reached)
    return now


async def noted(mock: Served, task: str, what: str, event: str | None = None) -> None:
    """Wait until the task's timeline contains `what`, with this event if one is given."""

    async def tells() -> bool:
        known = await mock.call("GET", f"/__mock/v1/tasks/{task}/timeline", headers=mock.control)
        entries = known.json["timeline"]
        return any(each["what"] == what and event in {None, each.get("event")} for each in entries)

    await eventually(tells)


def listen(mock: Served, task: str) -> "asyncio.Task[Seen]":
    return asyncio.ensure_future(ask(mock, "GET", f"{TASKS}/{task}/stream"))


async def call_of(mock: Served, task: str) -> str:
    return str((await mock.call("GET", f"{TASKS}/{task}")).data["pendingApprovals"][0]["callId"])


async def token(mock: Served, user: str = "u1", **fields: Any) -> str:
    body = {"appId": "app_shop", "appSecret": "shop-secret", "endUserId": user, **fields}
    return str((await mock.call("POST", "/api/v1/auth/token", json=body)).data["token"])
