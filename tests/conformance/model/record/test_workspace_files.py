"""A file in a listing and in a download's header."""

import pytest

from sigmic_conformance.model.record.workspace_files import is_attachment, listed
from sigmic_conformance.model.workspace import Listing
from tests.conformance.kit import files


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


def test_a_listed_path_may_begin_with_the_folder_itself() -> None:
    shown = files("created_file", "files", "./uploads/a.csv")

    assert listed(shown).keys() == Listing.of(shown).files.keys() == {"uploads/a.csv"}
