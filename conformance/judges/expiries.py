"""SESSION and ISOLATION: what ends with a session, by which rule, and what keeps it alive."""

from typing import Any

from sigmic_conformance.conformance.judges.variables import printed
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge

SECRETS, ALWAYS, WORK = "secrets_restored", "approval_restored", "at_work"


def session(record: Record, probe: str, label: str) -> Any:
    """The session id told at one moment."""
    data = record.exchange(probe, label).data
    return data.get("sessionId") if isinstance(data, dict) else None


@judge("SESSION-012", SECRETS)
def secrets_after_a_restore(record: Record) -> Verdict:
    pin = Pin(gone="the variable is unset after a restore", kept="the variable is set as before")
    readings = {record.fact(SECRETS, name): name for name in ("gone", "kept")}
    for name in ("one", "two"):
        before = record.stream(SECRETS, f"{record.fact(SECRETS, f'{name}: first')}: stream")
        if record.fact(SECRETS, "kept") not in printed(before, "KEPT_WORD"):
            return inconclusive(
                Unproven.CONTROL_FAILED, "the secret was not set before the expiry", cite(before.exchange)
            )
        stream = record.stream(SECRETS, f"{record.fact(SECRETS, f'{name}: restored')}: stream")
        for digest in printed(stream, "KEPT_WORD"):
            pin.see(readings.get(digest), stream.exchange, f"task {name}: sha256 {digest[:16]}…")
    return pin.verdict()


@judge("SESSION-009", SECRETS)
def expires_when_idle(record: Record) -> Verdict:
    claim = Claim("other-expiry", "the same session soon after, another one after the idle time")
    first, soon, after = (
        session(record, SECRETS, f"one: {when}") for when in ("first: task", "soon: task", "after")
    )
    claim.see(first == soon, record.exchange(SECRETS, "one: soon: task"), f"{first}, then {soon}")
    claim.see(soon != after, record.exchange(SECRETS, "one: after"), f"{soon}, after the idle time {after}")
    return claim.verdict()


@judge("ISOLATION-014", SECRETS)
def processes_end_with_the_session(record: Record) -> Verdict:
    first = record.exchange(SECRETS, "beat at first")
    if not first.ok or b"beat" not in first.body:
        return inconclusive(Unproven.CONTROL_FAILED, "the process left nothing in its file", cite(first))
    claim = Claim("still-running", "nothing runs on when the session has ended")
    one, two = record.exchange(SECRETS, "beat expired"), record.exchange(SECRETS, "beat still expired")
    claim.see(
        one.ok and two.ok and one.body == two.body, two, f"{one.size} bytes, 1.5 s later {two.size} bytes"
    )
    return claim.verdict()


@judge("SESSION-008", ALWAYS)
def approval_ends_with_the_session(record: Record) -> Verdict:
    claim = Claim("not-asked-again", "the tool asks again")
    answer = record.exchange(ALWAYS, "approve always")
    if not answer.ok:
        return inconclusive(
            Unproven.PRECONDITION, f"proceed_always was refused: {summary(answer)}", cite(answer)
        )
    stream = record.stream(ALWAYS, "restored: stream")
    for event in stream.events:
        if event.type == "tool_call" and record.fact(ALWAYS, "second") in event.data:
            status = event.get("status")
            claim.see(status == "awaiting_approval", stream.exchange, f"told as {status!r}")
            break
    return claim.verdict()


@judge("SESSION-011", WORK)
def no_expiry_at_work(record: Record) -> Verdict:
    claim = Claim("expired-at-work", "the command ends, in the session in which it began")
    stream, after = record.stream(WORK, "stream"), record.exchange(WORK, "after")
    outputs = " ".join(str(event.get("output")) for event in stream.of("tool_result"))
    if not stream.of("tool_call"):
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no tool was called", cite(stream.exchange))
    word = record.fact(WORK, "word")
    claim.see(word in outputs, stream.exchange, f"the command printed {brief(outputs)!r}")
    began, ended = session(record, WORK, "at work"), session(record, WORK, "after")
    claim.see(began is None or began == ended, after, f"{began}, then {ended}")
    return claim.verdict()
