"""Which pages may call, as their browsers ask."""

import pytest

from tests.fakes.served import ORIGIN, Served

TASKS = "/api/v1/tasks"


def asking(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:3000", "http://127.0.0.1:9", "https://[::1]:1"])
async def test_a_page_that_may_call_is_told_so_for_its_own_origin(mock: Served, origin: str):
    reply = await mock.call("OPTIONS", TASKS, headers=asking(origin))

    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "X-API-Key", "Content-Type", "Range", "If-Range", "If-None-Match"} <= set(
        reply.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Origin" in reply.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in reply.headers


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://localhost.evil.example", "*"]
)
async def test_any_other_page_is_told_nothing(mock: Served, origin: str):
    reply = await mock.call("OPTIONS", TASKS, headers=asking(origin))

    assert reply.status == 204
    assert [name for name in reply.headers if name.startswith("Access-Control")] == []


async def test_a_page_can_read_refusals_and_the_request_id(mock: Served):
    reply = await mock.call("GET", TASKS, headers={"Origin": ORIGIN})

    assert reply.status == 401
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "X-Request-Id" in reply.headers["Access-Control-Expose-Headers"]


async def test_options_elsewhere_is_a_404_and_without_a_page_only_says_what_is_allowed(mock: Served):
    nowhere = await mock.call("OPTIONS", "/nowhere", headers=asking(ORIGIN))
    plain = await mock.call("OPTIONS", TASKS, headers={})

    assert (nowhere.status, nowhere.code) == (404, "NOT_FOUND")
    assert (plain.status, plain.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
