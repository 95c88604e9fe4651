"""An off-topic answer does not mean that the agent forgot; the first answer on the topic counts."""

import pytest

from sigmic_conformance.model.record.agent_answers import about, answered
from tests.conformance.kit import event, found_by, record, stream

MARKER = event("history_done", messageCount=0, isStreaming=True)
SMALL_TALK = "Hm. I would rather not do that today. Anything else?"


def said(*answers: str):
    """The verdict on the answers to a question: the first, and those to repeated questions."""
    labels = ["run of follow-up", "again 2: stream", "again 3: stream"]
    streams = [
        stream(
            [
                (
                    1.0,
                    MARKER
                    + event("content", text=answer, isPartial=False)
                    + event("done", finalResponse=answer),
                )
            ],
            probe="follow_up",
            number=number,
            label=labels[number],
            ended=1.1,
        )
        for number, answer in enumerate(answers)
    ]
    return found_by(lambda seen: answered(seen, "follow_up", labels, "n123", "the word"), record(*streams))


@pytest.mark.parametrize(
    ("answers", "outcome", "reason"),
    [
        (["It is N123."], "passed", None),
        (["I do not know one."], "failed", "broken"),
        ([SMALL_TALK, "As far as I remember: n123"], "passed", None),
        ([SMALL_TALK, "Nobody told me.", "n123"], "failed", "broken"),
        ([SMALL_TALK] * 3, "inconclusive", "stimulus-not-reached"),
    ],
)
def test_the_first_answer_to_the_point_counts(answers, outcome, reason):
    found = said(*answers)

    assert (found.outcome, found.reason) == (outcome, reason)


def test_an_answer_about_files_is_to_the_point_where_files_were_asked_for():
    assert about("a.txt", files=True)("You sent upload-1.bin.")
    assert about("a.txt", files=True)("There are no files.")
    assert not about("a.txt", files=True)(SMALL_TALK)
    assert not about("a.txt")("You sent upload-1.bin.")
