"""Of a long answer the beginning is recorded, and no piece of a secret at its end."""

from sigmic_conformance.conformance.client.connection import READ_BYTES, Capture, Request
from sigmic_conformance.conformance.probing.recording import recorded
from sigmic_conformance.conformance.transcript.redaction import Redactor
from sigmic_conformance.conformance.transcript.transcript import KEPT_BYTES, Chunk, Closed

SECRET = b"sigmic_0123456789abcdef"


def test_the_beginning_of_a_long_answer_is_recorded_without_half_a_secret():
    redactor = Redactor([SECRET.decode()])
    filling = b"z" * (KEPT_BYTES - len(SECRET) // 2)
    body = filling + SECRET + b"z" * (8 << 20)
    capture = Capture(
        started=0,
        status=200,
        chunks=[Chunk(at, body[at : at + READ_BYTES]) for at in range(0, len(body), READ_BYTES)],
        size=len(body),
        closed=Closed.COMPLETE,
    )

    made = recorded(
        capture,
        Request(method="GET", target="/x"),
        redactor,
        base_url="http://127.0.0.1",
        probe="p",
        number=1,
        label="x",
        operation="get_task",
        role="owner",
    )

    assert len(filling) < len(made.body) < KEPT_BYTES + READ_BYTES
    assert made.body == filling + redactor.placeholder(SECRET.decode()).encode()
    assert (made.size, made.is_cut) == (len(body), True)
