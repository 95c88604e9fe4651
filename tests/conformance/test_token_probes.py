"""What the probes of tokens make of foreign answers."""

from conformance.driver import Driver
from conformance.probes.tokens import exchange
from conformance.redaction import Redactor
from conformance.target import Credentials, Profile
from conformance.wire import Wire
from tests.fakes.wire_server import answering, wire_server

DEEP = b"[" * 100_000


async def test_an_answer_that_is_nested_too_deeply_holds_no_token():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(DEEP), DEEP)
    async with wire_server(answering(answer)) as url:
        driver = Driver(
            probe="p",
            wire=Wire(url),
            profile=Profile(base_url=url),
            credentials=Credentials(api_key="k"),
            redactor=Redactor(),
        )
        made, token = await exchange(driver, {}, label="token")

    assert (made.status, token) == (200, None)
