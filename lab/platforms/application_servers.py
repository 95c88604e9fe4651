"""Application servers of other projects, each with a small program that relays to the platform.

Such a server may change an answer: the case of header names, the chunks, the `Date`, and its response to
requests that it cannot parse. The programs are in `relays/`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from lab.platforms.front_ends import FrontEnd

RELAYS = Path(__file__).parent / "relays"


def _ports(_folder: Path, port: str, upstream: int) -> str:
    return f"{port} {upstream}"


def _server(program: str, relay: str) -> FrontEnd:
    return FrontEnd(program, _ports, lambda path, file: [path, str(RELAYS / relay), str(file)])


APPLICATION_SERVERS: Mapping[str, FrontEnd] = {
    "node": _server("node", "relay.mjs"),
    "uvicorn": _server(sys.executable, "relay.py"),
    "java": _server("java", "Relay.java"),
}
