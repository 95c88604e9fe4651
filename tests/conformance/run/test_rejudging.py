"""The verdicts of saved transcripts, those of retries included."""

import pytest

from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.rejudging import rejudged
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.ledger import Ledger
from tests.conformance.kit import P, check_by, exchange

LIVENESS = "HISTORY-015"


def is_retried(record: Record) -> Findings:
    """Holds for an exchange whose number is not 1, which is that of the run."""
    found = next(record.exchanges(P))
    yield says(found.number != 1, "it was retried", f"number {found.number}", exchange=found)


@pytest.mark.parametrize(
    ("ending", "outcome"), [(Ending.COMPLETE, Outcome.WARNED), (Ending.DEADLINE, Outcome.FAILED)]
)
def test_a_saved_retry_that_time_ended_clears_nothing(ending: Ending, outcome: Outcome):
    registry = Registry(checks={LIVENESS: check_by(is_retried, id=LIVENESS)})
    run = Record(Profile(base_url="http://x"), {P: part(1, Ending.COMPLETE)})

    found = rejudged([LIVENESS], run, {LIVENESS: {P: part(2, ending)}}, Ledger.load(), registry, strict=False)

    assert found.verdicts[LIVENESS].outcome is outcome


def part(number: int, ending: Ending) -> Transcript:
    return Transcript(probe=P, ending=ending, detail="14 s are spent", exchanges=(exchange(number=number),))
