"""The token probes with unexpected answers."""

from sigmic_conformance.traffic.probes.token import exchange
from tests.conformance.driver import driver_of
from tests.fakes.wire_server import answering, wire_server

DEEP = b"[" * 100_000


async def test_an_answer_that_is_nested_too_deeply_holds_no_token():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(DEEP), DEEP)
    async with wire_server(answering(answer)) as url:
        driver = driver_of(url)
        made, token = await exchange(driver, {}, label="token")

    assert (made.status, token) == (200, None)
