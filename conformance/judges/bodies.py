"""CREATE: fields in the wrong kind of body, the longest message, and tasks that are hidden."""

from sigmic_conformance.conformance.judges.uploads import listed, messages, tasks_marked
from sigmic_conformance.conformance.judges.variables import printed
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge

FORM, FILES, LONG, FIELDS = "form_variables", "json_files", "long_message", "creation_fields"


@judge("CREATE-023", FORM)
def variables_in_a_form(record: Record) -> Verdict:
    pin = Pin(refused="refused, and no task is made", honoured="as if sent in JSON")
    for name in ("env", "secrets"):
        made = record.exchange(FORM, f"{name}: create")
        if made.refused:
            page = record.exchange(FORM, "list")
            half = tasks_marked(page, f"{record.fact(FORM, 'mark')} {name}")
            told = f"{name}: {summary(made)}{', but a task is there' if half else ''}"
            pin.see(None if half else "refused", made, told)
        elif made.succeeded:
            stream = record.stream(FORM, f"{name}: stream")
            found = printed(stream, "FORM_WORD")
            if found:
                kept = record.fact(FORM, f"{name}: digest") in found
                told = f"{name}: accepted, and {'kept' if kept else 'dropped'}"
                pin.see("honoured" if kept else None, made, told)
        else:
            pin.see(None, made, f"{name}: {summary(made)}")
    return pin.verdict()


@judge("CREATE-024", FILES)
def no_files_in_json(record: Record) -> Verdict:
    claim = Claim("file-attached", "no file of a JSON body is attached")
    word = record.fact(FILES, "word")
    twin = record.exchange(FILES, "twin")
    if not twin.ok:
        return inconclusive(Unproven.CONTROL_FAILED, summary(twin), cite(twin))
    for shape in record.fact(FILES, "shapes"):
        made = record.exchange(FILES, f"{shape}: create")
        if not made.succeeded:
            claim.see(made.refused, made, f"{shape}: {summary(made)}", reason="no-answer")
            continue
        saved, page = record.exchange(FILES, f"{shape}: history"), record.exchange(FILES, f"{shape}: files")
        attached = [message.get("attachedFiles") for message in messages(saved)]
        claim.see(not any(attached), saved, f"{shape}: attached to messages: {attached}")
        claim.see(not any(word in path for path in listed(page)), page, f"{shape}: no file is listed")
    return claim.verdict()


@judge("CREATE-025", LONG)
def longest_message(record: Record) -> Verdict:
    claim = Claim("other-limit", "100,000 characters are accepted, 100,001 refused with 400")
    fits, beyond = record.exchange(LONG, "fits"), record.exchange(LONG, "beyond")
    claim.see(fits.ok, fits, f"100,000: {summary(fits)}")
    claim.see(beyond.status == 400, beyond, f"100,001: {summary(beyond)}")
    return claim.verdict()


@judge("CREATE-029", FIELDS)
def hidden_from_nobody_here(record: Record) -> Verdict:
    claim = Claim("hidden", "listed, read, streamed and told like any other")
    task = record.fact(FIELDS, "hidden task")
    page = record.exchange(FIELDS, "hidden: list")
    entries = page.data if isinstance(page.data, list) else []
    ids = [entry.get("id") for entry in entries if isinstance(entry, dict)]
    claim.see(task in ids, page, f"one of {len(ids)} listed tasks" if task in ids else "not listed")
    for name in ("read", "stream", "history"):
        exchange = record.exchange(FIELDS, "json hidden: read" if name == "read" else f"hidden: {name}")
        claim.see(exchange.succeeded, exchange, f"{name}: {summary(exchange)}")
    return claim.verdict()
