"""Exchanges of the probe many_events: an answer of 120 pieces, and its readers."""

from sigmic_conformance.wire.transcript import Exchange
from tests.conformance.kit import LIVE, USER, content, done, ok, stream

TEXT = "".join(f"{number} " for number in range(120))
PIECES = [content(f"{number} ", partial=number < 119) for number in range(120)]
WHOLE = (USER, LIVE, *PIECES, done(TEXT))
FACTS = {"many_events": {"attempt": 1}}
FINISHED = ok("many_events", "finished", {"id": "t", "status": "completed", "output": {"content": TEXT}})


def reader(name: str, *parts: bytes, ended: float = 5.0, **more) -> Exchange:
    return stream([(1.0, b"".join(parts))], probe="many_events", label=f"1: {name}", ended=ended, **more)


QUICK = reader("quick", *WHOLE)
PAUSING = reader("pausing", *WHOLE, ended=8.0)
