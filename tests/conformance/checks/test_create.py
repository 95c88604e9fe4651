"""Each form of a creation has the same meaning, and its values read back unchanged."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.handwritten import DONE, HI, TASKS, Traffic, cases, stories, user
from tests.conformance.kit import (
    call,
    exchange,
    no,
    ok,
    page_of_tasks,
    record,
    result,
    stream,
    verdict_on,
    verdicts,
)

NO, INVALID = {"status": 400, "code": "NO"}, {"status": 400, "code": "VALIDATION_ERROR"}
FORM, WORDS = "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"


def created(body: dict[str, Any], **more: Any) -> Traffic:
    return sent(json.dumps(body), **more)


def sent(text: str, **more: Any) -> Traffic:
    return Traffic().add("POST", TASKS, {"id": "t", "status": "pending"}, text=text, **more)


def form(*parts: str, **more: Any) -> Traffic:
    return Traffic().add("POST", TASKS, {"id": "t", "status": "pending"}, kind=FORM, parts=parts, **more)


def read(traffic: Traffic, status: int = 200, **fields: Any) -> Traffic:
    return traffic.get(fields=fields, status=status)


def kept(text: str, shown: str) -> Traffic:
    return created({"message": text}).history(user(1, shown))


def attached(files: list[Any]) -> Traffic:
    return created({"message": "Hi", "files": ["a.txt"]}).history(user(1, "Hi", attachedFiles=files))


def listed(*names: str) -> Traffic:
    return created({"message": "Hi", "showInHistory": False}).listing(*({"id": name} for name in names))


def found_by_a_command(value: str) -> Traffic:
    """A command that prints the digest of a variable of a form."""
    traffic = form("message=Hi", 'env={"A": "[secret:0123456789abcdef]"}')
    digest = sha256(value.encode()).hexdigest()
    return traffic.ran('printf %s "$A" | sha256sum', f"{digest}  -")


def named_in_json(name: str) -> Traffic:
    return created({"message": "Hi", "files": [{"path": "a.txt"}]}).files({"path": f"uploads/{name}"})


def pending(after: float, told: str) -> Traffic:
    return created({"message": "Hi"}).after(after).get(told)


ODD = "Größe\n\u2028名"


test_a_creation = stories(
    ("CREATE-003", lambda status: read(created({"message": "Hi"}), status=status), 200, 404, "refused"),
    ("CREATE-009", lambda more: created({"message": ""}, **more), NO, {}, "accepted"),
    ("CREATE-009", lambda more: form("message=", **more), NO, {}, "accepted"),
    (
        "CREATE-023",
        lambda env: read(form("message=Hi", 'env={"A": "a"}'), env=env),
        {"A": "a"},
        None,
        "variables-dropped",
    ),
    ("CREATE-023", found_by_a_command, "a", "", "variables-dropped"),
    (
        "CREATE-024",
        lambda more: created({"message": "Hi", "files": ["a.txt"]}, **more),
        NO,
        {"status": 500},
        "server-error",
    ),
    ("CREATE-024", named_in_json, "b.txt", "a.txt", "file-attached"),
    ("CREATE-024", attached, [], [{"name": "a.txt"}], "file-attached"),
    ("CREATE-026", lambda told: read(created({"message": ODD}), message=told), ODD, "Größe", "text-changed"),
    ("CREATE-026", lambda shown: kept(ODD, shown), ODD, "Größe", "text-changed"),
    ("CREATE-028", lambda more: sent("{", **more), NO, {"status": 500}, "server-error"),
)


@cases("CREATE-026", (ODD, None), ("Größe", "text-changed"))
def test_an_awkward_message_is_read_back_although_another_follows(told: str) -> Traffic:
    return read(created({"message": ODD}), message=told).say("More")


@cases("CREATE-026", ("größe\r\nname 😀", None), ("größe name 😀", None), ("größe\nname ?", "text-changed"))
def test_letters_of_a_message_in_a_form_read_back_whatever_its_line_ends(told: str) -> Traffic:
    return read(form("message=größe\nname 😀"), message=told)


@cases("CREATE-006", (False, "not-started"), (True, "unjudged"))
def test_a_task_starts_once_and_may_be_pending_again_with_a_follow_up(follows):
    traffic = Traffic(task_seconds=10.0).begun()
    if follows:
        traffic.say("More")
    return traffic.after(60.0).get("pending")


@cases("CREATE-001", (4, "refused"), (3, None))
def test_a_creation_that_is_never_answered_is_not_accepted(times: int) -> Traffic:
    traffic = created({"message": "Hi"})
    return traffic.lost(times, lambda: traffic.create("Hi", task="lost"))


@cases("CREATE-001", ("ORIGIN_NOT_ALLOWED", "unjudged"), ("FORBIDDEN", "refused"))
def test_a_token_may_need_an_origin(code):
    return created({"message": "Hi"}, status=403, code=code)


def test_what_is_not_spoken_of():
    refused_stream = created({"message": "Hi"}).add("GET", f"{TASKS}/t/stream", status=404)
    lines = read(form("message=one\ntwo"), message="one two")

    # Tasks of other runs may have the same text.
    other = created({"message": "Hi"}, status=400).listing({"id": "u", "message": "Hi"})

    assert not refused_stream.row("CREATE-003").breaches
    assert not other.spoke("CREATE-011")
    assert not lines.spoke("CREATE-026")
    assert not pending(20, "pending").spoke("CREATE-006")


@verdicts(("nobody", Outcome.INFO), ("marked env", Outcome.WARNED))
def test_variables_in_a_form_are_refused_without_a_trace(listed):
    seen = record(
        *(
            no("form_variables", f"{name}: create", 400, "VALIDATION_ERROR", operation="create_task")
            for name in ("env", "secrets")
        ),
        page_of_tasks("form_variables", "list", "a", systemPrompt=listed),
        facts={"form_variables": {"mark": "marked"}},
    )
    return verdict_on("CREATE-023", seen)


def test_a_form_may_carry_one_kind_of_variables():
    run = call("a", args={"command": 'printf %s "$FORM_WORD" | sha256sum'}) + result("a", "5" * 64)
    seen = record(
        ok("form_variables", "env: create", operation="create_task"),
        stream([(0.1, run)], probe="form_variables", label="env: stream"),
        no("form_variables", "secrets: create", 400, "VALIDATION_ERROR", operation="create_task"),
        page_of_tasks("form_variables", "list", "a"),
        facts={"form_variables": {"mark": "marked", "env: digest": "5" * 64}},
    )

    assert verdict_on("CREATE-023", seen).outcome is Outcome.INFO


def test_a_form_with_variables_that_was_not_answered_shows_nothing():
    unanswered = exchange(
        probe="form_variables",
        label="env: create",
        operation="create_task",
        status=None,
        closed=Closed.DEADLINE,
    )
    refused_ = no("form_variables", "secrets: create", 400, "VALIDATION_ERROR", operation="create_task")
    page = page_of_tasks("form_variables", "list", "a")
    told = record(unanswered, refused_, page, facts={"form_variables": {"mark": "marked"}})

    assert verdict_on("CREATE-023", told).outcome is Outcome.INFO


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


def reads_back_as(name: str, **more: Any) -> Callable[[Any], Traffic]:
    """A function that makes a task, with `sent` as this field if given, and reads it with a value."""
    given = {name: more["sent"]} if more else {}
    return lambda value: created({"message": "Hi"} | given).get(fields={name: value})


def answers_with(status: str) -> Traffic:
    return Traffic().add("POST", TASKS, {"id": "t", "status": status}, text='{"message": "Hi"}')


def asks(status: str) -> Traffic:
    """A call of a task that executes its tools by itself."""
    traffic = created({"message": "Hi", "autoExecute": True})
    return traffic.stream(call("one", status=status), result("one", "x"), DONE, shown=[HI])


NONCE = "Say n0123456789ab."

test_what_a_creation_answers_and_reads_back = stories(
    ("CREATE-004", lambda told: answers_with(status=told), "pending", "running", "other-status"),
    ("CREATE-005", lambda told: created({"message": "Hi"}).create("Hi", task=told), "u", "t", "id-reused"),
    ("CREATE-008", lambda more: created({"systemPrompt": "Be kind."}, **more), NO, {}, "accepted"),
    ("CREATE-010", lambda more: created({"message": 1}, **more), NO, {}, "accepted"),
    (
        "CREATE-011",
        lambda told: created({"message": NONCE}).listing({"id": told, "message": NONCE}),
        "t",
        "u",
        "half-done",
    ),
    ("CREATE-012", reads_back_as("systemPrompt"), None, "Be kind.", "other-value"),
    ("CREATE-013", reads_back_as("systemPrompt", sent="Be kind."), "Be kind.", None, "other-value"),
    ("CREATE-014", reads_back_as("showInHistory"), True, False, "other-value"),
    ("CREATE-015", reads_back_as("showInHistory", sent=False), False, True, "other-value"),
    ("CREATE-016", reads_back_as("autoExecute"), True, False, "other-value"),
    ("CREATE-017", reads_back_as("autoExecute", sent=False), False, True, "other-value"),
    ("CREATE-019", asks, "executing", "awaiting_approval", "asked"),
    (
        "CREATE-020",
        lambda told: read(form("message=Hi", "autoExecute=false"), autoExecute=told),
        False,
        True,
        "other-value",
    ),
    ("CREATE-033", lambda more: created({"message": "Hi", "autoExecute": "no"}, **more), NO, {}, "accepted"),
)
