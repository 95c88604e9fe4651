from dataclasses import replace

from sigmic_conformance.model.record.evidence import brief, summary
from sigmic_conformance.wire.difference import LONGEST
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.kit import exchange


def test_a_long_text_is_cut_to_one_line():
    assert brief("x" * 500) == "x" * LONGEST
    assert brief(None) == "null"


def test_a_line_names_why_there_was_no_answer_and_shortens_a_long_path():
    hung = replace(exchange(status=None, closed=Closed.DEADLINE), error="no response head within 15 s")
    long = exchange(target="/api/v1/tasks/" + "x" * 2_000 + "/stream")

    assert summary(hung).endswith("→ no answer, deadline (no response head within 15 s)")
    assert len(summary(long)) < 230
    assert summary(long).endswith("/stream → 200, complete")
