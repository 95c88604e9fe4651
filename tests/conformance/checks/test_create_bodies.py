import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.labels.create_bodies import LongMessage
from tests.conformance.kit import judged, no, ok


@pytest.mark.parametrize(
    ("shown", "reason"),
    [(LongMessage.PROMPT, None), (LongMessage.PROMPT[1:] + "\ufffd", "other-value"), (None, None)],
)
def test_a_long_system_prompt_reads_back_wherever_buffers_ended(shown: str | None, reason: str | None):
    facts = {"creation_fields": {"system prompt": "é"}}
    short = [
        ok("creation_fields", f"{form} systemPrompt: read", {"systemPrompt": "é"})
        for form in ("json", "form")
    ]
    fits = no("long_message", "fits", 413, "PAYLOAD_TOO_LARGE")
    long = ok("long_message", "read back", {"systemPrompt": shown}) if shown else fits

    verdict = judged("CREATE-013", *short, long, facts=facts)
    assert (verdict.outcome is Outcome.PASSED, verdict.reason) == (reason is None, reason)
