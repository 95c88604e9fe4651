import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Exchange
from tests.conformance.checks.recordings import told
from tests.conformance.kit import (
    decided,
    done,
    event,
    exchange,
    judged,
    no,
    ok,
    outcome_of,
    page_of_tasks,
    record,
    stream,
    success,
    verdict_on,
)


def creation(*answers: object, ending: Ending = Ending.COMPLETE) -> Verdict:
    labels = ("json defaults", "json defaults: read", "form defaults", "form defaults: read")
    made = [
        exchange(probe="creation_fields", number=number, label=label, body=success(data))
        for number, (label, data) in enumerate(zip(labels, answers, strict=False), 1)
    ]
    return verdict_on("CREATE-003", record(*made, ending=ending))


@pytest.mark.parametrize("data", [{"status": "pending"}, {"id": ""}, {"id": 7}, {"id": None}, [], "id", None])
def test_a_creation_without_an_id_fails_although_the_probe_ends_there(data):
    assert decided(creation(data, ending=Ending.INTERRUPTED)) == (Outcome.FAILED, "no-id")
    assert decided(creation({"id": "a"}, {}, data, ending=Ending.INTERRUPTED)) == (Outcome.FAILED, "no-id")


def test_a_creation_with_an_id_to_read_by_is_right():
    assert creation({"id": "a"}, {}, {"id": "b"}, {}).outcome is Outcome.PASSED


def test_a_task_that_never_starts_fails_by_its_last_reading():
    pending = exchange(probe="easy_task", label="started", body=success({"status": "pending"}))
    running = exchange(probe="easy_task", label="started", body=success({"status": "running"}))

    assert judged("CREATE-006", running).outcome is Outcome.PASSED
    assert judged("CREATE-006", pending).reason == "not-started"


def test_a_creation_is_answered_before_a_command_of_six_seconds_can_have_ended():
    def answered(seconds: float) -> str:
        made = ok("quick_answer", "create_task", operation="create_task", ended=seconds)
        return outcome_of(
            judged("CREATE-007", made, ok("quick_answer", "immediately", {"status": "running"}))
        )

    assert answered(5.999) == "passed"
    assert answered(6.0) == "answered-late"


def attempt(row: str, data: bytes, *, closed: Closed = Closed.COMPLETE, status: str = "completed") -> Verdict:
    """The stream of an attempt at tool_task that came to nothing."""
    made = stream(
        [(1.0, data)], probe="tool_task", number=1, label="attempt 1: whole", ended=3.0, closed=closed
    )
    after = exchange(
        probe="tool_task",
        number=2,
        label="attempt 1: after the reader vanished",
        body=success({"status": status}),
    )
    return verdict_on(row, record(made, after, ending=Ending.MISSED))


TIME = "2026-01-26T15:50:54.870Z"
USER_MESSAGE = {"id": "m1", "role": "user", "content": "Hi", "createdAt": TIME}
BUSY = told(USER_MESSAGE, streaming=True)[: -len(event("done", finalResponse="Hello"))]
CALL = event("tool_call", callId="c1", toolName="t", status="executing", args={})
ASKS = CALL.replace(b"executing", b"awaiting_approval")
RESULT = event("tool_result", callId="c1", status="success", output="o")


def test_a_call_that_asks_unbidden_is_noticed_although_nothing_came_of_it():
    left = attempt("CREATE-019", BUSY + ASKS, closed=Closed.HUNG_UP, status="awaiting_approval")

    assert decided(left) == (Outcome.FAILED, "asked")
    assert attempt("CREATE-019", BUSY + CALL + RESULT + done("Hello")).outcome is Outcome.PASSED
    assert attempt("CREATE-019", BUSY + done("Hello")).outcome is Outcome.INCONCLUSIVE


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
