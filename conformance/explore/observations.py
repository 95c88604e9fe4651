"""Findings of Schemathesis' checks that no requirement states already. Pure."""

from collections import Counter
from collections.abc import Container, Mapping
from http import HTTPStatus

from sigmic_conformance.conformance.judging.evidence import curl, excerpt
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.results.observation import Observation
from sigmic_conformance.conformance.transcript import json_values
from sigmic_conformance.conformance.transcript.transcript import Exchange, Transcript

SAID_LENGTH = 400
_BROKEN = {Outcome.FAILED, Outcome.WARNED, Outcome.INFO}
_ROWS = {
    "allow_header_conformance": ("HTTP-001",),
    "ignored_auth": ("ERROR-001", "ERROR-003"),
    "ensure_resource_availability": ("GET-031",),
    "response_headers_conformance": ("HTTP-001", "AUTH-014"),
}
"""The rows that state the same as a check of Schemathesis, for all operations."""


def observations(
    transcripts: Mapping[str, Transcript],
    verdicts: Mapping[str, Verdict],
    breached: Container[tuple[str, int]],
) -> tuple[Observation, ...]:
    """Findings that no violated requirement covers; the same check on the same operation is listed once.

    `breached` are the exchanges, by probe and number, at which a failed or warned requirement was violated.
    """
    broken = {row for row, verdict in verdicts.items() if verdict.outcome in _BROKEN and verdict.reason}
    first: dict[tuple[str, str, str], tuple[Exchange, str]] = {}
    times: Counter[tuple[str, str, str]] = Counter()
    for transcript in transcripts.values():
        exchanges = {each.number: each for each in transcript.exchanges}
        for told in transcript.facts.get("testimony", ()):
            exchange = exchanges.get(told["exchange"])
            if exchange is None or _is_beyond_schemas(told["check"], exchange):
                continue
            if broken & set(rows_of(told["check"], exchange)):
                continue
            if told["check"] == "negative_data_rejection" and (exchange.probe, exchange.number) in breached:
                continue
            said = str(told["said"])
            key = (told["check"], exchange.operation, said.partition(":")[0])
            first.setdefault(key, (exchange, said))
            times[key] += 1
    return tuple(_observation(key, *first[key], times[key]) for key in sorted(first))


def _is_beyond_schemas(check: str, exchange: Exchange) -> bool:
    """True if no schema can describe the right answer.

    Whether a file may be refused depends on its content (G-31), a range on its length (ARTIFACT-028). A task
    id that is not a UUID may be malformed (G-40).
    """
    files = any(": " in part and part.endswith("bytes)") for part in exchange.sent.parts)
    beyond = exchange.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    odd = exchange.refused and exchange.task and not json_values.UUID.fullmatch(exchange.task)
    return check == "positive_data_acceptance" and bool(files or beyond or odd)


def rows_of(check: str, exchange: Exchange) -> tuple[str, ...]:
    """The rows of the ledger that state what a check tests in this answer; empty if there is none."""
    match check:
        case "content_type_conformance":
            return ("STREAM-001",) if exchange.operation == "stream_task" else ("ENVELOPE-014",)
        case "response_schema_conformance" if not exchange.succeeded:
            return ("ENVELOPE-002",)
        case _:
            return _ROWS.get(check, ())


def _observation(key: tuple[str, str, str], exchange: Exchange, said: str, times: int) -> Observation:
    check, operation, _ = key
    return Observation(
        check=check,
        operation=operation or exchange.sent.method,
        said=" ".join(said.split())[:SAID_LENGTH],
        times=times,
        probe=exchange.probe,
        exchange=exchange.number,
        label=exchange.label,
        excerpt=excerpt(exchange),
        curl=curl(exchange),
    )
