"""The forms of a request that a target refuses everywhere. Pure.

Such a refusal shows nothing about the content of the request: only rows about the form evaluate it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

from sigmic_conformance.conformance.model.requests import is_well_formed
from sigmic_conformance.conformance.model.seen import Seen
from sigmic_conformance.conformance.transcript.transcript import Exchange, Sent


class RequestForm(StrEnum):
    """One of several ways to write the same request."""

    URLENCODED = "application/x-www-form-urlencoded"
    MULTIPART = "multipart/form-data"
    API_KEY_HEADER = "X-API-Key"


ROWS: Mapping[RequestForm, tuple[str, ...]] = {
    RequestForm.URLENCODED: (),
    RequestForm.MULTIPART: ("CREATE-002", "CREATE-020", "FOLLOWUP-002", "UPLOAD-", "ZIP-"),
    RequestForm.API_KEY_HEADER: ("AUTH-002", "AUTH-003"),
}
"""The rows about each form: ids, or beginnings of ids."""
_OF_THE_FORM = frozenset({405, 406, 411, 415, 501})
"""Statuses that concern a form (RFC 9110): one such refusal is enough. Any other has to occur twice."""
_OF_SOMETHING_ELSE = frozenset({404, 409, 410, 413, 429})
"""Statuses that concern the task, the size or the load."""
_OF_THE_CALLER = frozenset({401, 403})

Refusals = Mapping[RequestForm, tuple[int, str | None]]


def forms_of(sent: Sent) -> frozenset[RequestForm]:
    """The forms in which a request was sent."""
    headers = {name.lower(): value.partition(";")[0].strip().lower() for name, value in sent.headers}
    found = {form for form in RequestForm if form.value == headers.get("content-type")}
    found |= {form for form in RequestForm if form.value.lower() in headers}
    return frozenset(found)


def refused_forms(observations: Iterable[Seen]) -> Refusals:
    """The forms in which no request of a valid caller was accepted, each with its only kind of refusal.

    The same operations were accepted in another form. A refusal is a pair of status and code.
    """
    accepted: set[str] = set()
    asked: dict[RequestForm, list[Seen]] = defaultdict(list)
    for seen in observations:
        if seen.caller.owner is not None and is_well_formed(seen.operation, seen.exchange):
            forms = forms_of(seen.exchange.sent)
            if not forms and seen.exchange.succeeded:
                accepted.add(seen.operation)
            for form in forms:
                asked[form].append(seen)
    found: dict[RequestForm, tuple[int, str | None]] = {}
    for form, mine in asked.items():
        told = [each.exchange for each in mine if _speaks_of(form, each.exchange)]
        answers = {(each.status or 0, each.code) for each in told}
        enough = len(told) > 1 or any(each.status in _OF_THE_FORM for each in told)
        other_form = any(each.operation in accepted for each in mine)
        if len(answers) == 1 and enough and other_form and not any(each.succeeded for each in told):
            found[form] = answers.pop()
    return found


def _speaks_of(form: RequestForm, exchange: Exchange) -> bool:
    """Whether an answer may concern the form; a success always does."""
    if exchange.succeeded:
        return True
    if exchange.status in _OF_THE_CALLER:
        return form is RequestForm.API_KEY_HEADER
    return exchange.refused and exchange.status not in _OF_SOMETHING_ELSE


def forms_refused(exchange: Exchange, refusals: Refusals) -> frozenset[RequestForm]:
    """The forms that caused the refusal of a request, because the target refuses them everywhere."""
    answer = (exchange.status, exchange.code) if refusals and exchange.refused else None
    if answer not in refusals.values():
        return frozenset()
    return frozenset(form for form in forms_of(exchange.sent) if refusals.get(form) == answer)


def is_about(row: str, forms: Iterable[RequestForm]) -> bool:
    """Whether a requirement is about each of these forms."""
    return all(row.startswith(ROWS[form]) for form in forms)
