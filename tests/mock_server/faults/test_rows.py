"""A violation's own fields (its claim, the place of the breach) are read and shown; bad rows are refused."""

from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.faults import catalogue

ROW = {"id": "x.y", "row": "GET-001", "learns": "A sentence."}
VIOLATION = {**ROW, "reason": "other-id"}


def test_a_row_is_read_with_its_reason_its_situation_and_its_effect():
    fault = catalogue.read_row({**VIOLATION, "breaks": {"state": "completed"}}, "get.yaml", 7)

    assert (fault.reason, fault.breaks, fault.effect) == ("other-id", {"state": "completed"}, "x.y")
    assert fault.as_json()["reason"] == "other-id"
    legal = catalogue.read_row({**ROW, "effect": "z", "guide": "retry"}, "transient.yaml", 7)
    assert (legal.effect, legal.guide) == ("z", "docs/guides/correct-your-client.md#retry")


@pytest.mark.parametrize(
    ("row", "file", "told"),
    [
        *(
            ({**ROW, "reason": reason}, "get.yaml", "reason must be a claim")
            for reason in ("Other id", "", 7, "other_id", "-x", None)
        ),
        ({**VIOLATION, "breaks": {"weather": "fine"}}, "get.yaml", r"unknown conditions \['weather'\]"),
        (ROW, "transient.yaml", "transient faults and variations have a `guide`, others none"),
        ({**VIOLATION, "guide": "retry"}, "get.yaml", "transient faults and variations have a `guide`"),
        (VIOLATION, "transient.yaml", ".* allowed for violations only"),
        ({**ROW, "breaks": {}}, "variations.yaml", ".* allowed for violations only"),
        (VIOLATION, "stat.yaml", r"a violation of GET-001 belongs in get\.yaml"),
        ({**VIOLATION, "when": {}}, "get.yaml", r"unknown keys \['when'\]"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_file_and_row(row: dict[str, Any], file: str, told: str):
    with pytest.raises(ValueError, match=rf"{file}:7: x\.y: {told}"):
        catalogue.read_row(row, file, 7)


def test_an_id_that_is_there_twice_is_refused_with_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    row = "- id: x.y\n  row: GET-001\n  learns: A sentence.\n  reason: other-id\n"
    (tmp_path / "get.yaml").write_text(f"# Violations.\n{row}{row}")
    monkeypatch.setattr(catalogue, "_ROWS", tmp_path)

    with pytest.raises(ValueError, match=r"get\.yaml:6: x\.y is in get\.yaml:2 already"):
        catalogue.load_catalogue.__wrapped__()
