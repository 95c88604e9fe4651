"""Which pages may call, according to the preflight requests of browsers."""

from tests.fakes.served import ORIGIN, Served

TASKS = "/api/v1/tasks"


def asking(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }


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
