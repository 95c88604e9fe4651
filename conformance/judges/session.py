"""SESSION: when a session expires, what ends with it, and what is there after a restore."""

from sigmic_conformance.conformance.judging.agent_answers import answered
from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.variable_digests import printed
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.labels.session import Restore
from sigmic_conformance.conformance.labels.session_end import ApprovalRestored, AtWork, SecretsRestored, Which
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.label import Label
from sigmic_conformance.spec.plural import plural


def session(record: Record, label: Label) -> object:
    """The session id told at one moment."""
    data = record.exchange(label).data
    return data.get("sessionId") if isinstance(data, dict) else None


def field(record: Record, label: Label, name: str) -> object:
    """A field of the task at one moment."""
    data = record.exchange(label).data
    return data.get(name) if isinstance(data, dict) else None


def not_expired(record: Record) -> Verdict | None:
    """A verdict when the session of the reference platform did not expire: nothing was restored."""
    if record.profile.reference and field(record, Restore.BEFORE, "sessionId") == field(
        record, Restore.AFTER, "sessionId"
    ):
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED,
            "the session did not expire",
            cite(record.exchange(Restore.AFTER)),
        )
    return None


@judge("SESSION-001", Restore.PROBE)
def answered_after_expiry(record: Record) -> Verdict:
    observations = Observations("expiry-error", "the follow-up is accepted and answered")
    accepted = record.exchange(Restore.RESTORED.message)
    observations.add(accepted.ok, accepted, summary(accepted))
    if not accepted.ok:
        return observations.verdict()
    early = not_expired(record)
    if early is not None:
        return early
    stream = record.stream(Restore.RESTORED.stream)
    ended = stream.terminal.type if stream.terminal else "no end"
    answered = ended == "done" or (stream.is_streaming is False and stream.complete)
    observations.add(answered, stream.exchange, f"its run ended with {ended}")
    observations.add(
        field(record, Restore.AFTER, "status") == "completed",
        record.exchange(Restore.AFTER),
        "status completed",
    )
    return observations.verdict()


@judge("SESSION-002", Restore.PROBE)
def history_survives(record: Record) -> Verdict:
    observations = Observations("history-lost", "all messages from before, unchanged")
    before = messages(record.exchange(Restore.HISTORY_BEFORE))
    for label in (Restore.HISTORY_EXPIRED, Restore.HISTORY_AFTER):
        exchange = record.exchange(label)
        after = messages(exchange)
        observations.add(
            bool(before) and after[: len(before)] == before,
            exchange,
            f"{label}: {plural(len(after), 'message')}",
        )
    return observations.verdict()


@judge("SESSION-003", Restore.PROBE)
def codeword_is_known(record: Record) -> Verdict:
    early = not_expired(record)
    if early is not None:
        return early
    word, expected = record.fact(Restore.WORD), "the codeword told before the expiry"
    return answered(
        record, Restore.RESTORED.stream, word, reason="forgotten", expected=expected, again=Restore.AGAIN
    )


@judge("SESSION-004", Restore.PROBE)
def files_survive(record: Record) -> Verdict:
    observations = Observations("files-lost", "the same files with the same bytes")
    before = record.exchange(Restore.DOWNLOAD_BEFORE)
    path = record.fact(Restore.PATH)
    for label in (Restore.FILES_EXPIRED, Restore.FILES_AFTER):
        page = record.exchange(label)
        there = path in listed(page)
        observations.add(there, page, f"{label}: {path} is {'' if there else 'not '}listed")
    for label in (Restore.DOWNLOAD_EXPIRED, Restore.DOWNLOAD_AFTER):
        exchange = record.exchange(label)
        same = exchange.ok and exchange.body == before.body
        relation = "the same as" if same else "not those of"
        told = f"{plural(exchange.size, 'byte')}, {relation} before ({before.size})"
        observations.add(same, exchange, f"{label}: {told}")
    return observations.verdict()


@judge("SESSION-005", Restore.PROBE)
def tools_read_them(record: Record) -> Verdict:
    observations = Observations("not-readable", "a tool reads the file of before")
    stream = record.stream(record.fact(Restore.READ_STREAM))
    path, content = record.fact(Restore.PATH), record.fact(Restore.CONTENT)
    calls = {event.call for event in stream.of("tool_call") if path in str(event.get("args"))}
    told = [event for event in stream.of("tool_result") if event.call in calls]
    # A call that names the file need not be one that reads it.
    reads = [each for each in told if each.get("status") == "success" and content in str(each.get("output"))]
    for event in reads or told:
        observed = f"{event.get('status')}: {brief(str(event.get('output')))!r}"
        observations.add(event in reads, stream.exchange, observed, offset=event.offset)
    return observations.verdict()


@judge("SESSION-006", Restore.PROBE)
def ids_stay(record: Record) -> Verdict:
    observations = Observations("id-changed", "id and conversationId stay")
    exchange = record.exchange(Restore.AFTER)
    for name in ("id", "conversationId"):
        before, after = field(record, Restore.BEFORE, name), field(record, Restore.AFTER, name)
        observations.add(before is not None and before == after, exchange, f"{name}: {before}, then {after}")
    return observations.verdict()


@judge("SESSION-007", Restore.PROBE)
def new_session(record: Record) -> Verdict:
    observations = Observations("same-session", "a new sessionId")
    before, after = field(record, Restore.BEFORE, "sessionId"), field(record, Restore.AFTER, "sessionId")
    observations.add(before != after, record.exchange(Restore.AFTER), f"{before}, then {after}")
    return observations.verdict()


@judge("SESSION-008", ApprovalRestored.PROBE)
def approval_ends_with_the_session(record: Record) -> Verdict:
    observations = Observations("not-asked-again", "the tool waits for approval again")
    answer = record.exchange(ApprovalRestored.APPROVE_ALWAYS)
    if not answer.ok:
        return inconclusive(
            Unproven.PRECONDITION, f"proceed_always was refused: {summary(answer)}", cite(answer)
        )
    stream = record.stream(ApprovalRestored.RESTORED.stream)
    for event in stream.events:
        if event.type == "tool_call" and record.fact(ApprovalRestored.SECOND_WORD) in event.data:
            status = event.get("status")
            observations.add(status == "awaiting_approval", stream.exchange, f"told as {status!r}")
            break
    return observations.verdict()


@judge("SESSION-009", SecretsRestored.PROBE)
def expires_when_idle(record: Record) -> Verdict:
    observations = Observations(
        "other-expiry", "the same session soon after, another one after the idle time"
    )
    first, soon, after = (
        session(record, label)
        for label in (
            SecretsRestored.ONE_FIRST_TASK,
            SecretsRestored.ONE_SOON_TASK,
            SecretsRestored.AFTER.of("one"),
        )
    )
    observations.add(first == soon, record.exchange(SecretsRestored.ONE_SOON_TASK), f"{first}, then {soon}")
    observations.add(
        soon != after,
        record.exchange(SecretsRestored.AFTER.of("one")),
        f"{soon}, after the idle time {after}",
    )
    return observations.verdict()


@judge("SESSION-010", Restore.PROBE)
def reading_restores_nothing(record: Record) -> Verdict:
    observations = Observations(
        "restored-by-reading", "history, files and stream are read, and the session is unchanged"
    )
    for label in (
        Restore.HISTORY_EXPIRED,
        Restore.FILES_EXPIRED,
        Restore.STREAM_EXPIRED,
        Restore.DOWNLOAD_EXPIRED,
    ):
        exchange = record.exchange(label)
        observations.add(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    before, after = (
        field(record, Restore.EXPIRED, "sessionId"),
        field(record, Restore.STILL_EXPIRED, "sessionId"),
    )
    observations.add(
        before == after, record.exchange(Restore.STILL_EXPIRED), "sessionId is the same after reading"
    )
    return observations.verdict()


@judge("SESSION-011", AtWork.PROBE)
def no_expiry_at_work(record: Record) -> Verdict:
    observations = Observations("expired-at-work", "the command ends, in the session in which it began")
    stream, after = record.stream(AtWork.STREAM), record.exchange(AtWork.AFTER)
    outputs = " ".join(str(event.get("output")) for event in stream.of("tool_result"))
    if not stream.of("tool_call"):
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no tool was called", cite(stream.exchange))
    word = record.fact(AtWork.WORD)
    observations.add(word in outputs, stream.exchange, f"the command printed {brief(outputs)!r}")
    began, ended = session(record, AtWork.AT_WORK), session(record, AtWork.AFTER)
    observations.add(began is None or began == ended, after, f"{began}, then {ended}")
    return observations.verdict()


@judge("SESSION-012", SecretsRestored.PROBE)
def secrets_after_a_restore(record: Record) -> Verdict:
    followed = Reading(gone="the variable is unset after a restore", kept="the variable is set as before")
    readings = {record.fact(SecretsRestored.GONE): "gone", record.fact(SecretsRestored.KEPT): "kept"}
    both: tuple[Which, ...] = ("one", "two")
    for name in both:
        before = record.stream(record.fact(SecretsRestored.FIRST_OF[name]).stream)
        if record.fact(SecretsRestored.KEPT) not in printed(before, "KEPT_WORD"):
            return inconclusive(
                Unproven.CONTROL_FAILED, "the secret was not set before the expiry", cite(before.exchange)
            )
        stream = record.stream(record.fact(SecretsRestored.RESTORED_OF[name]).stream)
        for digest in printed(stream, "KEPT_WORD"):
            followed.add(readings.get(digest), stream.exchange, f"task {name}: sha256 {digest[:16]}…")
    return followed.verdict()
