from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import no, verdict_on, viewed


def test_a_viewer_may_be_told_first_that_there_is_no_such_call():
    odd = no("viewer", "changes: approve_tool_call", 404, "NOT_FOUND", operation="approve_tool_call")

    assert verdict_on("ERROR-012", viewed(change=odd)).outcome is Outcome.PASSED
    assert verdict_on("PROJECT-005", viewed(change=odd)).outcome is Outcome.INFO
