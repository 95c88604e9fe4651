"""HTTP: what HTTP itself asks of every answer of the run."""

from sigmic_conformance.conformance.judging.controls import ANY_CODE, refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict, warned
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.transcript import Closed

EASY = "easy_task"
METHODS = {"/api/v1/tasks": {"GET", "POST"}}
"""What a path surely has."""


@judge("HTTP-001", "paths_and_methods", sweep=True)
def allow_header(record: Record) -> Verdict:
    claim = Claim("no-allow", "Allow on every 405, with the methods that the path has")
    for exchange in record.exchanges():
        if exchange.status == 405:
            told = exchange.header("allow") or ""
            allowed = {word.strip().upper() for word in told.split(",")} - {""}
            has = METHODS.get(exchange.sent.target.partition("?")[0], set())
            right = has <= allowed and exchange.sent.method not in allowed
            claim.see(bool(allowed), exchange, f"Allow {told!r}")
            claim.see(right or not allowed, exchange, f"Allow {told!r}", reason="wrong-allow")
    return claim.verdict()


@judge("HTTP-002", "paths_and_methods", sweep=True)
def head_has_no_body(record: Record) -> Verdict:
    claim = Claim("body-after-head", "no body")
    for exchange in record.exchanges():
        if exchange.sent.method == "HEAD" and exchange.status is not None:
            after = exchange.size + exchange.surplus
            whole = exchange.closed is Closed.COMPLETE
            claim.see(after == 0 and whole, exchange, f"{summary(exchange)}, {after} bytes after the head")
    return claim.verdict()


@judge("HTTP-004", EASY, sweep=True)
def as_long_as_it_says(record: Record) -> Verdict:
    claim = Claim("wrong-length", "as long as Content-Length says")
    told = [
        each for each in record.exchanges() if each.header("content-length") and each.sent.method != "HEAD"
    ]
    # A network cuts one answer or another; a platform that promises too much cuts all of an operation.
    # Nothing is missing where the harness takes no more (`BOUND`).
    whole = {each.operation for each in told if each.closed is Closed.COMPLETE}
    for exchange in told:
        value = exchange.header("content-length") or ""
        passing = exchange.closed is Closed.TRUNCATED and exchange.operation in whole
        came = exchange.size + exchange.surplus
        ours = exchange.closed is Closed.BOUND and value.isdigit() and came <= int(value)
        if exchange.closed is not Closed.RESET and not passing and not ours:
            good = exchange.closed is Closed.COMPLETE and value.isdigit() and int(value) == came
            claim.see(good, exchange, f"{value} said, {came} came, {exchange.closed}")
    return claim.verdict()


@judge("HTTP-005", "paths_and_methods")
def unknown_path(record: Record) -> Verdict:
    return refused(
        record,
        "paths_and_methods",
        ["unknown path"],
        twin="twin",
        expected="4xx in the envelope",
        codes=ANY_CODE,
    )


@judge("HTTP-006", EASY, "creation_refusals", sweep=True)
def never_a_server_error(record: Record) -> Verdict:
    claim = Claim("server-error", "no 5xx")
    for exchange in record.exchanges():
        if exchange.status is not None and exchange.status != 501:
            claim.see(exchange.status < 500, exchange, summary(exchange))
    verdict = claim.verdict()
    return _broken_before_the_api(record) or verdict if verdict.outcome is Outcome.PASSED else verdict


def _broken_before_the_api(record: Record) -> Verdict | None:
    """A warning of the first 5xx to a request that a front end may have answered."""
    for exchange in record.before_the_api():
        if exchange.status is not None and exchange.status >= 500 and exchange.status != 501:
            told = summary(exchange)
            expected = "no 5xx, from a front end neither"
            return warned("server-error", cite(exchange, told), expected=expected, observed=told)
    return None


@judge("HTTP-012", "paths_and_methods")
def header_case(record: Record) -> Verdict:
    claim = Claim("not-recognised", "header names in any letter case")
    exchange = record.exchange("paths_and_methods", "header case")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("HTTP-021", EASY, sweep=True)
def date_header(record: Record) -> Verdict:
    claim = Claim("no-date", "a Date header")
    for exchange in record.exchanges():
        if exchange.status is not None and exchange.status >= 200:  # an interim answer needs none
            claim.see(bool(exchange.header("date")), exchange, f"Date {exchange.header('date')!r}")
    return claim.verdict()
