"""FOLLOWUP: further messages with and without files, memory, and refusals that leave nothing."""

from typing import Any

from sigmic_conformance.conformance.judging.agent_answers import answered
from sigmic_conformance.conformance.judging.answer_data import messages, status
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, failed, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

FAILING_TASK = "failing_task"
FOLLOW_UP = "follow_up"
FOLLOW_UP_EARLY = "follow_up_early"
FOLLOW_UP_FILES = "follow_up_files"
SLOW_FOLLOW_UP = "slow_follow_up"


def contents(exchange: Exchange) -> list[Any]:
    """Role and text of every message."""
    return [(each.get("role"), each.get("content")) for each in messages(exchange)]


judge_each(
    __name__,
    {
        "FOLLOWUP-001": Acceptance(FOLLOW_UP, ["follow-up"]),
        "FOLLOWUP-002": Acceptance(FOLLOW_UP_FILES, ["follow-up"]),
        "FOLLOWUP-004": Refusal(FOLLOW_UP, ["bad: no message", "bad: files only"], control="follow-up"),
        "FOLLOWUP-020": Refusal(
            FOLLOW_UP, ["bad: no message", "bad: empty"], 400, "VALIDATION_ERROR", control="follow-up"
        ),
    },
)


@judge("FOLLOWUP-003", FOLLOW_UP)
def follow_up_answer(record: Record) -> Verdict:
    observations = Observations("other-status", "data.status is running")
    exchange = record.exchange(FOLLOW_UP, "follow-up")
    observations.add(exchange.fields.get("status") == "running", exchange, summary(exchange))
    return observations.verdict()


@judge("FOLLOWUP-005", FOLLOW_UP)
def stream_after_follow_up(record: Record) -> Verdict:
    observations = Observations("not-replayed", "the whole history including the follow-up")
    before = record.exchange(FOLLOW_UP, "history before")
    stream = record.stream(FOLLOW_UP, "run of follow-up")
    found = [(each.get("role"), each.get("content")) for each in stream.messages]
    holds = found[: len(contents(before))] == contents(before) and len(found) > len(contents(before))
    observations.add(
        holds, stream.exchange, f"{len(found)} messages, {len(contents(before))} before the follow-up"
    )
    return observations.verdict()


@judge("FOLLOWUP-006", SLOW_FOLLOW_UP)
def answers_before_the_end(record: Record) -> Verdict:
    observations = Observations("answered-late", "an answer before the agent has finished")
    answer, stream = (
        record.exchange(SLOW_FOLLOW_UP, "follow-up"),
        record.stream(SLOW_FOLLOW_UP, "run of follow-up"),
    )
    seconds = (answer.ended - answer.started) / NANO
    if stream.is_streaming:
        end = stream.terminal.at if stream.terminal else stream.exchange.ended
        observations.add(
            answer.ended < end, answer, f"{seconds:.2f} s, {(end - answer.ended) / NANO:.2f} s before the end"
        )
        return observations.verdict()
    if seconds < record.fact(SLOW_FOLLOW_UP, "seconds"):
        raise NotReached("the follow-up was over before its stream could be opened")
    observations.broken(answer, f"answered after {seconds:.2f} s, when the run was over")
    return observations.verdict()


@judge("FOLLOWUP-007", FOLLOW_UP)
def answered_again(record: Record) -> Verdict:
    observations = Observations("not-answered", "a further assistant message, and completed again")
    before, after = record.exchange(FOLLOW_UP, "history before"), record.exchange(FOLLOW_UP, "history after")
    answers = [sum(role == "assistant" for role, _ in contents(each)) for each in (before, after)]
    observations.add(answers[1] > answers[0], after, f"{answers[0]} answers, then {answers[1]}")
    final = record.exchange(FOLLOW_UP, "after")
    observations.add(final.fields.get("status") == "completed", final, "completed")
    return observations.verdict()


@judge("FOLLOWUP-008", FOLLOW_UP)
def remembers(record: Record) -> Verdict:
    word = record.fact(FOLLOW_UP, "word")
    return answered(record, FOLLOW_UP, word, reason="forgotten", expected="what the user told before")


@judge("FOLLOWUP-009", FOLLOW_UP_FILES)
def file_beside_the_others(record: Record) -> Verdict:
    observations = Observations("files-missing", "both files under uploads/")
    page = record.exchange(FOLLOW_UP_FILES, "files")
    wanted = {"uploads/first.txt", f"uploads/{record.fact(FOLLOW_UP_FILES, 'name')}"}
    observations.add(wanted <= set(listed(page)), page, f"{sorted(listed(page))}")
    return observations.verdict()


@judge("FOLLOWUP-010", FOLLOW_UP_FILES)
def told_of_the_files(record: Record) -> Verdict:
    name, expected = record.fact(FOLLOW_UP_FILES, "name"), "the agent gives the name of the uploaded file"
    return answered(record, FOLLOW_UP_FILES, name, reason="not-told", expected=expected, files=True)


@judge("FOLLOWUP-011", FOLLOW_UP_FILES)
def reads_the_file(record: Record) -> Verdict:
    stream = record.stream(FOLLOW_UP_FILES, record.fact(FOLLOW_UP_FILES, "read"))
    results = stream.of("tool_result")
    if not results:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no result was told", cite(stream.exchange))
    outputs = " ".join(str(event.get("output")) for event in results)
    observations = Observations("not-readable", "the content of the uploaded file")
    observations.add(
        f"content {record.fact(FOLLOW_UP_FILES, 'word')}" in outputs,
        stream.exchange,
        f"tool output {brief(outputs)!r}",
    )
    return observations.verdict()


@judge("FOLLOWUP-012", FOLLOW_UP)
def same_conversation(record: Record) -> Verdict:
    observations = Observations("id-changed", "id and conversation stay")
    before, after = record.exchange(FOLLOW_UP, "before"), record.exchange(FOLLOW_UP, "after")
    for name in ("id", "conversationId"):
        values = [each.fields.get(name) for each in (before, after)]
        observations.add(values[0] == values[1] is not None, after, f"{name}: {values}")
    return observations.verdict()


@judge("FOLLOWUP-013", FOLLOW_UP)
def refused_follow_up_changes_nothing(record: Record) -> Verdict:
    observations = Observations("half-done", "history and status as they were")
    before, after = (
        record.exchange(FOLLOW_UP, "history before"),
        record.exchange(FOLLOW_UP, "history after refusals"),
    )
    observations.add(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    one, other = record.exchange(FOLLOW_UP, "before"), record.exchange(FOLLOW_UP, "after refusals")
    status = [each.fields.get("status") for each in (one, other)]
    observations.add(status[0] == status[1], other, f"status {status}")
    return observations.verdict()


@judge("FOLLOWUP-014", FOLLOW_UP_EARLY)
def early_follow_up_conflicts(record: Record) -> Verdict:
    observations = Observations("not-refused", "409 CONFLICT")
    exchange = record.exchange(FOLLOW_UP_EARLY, "early follow-up")
    observations.add(exchange.status == 409 and exchange.code == "CONFLICT", exchange, summary(exchange))
    return observations.verdict()


@judge("FOLLOWUP-015", FOLLOW_UP_EARLY)
def never_half_taken(record: Record) -> Verdict:
    observations = Observations("half-taken", "accepted: once in the history; refused: not there")
    exchange, saved = (
        record.exchange(FOLLOW_UP_EARLY, "early follow-up"),
        record.exchange(FOLLOW_UP_EARLY, "history"),
    )
    number = sum(text == record.fact(FOLLOW_UP_EARLY, "message") for _, text in contents(saved))
    wanted = 1 if exchange.succeeded else 0
    observations.add(number == wanted, saved, f"answered {exchange.status}, {number} times in the history")
    return observations.verdict()


@judge("FOLLOWUP-016", "cancel_finished", FAILING_TASK)
def follow_up_after_the_worst(record: Record) -> Verdict:
    observations = Observations("not-run", "a follow-up on a cancelled or failed task is taken and completes")
    for probe, label, after in (
        ("cancel_finished", "follow-up on the cancelled", "cancelled, followed up"),
        (FAILING_TASK, "follow-up", "after"),
    ):
        if record.transcript(probe).labelled(label):
            taken = record.exchange(probe, label)
            if observations.add(taken.ok, taken, summary(taken)):
                final = record.exchange(probe, after)
                observations.add(status(final) == "completed", final, f"{probe}: then {status(final)}")
    return observations.verdict()


@judge("FOLLOWUP-017", SLOW_FOLLOW_UP)
def completed_at_is_reset(record: Record) -> Verdict:
    observations = Observations("not-reset", "completedAt null while the new turn runs, and set afterwards")
    for label in ("right after", "meanwhile"):
        exchange = record.exchange(SLOW_FOLLOW_UP, label)
        if status(exchange) not in shapes.FINAL:
            found = exchange.fields.get("completedAt")
            observations.add(found is None, exchange, f"{label}: completedAt {found}")
    verdict = observations.verdict()
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return verdict
    last = record.exchange(SLOW_FOLLOW_UP, "at the end")
    observations.add(
        shapes.timestamp(last.fields.get("completedAt")), last, f"{last.fields.get('completedAt')} at the end"
    )
    return observations.verdict()


@judge("FOLLOWUP-018", SLOW_FOLLOW_UP)
def no_other_fields(record: Record) -> Verdict:
    asked = [each.label for each in record.exchanges(SLOW_FOLLOW_UP) if each.label.startswith("field: ")]
    expected = "400 VALIDATION_ERROR for env, secrets, autoExecute and systemPrompt"
    codes = frozenset({"VALIDATION_ERROR"})
    verdict = refused(
        record, SLOW_FOLLOW_UP, asked, control="follow-up", expected=expected, status=400, codes=codes
    )
    before, after = (
        record.exchange(SLOW_FOLLOW_UP, "history before"),
        record.exchange(SLOW_FOLLOW_UP, "history after fields"),
    )
    if verdict.outcome is Outcome.PASSED and messages(before) != messages(after):
        observed = f"{len(messages(before))} messages before the refusals, {len(messages(after))} after them"
        return failed(
            "half-taken", cite(after), expected="a refused follow-up is not saved", observed=observed
        )
    return verdict


@judge("FOLLOWUP-019", SLOW_FOLLOW_UP, "approve_each")
def options_of_the_creation_last(record: Record) -> Verdict:
    observations = Observations(
        "not-applied", "env, systemPrompt and autoExecute of the creation apply to a follow-up"
    )
    word = record.fact(SLOW_FOLLOW_UP, "word")
    stream = record.stream(SLOW_FOLLOW_UP, "run of follow-up")
    outputs = [str(event.get("output")) for event in stream.of("tool_result")]
    observations.add(
        any(word in text for text in outputs), stream.exchange, f"the variable printed: {outputs[:1]}"
    )
    last = record.exchange(SLOW_FOLLOW_UP, "at the end")
    kept = last.fields.get("env") == {"FOLLOWED": word} and last.fields.get("systemPrompt") == f"Mark {word}."
    observations.add(
        kept, last, f"env {last.fields.get('env')}, systemPrompt {last.fields.get('systemPrompt')!r}"
    )
    asked = record.fact("approve_each", "follow-up asks")
    run = record.stream("approve_each", "run of follow-up")
    if asked or run.of("tool_call"):
        observations.add(
            asked, run.exchange, "the follow-up's call asks" if asked else "the call runs unasked"
        )
    return observations.verdict()
