"""What a download's header says of its file."""

import pytest

from sigmic_conformance.conformance.judging.workspace_files import is_attachment


@pytest.mark.parametrize(
    ("told", "holds"),
    [
        ('attachment; filename="a.csv"', True),
        ("attachment;filename=a.csv", True),
        ("Attachment; FileName = a.csv", True),
        ("attachment; filename*=UTF-8''a.csv", True),
        ("attachment; filename*=utf-8'en'a.csv; size=3", True),
        ('inline; filename="a.csv"', False),
        ('attachment; filename="b.csv"', False),
        ('attachment; filename="A.CSV"', False),
        ('attachment; filename="dir/a.csv"', False),
        ("attachment", False),
    ],
)
def test_an_attachment_has_the_base_name_in_either_form(told: str, holds: bool) -> None:
    assert is_attachment(told, "a.csv") is holds
