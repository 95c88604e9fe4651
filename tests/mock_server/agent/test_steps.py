"""Steps: pieces are the text again, and plans are data."""

import json

from hypothesis import given
from hypothesis import strategies as st

from mock_server.agent.reports import Quote
from mock_server.agent.steps import MOST_PIECES, CallTool, Plan, Wait, as_data, in_pieces


@given(st.text(max_size=20_000))
def test_the_pieces_of_a_text_are_the_text_and_none_is_empty(text):
    pieces = in_pieces(text)

    assert "".join(pieces) == text
    assert all(pieces)
    assert len(pieces) <= 2 * MOST_PIECES + len(text) // 12


def test_a_plan_is_json_that_names_the_kind_of_every_step():
    plan = Plan(
        source="playbook", name="x", steps=(CallTool("glob", {"pattern": "*"}, Quote("Output:")), Wait(1.0))
    )

    data = json.loads(json.dumps(as_data(plan)))

    assert data["steps"][0]["report"] == {"kind": "Quote", "lead": "Output:"}
    assert data["steps"][1] == {"kind": "Wait", "seconds": 1.0}
