"""The token probes with unexpected answers."""

from sigmic_conformance.conformance.client.client import Client
from sigmic_conformance.conformance.probes.token import exchange
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.target.profile import Credentials, Profile
from sigmic_conformance.conformance.transcript.redaction import Redactor
from tests.conformance.kit import P
from tests.fakes.wire_server import answering, wire_server

DEEP = b"[" * 100_000


async def test_an_answer_that_is_nested_too_deeply_holds_no_token():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(DEEP), DEEP)
    async with wire_server(answering(answer)) as url:
        driver = Driver(
            probe=P,
            client=Client(url),
            profile=Profile(base_url=url),
            credentials=Credentials(api_key="k"),
            redactor=Redactor(),
        )
        made, token = await exchange(driver, {}, label="token")

    assert (made.status, token) == (200, None)
