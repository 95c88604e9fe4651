"""A target that refuses gets requests less and less often, and not before its `Retry-After`."""

from datetime import UTC, datetime
from random import Random

import pytest

from sigmic_load.streams.backoff import LONGEST, Backoff, seconds_asked


def test_each_failure_waits_longer_and_no_two_users_wait_alike():
    one, other = Backoff(Random(1)), Backoff(Random(2))
    waits = [one.failed() for _ in range(40)]

    assert all(most / 2 <= wait <= most for wait, most in zip(waits, (0.5, 1, 2, 4, 8), strict=False))
    assert all(LONGEST / 2 <= wait <= LONGEST for wait in waits[5:])
    assert [other.failed() for _ in range(40)] != waits


def test_what_the_target_asks_for_is_obeyed_within_reason():
    assert 20.0 < Backoff(Random(1)).failed(asked=20.0) <= 20.5
    assert Backoff(Random(1)).failed(asked=86400.0) <= 120.5


def test_a_success_forgets_the_failures():
    backoff = Backoff(Random(1))
    calm = [backoff.is_calm]
    for _ in range(2):
        backoff.failed()
        calm.append(backoff.is_calm)
    backoff.succeeded()

    assert [*calm, backoff.is_calm] == [True, False, False, True]
    assert backoff.failed() <= 0.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2.0),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_a_retry_after_is_read(header, seconds):
    assert seconds_asked(header, datetime(2026, 10, 21, 7, 28, tzinfo=UTC)) == seconds
