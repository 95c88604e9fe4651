"""Of a long answer the beginning is recorded, and no piece of a secret at its end."""

from itertools import chain, pairwise

import pytest

from sigmic_conformance.traffic.recording import recorded
from sigmic_conformance.wire.connection import READ_BYTES, Capture, Request
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import KEPT_BYTES, Chunk, Closed

SECRET = b"sigmic_0123456789abcdef"


@pytest.mark.parametrize("piece", [READ_BYTES, 1000, 1])
def test_the_beginning_of_a_long_answer_is_recorded_without_half_a_secret(piece: int):
    redactor = Redactor([SECRET.decode()])
    filling = b"z" * (KEPT_BYTES - len(SECRET) // 2)
    body = filling + SECRET + b"z" * (1 << 20)
    first, last = len(filling) - READ_BYTES, len(filling) + READ_BYTES
    around = (range(0, first, READ_BYTES), range(first, last, piece), range(last, len(body), READ_BYTES))
    places = [*chain(*around), len(body)]
    capture = Capture(
        started=0,
        status=200,
        chunks=[Chunk(at, body[at:end]) for at, end in pairwise(places)],
        size=len(body),
        closed=Closed.COMPLETE,
    )

    made = recorded(
        capture,
        Request(method="GET", target="/x"),
        redactor=redactor,
        base_url="http://127.0.0.1",
        probe="p",
        number=1,
        label="x",
        operation="get_task",
        role="owner",
    )

    assert made.body.startswith(filling + b"[secret:")
    assert not any(SECRET[:size] in made.body for size in range(7, len(SECRET) + 1))
    assert (made.size, made.is_cut) == (len(body), True)
