"""SESSION: what was told and made before a session expired is known and there afterwards."""

from typing import Any

from sigmic_conformance.conformance.judges.uploads import listed, messages
from sigmic_conformance.conformance.judging.answers import answered
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge

RESTORE = "restore"


def field(record: Record, label: str, name: str) -> Any:
    """A field of the task at one moment."""
    data = record.exchange(RESTORE, label).data
    return data.get(name) if isinstance(data, dict) else None


def not_expired(record: Record) -> Verdict | None:
    """A verdict when the session of the reference platform did not expire: nothing was restored."""
    if record.profile.reference and field(record, "before", "sessionId") == field(
        record, "after", "sessionId"
    ):
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED,
            "the session did not expire",
            cite(record.exchange(RESTORE, "after")),
        )
    return None


@judge("SESSION-001", RESTORE)
def answered_after_expiry(record: Record) -> Verdict:
    claim = Claim("expiry-error", "the follow-up is accepted and answered")
    accepted = record.exchange(RESTORE, "restored: message")
    claim.see(accepted.ok, accepted, summary(accepted))
    if not accepted.ok:
        return claim.verdict()
    early = not_expired(record)
    if early is not None:
        return early
    stream = record.stream(RESTORE, "restored: stream")
    ended = stream.terminal.type if stream.terminal else "no end"
    answered = ended == "done" or (stream.is_streaming is False and stream.complete)
    claim.see(answered, stream.exchange, f"its run ended with {ended}")
    claim.see(
        field(record, "after", "status") == "completed", record.exchange(RESTORE, "after"), "status completed"
    )
    return claim.verdict()


@judge("SESSION-002", RESTORE)
def history_survives(record: Record) -> Verdict:
    claim = Claim("history-lost", "all messages from before, unchanged")
    before = messages(record.exchange(RESTORE, "history before"))
    for label in ("history expired", "history after"):
        exchange = record.exchange(RESTORE, label)
        after = messages(exchange)
        claim.see(
            bool(before) and after[: len(before)] == before, exchange, f"{label}: {len(after)} messages"
        )
    return claim.verdict()


@judge("SESSION-003", RESTORE)
def codeword_is_known(record: Record) -> Verdict:
    early = not_expired(record)
    if early is not None:
        return early
    word, expected = record.fact(RESTORE, "word"), "the codeword told before the expiry"
    return answered(record, RESTORE, word, reason="forgotten", expected=expected, first="restored: stream")


@judge("SESSION-004", RESTORE)
def files_survive(record: Record) -> Verdict:
    claim = Claim("files-lost", "the same files with the same bytes")
    before = record.exchange(RESTORE, "download before")
    path = record.fact(RESTORE, "path")
    for label in ("files expired", "files after"):
        page = record.exchange(RESTORE, label)
        claim.see(path in listed(page), page, f"{label}: {path} listed")
    for label in ("download expired", "download after"):
        exchange = record.exchange(RESTORE, label)
        claim.see(exchange.ok and exchange.body == before.body, exchange, f"{label}: {exchange.size} bytes")
    return claim.verdict()


@judge("SESSION-005", RESTORE)
def tools_read_them(record: Record) -> Verdict:
    claim = Claim("not-readable", "a tool reads the file of before")
    stream = record.stream(RESTORE, record.fact(RESTORE, "read"))
    path, content = record.fact(RESTORE, "path"), record.fact(RESTORE, "content")
    calls = {event.call for event in stream.of("tool_call") if path in str(event.get("args"))}
    for event in stream.of("tool_result"):
        if event.call in calls:
            status, output = event.get("status"), str(event.get("output"))
            holds = status == "success" and content in output
            claim.see(holds, stream.exchange, f"{status}: {brief(output)!r}", offset=event.offset)
    return claim.verdict()


@judge("SESSION-006", RESTORE)
def ids_stay(record: Record) -> Verdict:
    claim = Claim("id-changed", "id and conversationId stay")
    exchange = record.exchange(RESTORE, "after")
    for name in ("id", "conversationId"):
        before, after = field(record, "before", name), field(record, "after", name)
        claim.see(before is not None and before == after, exchange, f"{name}: {before}, then {after}")
    return claim.verdict()


@judge("SESSION-007", RESTORE)
def new_session(record: Record) -> Verdict:
    claim = Claim("same-session", "a new sessionId")
    before, after = field(record, "before", "sessionId"), field(record, "after", "sessionId")
    claim.see(before != after, record.exchange(RESTORE, "after"), f"{before}, then {after}")
    return claim.verdict()


@judge("SESSION-010", RESTORE)
def reading_restores_nothing(record: Record) -> Verdict:
    claim = Claim(
        "restored-by-reading", "history, files and stream are read, and the session stays as it was"
    )
    for label in ("history expired", "files expired", "stream expired", "download expired"):
        exchange = record.exchange(RESTORE, label)
        claim.see(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    before, after = field(record, "expired", "sessionId"), field(record, "still expired", "sessionId")
    claim.see(
        before == after, record.exchange(RESTORE, "still expired"), "sessionId is the same after reading"
    )
    return claim.verdict()


@judge("ARTIFACT-010", RESTORE)
def files_after_expiry(record: Record) -> Verdict:
    claim = Claim("files-lost", "the same files, listed and downloaded with the same bytes")
    before, page = record.exchange(RESTORE, "files before"), record.exchange(RESTORE, "files expired")
    claim.see(set(listed(before)) == set(listed(page)), page, f"{sorted(listed(page))}")
    first, then = record.exchange(RESTORE, "download before"), record.exchange(RESTORE, "download expired")
    claim.see(then.ok and first.body == then.body, then, f"{then.size} bytes")
    return claim.verdict()
