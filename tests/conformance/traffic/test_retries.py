import pytest

from sigmic_conformance.traffic.retries import AGAIN_SECONDS, doubled, retry_pause
from sigmic_conformance.wire.connection import Capture
from sigmic_conformance.wire.transcript import Closed

JSON, PAGE = (("Content-Type", "application/json"),), (("Content-Type", "text/html"),)
STREAM = (("Content-Type", "text/event-stream"),)


def capture(status: int | None, headers=JSON, closed=Closed.COMPLETE, *, sent_any: bool = True) -> Capture:
    return Capture(started=0, status=status, headers=headers, closed=closed, sent_any=sent_any)


@pytest.mark.parametrize(
    "seen",
    [
        capture(502, PAGE),
        capture(500),
        capture(200, PAGE),
        capture(200, closed=Closed.TRUNCATED),
        capture(200, closed=Closed.RESET),
        capture(None, (), Closed.RESET),
    ],
)
def test_a_get_request_is_retried_after_a_network_error_except_the_last_time(seen: Capture):
    assert retry_pause(seen, "GET", last=False) == AGAIN_SECONDS
    assert retry_pause(seen, "GET", last=True) is None
    assert retry_pause(seen, "POST", last=False) is None


@pytest.mark.parametrize("seen", [capture(200), capture(404), capture(200, STREAM, Closed.TRUNCATED)])
def test_an_answer_of_the_platform_counts_at_once(seen: Capture):
    assert retry_pause(seen, "GET", last=False) is None


def test_a_page_that_is_a_download_is_the_platform_s_own():
    seen = capture(200, (*PAGE, ("Content-Disposition", "attachment")))

    assert retry_pause(seen, "GET", last=False) is None


def test_a_limit_of_the_rate_never_counts():
    assert retry_pause(capture(429), "POST", last=True) == 1.0


def test_a_doubled_pause_grows_up_to_twenty_seconds():
    assert [doubled(1.0, attempt) for attempt in range(1, 7)] == [1, 2, 4, 8, 16, 20]
