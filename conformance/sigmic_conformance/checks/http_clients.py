"""Rules of HTTP for ordinary clients."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.ordinary_clients import OrdinaryClient, client_of
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange

READS = ("get_task", "get_task_history", "list_tasks", "list_artifacts", "download_artifact", "send_message")
TOO_MANY = 429


Asked = tuple[str, str, str, str]


def _asked(exchange: Exchange) -> Asked:
    return exchange.probe, exchange.operation, exchange.sent.target, exchange.role


def _plain(record: Record) -> Mapping[Asked, Sequence[Exchange]]:
    """The suite's own requests, by their probe and what was asked."""
    found: dict[Asked, list[Exchange]] = {}
    for each in record.exchanges():
        if client_of(each.sent) is None:
            found.setdefault(_asked(each), []).append(each)
    return found


def _pair(seen: Seen) -> tuple[OrdinaryClient, Exchange] | None:
    """The client of a request, and the answer to the suite's own request that is nearest in time."""
    client = client_of(seen.exchange.sent)
    if client is None or not _is_answer(seen.exchange):
        return None
    alike = seen.model.record.derived(_plain).get(_asked(seen.exchange), ())
    plain = min(alike, key=lambda each: abs(each.started - seen.began), default=None)
    return None if plain is None or not _is_answer(plain) else (client, plain)


def _is_answer(exchange: Exchange) -> bool:
    return (exchange.succeeded or exchange.refused) and exchange.status != TOO_MANY


@check("HTTP-023", *READS, reason="answer-differs")
def ordinary_headers_change_no_answer(seen: Seen) -> Findings:
    """An ordinary client gets the status and the content that a client with few headers gets."""
    if (pair := _pair(seen)) is not None:
        client, plain = pair
        known = f"without the headers of {client.name}: {summary(plain)}"
        alike = seen.exchange.status == plain.status
        yield says(alike, known, f"with them: {summary(seen.exchange)}")
        if alike and plain.ok:
            same = _content(seen.exchange) == _content(plain)
            yield says(same, known, f"with them the content differs: {summary(seen.exchange)}")


def _content(exchange: Exchange) -> Any:
    """What an answer says of a finished task; other tasks of a list may change."""
    match exchange.operation:
        case "get_task":
            return exchange.fields.get("id"), exchange.fields.get("status")
        case "get_task_history":
            return [json_values.message(each) for each in json_values.objects(exchange.data)]
        case "list_artifacts":
            files = json_values.objects(exchange.fields.get("files"))
            return sorted((str(each.get("path")), str(each.get("size"))) for each in files)
        case "download_artifact":
            return exchange.body
        case _:
            return isinstance(exchange.data, list)


@check("HTTP-023", "stream_task", reason="history-differs")
def ordinary_headers_change_no_history(seen: Seen) -> Findings:
    """An ordinary client that reads the stream of a finished task gets the same history."""
    pair = _pair(seen)
    plain = None if pair is None else Stream(pair[1])
    if pair is None or plain is None or plain.marker is None:
        return
    known = f"without the headers of {pair[0].name}: {summary(pair[1])}"
    if seen.stream is None or seen.stream.marker is None:
        yield breaks(known, f"with them no history_done: {summary(seen.exchange)}")
        return
    first, other = ([json_values.message(each) for each in each.messages] for each in (plain, seen.stream))
    yield says(first == other, known, f"with them the history differs: {len(other)} messages")
