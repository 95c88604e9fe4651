import asyncio
import contextlib
import socket
from urllib.parse import urlsplit

import pytest

from tests.fakes.wire_server import hanging, wire_server


@pytest.mark.parametrize("turns", range(6))
async def test_a_client_that_connects_at_the_end_is_let_go(turns: int):
    """The server ends `turns` of the loop after the connection: not yet accepted, being, just accepted."""
    async with wire_server(hanging) as url:
        client = socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5)
        for _ in range(turns):
            await asyncio.sleep(0)
    with client, contextlib.suppress(ConnectionError):
        assert await asyncio.to_thread(client.recv, 1) == b""
