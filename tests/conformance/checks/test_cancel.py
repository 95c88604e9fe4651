from typing import Any

from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import answered, judged


def test_a_pending_task_is_cancelled():
    probe: dict[str, Any] = {"probe": "cancel_finished"}
    made = answered({"id": "t", "status": "pending"}, label="create early", **probe)
    asked = answered({}, label="cancel early", **probe)
    for told, outcome in (("cancelled", Outcome.PASSED), ("completed", Outcome.FAILED)):
        after = answered({"id": "t", "status": told}, label="early after", **probe)
        assert judged("CANCEL-002", made, asked, after).outcome is outcome
