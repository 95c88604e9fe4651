"""Measure how long another caller waits and how much of that the event loop ran, from a separate process.

On a busy machine a ping is late without any fault of the server. So a pause counts at most the processor time
that the server's main thread, which runs the loop, had during the ping.
"""

import http.client
import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

_EACH = 0.004
_PATIENCE = 120.0


def ping(host: str, port: int, pid: int, orders: Connection) -> None:
    """Request /healthz every few milliseconds; answer each order with the longest pause so far."""
    longest = 0.0
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    while True:
        if orders.poll(_EACH):
            try:
                orders.recv()
            except EOFError:
                return
            orders.send(longest)
            longest = 0.0
        began, used = time.perf_counter(), processor_seconds(pid)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection.close()
        longest = max(longest, min(time.perf_counter() - began, processor_seconds(pid) - used))


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process's main thread so far, in seconds."""
    try:
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


class Pings:
    """Use it as a context: the process ends with it."""

    def __init__(self, host: str, port: int, pid: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._orders, theirs = spawn.Pipe()
        self._process = spawn.Process(target=ping, args=(host, port, pid, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def longest(self) -> float:
        """Return the longest pause since the previous call. Waits for the current ping."""
        self._orders.send(None)
        if not self._orders.poll(2 * _PATIENCE):
            raise AssertionError("the process that pings does not answer")
        return float(self._orders.recv())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._orders.close()
        self._process.join(10)
        self._process.kill()
