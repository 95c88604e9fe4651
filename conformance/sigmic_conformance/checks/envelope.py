"""The JSON envelope and the conventions that all fields share."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from sigmic_conformance.model.observation.seen import Findings, Seen, says
from sigmic_conformance.model.operations import FILES, GET, HISTORY, LIST
from sigmic_conformance.model.record.evidence import cite, summary
from sigmic_conformance.model.record.front_ends import LARGE_BODY, too_large
from sigmic_conformance.model.record.observations import Observations
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict, warned
from sigmic_conformance.model.workspace import is_plain
from sigmic_conformance.registry import check, check_observed
from sigmic_conformance.wire import json_values
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


@check_observed("ENVELOPE-001", "no-envelope", "an object with success true and the result under data")
def success_envelope(record: Record, observations: Observations) -> None:
    for exchange in json_operations(record):
        body = exchange.json()
        holds = isinstance(body, dict) and body.get("success") is True and "data" in body
        observations.add(holds, exchange, summary(exchange))


def _limited_before_the_api(record: Record) -> Verdict | None:
    """A warning about the first body within the limits that a front end may have refused as too long."""
    files = record.profile.max_files * record.profile.max_file_bytes
    for exchange in record.before_the_api():
        if too_large(exchange) and exchange.sent.size <= files + LARGE_BODY:
            observed = (
                f"{summary(exchange)}: {plural(exchange.sent.size, 'byte was', 'bytes were')} refused "
                "without the envelope, perhaps by a front end's limit "
                "(nginx: `client_max_body_size 1100m`); files have up to 50 MB"
            )
            expected = "the envelope, or bodies as long as documented let through"
            return warned("no-envelope", cite(exchange, observed), expected=expected, observed=observed)
    return None


def answered_refusals(record: Record) -> Iterator[Exchange]:
    """Complete 4xx and 5xx answers, except to HEAD and except 416, which belongs to HTTP's ranges."""
    for exchange in record.exchanges():
        whole = exchange.closed is Closed.COMPLETE and exchange.sent.method != "HEAD"
        if whole and exchange.status is not None and exchange.status >= 400 and exchange.status != 416:
            yield exchange


@check_observed(
    "ENVELOPE-002", "no-envelope", "an object with success false and error.message and error.code as strings"
)
def error_envelope(record: Record, observations: Observations) -> Verdict:
    for exchange in answered_refusals(record):
        if not exchange.is_documented:
            continue  # G-05: HTTP-005 warns of an unknown path
        body = exchange.json()
        holds = isinstance(body, dict) and body.get("success") is False
        holds = holds and exchange.code is not None and exchange.message is not None
        observations.add(holds, exchange, summary(exchange))
    verdict = observations.verdict()
    return _limited_before_the_api(record) or verdict if verdict.outcome is Outcome.PASSED else verdict


@check_observed("ENVELOPE-003", "wrong-shape", "data is an array, and pagination an object next to data")
def pagination_beside_data(record: Record, observations: Observations) -> None:
    for exchange in json_operations(record):
        if exchange.operation == "list_tasks":
            body = exchange.json()
            holds = isinstance(body, dict) and isinstance(body.get("data"), list)
            holds = holds and isinstance(body.get("pagination"), dict)
            observations.add(holds, exchange, summary(exchange))


@check_observed("ENVELOPE-004", "wrong-form", "upper-case words joined by underscores")
def codes_are_constants(record: Record, observations: Observations) -> None:
    for exchange in answered_refusals(record):
        if exchange.code is not None:
            observations.add(
                CODE.fullmatch(exchange.code) is not None, exchange, f"error.code {exchange.code!r}"
            )


@check_observed("ENVELOPE-005", "wrong-form", "a UUID")
def ids_are_uuids(record: Record, observations: Observations) -> None:
    for exchange in json_operations(record):
        if exchange.operation in {"create_task", "list_tasks", "get_task"}:
            entries = exchange.data if isinstance(exchange.data, list) else [exchange.data]
            for entry in entries[:5]:
                for name in ("id", "apiKeyId", "sessionId"):
                    value = entry.get(name) if isinstance(entry, dict) else None
                    if value is not None:
                        holds = isinstance(value, str) and json_values.UUID.fullmatch(value) is not None
                        observations.add(holds, exchange, f"{name} {value!r}")


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


@check_observed("ENVELOPE-006", "wrong-form", "epoch milliseconds, a hyphen and nine base-36 characters")
def conversation_ids(record: Record, observations: Observations) -> None:
    for exchange, path, name, value in members(record):
        if name == "conversationId" and value is not None:
            holds = isinstance(value, str) and json_values.CONVERSATION.fullmatch(value) is not None
            observations.add(holds, exchange, f"{path} {value!r}")


@check_observed("ENVELOPE-007", "wrong-form", "ISO-8601 in UTC with milliseconds and Z")
def timestamps(record: Record, observations: Observations) -> None:
    for exchange, path, name, value in members(record):
        if name in json_values.TIMES and value is not None:
            observations.add(json_values.timestamp(value), exchange, f"{path} {value!r}")


def _times_of_uploads(seen: Seen) -> set[str]:
    """The places in a file list of the times of plain uploads."""
    names = {each.path for each in seen.task.brought if is_plain(each.file)} if seen.task else set()
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


@check_observed("ENVELOPE-008", "wrong-form", "camelCase names")
def camel_case(record: Record, observations: Observations) -> None:
    for exchange, path, name, _ in members(record):
        observations.add(CAMEL.fullmatch(name) is not None, exchange, path)


@check_observed("ENVELOPE-009", "null-instead-of-absent", "a key that does not apply is left out")
def absent_not_null(record: Record, observations: Observations) -> None:
    seen = False
    for exchange, path, name, value in members(record):
        if name in json_values.OPTIONAL:
            observations.add(value is not None, exchange, f"{path} is {'null' if value is None else 'there'}")
            seen = True
    if not seen:
        for exchange in json_operations(record):
            if exchange.operation == "get_task" and "status" in exchange.fields:
                observations.holds(exchange, "no optional key is there")


@check_observed(
    "ENVELOPE-010", "absent-instead-of-null", f"{', '.join(json_values.NULLABLE)} are always there"
)
def nullable_keys_present(record: Record, observations: Observations) -> None:
    for exchange in json_operations(record):
        if exchange.operation in {"get_task", "list_tasks"}:
            entries = exchange.data if isinstance(exchange.data, list) else [exchange.data]
            for entry in entries:
                missing = [
                    name for name in json_values.NULLABLE if not isinstance(entry, dict) or name not in entry
                ]
                observations.add(not missing, exchange, f"missing: {', '.join(missing) or 'none'}")


@check_observed("ENVELOPE-011", "status-contradicts-body", "2xx with success true, never with success false")
def statuses_match_bodies(record: Record, observations: Observations) -> None:
    for exchange in record.exchanges():
        body = exchange.json() if exchange.operation != "download_artifact" or exchange.refused else None
        if isinstance(body, dict) and isinstance(body.get("success"), bool):
            observations.add(exchange.succeeded == body["success"], exchange, summary(exchange))


@check_observed("ENVELOPE-014", "wrong-type", "Content-Type: application/json")
def labelled_as_json(record: Record, observations: Observations) -> None:
    for exchange in [*json_operations(record), *answered_refusals(record)]:
        if isinstance(exchange.json(), dict):
            observations.add(
                exchange.media_type == "application/json", exchange, repr(exchange.header("content-type"))
            )


@check_observed("ENVELOPE-015", "not-json", "one JSON value in UTF-8 without a byte order mark")
def bodies_are_json(record: Record, observations: Observations) -> None:
    for exchange in record.exchanges():
        labelled = exchange.media_type == "application/json" and exchange.closed is Closed.COMPLETE
        if labelled and exchange.sent.method != "HEAD" and exchange.operation != "download_artifact":
            holds = exchange.json() is not None and not exchange.body.startswith(b"\xef\xbb\xbf")
            observations.add(holds, exchange, summary(exchange))


def _asked(exchange: Exchange) -> str:
    """Return the text of a request: unchanged, and with one and two percent-decodings."""
    sent = " ".join([exchange.sent.target, exchange.sent.text or "", *exchange.sent.parts])
    return " ".join([sent, unquote(sent), unquote(unquote(sent))])


@check_observed(
    "ENVELOPE-016", "internals-leaked", "no stack trace, no file path of the server, no credential"
)
def refusals_tell_nothing(record: Record, observations: Observations) -> None:
    for exchange in answered_refusals(record):
        body = exchange.body.decode("utf-8", "replace")
        # A message may repeat a word of the request; only text that the server added counts.
        leaks = [found for found in LEAK.findall(body) if found not in _asked(exchange)]
        leaks += ["a credential"] if "[secret:" in body or b"[secret:" in exchange.head else []
        observations.add(not leaks, exchange, f"leaked: {leaks[0]}" if leaks else "nothing leaked")
