"""The requirements of HTTP for every answer."""

import zlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress

from sigmic_conformance.model.observation.seen import Findings, Seen, says
from sigmic_conformance.model.operations import GET
from sigmic_conformance.model.record.controls import ANY_CODE, control_failed, refusals, refused
from sigmic_conformance.model.record.evidence import cite, summary
from sigmic_conformance.model.record.never_answered import NEVER_ANSWERED, never_answered
from sigmic_conformance.model.record.observations import Observations
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.record.verdict import (
    Outcome,
    Unproven,
    Verdict,
    inconclusive,
    info,
    passed,
    warned,
)
from sigmic_conformance.model.task import Task
from sigmic_conformance.registry import check, check_observed, check_record
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Closed, Exchange, Framing
from sigmic_spec.plural import plural

METHODS = {"/api/v1/tasks": {"GET", "POST"}}
TOO_MANY = 429
ORIGIN = "access-control-allow-origin"
SLOW_NS = 2 * NANO


@check_observed("HTTP-001", "no-allow", "Allow on every 405, with the methods that the path has")
def allow_header(record: Record, observations: Observations) -> Verdict:
    asked = None
    for exchange in record.exchanges():
        if exchange.refused and exchange.label == "wrong method":
            asked = exchange
        if exchange.status == 405:
            found = exchange.header("allow") or ""
            allowed = {word.strip().upper() for word in found.split(",")} - {""}
            has = METHODS.get(exchange.sent.target.partition("?")[0], set())
            right = has <= allowed and exchange.sent.method not in allowed
            observations.add(bool(allowed), exchange, f"Allow {found!r}")
            observations.add(right or not allowed, exchange, f"Allow {found!r}", reason="wrong-allow")
    verdict = observations.verdict()
    if verdict.reason == Unproven.ZERO_OBSERVATIONS and asked is not None:
        return passed("a method that a path does not have is refused without a 405 (G-05)", cite(asked))
    return verdict


@check_observed("HTTP-002", "body-after-head", "no body")
def head_has_no_body(record: Record, observations: Observations) -> None:
    for exchange in record.exchanges():
        if exchange.sent.method == "HEAD" and exchange.status is not None:
            after = exchange.arrived + exchange.surplus
            whole = exchange.closed is Closed.COMPLETE
            observations.add(
                after == 0 and whole, exchange, f"{summary(exchange)}, {plural(after, 'byte')} after the head"
            )


@check_observed("HTTP-003", "headers-differ", "Content-Type and Content-Length of the GET")
def head_of_a_download(record: Record, observations: Observations) -> None:
    head, whole = record.exchange("made_file", "head"), record.exchange("made_file", "download")
    if head.ok:
        names = ("content-type", "content-length")
        same = [head.header(name) == whole.header(name) for name in names]
        observations.add(all(same), head, f"{[head.header(name) for name in names]}")
    else:
        observations.add(head.status is not None, head, f"HEAD is not honoured: {head.status}")


@check_observed("HTTP-004", "wrong-length", "as long as Content-Length says")
def as_long_as_it_says(record: Record, observations: Observations) -> None:
    found = [
        each for each in record.exchanges() if each.header("content-length") and each.sent.method != "HEAD"
    ]
    # A network truncates some answers. A platform that announces too many bytes truncates every answer of an
    # operation. The harness reads at most a limit (`BOUND`): this is not a missing part.
    whole = {each.operation for each in found if each.closed is Closed.COMPLETE}
    for exchange in found:
        value = exchange.header("content-length") or ""
        # A truncated body is not a whole value, except if only the final line end is missing.
        whole_value = _is_whole(exchange) and value.isdigit() and int(value) > exchange.arrived + 2
        passing = exchange.closed is Closed.TRUNCATED and exchange.operation in whole and not whole_value
        came = exchange.arrived + exchange.surplus
        ours = exchange.closed is Closed.BOUND and value.isdigit() and came <= int(value)
        if exchange.closed is not Closed.RESET and not passing and not ours and not _was_arriving(exchange):
            good = exchange.closed is Closed.COMPLETE and value.isdigit() and int(value) == came
            observations.add(good, exchange, f"{value} said, {came} came, {exchange.closed}")


def _is_whole(exchange: Exchange) -> bool:
    """Whether a body is a whole JSON object, or decodes to its end."""
    if exchange.encoded:
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or deflate
        with suppress(zlib.error):
            decoder.decompress(exchange.body)
        return decoder.eof
    return isinstance(exchange.json(), dict)


def _was_arriving(exchange: Exchange) -> bool:
    """Whether bytes still arrived when the harness ended its wait: a slow network truncates nothing."""
    last = exchange.chunks[-1].at if exchange.chunks else 0
    return exchange.closed is Closed.DEADLINE and exchange.ended - last < SLOW_NS


@check_record("HTTP-005")
def unknown_path(record: Record) -> Verdict:
    return refused(
        record,
        "paths_and_methods",
        ["unknown path"],
        control="twin",
        expected="4xx in the envelope",
        codes=ANY_CODE,
    )


def _broken_before_the_api(record: Record) -> Verdict | None:
    """A warning about the first 5xx to a request that a front end may have answered."""
    for exchange in record.before_the_api():
        if exchange.status is not None and exchange.status >= 500 and exchange.status != 501:
            observed = summary(exchange)
            expected = "no 5xx, from a front end neither"
            return warned("server-error", cite(exchange, observed), expected=expected, observed=observed)
    return None


@check_observed("HTTP-006", "server-error", "an answer to each request, and no 5xx")
def never_a_server_error(record: Record, observations: Observations) -> Verdict:
    for exchange in record.exchanges():
        if exchange.status is not None and exchange.status != 501:
            observations.add(exchange.status < 500, exchange, summary(exchange))
    for *_, exchange in record.derived(never_answered):
        observed = f"{exchange.label}: the connection was closed without an answer, each time"
        observations.broken(exchange, observed, reason=NEVER_ANSWERED)
    verdict = observations.verdict()
    return _broken_before_the_api(record) or verdict if verdict.outcome is Outcome.PASSED else verdict


@check("HTTP-007", GET, reason="state-changed")
def repeated_cancellation(seen: Seen, task: Task) -> Findings:
    """A task that was cancelled twice has the same state as after the first cancellation."""
    if not seen.exchange.ok:
        return
    done = [each for each in task.cancellations if each.ended <= seen.began]
    rest = task.at_rest(seen.began, seen.ended)
    if len(done) < 2 or rest is None:
        return
    if final := rest.final(done[-1].started):
        known = f"it was {final} before the last of {len(done)} cancellations"
        status = seen.fields.get("status")
        yield says(status == final, known, f"the status is {status}")


@check_observed("HTTP-008", "connection-gone", "an answer to each request on one connection")
def several_requests(record: Record, observations: Observations) -> Verdict:
    first = record.exchange("one_connection", "first")
    if first.ok and ((first.header("connection") or "").lower() == "close" or first.version == "1.0"):
        return info("the server says that it closes each connection", cite(first))
    observations.add(first.ok, first, summary(first))
    last = first
    for label in ("second", "third"):
        if last.status in {None, TOO_MANY}:
            break
        if (last.header("connection") or "").lower() == "close":
            return info("the server says that it closes the connection", cite(last))
        last = record.exchange("one_connection", label)
        observations.add(last.status is not None, last, f"{label}: {summary(last)}")
    for each in record.exchanges("one_connection"):
        if not each.label.startswith("then ") or each.label == "then a list without credentials":
            continue
        last = each
        observations.add(last.status is not None, last, f"{last.label}: {summary(last)}")
    if last.status == TOO_MANY:
        return inconclusive(Unproven.TARGET_THROTTLED, summary(last), cite(last))
    return observations.verdict()


@check_observed(
    "HTTP-009",
    "second-request",
    "at most one response, then the connection is closed (RFC 9112, 6.1 and 6.3)",
)
def one_request_is_one_request(record: Record, observations: Observations) -> Verdict:
    control = record.exchange("two_lengths", "one length")
    if control.status is None or record.exchange("two_lengths", "one length: more").status is not None:
        return control_failed(control, f"one length is not read as one request: {summary(control)}")
    for label in (
        "chunks and a length",
        "nothing, then a length",
        "a length, then nothing",
    ):
        more = record.exchange("two_lengths", f"{label}: more")
        told = (
            f"the request in the body was answered with {more.status}" if more.status else "no second answer"
        )
        observations.add(more.status is None, more, f"{label}: {told}")
    return observations.verdict()


@check_observed(
    "HTTP-010", "chunks-for-an-old-client", "ended by the closing of the connection, without chunks"
)
def streams_for_old_clients(record: Record, observations: Observations) -> None:
    exchange = record.exchange("old_client", "old stream")
    holds = exchange.ok and exchange.framing is not Framing.CHUNKED and exchange.closed is Closed.COMPLETE
    observations.add(holds, exchange, f"{summary(exchange)}, framed by {exchange.framing}")
    observations.add(Stream(exchange).marker is not None, exchange, "the history is whole")


@check_observed("HTTP-011", "waits-for-the-body", "100 or a final status before the body")
def answers_before_the_body(record: Record, observations: Observations) -> None:
    exchange = record.exchange("expecting", "before the body")
    observations.add(exchange.status is not None, exchange, summary(exchange))
    if exchange.status == 100:
        final = record.exchange("expecting", "final")
        observations.add(final.status is not None, final, f"then {summary(final)}")


@check_observed("HTTP-012", "not-recognised", "header names in any letter case")
def header_case(record: Record, observations: Observations) -> None:
    _is_accepted_in(record, {Spelling.HEADER_CASE}, observations)
    for exchange in record.exchanges("paths_and_methods"):
        if exchange.label == "header case":
            observations.add(exchange.ok, exchange, summary(exchange))


def _words(exchange: Exchange, name: str) -> set[str]:
    """The comma-separated words of an Access-Control header, in lower case."""
    value = exchange.header(f"access-control-{name}") or ""
    return {word.strip().lower() for word in value.split(",") if word.strip()}


@check_observed("HTTP-013", "star-with-credentials", "never * together with credentials")
def no_star_with_credentials(record: Record, observations: Observations) -> None:
    for exchange in record.exchanges():
        if exchange.status is not None:
            both = exchange.header(ORIGIN) == "*" and _words(exchange, "allow-credentials") == {"true"}
            observations.add(not both, exchange, f"Access-Control-Allow-Origin {exchange.header(ORIGIN)!r}")


@check_observed("HTTP-015", "granted-to-a-stranger", "no foreign origin may exchange credentials")
def foreign_preflight(record: Record, observations: Observations) -> None:
    exchange = record.exchange("origins", "preflight: token, foreign")
    origin = exchange.header(ORIGIN)
    asked = exchange.sent.header("origin") or ""
    observations.add(origin not in {"*", asked}, exchange, f"Access-Control-Allow-Origin {origin!r}")


@check_observed("HTTP-017", "redirected", "served under /api/v1 of the base URL, without a redirect")
def served_in_place(record: Record, observations: Observations) -> None:
    for exchange in record.exchanges():
        if exchange.status is not None and exchange.is_documented:
            # 304 is not a redirect: the client already has the content.
            redirects = 300 <= exchange.status < 400 and exchange.status != 304
            observations.add(not redirects, exchange, summary(exchange))


@check_observed("HTTP-018", "other-operation", "4xx, no other operation")
def encoded_ids_lead_nowhere(record: Record, observations: Observations) -> Verdict:
    asked = record.labelled("encoded_ids", "encoded")
    for control in ("twin: history", "twin"):
        if not record.exchange("encoded_ids", control).ok:
            break
    verdict = refusals(
        asked, control=record.exchange("encoded_ids", control), expected="4xx, no other operation"
    )
    reached = [each for each in asked if each.succeeded]
    if not reached:
        return verdict
    for exchange in reached:
        observations.broken(exchange, summary(exchange))
    return observations.verdict()


def _times(record: Record, label: str) -> Iterator[tuple[Exchange, int]]:
    for exchange in record.labelled("idle_clients", label):
        yield exchange, exchange.ended - exchange.started


@check_observed("HTTP-019", "delayed", "answered within 2 s beside idle and half-spoken clients")
def idle_clients_delay_nobody(record: Record, observations: Observations) -> Verdict:
    alone = list(_times(record, "alone"))
    if any(lasted > SLOW_NS for _, lasted in alone):
        return inconclusive(Unproven.TIMING_NOISE, "the target is as slow without idle clients")
    if record.jitter("idle_clients") > SLOW_NS // 2:
        return inconclusive(Unproven.TIMING_NOISE, "the harness itself was late")
    for exchange, lasted in _times(record, "beside idle clients"):
        observations.add(
            exchange.ok and lasted <= SLOW_NS, exchange, f"{exchange.status} after {lasted / NANO:.3f} s"
        )
    return observations.verdict()


@check_observed("HTTP-020", "no-vary", "Vary: Origin where the origin is repeated")
def varies_by_origin(record: Record, observations: Observations) -> Verdict:
    asked = None
    for exchange in record.exchanges():
        origin = exchange.sent.header("origin")
        if origin is None or exchange.status is None:
            continue
        asked = exchange
        if exchange.header(ORIGIN) == origin:
            value = (exchange.header("vary") or "").lower()
            words = {word.strip() for word in value.split(",")}
            observations.add(bool(words & {"origin", "*"}), exchange, f"Vary {value!r}")
    verdict = observations.verdict()
    if verdict.reason == Unproven.ZERO_OBSERVATIONS and asked is not None:
        return passed("no answer repeats the origin of its request", cite(asked))
    return verdict


@check_observed("HTTP-021", "no-date", "a Date header")
def date_header(record: Record, observations: Observations) -> None:
    for exchange in record.exchanges():
        if exchange.status is not None and exchange.status >= 200:  # not needed in an interim answer
            observations.add(bool(exchange.header("date")), exchange, f"Date {exchange.header('date')!r}")


@check_observed("HTTP-022", "other-form-refused", "accepted as the plain request is")
def every_form_is_accepted(record: Record, observations: Observations) -> None:
    """Chunks are left out: a target may require a `Content-Length` (RFC 9110 section 15.5.12)."""
    _is_accepted_in(record, set(Spelling) - {Spelling.PLAIN, Spelling.CHUNKED}, observations)


def _is_accepted_in(record: Record, forms: AbstractSet[Spelling], observations: Observations) -> None:
    """Each request in one of these forms is accepted if the plain one was, which was sent before."""
    for name in record.probes:
        accepted: set[tuple[str, str]] = set()
        for each in record.transcript(name).exchanges:
            asked = each.operation, each.role
            if each.sent.spelling is Spelling.PLAIN:
                accepted |= {asked} if each.succeeded else set()
                continue
            refused = each.refused and each.status != TOO_MANY and asked in accepted
            if each.sent.spelling in forms and (each.succeeded or refused):
                told = f"{each.operation} with {each.sent.spelling}: {summary(each)}"
                observations.add(each.succeeded, each, told)
