"""CREATE: what is accepted, what it becomes, and that a refusal leaves nothing."""

from typing import Any

from sigmic_conformance.conformance.judges.uploads import messages, tasks_marked
from sigmic_conformance.conformance.judging.controls import ANY_CODE, refused
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes

FIELDS, REFUSALS, QUICK = "creation_fields", "creation_refusals", "quick_answer"


def accepted(record: Record, probe: str, *labels: str) -> Verdict:
    """These exchanges are answered 2xx."""
    claim = Claim("refused", "accepted")
    for label in labels:
        exchange = record.exchange(probe, label)
        claim.see(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    return claim.verdict()


def reads_back(record: Record, field: str, wanted: dict[str, Any]) -> Verdict:
    """get_task tells these values of a field for the tasks created under these labels."""
    claim = Claim("other-value", f"{field} reads back as given")
    for label, value in wanted.items():
        exchange = record.exchange(FIELDS, f"{label}: read")
        data = exchange.fields
        same = field in data and data[field] == value and type(data[field]) is type(value)
        claim.see(same, exchange, f"{label}: {field} {data.get(field)!r}")
    return claim.verdict()


@judge("CREATE-001", FIELDS)
def from_json(record: Record) -> Verdict:
    return accepted(record, FIELDS, "json defaults")


@judge("CREATE-002", FIELDS)
def from_a_form(record: Record) -> Verdict:
    return accepted(record, FIELDS, "form defaults")


@judge("CREATE-003", FIELDS)
def id_to_read_by(record: Record) -> Verdict:
    claim = Claim("refused", "data.id is a non-empty string by which the task can be read")
    for label in ("json defaults", "form defaults"):
        made = record.exchange(FIELDS, label)
        task = made.data.get("id") if isinstance(made.data, dict) else None
        if not made.ok:
            raise NotRecorded(f"{label} was not accepted: {summary(made)}")
        # Without an id the probe ends here: there is nothing to read.
        if not claim.see(shapes.filled(task), made, f"{label}: id {task!r}", reason="no-id"):
            break
        read = record.exchange(FIELDS, f"{label}: read")
        claim.see(read.ok, read, f"{label}: read: {summary(read)}")
    return claim.verdict()


@judge("CREATE-004", "easy_task", sweep=True)
def pending_at_first(record: Record) -> Verdict:
    claim = Claim("other-status", "data.status is pending")
    for exchange in record.exchanges():
        if exchange.operation == "create_task" and exchange.ok:
            status = exchange.fields.get("status")
            claim.see(status == "pending", exchange, f"status {status!r}")
    return claim.verdict()


@judge("CREATE-005", "easy_task", sweep=True)
def ids_are_new(record: Record) -> Verdict:
    claim = Claim("id-reused", "an id that no earlier creation answered")
    seen: set[str] = set()
    for exchange in record.exchanges():
        if exchange.operation == "create_task" and exchange.ok:
            task = exchange.fields.get("id")
            claim.see(task is not None and shapes.word(task) not in seen, exchange, f"id {task}")
            seen.add(shapes.word(task))
    return claim.verdict()


@judge("CREATE-006", "easy_task")
def starts_by_itself(record: Record) -> Verdict:
    claim = Claim("not-started", "leaves pending without a further request")
    exchange = record.exchange("easy_task", "started")
    status = exchange.fields.get("status")
    claim.see(status not in (None, "pending"), exchange, f"status {status}")
    return claim.verdict()


@judge("CREATE-007", QUICK)
def answers_at_once(record: Record) -> Verdict:
    claim = Claim("answered-late", "answered before a six-second command can have ended")
    exchange, then = record.exchange(QUICK, "create_task"), record.exchange(QUICK, "at once")
    seconds = (exchange.ended - exchange.started) / NANO
    status = then.fields.get("status")
    claim.see(exchange.ok and seconds < 6, exchange, f"{seconds:.2f} s, then {status}")
    return claim.verdict()


@judge("GET-031", QUICK)
def readable_at_once(record: Record) -> Verdict:
    return accepted(record, QUICK, "at once")


@judge("LIST-014", QUICK)
def listed_at_once(record: Record) -> Verdict:
    claim = Claim("not-listed", "in the list of the key that created it")
    page = record.exchange(QUICK, "listed")
    ids = [entry.get("id") for entry in page.entries]
    claim.see(record.fact(QUICK, "task") in ids, page, f"{len(ids)} tasks")
    return claim.verdict()


def bad(record: Record, *names: str) -> Verdict:
    """These bodies are refused with 4xx, beside an accepted twin."""
    return refused(record, REFUSALS, [f"bad: {name}" for name in names], twin="twin", expected="4xx")


@judge("CREATE-008", REFUSALS)
def needs_a_message(record: Record) -> Verdict:
    return bad(record, "no message")


@judge("CREATE-009", REFUSALS)
def needs_words(record: Record) -> Verdict:
    return bad(record, "empty message", "blank message")


@judge("CREATE-010", REFUSALS)
def message_is_text(record: Record) -> Verdict:
    return bad(record, "message is a number", "message is null", "message is a list")


@judge("CREATE-011", REFUSALS)
def refusals_leave_no_task(record: Record) -> Verdict:
    claim = Claim("half-done", "as many tasks as accepted creations")
    page, mark = record.exchange(REFUSALS, "list"), record.fact(REFUSALS, "mark")
    made = [
        str(exchange.fields.get("id"))
        for exchange in record.exchanges(REFUSALS)
        if exchange.operation == "create_task" and exchange.succeeded
    ]
    found = tasks_marked(page, mark)
    if not found:
        return inconclusive(Unproven.PRECONDITION, "the probe's tasks are not on the first page of the list")
    extra = [task for task in found if task not in made]
    claim.see(not extra, page, f"{len(found)} tasks listed, {len(extra)} of them never answered")
    return claim.verdict()


@judge("CREATE-012", FIELDS)
def no_system_prompt(record: Record) -> Verdict:
    return reads_back(record, "systemPrompt", {"json defaults": None, "form defaults": None})


@judge("CREATE-013", FIELDS)
def system_prompt(record: Record) -> Verdict:
    prompt = record.fact(FIELDS, "system prompt")
    return reads_back(record, "systemPrompt", {"json systemPrompt": prompt, "form systemPrompt": prompt})


@judge("CREATE-014", FIELDS)
def shown_by_default(record: Record) -> Verdict:
    return reads_back(record, "showInHistory", {"json defaults": True, "form defaults": True})


@judge("CREATE-015", FIELDS)
def hidden(record: Record) -> Verdict:
    return reads_back(record, "showInHistory", {"json hidden": False})


@judge("CREATE-016", FIELDS)
def automatic_by_default(record: Record) -> Verdict:
    return reads_back(record, "autoExecute", {"json defaults": True, "form defaults": True})


@judge("CREATE-017", FIELDS)
def manual(record: Record) -> Verdict:
    return reads_back(record, "autoExecute", {"json manual": False})


@judge("CREATE-018", FIELDS)
def no_env(record: Record) -> Verdict:
    return reads_back(record, "env", {"json defaults": None, "form defaults": None})


@judge("CREATE-020", FIELDS)
def form_booleans(record: Record) -> Verdict:
    claim = Claim("other-value", "true and false mean true and false")
    for label, value in {"form booleans": False, "form true booleans": True}.items():
        exchange = record.exchange(FIELDS, f"{label}: read")
        data = exchange.fields
        found = [data.get("showInHistory"), data.get("autoExecute")]
        claim.see(found == [value, value], exchange, f"{label}: {found}")
    return claim.verdict()


@judge("CREATE-019", "tool_task")
def runs_without_asking(record: Record) -> Verdict:
    claim = Claim("asked", "tool calls run without an approval")
    for stream in record.streams("tool_task"):
        calls, results = stream.of("tool_call"), stream.of("tool_result")
        asked = [event for event in calls if event.get("status") == "awaiting_approval"]
        # A call that asked is enough; that a call ran without asking is told by its result.
        if asked or results:
            observed = f"{len(asked)} of {len(calls)} calls asked, {len(results)} results"
            claim.see(not asked, stream.exchange, observed, offset=asked[0].offset if asked else None)
    return claim.verdict()


@judge("CREATE-021", REFUSALS)
def odd_form_booleans(record: Record) -> Verdict:
    expected = "400 VALIDATION_ERROR for any word but true and false, which may be in capitals"
    verdict = refused(
        record,
        REFUSALS,
        ["bad form: boolean"],
        twin="form twin",
        expected=expected,
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )
    claim = Claim("refused", expected)
    for exchange in record.transcript(REFUSALS).labelled("form boolean in capitals"):
        if verdict.outcome is Outcome.PASSED and not claim.see(exchange.ok, exchange, summary(exchange)):
            return claim.verdict()
    return verdict


@judge("CREATE-022", REFUSALS)
def unknown_fields(record: Record) -> Verdict:
    return refused(record, REFUSALS, ["bad: unknown field"], twin="twin", expected="400", status=400)


@judge("CREATE-026", "awkward_text")
def texts_survive(record: Record) -> Verdict:
    claim = Claim("text-changed", "code point for code point")
    message = record.fact("awkward_text", "message")
    exchange = record.exchange("awkward_text", "read back")
    claim.see(exchange.fields.get("message") == message, exchange, "message of get_task")
    saved = record.exchange("awkward_text", "history")
    first = messages(saved)[0].get("content") if messages(saved) else None
    claim.see(first == message, saved, "first message of the history")
    return claim.verdict()


@judge("CREATE-027", FIELDS)
def urlencoded(record: Record) -> Verdict:
    return accepted(record, FIELDS, "urlencoded")


@judge("CREATE-028", REFUSALS)
def broken_json(record: Record) -> Verdict:
    labels = ["raw: malformed JSON", "raw: empty body", "raw: two values", "raw: not UTF-8"]
    labels += ["bad: not an object", "bad: a string"]
    return refused(record, REFUSALS, labels, twin="twin", expected="4xx in the envelope", codes=ANY_CODE)


@judge("CREATE-030", FIELDS, capabilities=["environment"])
def empty_env(record: Record) -> Verdict:
    claim = Claim("other-value", "an empty object or null")
    exchange = record.exchange(FIELDS, "json empty env: read")
    env = exchange.fields.get("env", "absent")
    claim.see(env in ({}, None), exchange, f"env {env!r}")
    return claim.verdict()


@judge("CREATE-032", REFUSALS)
def broken_forms(record: Record) -> Verdict:
    labels = ["raw: form without boundary", "raw: form cut short", "raw: form with broken part"]
    expected = "4xx, and no task is made"
    verdict = refused(record, REFUSALS, labels, twin="form twin", expected=expected)
    page = record.exchange(REFUSALS, "list")
    made = tasks_marked(page, f"{record.fact(REFUSALS, 'mark')}, broken form")
    if verdict.outcome is not Outcome.PASSED or not made:
        return verdict
    claim = Claim("half-done", expected)
    claim.see(False, page, f"{len(made)} tasks of forms that were refused")
    return claim.verdict()


@judge("CREATE-033", REFUSALS)
def booleans_are_booleans(record: Record) -> Verdict:
    return bad(record, "autoExecute maybe")


@judge("ERROR-019", REFUSALS)
def other_content_type(record: Record) -> Verdict:
    return refused(
        record,
        REFUSALS,
        ["raw: plain text"],
        twin="twin",
        expected="415 UNSUPPORTED_MEDIA_TYPE",
        status=415,
        codes=frozenset({"UNSUPPORTED_MEDIA_TYPE"}),
    )
