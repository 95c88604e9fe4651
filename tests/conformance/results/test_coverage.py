from sigmic_conformance.model.record.verdict import Citation, Unproven, Verdict, inconclusive, passed
from sigmic_conformance.results.coverage import Count, run_counts, suite_counts
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.document import Document
from sigmic_spec.ledger import Ledger
from tests.conformance.kit import event, exchange, record, stream


def counts(*exchanges: Exchange, verdicts: dict[str, Verdict] | None = None) -> dict[str, Count]:
    found = run_counts(Document.load(), record(*exchanges), verdicts or {}, ["GET-001", "GET-002"])
    return {count.what: count for count in found}


def test_a_row_without_a_judge_is_named():
    ledger = Ledger.load()
    testable = [row.id for row in ledger.requirements if not row.untestable]

    facts, count = suite_counts(ledger, testable[1:])

    assert (count.have, count.of, count.missing) == (len(testable) - 1, len(testable), (testable[0],))
    assert facts.of == len(ledger.facts) == facts.have + len(facts.missing)
    assert all(ledger.facts[name].unmapped for name in facts.missing)


def test_coverage_counts_only_observed_operations_responses_and_events():
    refused = exchange(status=404, body={"success": False, "error": {"code": "CONFLICT", "message": "m"}})
    heard = stream([(0.0, event("history_done", messageCount=0, isStreaming=False))], number=2)

    found = counts(refused, heard)

    assert found["operations seen"].have == 2
    assert "create_task" in found["operations seen"].missing
    assert found["documented responses seen"].have == 2
    assert found["error codes seen"].have == 1
    assert found["event types seen"].have == 1
    assert "content" in found["event types seen"].missing


def test_a_request_that_was_never_answered_met_nothing():
    assert counts(exchange(status=None))["operations seen"].have == 0


def test_an_undecided_requirement_is_missing():
    seen = Citation(probe="p", exchange=1, label="x", note="seen")
    verdicts = {"GET-001": passed("it", seen), "GET-002": inconclusive(Unproven.BUDGET, "no time")}

    assert counts(verdicts=verdicts)["requirements decided"].missing == ("GET-002",)
