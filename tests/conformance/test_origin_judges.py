"""The judge of allowed origins: they are let in, unless nobody is."""

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from tests.conformance.kit import exchange, judged

LABELS = ("valid", "allowed origin", "allowed origin creates")


def from_origins(*statuses: int, allowed: str | None = "https://shop.example") -> Verdict:
    """The verdict on answers without an origin, and with the allowed one to reading and creating."""
    answers = [
        exchange(probe="token_lifetime", label=label, status=status, number=number)
        for number, (label, status) in enumerate(zip(LABELS, statuses, strict=True), 1)
    ]
    return judged("AUTH-024", *answers, allowed_origin=allowed, has_widget=True)


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        ((200, 200, 201), None),
        ((200, 403, 201), "refused"),
        ((200, 200, 403), "refused"),
        ((401, 401, 401), "control-failed"),
    ],
)
def test_an_allowed_origin_is_let_in(statuses, reason):
    found = from_origins(*statuses)

    assert found.reason == reason
    assert (found.outcome is Outcome.PASSED) == (reason is None)


def test_without_an_allowed_origin_there_is_nothing_to_let_in():
    assert from_origins(200, 403, 403, allowed=None).outcome is Outcome.INAPPLICABLE
