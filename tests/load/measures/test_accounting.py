"""Each requested stream is counted once in the row, and the row adds up."""

from sigmic_load.measures.accounting import End, account
from sigmic_load.measures.errors import Errors
from sigmic_load.measures.recorder import Recorder


def test_the_row_adds_up_and_says_why():
    recorder = Recorder()
    for _ in range(20):
        recorder.of("StreamUser").stream_requested()
    for _ in range(14):
        recorder.of("StreamUser").stream_opened()
    for end, reason in (
        (End.EARLY, "ended early, with done"),
        (End.FAILED, "ended with error OVERLOADED"),
        (End.FAILED, "ended with error OVERLOADED"),
        (End.CUT, "cut without done or error"),
        (End.LEFT, ""),
        (End.DONE, ""),
    ):
        recorder.of("ChatUser").stream_closed(end, reason)
    recorder.of("StreamUser").stream_not_opened("status 503", 0.1, is_answered=True)
    recorder.of("StreamUser").stream_not_opened("no answer: no answer in time", 30.0, is_answered=False)

    row = account(recorder.numbers.counts, recorder.errors, wanted=15, lost=[2, 1])

    assert row.requested == row.answered + row.refused + row.unanswered + row.waiting == 20
    assert row.answered == row.open + row.done + row.early + row.error + row.cut + row.left + row.lost == 14
    assert (row.open, row.error, row.lost, row.waiting) == (5, 2, 3, 4)
    assert dict(row.reasons)["ended with error OVERLOADED"] == 2
    assert sum(count for _, count in row.reasons) == 6
    assert row.line == (
        "streams: 20 requested, 14 answered, 5 open, 1 ended with done, 1 ended early, 2 ended with error, "
        "1 cut, 1 left, 3 lost with a worker, 1 refused, 1 never answered, 4 waiting (15 to be held)"
    )


def test_a_run_without_streams_has_a_row_of_noughts():
    row = account({}, Errors(), wanted=0)

    assert row.line == "streams: 0 requested, 0 answered, 0 open"
    assert not row.as_json()["reasons"]
