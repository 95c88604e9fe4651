"""Values that judges read from an answer can be compared and looked up, whatever their type."""

from typing import Any

import pytest

from sigmic_conformance.model.record.answer_data import status_of
from tests.conformance.kit import answered


@pytest.mark.parametrize(
    ("told", "read"), [("running", "running"), (None, None), ({"a": []}, '{"a": []}'), ([1], "[1]"), (1, "1")]
)
def test_a_status_is_a_word_whatever_its_type(told: Any, read: str | None):
    assert status_of(answered({"status": told})) == read
    assert status_of(answered({"status": told})) not in {"completed", "failed"}
