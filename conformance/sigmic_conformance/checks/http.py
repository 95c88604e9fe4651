"""The requirements of HTTP for every answer."""

import zlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress

from sigmic_conformance.checks import check
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.operations import GET
from sigmic_conformance.model.record.controls import ANY_CODE, control_failed, refusals, refused
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, breaks, fulfils, left_open, notes, says, warns
from sigmic_conformance.model.record.never_answered import NEVER_ANSWERED, never_answered
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.record.verdict import (
    Unproven,
)
from sigmic_conformance.model.requests import media_type
from sigmic_conformance.model.task import Task
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Closed, Exchange, Framing
from sigmic_spec.plural import plural

METHODS = {"/api/v1/tasks": {"GET", "POST"}}
UNAUTHORIZED, TOO_MANY = 401, 429
ORIGIN = "access-control-allow-origin"
SLOW_NS = 2 * NANO


@check("HTTP-001", reason="no-allow")
def allow_header(record: Record) -> Findings:
    known, asked, seen = "Allow on every 405, with the methods that the path has", None, False
    for exchange in record.exchanges():
        if exchange.refused and exchange.label == "wrong method":
            asked = exchange
        if exchange.status == 405:
            seen = True
            found = exchange.header("allow") or ""
            allowed = {word.strip().upper() for word in found.split(",")} - {""}
            has = METHODS.get(exchange.sent.target.partition("?")[0], set())
            right = has <= allowed and exchange.sent.method not in allowed
            reason = "wrong-allow" if allowed else None
            yield says(
                right and bool(allowed), known, f"Allow {spelled(found)}", exchange=exchange, reason=reason
            )
    if asked is not None and not seen:
        shown = "a method that a path does not have is refused without a 405 (G-05)"
        yield fulfils(known, shown, exchange=asked)


@check("HTTP-002", reason="body-after-head")
def head_has_no_body(record: Record) -> Findings:
    for exchange in record.exchanges():
        if exchange.sent.method == "HEAD" and exchange.status is not None:
            after = exchange.arrived + exchange.surplus
            whole = exchange.closed is Closed.COMPLETE
            shown = f"{summary(exchange)}, {plural(after, 'byte')} after the head"
            yield says(after == 0 and whole, "no body", shown, exchange=exchange)


@check("HTTP-003", reason="headers-differ")
def head_of_a_download(record: Record) -> Findings:
    head, whole = record.exchange("created_file", "head"), record.exchange("created_file", "download")
    known = "Content-Type and Content-Length of the GET"
    if head.ok:
        names = ("content-type", "content-length")
        same = [head.header(name) == whole.header(name) for name in names]
        yield says(all(same), known, f"{spelled([head.header(name) for name in names])}", exchange=head)
    else:
        shown = f"HEAD is not honoured: {head.status}"
        yield says(head.status is not None, known, shown, exchange=head)


@check("HTTP-004", reason="wrong-length")
def as_long_as_it_says(record: Record) -> Findings:
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
            yield says(
                good,
                f"a body of {value} bytes, as its Content-Length",
                f"{came} bytes came, {exchange.closed}",
                exchange=exchange,
            )


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


@check("HTTP-005", reason="not-refused")
def unknown_path(record: Record) -> Findings:
    known = "4xx in the envelope"
    labels = ["unknown path"]
    return refused(record, "paths_and_methods", labels, control="twin", expected=known, codes=ANY_CODE)


def _broken_before_the_api(record: Record) -> Findings:
    """A warning about each 5xx to a request that a front end may have answered."""
    for exchange in record.before_the_api():
        if exchange.status is not None and exchange.status >= 500 and exchange.status != 501:
            yield warns("no 5xx, from a front end neither", summary(exchange), exchange=exchange)


@check("HTTP-006", reason="server-error")
def never_a_server_error(record: Record) -> Findings:
    known = "an answer to each request, and no 5xx"
    for exchange in record.exchanges():
        if exchange.status is not None and exchange.status != 501:
            yield says(exchange.status < 500, known, summary(exchange), exchange=exchange)
    for *_, exchange in record.derived(never_answered):
        shown = f"{exchange.label}: the connection was closed without an answer, each time"
        yield breaks(known, shown, exchange=exchange, reason=NEVER_ANSWERED)
    yield from _broken_before_the_api(record)


@check("HTTP-007", GET, reason="state-changed")
def repeated_cancellation(seen: Seen, task: Task) -> Findings:
    """A task that was cancelled twice has the same state as after the first cancellation."""
    if not seen.exchange.ok:
        return
    done = [each for each in task.cancellations if each.ended <= seen.began]
    rest = task.turns.at_rest(seen.began, seen.ended)
    if len(done) < 2 or rest is None:
        return
    if final := rest.final(done[-1].started):
        known = f"it was {final} before the last of {len(done)} cancellations"
        status = seen.fields.get("status")
        yield says(status == final, known, f"the status is {status}")


def _closes(exchange: Exchange) -> bool:
    return (exchange.header("connection") or "").lower() == "close"


@check("HTTP-008", reason="connection-gone")
def several_requests(record: Record) -> Findings:
    known = "an answer to each request on one connection"
    first = record.exchange("one_connection", "first")
    if first.ok and (_closes(first) or first.version == "1.0"):
        yield notes(known, "the server announces that it closes each connection", exchange=first)
        return
    then = (each for each in record.exchanges("one_connection") if each.label.startswith("then "))
    asked = [first]
    for label in ("second", "third"):
        if asked[-1].status in {None, TOO_MANY}:
            break
        if _closes(asked[-1]):
            yield notes(known, "the server announces that it closes the connection", exchange=asked[-1])
            return
        asked.append(record.exchange("one_connection", label))
    asked += (each for each in then if each.label != "then a list without credentials")
    if asked[-1].status == TOO_MANY:
        yield left_open(Unproven.TARGET_THROTTLED, known, summary(asked[-1]), exchange=asked[-1])
        return
    yield says(first.ok, known, summary(first), exchange=first)
    for each in asked[1:]:
        yield says(each.status is not None, known, f"{each.label}: {summary(each)}", exchange=each)


@check("HTTP-009", reason="second-request")
def one_request_is_one_request(record: Record) -> Findings:
    control = record.exchange("two_lengths", "one length")
    if control.status is None or record.exchange("two_lengths", "one length: more").status is not None:
        yield control_failed(control, f"one length is not read as one request: {summary(control)}")
        return
    known = "at most one response, then the connection is closed (RFC 9112, 6.1 and 6.3)"
    for label in ("chunks and a length", "nothing, then a length", "a length, then nothing"):
        more = record.exchange("two_lengths", f"{label}: more")
        told = (
            f"the request in the body was answered with {more.status}" if more.status else "no second answer"
        )
        yield says(more.status is None, known, f"{label}: {told}", exchange=more)


@check("HTTP-010", reason="chunks-for-an-old-client")
def streams_for_old_clients(record: Record) -> Findings:
    exchange = record.exchange("outdated_client", "old stream")
    right = exchange.ok and exchange.framing is not Framing.CHUNKED and exchange.closed is Closed.COMPLETE
    known = "ended by the closing of the connection, without chunks"
    yield says(right, known, f"{summary(exchange)}, framed by {exchange.framing}", exchange=exchange)
    whole = Stream(exchange).marker is not None
    yield says(whole, known, f"the history is {'whole' if whole else 'cut'}", exchange=exchange)


@check("HTTP-011", reason="waits-for-the-body")
def answers_before_the_body(record: Record) -> Findings:
    known = "100 or a final status before the body"
    exchange = record.exchange("expecting", "before the body")
    yield says(exchange.status is not None, known, summary(exchange), exchange=exchange)
    if exchange.status == 100:
        final = record.exchange("expecting", "final")
        yield says(final.status is not None, known, f"then {summary(final)}", exchange=final)


@check("HTTP-012", reason="not-recognised")
def header_case(record: Record) -> Findings:
    """A key in `x-ApI-kEy` shows it only where one in `X-API-Key` is taken: that is AUTH-002."""
    known = "header names in any letter case"
    yield from _is_accepted_in(record, {Spelling.HEADER_CASE}, known)
    if any(_is_refused_key(each) for each in record.exchanges()):
        return
    for exchange in record.exchanges("paths_and_methods"):
        if exchange.label == "header case":
            yield says(exchange.ok, known, summary(exchange), exchange=exchange)


def _is_refused_key(exchange: Exchange) -> bool:
    """Whether the run's own key was refused in `X-API-Key`, spelled as documented."""
    named = any(name == "X-API-Key" for name, _ in exchange.sent.headers)
    return named and exchange.role == "owner" and exchange.status == UNAUTHORIZED


def _words(exchange: Exchange, name: str) -> set[str]:
    """The comma-separated words of an Access-Control header, in lower case."""
    value = exchange.header(f"access-control-{name}") or ""
    return {word.strip().lower() for word in value.split(",") if word.strip()}


@check("HTTP-013", reason="star-with-credentials")
def no_star_with_credentials(record: Record) -> Findings:
    for exchange in record.exchanges():
        if exchange.status is not None:
            both = exchange.header(ORIGIN) == "*" and _words(exchange, "allow-credentials") == {"true"}
            yield says(
                not both,
                "never * together with credentials",
                f"Access-Control-Allow-Origin {spelled(exchange.header(ORIGIN))}",
                exchange=exchange,
            )


@check("HTTP-015", reason="granted-to-a-stranger")
def foreign_preflight(record: Record) -> Findings:
    exchange = record.exchange("origins", "preflight: token, foreign")
    origin = exchange.header(ORIGIN)
    asked = exchange.sent.header("origin") or ""
    yield says(
        origin not in {"*", asked},
        "no foreign origin may exchange credentials",
        f"Access-Control-Allow-Origin {spelled(origin)}",
        exchange=exchange,
    )


@check("HTTP-017", reason="redirected")
def served_in_place(record: Record) -> Findings:
    for exchange in record.exchanges():
        if exchange.status is not None and exchange.is_documented:
            # 304 is not a redirect: the client already has the content.
            redirects = 300 <= exchange.status < 400 and exchange.status != 304
            yield says(
                not redirects,
                "served under /api/v1 of the base URL, without a redirect",
                summary(exchange),
                exchange=exchange,
            )


@check("HTTP-018", reason="not-refused")
def encoded_ids_lead_nowhere(record: Record) -> Findings:
    for label in ("twin: history", "twin"):
        control = record.exchange("encoded_ids", label)
        if not control.ok:
            break
    asked, known = record.labelled("encoded_ids", "encoded"), "4xx, no other operation"
    yield from refusals(asked, control=lambda: control, expected=known, if_accepted="other-operation")


def _times(record: Record, label: str) -> Iterator[tuple[Exchange, int]]:
    for exchange in record.labelled("idle_clients", label):
        yield exchange, exchange.ended - exchange.started


@check("HTTP-019", reason="delayed")
def idle_clients_delay_no_other(record: Record) -> Findings:
    known = "answered within 2 s beside idle and half-spoken clients"
    if any(lasted > SLOW_NS for _, lasted in _times(record, "alone")):
        yield left_open(Unproven.TIMING_NOISE, known, "the target is as slow without idle clients")
        return
    if record.jitter("idle_clients") > SLOW_NS // 2:
        yield left_open(Unproven.TIMING_NOISE, known, "the harness itself was late")
        return
    for exchange, lasted in _times(record, "beside idle clients"):
        shown = f"{exchange.status} after {lasted / NANO:.3f} s"
        yield says(exchange.ok and lasted <= SLOW_NS, known, shown, exchange=exchange)


@check("HTTP-020", reason="no-vary")
def varies_by_origin(record: Record) -> Findings:
    known, asked, repeats = "Vary: Origin where the origin is repeated", None, False
    for exchange in record.exchanges():
        origin = exchange.sent.header("origin")
        if origin is None or exchange.status is None:
            continue
        asked = exchange
        if exchange.header(ORIGIN) == origin:
            repeats = True
            value = (exchange.header("vary") or "").lower()
            words = {word.strip() for word in value.split(",")}
            yield says(bool(words & {"origin", "*"}), known, f"Vary {spelled(value)}", exchange=exchange)
    if asked is not None and not repeats:
        yield fulfils(known, "no answer repeats the origin of its request", exchange=asked)


@check("HTTP-021", reason="no-date")
def date_header(record: Record) -> Findings:
    for exchange in record.exchanges():
        if exchange.status is not None and exchange.status >= 200:  # not needed in an interim answer
            yield says(
                bool(exchange.header("date")),
                "a Date header",
                f"Date {spelled(exchange.header('date'))}",
                exchange=exchange,
            )


@check("HTTP-022", reason="other-form-refused")
def every_form_is_accepted(record: Record) -> Findings:
    """Chunks are left out: a target may require a `Content-Length` (RFC 9110 section 15.5.12)."""
    forms = set(Spelling) - {Spelling.PLAIN, Spelling.CHUNKED}
    return _is_accepted_in(record, forms, "accepted as the plain request is")


def _is_accepted_in(record: Record, forms: AbstractSet[Spelling], known: str) -> Findings:
    """Each request in one of these forms is accepted if the plain one was, which was sent before.

    The plain one has the same media type and form of credential: a target may take JSON and no forms.
    """
    for name in record.probes:
        accepted: set[tuple[object, ...]] = set()
        for each in record.transcript(name).exchanges:
            asked = each.operation, each.role, media_type(each.sent), each.sent.header("x-api-key") is None
            if each.sent.spelling is Spelling.PLAIN:
                accepted |= {asked} if each.succeeded else set()
                continue
            refused = each.refused and each.status != TOO_MANY and asked in accepted
            if each.sent.spelling in forms and (each.succeeded or refused):
                shown = f"{each.operation} with {each.sent.spelling}: {summary(each)}"
                yield says(each.succeeded, known, shown, exchange=each)
