from tests.conformance.kit import LIVE, USER, content, done, judged, stream


def test_a_client_is_told_the_first_event_that_it_loses():
    odd = USER + LIVE + content("a") + b'data: {"text": "b"}\nevent: content\n\n' + done("ab")

    found = judged("STREAM-015", stream([(0.0, odd)], probe="easy_task", label="first reader"))

    assert "event 4 of 5" in found.observed
    assert found.evidence[0].offset == len(USER + LIVE + content("a"))
