"""Time through the control plane: heartbeats, expiry, tokens and timestamps of a project follow its clock."""

from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from sigmic_mock.runtime.clock.mode import MANUAL
from tests.fakes.served import Served, serving


@pytest.fixture
async def mock(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, clock=MANUAL) as served:
        yield served


async def advance(mock: Served, by: str):
    told = await mock.did("advance_clock", by=by)
    assert told["settled"] is True
    return told


BEAT = b":heartbeat\n\n"


async def test_heartbeats_come_when_time_is_moved_and_are_counted(mock: Served) -> None:
    stream = await mock.asking()

    told = await advance(mock, "15s")
    await stream.until(BEAT)
    assert told["counts"]["heartbeat"] == 1

    told = await advance(mock, "1h")
    await stream.until(BEAT, 241)
    assert told["counts"]["heartbeat"] == 240
    assert stream.heard.count(b":heartbeat") == 241
    stream.leave()


@pytest.mark.parametrize("mode", ["manual", "real"])
async def test_one_timer_fires_now_and_time_stays(mock: Served, mode: str) -> None:
    stream = await mock.asking()
    await mock.ask("change_clock", mode=mode)
    pending = (await mock.ask("list_timers")).json["timers"]
    (deadline,) = (each for each in pending if each["timer"] == "approval_deadline")
    (heartbeat,) = (each for each in pending if each["timer"] == "heartbeat")

    async def fire(number: object):
        return await mock.ask("fire_timer", number=number)

    beaten = await fire(heartbeat["number"])
    await stream.until(BEAT)
    assert (beaten.json["fired"], beaten.json["counts"]) == ([heartbeat], {"heartbeat": 1})
    assert beaten.json["now"] < heartbeat["due"]
    given_up = await fire(deadline["number"])
    await stream.until(b"event: done")
    assert given_up.json["fired"] == [deadline]
    for gone in (deadline["number"], "0", "x", "9" * 40):
        assert (await fire(gone)).code == "NOT_FOUND"


async def test_a_token_expires_by_the_projects_clock(mock: Served) -> None:
    asked = {"appId": "app_local", "appSecret": "local-only-app-secret", "endUserId": "u", "expiresIn": "1h"}
    token = (await mock.call("POST", "/api/v1/auth/token", headers={}, json=asked)).data["token"]
    caller = mock.by(token)

    await advance(mock, "59m59s")
    assert (await caller.call("GET", "/api/v1/tasks")).status == 200
    await advance(mock, "1s")
    assert (await caller.call("GET", "/api/v1/tasks")).code == "INVALID_TOKEN"


async def test_stamps_and_date_follow_the_clock(mock: Served) -> None:
    reply = await mock.ask("change_clock", mode="manual", now="2030-01-31T12:00:00Z")
    assert (reply.json["mode"], reply.json["now"]) == ("manual", "2030-01-31T12:00:00.000Z")

    task_id = await mock.create()
    shown = await mock.call("GET", f"/api/v1/tasks/{task_id}")

    assert shown.data["createdAt"] == "2030-01-31T12:00:00.000Z"
    assert parsedate_to_datetime(shown.headers["Date"]).isoformat() == "2030-01-31T12:00:00+00:00"
