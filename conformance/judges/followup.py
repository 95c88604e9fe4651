"""FOLLOWUP: further messages with and without files, memory, and refusals that leave nothing."""

from sigmic_conformance.conformance.judging.agent_answers import answered
from sigmic_conformance.conformance.judging.answer_data import messages, status
from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, failed, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.labels.approve_several import ApproveEach
from sigmic_conformance.conformance.labels.cancel import CancelFinished
from sigmic_conformance.conformance.labels.followup import FollowUp, FollowUpEarly, FollowUpFiles
from sigmic_conformance.conformance.labels.session import Restore
from sigmic_conformance.conformance.labels.state import FailingTask, SlowFollowUp
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural


def contents(exchange: Exchange) -> list[tuple[object, object]]:
    """Role and text of every message."""
    return [(each.get("role"), each.get("content")) for each in messages(exchange)]


judge_each(
    __name__,
    {
        "FOLLOWUP-001": Acceptance([FollowUp.FOLLOW_UP]),
        "FOLLOWUP-002": Acceptance([FollowUpFiles.FOLLOW_UP]),
        "FOLLOWUP-004": Refusal(
            [FollowUp.BAD_NO_MESSAGE, FollowUp.BAD_FILES_ONLY], control=FollowUp.FOLLOW_UP
        ),
        "FOLLOWUP-020": Refusal(
            [FollowUp.BAD_NO_MESSAGE, FollowUp.BAD_EMPTY], 400, "VALIDATION_ERROR", control=FollowUp.FOLLOW_UP
        ),
    },
)


@judge("FOLLOWUP-003", FollowUp.PROBE)
def follow_up_answer(record: Record) -> Verdict:
    observations = Observations("other-status", "data.status is running")
    exchange = record.exchange(FollowUp.FOLLOW_UP)
    observations.add(exchange.fields.get("status") == "running", exchange, summary(exchange))
    return observations.verdict()


@judge("FOLLOWUP-005", FollowUp.PROBE)
def stream_after_follow_up(record: Record) -> Verdict:
    observations = Observations("not-replayed", "the whole history including the follow-up")
    before = record.exchange(FollowUp.HISTORY_BEFORE)
    stream = record.stream(FollowUp.RUN_OF_FOLLOW_UP)
    found = [(each.get("role"), each.get("content")) for each in stream.messages]
    holds = found[: len(contents(before))] == contents(before) and len(found) > len(contents(before))
    observations.add(
        holds,
        stream.exchange,
        f"{plural(len(found), 'message')}, {len(contents(before))} before the follow-up",
    )
    return observations.verdict()


@judge("FOLLOWUP-006", SlowFollowUp.PROBE)
def answers_before_the_end(record: Record) -> Verdict:
    observations = Observations("answered-late", "an answer before the agent has finished")
    answer, stream = (
        record.exchange(SlowFollowUp.FOLLOW_UP),
        record.stream(SlowFollowUp.RUN_OF_FOLLOW_UP),
    )
    seconds = (answer.ended - answer.started) / NANO
    if stream.is_streaming:
        end = stream.terminal.at if stream.terminal else stream.exchange.ended
        observations.add(
            answer.ended < end, answer, f"{seconds:.2f} s, {(end - answer.ended) / NANO:.2f} s before the end"
        )
        return observations.verdict()
    if seconds < record.fact(SlowFollowUp.SECONDS):
        raise NotReached("the follow-up was over before its stream could be opened")
    observations.broken(answer, f"answered after {seconds:.2f} s, when the run was over")
    return observations.verdict()


@judge("FOLLOWUP-007", FollowUp.PROBE)
def answered_again(record: Record) -> Verdict:
    observations = Observations("not-answered", "another assistant message, and completed again")
    before, after = record.exchange(FollowUp.HISTORY_BEFORE), record.exchange(FollowUp.HISTORY_AFTER)
    answers = [sum(role == "assistant" for role, _ in contents(each)) for each in (before, after)]
    observations.add(answers[1] > answers[0], after, f"{answers[0]} answers, then {answers[1]}")
    final = record.exchange(FollowUp.AFTER)
    observations.add(final.fields.get("status") == "completed", final, "completed")
    return observations.verdict()


@judge("FOLLOWUP-008", FollowUp.PROBE, sweep=True)
def remembers(record: Record) -> Verdict:
    """Held against a follow-up that restores its session as well, where the run has one."""
    expected = "what the user told before"
    own = answered(
        record,
        FollowUp.RUN_OF_FOLLOW_UP,
        record.fact(FollowUp.WORD),
        reason="forgotten",
        expected=expected,
        again=FollowUp.AGAIN,
    )
    if own.outcome is not Outcome.PASSED or Restore.PROBE not in record.probes:
        return own
    word, stream, again = record.noted(Restore.WORD), Restore.RESTORED.stream, Restore.AGAIN
    if word is None or not record.labelled(stream):
        return own
    restored = answered(record, stream, word, reason="forgotten", expected=expected, again=again)
    return restored if restored.outcome is Outcome.FAILED else own


@judge("FOLLOWUP-009", FollowUpFiles.PROBE)
def file_beside_the_others(record: Record) -> Verdict:
    observations = Observations("files-missing", "both files under uploads/")
    page = record.exchange(FollowUpFiles.FILES)
    wanted = {"uploads/first.txt", f"uploads/{record.fact(FollowUpFiles.NAME)}"}
    observations.add(wanted <= set(listed(page)), page, f"{sorted(listed(page))}")
    return observations.verdict()


@judge("FOLLOWUP-010", FollowUpFiles.PROBE)
def told_of_the_files(record: Record) -> Verdict:
    name, expected = record.fact(FollowUpFiles.NAME), "the agent gives the name of the uploaded file"
    return answered(
        record,
        FollowUpFiles.RUN_OF_FOLLOW_UP,
        name,
        reason="not-told",
        expected=expected,
        again=FollowUpFiles.AGAIN,
        files=True,
    )


@judge("FOLLOWUP-011", FollowUpFiles.PROBE)
def reads_the_file(record: Record) -> Verdict:
    stream = record.stream(record.fact(FollowUpFiles.READ_STREAM))
    results = stream.of("tool_result")
    if not results:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no result was reported", cite(stream.exchange))
    outputs = " ".join(str(event.get("output")) for event in results)
    observations = Observations("not-readable", "the content of the uploaded file")
    observations.add(
        f"content {record.fact(FollowUpFiles.WORD)}" in outputs,
        stream.exchange,
        f"tool output {brief(outputs)!r}",
    )
    return observations.verdict()


@judge("FOLLOWUP-012", FollowUp.PROBE)
def same_conversation(record: Record) -> Verdict:
    observations = Observations("id-changed", "id and conversation stay")
    before, after = record.exchange(FollowUp.BEFORE), record.exchange(FollowUp.AFTER)
    for name in ("id", "conversationId"):
        values = [each.fields.get(name) for each in (before, after)]
        observations.add(values[0] == values[1] is not None, after, f"{name}: {values}")
    return observations.verdict()


@judge("FOLLOWUP-013", FollowUp.PROBE)
def refused_follow_up_changes_nothing(record: Record) -> Verdict:
    observations = Observations("half-done", "history and status unchanged")
    before, after = (
        record.exchange(FollowUp.HISTORY_BEFORE),
        record.exchange(FollowUp.HISTORY_AFTER_REFUSALS),
    )
    observations.add(messages(before) == messages(after), after, f"{plural(len(messages(after)), 'message')}")
    one, other = record.exchange(FollowUp.BEFORE), record.exchange(FollowUp.AFTER_REFUSALS)
    status = [each.fields.get("status") for each in (one, other)]
    observations.add(status[0] == status[1], other, f"status {status}")
    return observations.verdict()


@judge("FOLLOWUP-014", FollowUpEarly.PROBE)
def early_follow_up_conflicts(record: Record) -> Verdict:
    observations = Observations("not-refused", "409 CONFLICT")
    exchange = record.exchange(FollowUpEarly.EARLY_FOLLOW_UP)
    observations.add(exchange.status == 409 and exchange.code == "CONFLICT", exchange, summary(exchange))
    return observations.verdict()


@judge("FOLLOWUP-015", FollowUpEarly.PROBE)
def never_half_taken(record: Record) -> Verdict:
    observations = Observations("half-taken", "accepted: once in the history; refused: not there")
    exchange, saved = (
        record.exchange(FollowUpEarly.EARLY_FOLLOW_UP),
        record.exchange(FollowUpEarly.HISTORY),
    )
    number = sum(text == record.fact(FollowUpEarly.MESSAGE) for _, text in contents(saved))
    wanted = 1 if exchange.succeeded else 0
    observations.add(
        number == wanted, saved, f"answered {exchange.status}, {plural(number, 'time')} in the history"
    )
    return observations.verdict()


@judge("FOLLOWUP-016", CancelFinished.PROBE, FailingTask.PROBE)
def follow_up_after_the_worst(record: Record) -> Verdict:
    observations = Observations("not-run", "a follow-up on a cancelled or failed task is taken and completes")
    for label, after in (
        (CancelFinished.FOLLOW_UP_ON_THE_CANCELLED, CancelFinished.CANCELLED_FOLLOWED_UP),
        (FailingTask.FOLLOW_UP, FailingTask.AFTER),
    ):
        if record.labelled(label):
            taken = record.exchange(label)
            if observations.add(taken.ok, taken, summary(taken)):
                final = record.exchange(after)
                observations.add(status(final) == "completed", final, f"{label.probe}: then {status(final)}")
    return observations.verdict()


@judge("FOLLOWUP-017", SlowFollowUp.PROBE)
def completed_at_is_reset(record: Record) -> Verdict:
    observations = Observations("not-reset", "completedAt null while the new turn runs, and set afterwards")
    for label in (SlowFollowUp.RIGHT_AFTER, SlowFollowUp.MEANWHILE):
        exchange = record.exchange(label)
        if status(exchange) not in shapes.FINAL:
            found = exchange.fields.get("completedAt")
            observations.add(found is None, exchange, f"{label}: completedAt {found}")
    verdict = observations.verdict()
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return verdict
    last = record.exchange(SlowFollowUp.AT_THE_END)
    observations.add(
        shapes.timestamp(last.fields.get("completedAt")), last, f"{last.fields.get('completedAt')} at the end"
    )
    return observations.verdict()


@judge("FOLLOWUP-018", SlowFollowUp.PROBE)
def no_other_fields(record: Record) -> Verdict:
    expected = "400 VALIDATION_ERROR for env, secrets, autoExecute and systemPrompt"
    verdict = refusals(
        record.any_of(SlowFollowUp.FIELD),
        control=lambda: record.exchange(SlowFollowUp.FOLLOW_UP),
        expected=expected,
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )
    before, after = (
        record.exchange(SlowFollowUp.HISTORY_BEFORE),
        record.exchange(SlowFollowUp.HISTORY_AFTER_FIELDS),
    )
    if verdict.outcome is Outcome.PASSED and messages(before) != messages(after):
        counts = len(messages(before)), len(messages(after))
        observed = f"{plural(counts[0], 'message')} before the refusals, {counts[1]} after them"
        return failed(
            "half-taken", cite(after), expected="a refused follow-up is not saved", observed=observed
        )
    return verdict


@judge("FOLLOWUP-019", SlowFollowUp.PROBE, ApproveEach.PROBE)
def options_of_the_creation_last(record: Record) -> Verdict:
    observations = Observations(
        "not-applied", "env, systemPrompt and autoExecute of the creation apply to a follow-up"
    )
    word = record.fact(SlowFollowUp.WORD)
    stream = record.stream(SlowFollowUp.RUN_OF_FOLLOW_UP)
    outputs = [str(event.get("output")) for event in stream.of("tool_result")]
    observations.add(
        any(word in text for text in outputs), stream.exchange, f"the variable printed: {outputs[:1]}"
    )
    last = record.exchange(SlowFollowUp.AT_THE_END)
    kept = last.fields.get("env") == {"FOLLOWED": word} and last.fields.get("systemPrompt") == f"Mark {word}."
    observations.add(
        kept, last, f"env {last.fields.get('env')}, systemPrompt {last.fields.get('systemPrompt')!r}"
    )
    asked = record.fact(ApproveEach.FOLLOW_UP_ASKS)
    run = record.stream(ApproveEach.RUN_OF_FOLLOW_UP)
    if asked or run.of("tool_call"):
        observations.add(
            asked, run.exchange, "the follow-up's call asks" if asked else "the call runs unasked"
        )
    return observations.verdict()
