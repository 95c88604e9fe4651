"""The JSON envelope and the conventions that all fields share."""

import re
from collections.abc import Iterator
from itertools import groupby
from urllib.parse import unquote

from sigmic_conformance.checks import check
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.operations import FILES, GET, HISTORY, LIST
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, fulfils, says, warns
from sigmic_conformance.model.record.front_ends import LARGE_BODY, too_large
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.workspace import is_plain
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import named, spelled
from sigmic_conformance.wire.transcript import Closed, Exchange
from sigmic_spec.plural import plural

ZONE_SECONDS = 14 * 60
"""Less than the difference of any two time zones, and more than that of the clocks of two servers."""
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*")
LEAK = re.compile(
    r"Traceback \(most recent|\bat [\w.$]+ \([^)]*:\d+:\d+\)|/(?:home|usr|var|opt|srv|app|etc)/[\w./-]+"
)


def json_operations(record: Record) -> Iterator[Exchange]:
    """Complete 2xx answers of operations whose result is JSON."""
    for exchange in record.exchanges():
        raw = exchange.operation in {"stream_task", "download_artifact"} or exchange.sent.method == "HEAD"
        if exchange.ok and exchange.is_documented and not raw:
            yield exchange


@check("ENVELOPE-001", reason="no-envelope")
def success_envelope(record: Record) -> Findings:
    for exchange in json_operations(record):
        body = exchange.json()
        holds = isinstance(body, dict) and body.get("success") is True and "data" in body
        yield says(
            holds,
            "an object with success true and the result under data",
            summary(exchange),
            exchange=exchange,
        )


def _limited_before_the_api(record: Record) -> Findings:
    """A warning about each body within the limits that a front end may have refused as too long."""
    files = record.profile.max_files * record.profile.max_file_bytes
    for exchange in record.before_the_api():
        if too_large(exchange) and exchange.sent.size <= files + LARGE_BODY:
            shown = (
                f"{summary(exchange)}: {plural(exchange.sent.size, 'byte was', 'bytes were')} refused "
                "without the envelope, perhaps by a front end's limit "
                "(nginx: `client_max_body_size 1100m`); files have up to 50 MB"
            )
            yield warns("the envelope, or bodies as long as documented let through", shown, exchange=exchange)


def answered_refusals(record: Record) -> Iterator[Exchange]:
    """Complete 4xx and 5xx answers, except to HEAD and except 416, which belongs to HTTP's ranges."""
    for exchange in record.exchanges():
        whole = exchange.closed is Closed.COMPLETE and exchange.sent.method != "HEAD"
        if whole and exchange.status is not None and exchange.status >= 400 and exchange.status != 416:
            yield exchange


@check("ENVELOPE-002", reason="no-envelope")
def error_envelope(record: Record) -> Findings:
    for exchange in answered_refusals(record):
        if not exchange.is_documented:
            continue  # G-05: HTTP-005 warns of an unknown path
        body = exchange.json()
        holds = isinstance(body, dict) and body.get("success") is False
        holds = holds and exchange.code is not None and exchange.message is not None
        yield says(
            holds,
            "an object with success false and error.message and error.code as strings",
            summary(exchange),
            exchange=exchange,
        )
    yield from _limited_before_the_api(record)


@check("ENVELOPE-003", reason="wrong-shape")
def pagination_beside_data(record: Record) -> Findings:
    for exchange in json_operations(record):
        if exchange.operation == "list_tasks":
            body = exchange.json()
            holds = isinstance(body, dict) and isinstance(body.get("data"), list)
            holds = holds and isinstance(body.get("pagination"), dict)
            yield says(
                holds,
                "data is an array, and pagination an object next to data",
                summary(exchange),
                exchange=exchange,
            )


@check("ENVELOPE-004", reason="wrong-form")
def codes_are_constants(record: Record) -> Findings:
    for exchange in answered_refusals(record):
        if exchange.code is not None:
            yield says(
                CODE.fullmatch(exchange.code) is not None,
                "upper-case words joined by underscores",
                f"error.code {spelled(exchange.code)}",
                exchange=exchange,
            )


@check("ENVELOPE-005", reason="wrong-form")
def ids_are_uuids(record: Record) -> Findings:
    for exchange in json_operations(record):
        if exchange.operation in {"create_task", "list_tasks", "get_task"}:
            entries = exchange.data if isinstance(exchange.data, list) else [exchange.data]
            for entry in entries[:5]:
                for name in ("id", "apiKeyId", "sessionId"):
                    value = entry.get(name) if isinstance(entry, dict) else None
                    if value is not None:
                        holds = isinstance(value, str) and json_values.UUID.fullmatch(value) is not None
                        yield says(holds, "a UUID", f"{name} {spelled(value)}", exchange=exchange)


def members(record: Record) -> Iterator[tuple[Exchange, str, str, object]]:
    """Every member of every JSON answer and event payload: exchange, path, name, value."""
    for exchange in record.exchanges():
        if exchange.is_stream:
            for event in record.read(exchange).events:
                for path, name, value in json_values.walk(event.payload):
                    yield exchange, f"{event.type}: {path}", name, value
        elif exchange.operation != "download_artifact":
            for path, name, value in json_values.walk(exchange.json()):
                yield exchange, path, name, value


@check("ENVELOPE-006", reason="wrong-form")
def conversation_ids(record: Record) -> Findings:
    for exchange, path, name, value in members(record):
        if name == "conversationId" and value is not None:
            holds = isinstance(value, str) and json_values.CONVERSATION.fullmatch(value) is not None
            yield says(
                holds,
                "epoch milliseconds, a hyphen and nine base-36 characters",
                f"{path} {spelled(value)}",
                exchange=exchange,
            )


@check("ENVELOPE-007", reason="wrong-form")
def timestamps(record: Record) -> Findings:
    for exchange, path, name, value in members(record):
        if name in json_values.TIMES and value is not None:
            yield says(
                json_values.timestamp(value),
                "ISO-8601 in UTC with milliseconds and Z",
                f"{path} {spelled(value)}",
                exchange=exchange,
            )


def _times_of_uploads(seen: Seen) -> set[str]:
    """The places in a file list of the times of plain uploads."""
    names = {each.path for each in seen.task.attachments if is_plain(each.file)} if seen.task else set()
    files = seen.fields.get("files")
    listed = enumerate(files if isinstance(files, list) else ())
    return {
        f"data.files[{number}].modifiedAt"
        for number, file in listed
        if json_values.path(json_values.word(json_values.fields(file).get("path"))) in names
    }


@check("ENVELOPE-007", GET, LIST, HISTORY, FILES, reason="not-utc")
def times_are_in_utc(seen: Seen) -> Findings:
    """No time is later than the Date of its answer, or earlier than that of the answer to the creation.

    Files may be older: some are the platform's own, or come from an archive.
    """
    sent, creation = seen.exchange.date, seen.creation
    times = [
        (told, path)
        for path, name, value in json_values.walk(seen.exchange.json())
        if name in json_values.TIMES and json_values.timestamp(value) and (told := json_values.instant(value))
    ]
    if sent is not None and times:
        told, path = max(times)
        shown = f"{path} is {(told - sent) / 60:.0f} min later"
        yield says(told - sent < ZONE_SECONDS, "the answer has a Date", shown)
    made = None if creation is None else creation.exchange.date
    uploads = _times_of_uploads(seen)
    for told, path in times if made is not None else ():
        if made is not None and (seen.operation in {GET, HISTORY} or path in uploads):
            shown = f"{path} is {(made - told) / 60:.0f} min earlier"
            yield says(made - told < ZONE_SECONDS, "the answer to the creation has a Date", shown)


@check("ENVELOPE-008", reason="wrong-form")
def camel_case(record: Record) -> Findings:
    # One finding for each exchange: a run has some hundred thousand names.
    for exchange, found in groupby(members(record), key=lambda each: each[0]):
        names = [(path, CAMEL.fullmatch(name) is not None) for _, path, name, _ in found]
        odd = next((path for path, right in names if not right), None)
        shown = odd or plural(len(names), "name")
        yield says(odd is None, "camelCase names", shown, exchange=exchange)


@check("ENVELOPE-009", reason="null-instead-of-absent")
def absent_not_null(record: Record) -> Findings:
    known, seen = "a key that does not apply is left out", False
    for exchange, path, name, value in members(record):
        if name in json_values.OPTIONAL:
            shown = f"{path} is {'null' if value is None else 'there'}"
            yield says(value is not None, known, shown, exchange=exchange)
            seen = True
    for exchange in json_operations(record) if not seen else ():
        if exchange.operation == "get_task" and "status" in exchange.fields:
            yield fulfils(known, "no optional key is there", exchange=exchange)


@check("ENVELOPE-010", reason="absent-instead-of-null")
def nullable_keys_present(record: Record) -> Findings:
    for exchange in json_operations(record):
        if exchange.operation in {"get_task", "list_tasks"}:
            entries = exchange.data if isinstance(exchange.data, list) else [exchange.data]
            for entry in entries:
                missing = [
                    name for name in json_values.NULLABLE if not isinstance(entry, dict) or name not in entry
                ]
                yield says(
                    not missing,
                    f"{', '.join(json_values.NULLABLE)} are always there",
                    f"missing: {named(missing)}",
                    exchange=exchange,
                )


@check("ENVELOPE-011", reason="status-contradicts-body")
def statuses_match_bodies(record: Record) -> Findings:
    for exchange in record.exchanges():
        body = exchange.json() if exchange.operation != "download_artifact" or exchange.refused else None
        if isinstance(body, dict) and isinstance(body.get("success"), bool):
            yield says(
                exchange.succeeded == body["success"],
                "2xx with success true, never with success false",
                summary(exchange),
                exchange=exchange,
            )


@check("ENVELOPE-014", reason="wrong-type")
def labelled_as_json(record: Record) -> Findings:
    for exchange in [*json_operations(record), *answered_refusals(record)]:
        if isinstance(exchange.json(), dict):
            yield says(
                exchange.media_type == "application/json",
                "Content-Type: application/json",
                spelled(exchange.header("content-type")),
                exchange=exchange,
            )


@check("ENVELOPE-015", reason="not-json")
def bodies_are_json(record: Record) -> Findings:
    for exchange in record.exchanges():
        labelled = exchange.media_type == "application/json" and exchange.closed is Closed.COMPLETE
        if labelled and exchange.sent.method != "HEAD" and exchange.operation != "download_artifact":
            holds = exchange.json() is not None and not exchange.body.startswith(b"\xef\xbb\xbf")
            yield says(
                holds,
                "one JSON value in UTF-8 without a byte order mark",
                summary(exchange),
                exchange=exchange,
            )


def _asked(exchange: Exchange) -> str:
    """Return the text of a request: unchanged, and with one and two percent-decodings."""
    sent = " ".join([exchange.sent.target, exchange.sent.text or "", *exchange.sent.parts])
    return " ".join([sent, unquote(sent), unquote(unquote(sent))])


@check("ENVELOPE-016", reason="internals-leaked")
def refusals_tell_nothing(record: Record) -> Findings:
    for exchange in answered_refusals(record):
        body = exchange.body.decode("utf-8", "replace")
        # A message may repeat a word of the request; only text that the server added counts.
        leaks = [found for found in LEAK.findall(body) if found not in _asked(exchange)]
        leaks += ["a credential"] if "[secret:" in body or b"[secret:" in exchange.head else []
        yield says(
            not leaks,
            "no stack trace, no file path of the server, no credential",
            f"leaked: {leaks[0]}" if leaks else "nothing leaked",
            exchange=exchange,
        )
