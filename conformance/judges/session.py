"""SESSION: when a session expires, what ends with it, and what is there after a restore."""

from typing import Any

from sigmic_conformance.conformance.judging.agent_answers import answered
from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.variable_digests import printed
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.registry import judge

APPROVAL_RESTORED = "approval_restored"
AT_WORK = "at_work"
RESTORE = "restore"
SECRETS_RESTORED = "secrets_restored"


def session(record: Record, probe: str, label: str) -> Any:
    """The session id told at one moment."""
    data = record.exchange(probe, label).data
    return data.get("sessionId") if isinstance(data, dict) else None


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
    observations = Observations("expiry-error", "the follow-up is accepted and answered")
    accepted = record.exchange(RESTORE, "restored: message")
    observations.add(accepted.ok, accepted, summary(accepted))
    if not accepted.ok:
        return observations.verdict()
    early = not_expired(record)
    if early is not None:
        return early
    stream = record.stream(RESTORE, "restored: stream")
    ended = stream.terminal.type if stream.terminal else "no end"
    answered = ended == "done" or (stream.is_streaming is False and stream.complete)
    observations.add(answered, stream.exchange, f"its run ended with {ended}")
    observations.add(
        field(record, "after", "status") == "completed", record.exchange(RESTORE, "after"), "status completed"
    )
    return observations.verdict()


@judge("SESSION-002", RESTORE)
def history_survives(record: Record) -> Verdict:
    observations = Observations("history-lost", "all messages from before, unchanged")
    before = messages(record.exchange(RESTORE, "history before"))
    for label in ("history expired", "history after"):
        exchange = record.exchange(RESTORE, label)
        after = messages(exchange)
        observations.add(
            bool(before) and after[: len(before)] == before, exchange, f"{label}: {len(after)} messages"
        )
    return observations.verdict()


@judge("SESSION-003", RESTORE)
def codeword_is_known(record: Record) -> Verdict:
    early = not_expired(record)
    if early is not None:
        return early
    word, expected = record.fact(RESTORE, "word"), "the codeword told before the expiry"
    return answered(record, RESTORE, word, reason="forgotten", expected=expected, first="restored: stream")


@judge("SESSION-004", RESTORE)
def files_survive(record: Record) -> Verdict:
    observations = Observations("files-lost", "the same files with the same bytes")
    before = record.exchange(RESTORE, "download before")
    path = record.fact(RESTORE, "path")
    for label in ("files expired", "files after"):
        page = record.exchange(RESTORE, label)
        observations.add(path in listed(page), page, f"{label}: {path} listed")
    for label in ("download expired", "download after"):
        exchange = record.exchange(RESTORE, label)
        observations.add(
            exchange.ok and exchange.body == before.body, exchange, f"{label}: {exchange.size} bytes"
        )
    return observations.verdict()


@judge("SESSION-005", RESTORE)
def tools_read_them(record: Record) -> Verdict:
    observations = Observations("not-readable", "a tool reads the file of before")
    stream = record.stream(RESTORE, record.fact(RESTORE, "read"))
    path, content = record.fact(RESTORE, "path"), record.fact(RESTORE, "content")
    calls = {event.call for event in stream.of("tool_call") if path in str(event.get("args"))}
    for event in stream.of("tool_result"):
        if event.call in calls:
            status, output = event.get("status"), str(event.get("output"))
            holds = status == "success" and content in output
            observations.add(holds, stream.exchange, f"{status}: {brief(output)!r}", offset=event.offset)
    return observations.verdict()


@judge("SESSION-006", RESTORE)
def ids_stay(record: Record) -> Verdict:
    observations = Observations("id-changed", "id and conversationId stay")
    exchange = record.exchange(RESTORE, "after")
    for name in ("id", "conversationId"):
        before, after = field(record, "before", name), field(record, "after", name)
        observations.add(before is not None and before == after, exchange, f"{name}: {before}, then {after}")
    return observations.verdict()


@judge("SESSION-007", RESTORE)
def new_session(record: Record) -> Verdict:
    observations = Observations("same-session", "a new sessionId")
    before, after = field(record, "before", "sessionId"), field(record, "after", "sessionId")
    observations.add(before != after, record.exchange(RESTORE, "after"), f"{before}, then {after}")
    return observations.verdict()


@judge("SESSION-008", APPROVAL_RESTORED)
def approval_ends_with_the_session(record: Record) -> Verdict:
    observations = Observations("not-asked-again", "the tool asks again")
    answer = record.exchange(APPROVAL_RESTORED, "approve always")
    if not answer.ok:
        return inconclusive(
            Unproven.PRECONDITION, f"proceed_always was refused: {summary(answer)}", cite(answer)
        )
    stream = record.stream(APPROVAL_RESTORED, "restored: stream")
    for event in stream.events:
        if event.type == "tool_call" and record.fact(APPROVAL_RESTORED, "second") in event.data:
            status = event.get("status")
            observations.add(status == "awaiting_approval", stream.exchange, f"told as {status!r}")
            break
    return observations.verdict()


@judge("SESSION-009", SECRETS_RESTORED)
def expires_when_idle(record: Record) -> Verdict:
    observations = Observations(
        "other-expiry", "the same session soon after, another one after the idle time"
    )
    first, soon, after = (
        session(record, SECRETS_RESTORED, f"one: {when}") for when in ("first: task", "soon: task", "after")
    )
    observations.add(
        first == soon, record.exchange(SECRETS_RESTORED, "one: soon: task"), f"{first}, then {soon}"
    )
    observations.add(
        soon != after, record.exchange(SECRETS_RESTORED, "one: after"), f"{soon}, after the idle time {after}"
    )
    return observations.verdict()


@judge("SESSION-010", RESTORE)
def reading_restores_nothing(record: Record) -> Verdict:
    observations = Observations(
        "restored-by-reading", "history, files and stream are read, and the session stays as it was"
    )
    for label in ("history expired", "files expired", "stream expired", "download expired"):
        exchange = record.exchange(RESTORE, label)
        observations.add(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    before, after = field(record, "expired", "sessionId"), field(record, "still expired", "sessionId")
    observations.add(
        before == after, record.exchange(RESTORE, "still expired"), "sessionId is the same after reading"
    )
    return observations.verdict()


@judge("SESSION-011", AT_WORK)
def no_expiry_at_work(record: Record) -> Verdict:
    observations = Observations("expired-at-work", "the command ends, in the session in which it began")
    stream, after = record.stream(AT_WORK, "stream"), record.exchange(AT_WORK, "after")
    outputs = " ".join(str(event.get("output")) for event in stream.of("tool_result"))
    if not stream.of("tool_call"):
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no tool was called", cite(stream.exchange))
    word = record.fact(AT_WORK, "word")
    observations.add(word in outputs, stream.exchange, f"the command printed {brief(outputs)!r}")
    began, ended = session(record, AT_WORK, "at work"), session(record, AT_WORK, "after")
    observations.add(began is None or began == ended, after, f"{began}, then {ended}")
    return observations.verdict()


@judge("SESSION-012", SECRETS_RESTORED)
def secrets_after_a_restore(record: Record) -> Verdict:
    followed = Reading(gone="the variable is unset after a restore", kept="the variable is set as before")
    readings = {record.fact(SECRETS_RESTORED, name): name for name in ("gone", "kept")}
    for name in ("one", "two"):
        before = record.stream(SECRETS_RESTORED, f"{record.fact(SECRETS_RESTORED, f'{name}: first')}: stream")
        if record.fact(SECRETS_RESTORED, "kept") not in printed(before, "KEPT_WORD"):
            return inconclusive(
                Unproven.CONTROL_FAILED, "the secret was not set before the expiry", cite(before.exchange)
            )
        stream = record.stream(
            SECRETS_RESTORED, f"{record.fact(SECRETS_RESTORED, f'{name}: restored')}: stream"
        )
        for digest in printed(stream, "KEPT_WORD"):
            followed.add(readings.get(digest), stream.exchange, f"task {name}: sha256 {digest[:16]}…")
    return followed.verdict()
