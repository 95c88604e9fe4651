"""ERROR: codes that many operations share, looked for where they are provoked anyway."""

from sigmic_conformance.conformance.judges.uploads import tasks_marked
from sigmic_conformance.conformance.judging.controls import is_refusal, refusals
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.transcript import Exchange

CREATION, FOLLOW_UP, PAGES = "creation_refusals", "follow_up", "page_nonsense"
METHODS, BEYOND, EARLY, FINISHED = "paths_and_methods", "body_too_large", "follow_up_early", "cancel_finished"


def invalid(record: Record) -> list[Exchange]:
    """Requests that lack what they need, at creation and at a follow-up."""
    found = [
        record.exchange(CREATION, f"bad: {name}")
        for name in ("no message", "empty message", "message is a number", "not an object")
    ]
    return [*found, *(record.exchange(FOLLOW_UP, f"bad: {name}") for name in ("no message", "empty"))]


@judge("ERROR-016", CREATION, FOLLOW_UP)
def validation_is_4xx(record: Record) -> Verdict:
    return refusals(invalid(record), twin=record.exchange(CREATION, "twin"), expected="4xx")


@judge("ERROR-017", CREATION, FOLLOW_UP, PAGES)
def validation_is_400(record: Record) -> Verdict:
    asked = [*invalid(record), *record.transcript(PAGES).labelled("bad: limit")[:2]]
    return refusals(
        asked,
        twin=record.exchange(CREATION, "twin"),
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )


@judge("ERROR-018", METHODS)
def wrong_method(record: Record) -> Verdict:
    return refusals(
        record.transcript(METHODS).labelled("wrong method"),
        twin=record.exchange(METHODS, "twin"),
        expected="405 METHOD_NOT_ALLOWED",
        status=405,
        codes=frozenset({"METHOD_NOT_ALLOWED"}),
    )


@judge("ERROR-020", BEYOND)
def body_beyond_the_limit(record: Record) -> Verdict:
    """A body of a tebibyte is announced and begun; whoever waits for the rest has not refused it."""
    twin = record.exchange(BEYOND, "twin")
    if not twin.ok:
        return inconclusive(Unproven.CONTROL_FAILED, summary(twin), cite(twin))
    claim = Claim("not-refused", "413 PAYLOAD_TOO_LARGE, and no task is made")
    for label in ("create_task", "send_message"):
        exchange = record.exchange(BEYOND, label)
        good = is_refusal(exchange, status=413, codes=frozenset({"PAYLOAD_TOO_LARGE"}))
        claim.see(good, exchange, f"{label}: {summary(exchange)}")
    page = record.exchange(BEYOND, "list")
    made = tasks_marked(page, f"{record.fact(BEYOND, 'mark')} too large")
    claim.see(not made, page, f"{len(made)} tasks of the refused creation", reason="half-done")
    return claim.verdict()


@judge("ERROR-024", EARLY, FINISHED)
def conflicts(record: Record) -> Verdict:
    """Whether a running task takes a follow-up, and a finished one a cancellation, is judged elsewhere."""
    claim = Claim("other-refusal", "409 CONFLICT")
    for exchange in (record.exchange(EARLY, "early follow-up"), record.exchange(FINISHED, "cancel")):
        good = is_refusal(exchange, status=409, codes=frozenset({"CONFLICT"}))
        claim.see(good, exchange, f"{exchange.operation}: {summary(exchange)}")
    return claim.verdict()
