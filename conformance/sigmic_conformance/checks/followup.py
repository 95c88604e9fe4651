"""Sending a follow-up message."""

import posixpath
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise, takewhile

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import SUCCESS, Call
from sigmic_conformance.model.conversation import View, kept, shown
from sigmic_conformance.model.observation.files_seen import attached_before, may_touch
from sigmic_conformance.model.observation.results import good_results
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_files import (
    entries_of,
    listed_uploads,
    loose_files,
    messages_with_files,
)
from sigmic_conformance.model.observation.seen_requests import (
    form_accepted,
    is_accepted,
    is_sound,
    may_be_large,
    not_accepted,
    without_message,
)
from sigmic_conformance.model.observation.seen_tasks import counted, how_often
from sigmic_conformance.model.observation.seen_turns import answered_last
from sigmic_conformance.model.operations import FILES, GET, HISTORY, SAY, STREAM
from sigmic_conformance.model.places import agrees
from sigmic_conformance.model.record.agent_answers import (
    AGAIN,
    KEYWORD_RECALLS,
    LATEST,
    answered,
    knows_keywords,
)
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.requests import Certainty, Form, SentMessage
from sigmic_conformance.model.statuses import COMPLETED
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import (
    UPLOADS,
    Listing,
    digests_read,
    is_plain,
    is_sayable,
)
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.stream import Stream
from sigmic_spec.plural import plural

LATER_RECALLS = (
    ("long_conversation", "word", "recall: stream"),
    ("long_conversation", LATEST, KEYWORD_RECALLS["long_conversation"]),
    ("restore", "word", "restored: stream"),
)
"""A probe, a fact, and the stream that answers a question about it many turns or a session later."""


def _on_completed(seen: Seen) -> Turn | None:
    """The last turn, if the owner sent a follow-up to a task that was known to be completed."""
    rest = seen.rest_on_arrival()
    return rest if rest is not None and rest.over is not None and rest.over.status == COMPLETED else None


@check("FOLLOWUP-001", SAY, reason="refused")
def follow_ups_are_taken(seen: Seen) -> Findings:
    """A sound JSON follow-up of the owner on a completed task is accepted, at any turn."""
    body, rest = seen.body, _on_completed(seen)
    if rest is not None and body.form is Form.JSON and is_sound(body, frozenset({"message"})):
        yield from is_accepted(seen, f"turn {rest.number} was completed")


@check("FOLLOWUP-002", SAY, reason="refused")
def follow_ups_with_files_are_taken(seen: Seen) -> Findings:
    """A sound follow-up with files of the owner on a completed task is accepted, at any turn."""
    body, rest = seen.body, _on_completed(seen)
    if rest is not None and body.files and not may_be_large(seen) and is_sound(body, frozenset({"message"})):
        yield from is_accepted(seen, f"turn {rest.number} was completed")


@check("FOLLOWUP-002", SAY, reason="refused")
def follow_ups_as_forms_are_taken(seen: Seen) -> Findings:
    """A sound form without files of the owner on a completed task is accepted, at any turn."""
    body, rest = seen.body, _on_completed(seen)
    if rest is not None and body.form is None and not body.files and is_sound(body, frozenset({"message"})):
        yield from is_accepted(seen, f"turn {rest.number} was completed")


@check("FOLLOWUP-002", SAY, reason="refused")
def follow_ups_may_be_forms(seen: Seen) -> Findings:
    """The owner's follow-up with files on a completed task is not refused for being a form."""
    if _on_completed(seen) is not None:
        yield from form_accepted(seen)


@check("FOLLOWUP-003", SAY, reason="other-status")
def follow_ups_answer_running(seen: Seen) -> Findings:
    """Each accepted follow-up answers with the status running."""
    if seen.exchange.ok:
        status = seen.fields.get("status")
        yield says(status == "running", "the follow-up was accepted", f"status {status}")


@check("FOLLOWUP-004", SAY, reason="accepted")
def follow_ups_need_a_message(seen: Seen) -> Findings:
    """A follow-up without a message, with files or without, is refused."""
    if without_message(seen.body):
        yield from not_accepted(seen, "the body has no message")


@check("FOLLOWUP-005", STREAM, reason="not-replayed")
def follow_up_is_replayed(seen: Seen) -> Findings:
    """A stream that was requested after a follow-up was accepted has it in its history."""
    for count, view, there in counted(seen):
        if count.message.is_follow_up and count.least:
            message = str(count.message.asked.message)[:60]
            known = f"the follow-up {spelled(message)} was accepted {plural(count.least, 'time')}"
            yield says(there >= count.least, known, f"it is replayed {how_often(count, view, there)}")


@check("FOLLOWUP-006", GET, reason="answered-late")
def follow_ups_are_answered_first(seen: Seen, turn: Turn) -> Findings:
    """A follow-up is answered before its run is over."""
    if turn.number > 1 and turn.message.certainty is Certainty.ACCEPTED:
        yield from answered_last(seen, turn.message.exchange)


def _answered(seen: Seen, view: View) -> Turn | None:
    """The last turn if a follow-up started it and it was known to be completed before a view."""
    rest = seen.task.turns.at_rest(view.began, view.ended) if seen.task else None
    if rest is None or rest.over is None or rest.over.status != COMPLETED or rest.number == 1:
        return None
    return rest


@check("FOLLOWUP-007", HISTORY, STREAM, reason="not-answered")
def follow_ups_are_answered(seen: Seen, view: View) -> Findings:
    """The last message of the user is followed by an answer when its turn is completed."""
    rest = _answered(seen, view)
    if rest is None:
        return
    roles = [str(each.get("role")) for each in view.messages]
    holds = bool(roles) and roles[-1] == "assistant"
    yield says(
        holds, f"the follow-up of turn {rest.number} was completed", f"the roles are {spelled(roles[-4:])}"
    )


@check("FOLLOWUP-007", HISTORY, STREAM, reason="answers-mixed")
def answers_do_not_begin_with_earlier_ones(seen: Seen, task: Task, view: View) -> Findings:
    """The saved answer to a follow-up is not the text of an earlier turn, then what its reader received."""
    rest = _answered(seen, view)
    heard = task.readers.of_all(rest) if rest is not None else None
    if rest is None or heard is None or not heard.answer.joined:
        return
    last = takewhile(lambda each: each.get("role") == "assistant", reversed(view.messages))
    saved = "".join(reversed([json_values.word(each.get("content")) for each in last]))
    streams = (each for each in task.streams if each.exchange.ended <= rest.began)
    earlier = {each.answer.joined.strip() for each in streams} - {""}
    received = heard.answer.joined
    before = saved.removesuffix(received).strip() if saved.endswith(received) else ""
    known = f"the reader of turn {rest.number} received {spelled(received, 60)}"
    yield says(before not in earlier, known, f"saved is {spelled(saved, 60)}")


def _remembered(record: Record, probe: str, label: str, word: str) -> Findings:
    known = f"an answer that contains {spelled(word)}, from an earlier message"
    return answered(record, probe, (label, *AGAIN), word, known)


@check("FOLLOWUP-008", reason="forgotten")
def remembers(record: Record) -> Findings:
    """The agent's answer contains words of long ago and of just now after many turns and after a restore.

    If the follow-up was refused, the stream that follows still has the answer to the first message.
    """
    record.accepted("follow_up", "follow-up")
    own = list(_remembered(record, "follow_up", "run of follow-up", record.fact("follow_up", "word")))
    yield from own
    for probe, fact, label in LATER_RECALLS if all(each.held for each in own) else ():
        word = record.noted(probe, fact) if probe in record.probes else None
        if word is not None and record.labelled(probe, label) and (fact != LATEST or knows_keywords(record)):
            later = _remembered(record, probe, label, word)
            yield from (each for each in later if each.held is False)


@check("FOLLOWUP-009", FILES, reason="files-missing")
def files_of_follow_ups_are_listed(seen: Seen) -> Findings:
    """Each file of a follow-up is listed."""
    return listed_uploads(seen, of=lambda said: said.is_follow_up)


def _at_the_top(said: SentMessage) -> Iterator[str]:
    """The archive entries of a message without a folder: lists may leave out some folders."""
    for file in said.asked.files:
        yield from (entry.name for entry in file.entries or () if "/" not in entry.name)


def _may_have_run_since(call: Call, at: int) -> bool:
    """Whether a call has events after a time, or was answered and has none; False for an unknown call."""
    answered = bool(call.taken)
    return call.first.at > at if call.first is not None else answered


@check("FOLLOWUP-009", FILES, reason="files-missing")
def files_of_follow_ups_are_more(seen: Seen, task: Task, listing: Listing) -> Findings:
    """Files of a follow-up, with any names, are in the same workspace: more is listed than before it.

    For an archive: its entries, or the archive itself.
    """
    last = next(reversed(list(messages_with_files(seen))), None)
    before = [each for each in task.listings if last and each.exchange.ended <= last.sent]
    if last is None or not last.is_follow_up or not before:
        return
    known = {posixpath.basename(path) for path in before[-1].files}
    names = [file.name for file in loose_files(last)] + list(_at_the_top(last))
    new = [name for name in names if is_sayable(name) and name not in known]
    calls = [call for call in task.calls.values() if _may_have_run_since(call, last.sent)]
    others = any(each.asked.files and last.sent < each.sent < seen.ended for each in task.messages)
    if new and not others and not any(may_touch(call, name) for name in new for call in calls):
        more = [path for path in listing.files if path.startswith(UPLOADS) and path not in before[-1].files]
        shown = f"{len(more)} more are listed under {UPLOADS}"
        yield says(bool(more), f"{last.exchange.label} attached {plural(len(new), 'file')}", shown)


@check("FOLLOWUP-010", reason="not-reported")
def knows_the_files(record: Record) -> Findings:
    name, probe, label = record.fact("follow_up_files", "name"), "follow_up_files", "run of follow-up"
    return answered(
        record, probe, (label, *AGAIN), name, f"an answer that names the uploaded {name}", files=True
    )


_CAT = re.compile(r"cat \"?(uploads/[\w.-]+)\"?")
FEW_BYTES = 1000


def _is_within(output: bytes, file: SentFile) -> bool:
    """Whether an output contains the bytes of a small file, perhaps without a last line feed."""
    told = output[: FEW_BYTES * 2] + b"\n"
    parts = (told[at : at + file.size] for at in range(len(told) - file.size + 1))
    return any(sha256(part).hexdigest() == file.sha256 for part in parts)


@check("FOLLOWUP-011", STREAM, GET, reason="not-readable")
def uploaded_files_are_shown(seen: Seen, task: Task) -> Findings:
    """A command that only prints a small upload prints at least the bytes that were sent.

    A tool may add text to an output.
    """
    for result in good_results(seen):
        found = _CAT.fullmatch(result.call.command)
        if found is None:
            continue
        attached = [each for each in task.attachments if each.path == found[1] and is_plain(each.file)]
        others = [call for call in task.calls.values() if call is not result.call]
        for each in attached if len(attached) == 1 else ():
            changed = any(may_touch(call, each.file.name) for call in others)
            if each.file.size < FEW_BYTES and each.message.answered <= result.at and not changed:
                output = (result.output or "").encode()
                same = _is_within(output, each.file)
                if same or len(output) + len(b"\r\n") < each.file.size:
                    known = f"{each.path} was sent with {plural(each.file.size, 'byte')}"
                    yield says(same, known, f"cat shows {plural(len(output), 'byte')}", offset=result.offset)


@check("FOLLOWUP-011", STREAM, GET, reason="not-readable")
def uploaded_files_have_their_bytes(seen: Seen, task: Task) -> Findings:
    """A command that prints the digests of all uploads prints those of the bytes that were sent."""
    for result in good_results(seen):
        read = digests_read(result.call.command, result.output)
        if read is None:
            continue
        for each in attached_before(task, result.at):
            same = {one.file.sha256 for one in task.attachments if one.file.name == each.file.name}
            if each.file.name in read and None not in same:
                holds = read[each.file.name] in same
                shown = f"the command reads {'them' if holds else 'others'}"
                yield says(holds, f"{each.path} was sent with {plural(each.file.size, 'byte')}", shown)


@check("FOLLOWUP-011", STREAM, reason="not-readable")
def uploaded_files_can_be_read(task: Task, stream: Stream) -> Findings:
    """A tool whose name means reading, and which names only a plain upload, does not fail."""
    paths = {
        f"uploads/{file.name}"
        for said in task.messages
        if said.certainty is Certainty.ACCEPTED
        for file in said.asked.files
        if is_plain(file)
    }
    for event in stream.of("tool_result"):
        call = task.calls.get(event.call)
        if call is None or call.tool != "read_file" or len(call.args) != 1:
            continue
        path = str(next(iter(call.args.values()))).removeprefix("/workspace/").removeprefix("./")
        if path in paths:
            yield says(
                event.get("status") == SUCCESS,
                f"{path} was uploaded",
                f"read_file ends {event.get('status')}",
            )


@check("FOLLOWUP-011", STREAM, GET, reason="not-readable")
def entries_are_read_as_packed(seen: Seen, task: Task) -> Findings:
    """A command that prints the digests of all uploads prints those of the bytes in the archives."""
    loose = {file.name for said in task.messages for file in said.asked.files}
    for result in good_results(seen):
        read = digests_read(result.call.command, result.output)
        entries = list(entries_of(task, result.at)) if read else []
        for name, digest in (read or {}).items():
            same = [entry for entry in entries if entry.may_be(UPLOADS + name)]
            if same and name not in loose:
                holds = digest in {entry.file.sha256 for entry in same}
                shown = f"the command reads {'it' if holds else 'other bytes'} as {name}"
                yield says(holds, f"an archive had {same[0].file.name}", shown, offset=result.offset)


@check("FOLLOWUP-012", GET, reason="id-changed")
def follow_up_keeps_the_conversation(seen: Seen, turn: Turn) -> Findings:
    """ConversationId is the same after a follow-up."""
    if turn.number > 1:
        yield from agrees(seen, GET, GET, facts=["conversationId"])


@check("FOLLOWUP-013", HISTORY, reason="half-done")
def refused_follow_ups_add_nothing(seen: Seen, task: Task, view: View, rest: Turn) -> Findings:
    """The history of an idle task is unchanged after a follow-up was refused."""
    for earlier in task.views:
        sent = next((each for each in task.refusals if earlier.ended <= each.sent <= seen.began), None)
        if sent is None or earlier.is_stream or task.turns.at_rest(earlier.began, seen.ended) is not rest:
            continue
        same = [kept(each) for each in earlier.messages] == [kept(each) for each in view.messages]
        before, after = (plural(len(each.messages), "message") for each in (earlier, view))
        known = f"{earlier.exchange.label} showed {before} before one was refused"
        yield says(same, known, f"{after}, {'the same' if same else 'others'}")
        return


@check("FOLLOWUP-013", HISTORY, reason="half-done")
def refused_follow_ups_are_not_kept(task: Task, view: View) -> Findings:
    """A text that only refused follow-ups had is not in the history, for any form of request."""
    if task.creation is None:
        return
    for count in task.conversation.counts(view):
        if count.refused and any(each.is_follow_up for each in count.refused):
            there = shown(count, view)
            message = str(count.message.asked.message)[:60]
            known = f"{spelled(message)} was refused, and accepted {plural(count.most, 'time')}"
            yield says(there <= count.most, known, f"it is there {plural(there, 'time')}")


@check("FOLLOWUP-013", GET, reason="half-done")
def refused_follow_ups_change_nothing(seen: Seen, task: Task, rest: Turn) -> Findings:
    """An idle task keeps its status after a follow-up was refused."""
    if not seen.exchange.ok:
        return
    refused = [
        final
        for each in task.refusals
        if each.answered <= seen.began and (final := rest.final(each.sent)) is not None
    ]
    if refused:
        status = seen.fields.get("status")
        yield says(status == refused[0], f"it was {refused[0]}, then one was refused", f"status {status}")


@check("FOLLOWUP-015", HISTORY, reason="half-taken")
def accepted_once(task: Task, view: View) -> Findings:
    """Each message is shown at least and at most as often as it was accepted."""
    if task.creation is None:
        return
    for count in task.conversation.counts(view):
        there = shown(count, view)
        text = str(count.message.asked.message)[:60]
        least = "" if count.least == count.most else f"{count.least} to "
        known = f"{spelled(text)} was accepted {least}{plural(count.most, 'time')}"
        yield says(count.least <= there <= count.most, known, f"it is there {how_often(count, view, there)}")


def _taken_together(task: Task, at: int) -> list[Turn]:
    """The last turns before a time, if their messages overlapped and were all accepted; empty otherwise."""
    turns = [turn for turn in task.turns if turn.began < at]
    first = next((number for number, turn in enumerate(turns) if not turn.is_clear), 0)
    late = turns[first - 1 :] if first else []
    together = all(one.began < other.taken and other.began < one.taken for one, other in pairwise(late))
    return late if together and all(turn.message.certainty is Certainty.ACCEPTED for turn in late) else []


@check("FOLLOWUP-015", HISTORY, reason="half-taken")
def messages_at_once_are_answered(seen: Seen, task: Task, view: View) -> Findings:
    """Messages that were accepted at the same time each have an answer, if the target accepts none early.

    Such a target queues no message, and adds none to a running turn: each started a separate turn.
    """
    if not seen.model.choices.refuses_early:
        return
    late = _taken_together(task, seen.began)
    told = [each for each in task.statuses if late and each.began >= late[-1].taken]
    if not late or view.status != COMPLETED or {each.status for each in told if each.is_final} != {COMPLETED}:
        return
    of_late = [any(turn.message.is_shown_as(each.get("content")) for turn in late) for each in view.messages]
    if True in of_late:
        behind = view.messages[of_late.index(True) :]
        answers = sum(each.get("role") == "assistant" for each in behind)
        known = f"{plural(len(late), 'message was', 'messages were')} taken at the same time"
        yield says(answers >= len(late), known, f"{answers} of {len(late)} answers behind them")
