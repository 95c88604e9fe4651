import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    no,
    ok,
    page_of_tasks,
    record,
    verdict_on,
)


@pytest.mark.parametrize(
    ("capitals", "maybe", "reason"),
    [(201, 400, None), (400, 400, "refused"), (201, 201, "accepted"), (201, 500, "server-error")],
)
def test_a_form_boolean_is_a_word_in_any_letter_case(capitals, maybe, reason):
    def form(label: str, status: int) -> Exchange:
        if status == 201:
            return ok("creation_refusals", label, {"id": "t"}, operation="create_task")
        return no("creation_refusals", label, status, "VALIDATION_ERROR", operation="create_task")

    seen = record(
        form("form twin", 201),
        form("bad form: boolean", maybe),
        form("form boolean in capitals", capitals),
    )

    assert verdict_on("CREATE-021", seen).reason == reason


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


def with_files(made: Exchange, *, attached: bool = False, path: str = "other.txt") -> Record:
    saved = {"messages": [{"role": "user", "attachedFiles": [{"name": "w"}] if attached else []}]}
    return record(
        ok("json_files", "twin", {"id": "t"}),
        made,
        ok("json_files", "names: history", saved),
        ok("json_files", "names: files", {"files": [{"path": path}]}),
        facts={"json_files": {"word": "word", "shapes": ["names"]}},
    )


TAKEN = ok("json_files", "names: create", {"id": "u"})


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (with_files(TAKEN), None),
        (
            with_files(no("json_files", "names: create", 400, "VALIDATION_ERROR", operation="create_task")),
            None,
        ),
        (with_files(TAKEN, attached=True), "file-attached"),
        (with_files(TAKEN, path="uploads/word.txt"), "file-attached"),
    ],
)
def test_json_attaches_no_file(seen, reason):
    assert verdict_on("CREATE-024", seen).reason == reason


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
