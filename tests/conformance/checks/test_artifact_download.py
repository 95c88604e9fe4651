from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.labels.artifact_files import FilesWhileRunning
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.checks.recordings import running
from tests.conformance.kit import download, exchange, judged, outcome_of


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ('attachment; filename="a.csv"', Outcome.PASSED),
        ("attachment; filename=a.csv", Outcome.PASSED),
        ('attachment; filename="a\\"b"; filename*=UTF-8\'\'a%22b', Outcome.PASSED),
        ('attachment; filename="data".csv"', Outcome.FAILED),
        ('attachment; filename="a', Outcome.FAILED),
    ],
)
def test_a_file_name_stays_within_its_quotes(value: str, outcome: Outcome):
    header = ("Content-Disposition", value)

    assert judged("ARTIFACT-016", download("odd_files", "x", "w", header)).outcome is outcome


def test_a_line_break_in_a_name_makes_no_header():
    injected = download("odd_files", "x", "w", ("X-Injected", "1"))

    assert judged("ARTIFACT-016", injected).reason == "broken-header"


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


@pytest.mark.parametrize(("before", "after"), [(200, 404), (404, 200)])
def test_a_download_that_was_refused_shows_no_change_of_the_file(before, after):
    downloads = [
        download("files_while_running", f"{when}: download", when, status=status, etag='"1"')
        for when, status in (("running", before), ("finished", after))
    ]

    assert judged("ARTIFACT-029", *downloads).reason == "stimulus-not-reached"


def test_a_tag_is_told_before_and_after():
    def download(when: str, text: str, tag: str) -> Exchange:
        headers = (("ETag", tag), ("Content-Type", "text/plain"))
        return exchange(probe=FilesWhileRunning.PROBE, label=f"{when}: download", headers=headers, body=text)

    found = judged("ARTIFACT-029", download("running", "a", '"1"'), download("finished", "b", '"2"'))

    assert (found.outcome, found.observed) == (Outcome.PASSED, '"1", then "2"')


def test_a_tag_follows_the_bytes():
    assert judged("ARTIFACT-029", *running()).outcome is Outcome.PASSED
    assert judged("ARTIFACT-029", *running(tags=('"1"', '"1"'))).reason == "same-tag"
