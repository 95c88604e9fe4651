"""Send hostile inputs to a mock. No input may cause a 5xx, silence, a traceback, or the end of the server."""

import contextlib
import http
import json
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from lab.campaigns.grammar import MULTIPART, About, Input, nth, part
from lab.campaigns.server import Server

SILENCE_SECONDS = 10.0
_SHRINKS = 200


@dataclass
class Outcome:
    """What a campaign found. `problems` is empty if the mock kept its promises."""

    sent: int = 0
    answers: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """For each parser, how often each status came; `cut` without an answer, as for an incomplete request."""
    slowest: float = 0.0
    problems: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the figures: the part that was accepted tells how deep the inputs went."""
        rows = []
        for parser, answers in sorted(self.answers.items()):
            accepted = sum(count for status, count in answers.items() if status.startswith("2"))
            shown = ", ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
            rows.append(
                f"{parser}: {answers.total()} inputs, {accepted / answers.total():.0%} accepted ({shown})"
            )
        end = [f"inputs: {self.sent}; slowest answer {self.slowest:.2f} s; problems: {len(self.problems)}"]
        return [*rows, *end, *(f"  {problem}" for problem in self.problems[:20])]


class Wire:
    """A connection that is used again while both sides keep it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._socket: socket.socket | None = None

    def send(self, sent: Input) -> str:
        """Return the status of the answer; `cut` if the connection ended without one, `silence`."""
        if not sent.is_whole:
            self.close()
        connection = self._socket or socket.create_connection(self._address, SILENCE_SECONDS)
        self._socket = None
        try:
            connection.sendall(sent.data)
            if not sent.is_whole:
                connection.shutdown(socket.SHUT_WR)
            with contextlib.closing(
                HTTPResponse(connection, method=sent.data[:4].decode("latin1").strip())
            ) as answer:
                answer.begin()
                answer.read()
                if sent.is_whole and not answer.will_close:
                    self._socket = connection
                return str(answer.status)
        except TimeoutError:
            return "silence"
        except (OSError, HTTPException):
            return "cut"
        finally:
            if self._socket is None:
                connection.close()

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def campaign(
    folder: Path, *, seed: int, number: int, seconds: float, first: int = 0, kept: Path | None = None
) -> Outcome:
    """Send inputs from `first` on, up to `number`, for `seconds` at most. Failures are shrunk into `kept`."""
    server, outcome = Server(folder, "--no-faults"), Outcome()
    server.start()
    wire = Wire(server.address)
    try:
        about = _about(server)
        for at in _until(first, number, seconds):
            sent = nth(seed, at, about)
            began = time.monotonic()
            status = wire.send(sent)
            outcome.sent += 1
            outcome.answers[sent.parser][status] += 1
            outcome.slowest = max(outcome.slowest, time.monotonic() - began)
            if not is_failure(sent, status):
                continue
            outcome.problems.append(f"input {at} of seed {seed} ({sent.parser}): {status}")
            if kept is not None:
                kept.mkdir(parents=True, exist_ok=True)
                (kept / f"{seed}-{at}.http").write_bytes(shrunk(wire, sent, status))
            if not server.is_running:
                outcome.problems.append("the server has ended")
                break
    finally:
        wire.close()
        server.stop()
    if server.tracebacks:
        outcome.problems.append(f"{server.tracebacks} tracebacks: {_first_of(server)}")
    return outcome


def is_failure(sent: Input, status: str) -> bool:
    """Return whether an answer breaks a promise: only a request that is incomplete may end without one."""
    return status.startswith("5") or status == "silence" or (status == "cut" and sent.is_whole)


def shrunk(wire: Wire, sent: Input, status: str) -> bytes:
    """Return a shorter input with the same outcome: pieces are left out while it stays."""
    data, size, tries = sent.data, len(sent.data) // 2, 0
    while size and tries < _SHRINKS:
        at = 0
        while at < len(data) and tries < _SHRINKS:
            tries += 1
            shorter = data[:at] + data[at + size :]
            if wire.send(Input(sent.parser, shorter, is_whole=False)) == status:
                data = shorter
            else:
                at += size
        size //= 2
    return data


def _until(first: int, number: int, seconds: float) -> Iterator[int]:
    end = time.monotonic() + seconds
    for at in range(first, first + number):
        if time.monotonic() > end:
            return
        yield at


def _about(server: Server) -> About:
    """Create a task with a file, which the inputs are about."""
    body = part('name="message"', b"hi") + part('name="files"; filename="a.txt"', b"hello") + b"--B--\r\n"
    reply = server.call("POST", "/tasks", body, MULTIPART)
    if reply.status != http.HTTPStatus.CREATED:
        raise SystemExit(f"the mock refused a valid task: {json.loads(reply.body)}")
    return About(reply.data["id"], server.key, server.control_token)


def _first_of(server: Server) -> str:
    text = server.log.read_text(errors="replace")
    return " ".join(text[text.index("Traceback") :][:2000].splitlines()[-6:])
