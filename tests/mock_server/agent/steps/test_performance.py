"""Steps: pieces are the text again."""

from hypothesis import given
from hypothesis import strategies as st

from sigmic_conformance.mock_server.agent.steps.performance import MOST_PIECES, in_pieces


@given(st.text(max_size=20_000))
def test_the_pieces_of_a_text_are_the_text_and_none_is_empty(text):
    pieces = in_pieces(text)

    assert "".join(pieces) == text
    assert all(pieces)
    assert len(pieces) <= 2 * MOST_PIECES + len(text) // 12
