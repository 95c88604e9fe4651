import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import (
    no,
    ok,
    page_of_tasks,
    record,
    verdict_on,
)


@pytest.mark.parametrize(("listed", "outcome"), [("nobody", Outcome.INFO), ("marked env", Outcome.WARNED)])
def test_variables_in_a_form_are_refused_without_a_trace(listed, outcome):
    seen = record(
        *(
            no("form_variables", f"{name}: create", 400, "VALIDATION_ERROR", operation="create_task")
            for name in ("env", "secrets")
        ),
        page_of_tasks("form_variables", "list", "a", systemPrompt=listed),
        facts={"form_variables": {"mark": "marked"}},
    )

    assert verdict_on("CREATE-023", seen).outcome is outcome


def broken_forms(*listed: tuple[str, str], status: int = 400) -> Record:
    names = ("form without boundary", "form cut short", "form with broken part")
    told = [
        no("creation_refusals", f"raw: {name}", status, "VALIDATION_ERROR", operation="create_task")
        for name in names
    ]
    told.append(ok("creation_refusals", "form twin", {"id": "t"}, operation="create_task"))
    items = [{"id": each, "systemPrompt": prompt} for each, prompt in (("t", "marked"), *listed)]
    told.append(ok("creation_refusals", "list", items, operation="list_tasks"))
    return record(*told, facts={"creation_refusals": {"mark": "marked"}})


def test_a_broken_form_is_refused_and_creates_nothing():
    assert verdict_on("CREATE-032", broken_forms()).outcome is Outcome.PASSED
    assert verdict_on("CREATE-032", broken_forms(("x", "marked, broken form"))).reason == "half-done"
    assert verdict_on("CREATE-032", broken_forms(("x", "marked"))).outcome is Outcome.PASSED
    assert verdict_on("CREATE-032", broken_forms(status=500)).reason == "server-error"
