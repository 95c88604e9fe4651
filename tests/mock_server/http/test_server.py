"""The port: how many connections may wait there, and how many are accepted per pass."""

import asyncio
import os
import socket
import struct
from pathlib import Path

from sigmic_mock.http.server import _ACCEPTED_EACH_PASS, _QUEUED, _let_queue

LONGEST_QUEUE = int(Path("/proc/sys/net/core/somaxconn").read_text())


def most_waiting(listening: socket.socket) -> int:
    """Return how many connections may wait on a listening socket, from the kernel's `tcpi_sacked`."""
    told = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
    (most,) = struct.unpack_from("I", told, 28)
    return most


async def test_more_may_wait_than_are_accepted_in_one_pass():
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, backlog=_ACCEPTED_EACH_PASS)
    async with server:
        _let_queue(server)
        with socket.socket(fileno=os.dup(server.sockets[0].fileno())) as listening:
            most = most_waiting(listening)

    assert most == min(_QUEUED, LONGEST_QUEUE)
