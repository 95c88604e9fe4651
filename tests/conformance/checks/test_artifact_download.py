from dataclasses import replace

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import download, judged, outcome_of

MADE = "made_file"


def ranged(part: Exchange) -> str:
    return outcome_of(judged("ARTIFACT-027", download(MADE, "download", "abcdef"), part))


def test_a_range_may_be_answered_with_the_whole_file_alone():
    assert ranged(download(MADE, "range", "abcdef")) == "passed"
    assert ranged(download(MADE, "range", "bcd")) == "wrong-range"
    assert ranged(download(MADE, "range", "abcdef", status=400)) == "wrong-range"
    assert ranged(download(MADE, "range", "bcd", status=206, content_range="bytes 1-3/6")) == "passed"
    assert ranged(download(MADE, "range", "bcd", status=206, content_range="bytes 1-3/7")) == "wrong-range"
    assert ranged(download(MADE, "range", "abc", status=206, content_range="bytes 1-3/6")) == "wrong-range"


def test_a_range_beyond_the_end_is_416_where_ranges_are_honoured():
    beyond = download("made_file", "range beyond", "", status=416)

    def seen(first: int, then: Exchange) -> Verdict:
        return judged("ARTIFACT-028", download("made_file", "range", status=first), then)

    assert seen(206, beyond).outcome is Outcome.PASSED
    assert seen(206, replace(beyond, status=200)).reason == "not-refused"
    assert seen(200, replace(beyond, status=200)).outcome is Outcome.INFO
