"""FOLLOWUP: further messages with and without files, memory, and refusals that leave nothing."""

from typing import Any

from sigmic_conformance.conformance.judges.creation import accepted
from sigmic_conformance.conformance.judges.uploads import listed, messages
from sigmic_conformance.conformance.judging.answers import answered
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.transcript import Exchange

FOLLOW, FILES, EARLY = "follow_up", "follow_up_files", "follow_up_early"


def contents(exchange: Exchange) -> list[Any]:
    """Role and text of every message."""
    return [(each.get("role"), each.get("content")) for each in messages(exchange)]


@judge("FOLLOWUP-001", FOLLOW)
def follow_up_accepted(record: Record) -> Verdict:
    return accepted(record, FOLLOW, "follow-up")


@judge("FOLLOWUP-002", FILES)
def follow_up_with_files(record: Record) -> Verdict:
    return accepted(record, FILES, "follow-up")


@judge("FOLLOWUP-003", FOLLOW)
def follow_up_answer(record: Record) -> Verdict:
    claim = Claim("other-status", "data.status is running")
    exchange = record.exchange(FOLLOW, "follow-up")
    claim.see(exchange.fields.get("status") == "running", exchange, summary(exchange))
    return claim.verdict()


@judge("FOLLOWUP-004", FOLLOW)
def follow_up_needs_a_message(record: Record) -> Verdict:
    labels = ["bad: no message", "bad: files only"]
    return refused(record, FOLLOW, labels, twin="follow-up", expected="4xx")


@judge("FOLLOWUP-005", FOLLOW)
def stream_after_follow_up(record: Record) -> Verdict:
    claim = Claim("not-replayed", "the whole history including the follow-up")
    before = record.exchange(FOLLOW, "history before")
    stream = record.stream(FOLLOW, "run of follow-up")
    told = [(each.get("role"), each.get("content")) for each in stream.messages]
    holds = told[: len(contents(before))] == contents(before) and len(told) > len(contents(before))
    claim.see(holds, stream.exchange, f"{len(told)} messages, {len(contents(before))} before the follow-up")
    return claim.verdict()


@judge("FOLLOWUP-007", FOLLOW)
def answered_again(record: Record) -> Verdict:
    claim = Claim("not-answered", "a further assistant message, and completed again")
    before, after = record.exchange(FOLLOW, "history before"), record.exchange(FOLLOW, "history after")
    answers = [sum(role == "assistant" for role, _ in contents(each)) for each in (before, after)]
    claim.see(answers[1] > answers[0], after, f"{answers[0]} answers, then {answers[1]}")
    final = record.exchange(FOLLOW, "after")
    claim.see(final.fields.get("status") == "completed", final, "completed")
    return claim.verdict()


@judge("FOLLOWUP-008", FOLLOW)
def remembers(record: Record) -> Verdict:
    word = record.fact(FOLLOW, "word")
    return answered(record, FOLLOW, word, reason="forgotten", expected="what the user told before")


@judge("FOLLOWUP-009", FILES)
def file_beside_the_others(record: Record) -> Verdict:
    claim = Claim("files-missing", "both files under uploads/")
    page = record.exchange(FILES, "files")
    wanted = {"uploads/first.txt", f"uploads/{record.fact(FILES, 'name')}"}
    claim.see(wanted <= set(listed(page)), page, f"{sorted(listed(page))}")
    return claim.verdict()


@judge("FOLLOWUP-010", FILES)
def told_of_the_files(record: Record) -> Verdict:
    name, expected = record.fact(FILES, "name"), "the agent gives the name of the uploaded file"
    return answered(record, FILES, name, reason="not-told", expected=expected, files=True)


@judge("FOLLOWUP-011", FILES)
def reads_the_file(record: Record) -> Verdict:
    stream = record.stream(FILES, record.fact(FILES, "read"))
    results = stream.of("tool_result")
    if not results:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no result was told", cite(stream.exchange))
    outputs = " ".join(str(event.get("output")) for event in results)
    claim = Claim("not-readable", "the content of the uploaded file")
    claim.see(
        f"content {record.fact(FILES, 'word')}" in outputs, stream.exchange, f"tool output {brief(outputs)!r}"
    )
    return claim.verdict()


@judge("FOLLOWUP-012", FOLLOW)
def same_conversation(record: Record) -> Verdict:
    claim = Claim("id-changed", "id and conversation stay")
    before, after = record.exchange(FOLLOW, "before"), record.exchange(FOLLOW, "after")
    for name in ("id", "conversationId"):
        values = [each.fields.get(name) for each in (before, after)]
        claim.see(values[0] == values[1] is not None, after, f"{name}: {values}")
    return claim.verdict()


@judge("FOLLOWUP-013", FOLLOW)
def refused_follow_up_changes_nothing(record: Record) -> Verdict:
    claim = Claim("half-done", "history and status as they were")
    before, after = (
        record.exchange(FOLLOW, "history before"),
        record.exchange(FOLLOW, "history after refusals"),
    )
    claim.see(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    one, other = record.exchange(FOLLOW, "before"), record.exchange(FOLLOW, "after refusals")
    status = [each.fields.get("status") for each in (one, other)]
    claim.see(status[0] == status[1], other, f"status {status}")
    return claim.verdict()


@judge("FOLLOWUP-014", EARLY)
def early_follow_up_conflicts(record: Record) -> Verdict:
    claim = Claim("not-refused", "409 CONFLICT")
    exchange = record.exchange(EARLY, "early follow-up")
    claim.see(exchange.status == 409 and exchange.code == "CONFLICT", exchange, summary(exchange))
    return claim.verdict()


@judge("FOLLOWUP-015", EARLY)
def never_half_taken(record: Record) -> Verdict:
    claim = Claim("half-taken", "accepted: once in the history; refused: not there")
    exchange, saved = record.exchange(EARLY, "early follow-up"), record.exchange(EARLY, "history")
    number = sum(text == record.fact(EARLY, "message") for _, text in contents(saved))
    wanted = 1 if exchange.succeeded else 0
    claim.see(number == wanted, saved, f"answered {exchange.status}, {number} times in the history")
    return claim.verdict()


@judge("FOLLOWUP-020", FOLLOW)
def bad_follow_up_code(record: Record) -> Verdict:
    return refused(
        record,
        FOLLOW,
        ["bad: no message", "bad: empty"],
        twin="follow-up",
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )


@judge("GET-029", FOLLOW)
def first_message_stays(record: Record) -> Verdict:
    claim = Claim("other-message", "message remains the first")
    before, after = record.exchange(FOLLOW, "before"), record.exchange(FOLLOW, "after")
    values = [each.fields.get("message") for each in (before, after)]
    claim.see(values[0] == values[1] is not None, after, f"{values}")
    return claim.verdict()


@judge("HISTORY-016", FOLLOW)
def history_grows(record: Record) -> Verdict:
    claim = Claim("history-changed", "all earlier messages unchanged, the new ones after them")
    before, after = record.exchange(FOLLOW, "history before"), record.exchange(FOLLOW, "history after")
    old, new = messages(before), messages(after)
    holds = (
        bool(old) and new[: len(old)] == old and len(new) > len(old) and new[len(old)].get("role") == "user"
    )
    claim.see(holds, after, f"{len(old)} messages, then {len(new)}")
    return claim.verdict()
