import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    content,
    done,
    event,
    judged,
    stream,
)


@pytest.mark.parametrize(
    ("restored", "outcome"),
    [
        (None, Outcome.PASSED),
        ("", Outcome.PASSED),
        ("It is n2.", Outcome.PASSED),
        ("I do not know one.", Outcome.FAILED),
    ],
)
def test_a_follow_up_that_restores_its_session_remembers_as_well(restored: str | None, outcome: Outcome):
    """None where no probe restored a session, nothing where it did not come to the question."""

    def told(text: str, **where: str) -> Exchange:
        marker = event("history_done", messageCount=0, isStreaming=True)
        return stream([(0.1, marker + content(text) + done(text))], **where)

    runs = [told("It is n1.", probe="follow_up", label="run of follow-up")]
    if restored:
        runs.append(told(restored, probe="restore", label="restored: stream"))
    facts = {"follow_up": {"word": "n1"}} | ({} if restored is None else {"restore": {"word": "n2"}})

    assert judged("FOLLOWUP-008", *runs, facts=facts).outcome is outcome
