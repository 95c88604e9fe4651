"""Application servers that nobody here wrote, each with a small program that leads to the platform.

What such a server makes of an answer is its own to choose: header names in other letters, other chunks, a
`Date` of its own, what it says to what it cannot parse. The programs are in `relays/`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.conformance.targets.front_ends import FrontEnd

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
