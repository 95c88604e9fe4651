"""Expiry and restore."""

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import PROCEED_ALWAYS, SUCCESS, Call, went_on
from sigmic_conformance.model.conversation import View, in_order, missing, order_of
from sigmic_conformance.model.observation.files_seen import (
    made,
    may_be_own,
    may_touch,
    restored_at,
    touched,
    was_restored,
    written,
)
from sigmic_conformance.model.observation.reading import not_refused
from sigmic_conformance.model.observation.results import Result, good_results, results
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import may_count
from sigmic_conformance.model.observation.seen_files import may_have_changed, same_bytes, uploads_since
from sigmic_conformance.model.observation.seen_requests import is_accepted, is_sound, may_be_large
from sigmic_conformance.model.observation.seen_tasks import in_histories
from sigmic_conformance.model.observation.seen_turns import completed_turn
from sigmic_conformance.model.observation.seen_variables import NOTHING, given, printed_variables
from sigmic_conformance.model.operations import DOWNLOAD, FILES, GET, HISTORY, SAY, STREAM
from sigmic_conformance.model.places import agrees
from sigmic_conformance.model.record.agent_answers import (
    AGAIN,
    KEYWORD_RECALLS,
    LATEST,
    answered,
    knows_keywords,
)
from sigmic_conformance.model.record.controls import control_failed
from sigmic_conformance.model.record.evidence import brief, summary
from sigmic_conformance.model.record.finding import Findings, left_open, says
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.record.variable_digests import printed
from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.model.requests import Certainty, Form
from sigmic_conformance.model.statuses import AWAITING, COMPLETED, RUNNING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import UPLOADS, Download, Listing, lacks_uploads
from sigmic_conformance.target.profile import WAITING
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import named, spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

AT_WORK = frozenset({RUNNING, AWAITING})
HELD = NANO
RECALLS = {
    "restored: stream": "word",
    KEYWORD_RECALLS["restore"]: LATEST,
    "restored twice: stream": "word",
}
"""The streams that answer a question about a word of the first turn, or of the last before the expiry."""
SHORT = 200
"""An output of at most this length in characters is not truncated."""
_PRINTS = re.compile(r"cat ([A-Za-z0-9_][A-Za-z0-9_./-]*)")
_KINDS = re.compile(r"ls -1dF ([\w. -]+)")
_OUTLASTS = re.compile(r"echo ([A-Za-z0-9_-]+) > (\S+); sleep ([0-9]+); cat \2")


def field(record: Record, label: str, name: str) -> object:
    """A field of the task at one time."""
    return record.exchange("restore", label).fields.get(name)


def check_expired(record: Record) -> None:
    """NotReached if the session of the reference platform did not expire: nothing was restored."""
    if not record.profile.reference:
        return
    if field(record, "before", "sessionId") == field(record, "after", "sessionId"):
        raise NotReached("the session did not expire")


@check("SESSION-001", reason="expiry-error")
def answered_after_expiry(record: Record) -> Findings:
    known = "the follow-up is accepted and answered"
    accepted = record.exchange("restore", "restored: message")
    yield says(accepted.ok, known, summary(accepted), exchange=accepted)
    if not accepted.ok:
        return
    check_expired(record)
    stream = record.stream("restore", "restored: stream")
    ended = stream.terminal.type if stream.terminal else "no end"
    answered = ended == "done" or (stream.is_streaming is False and stream.complete)
    yield says(answered, known, f"its run ended with {ended}", exchange=stream.exchange)
    after, status = record.exchange("restore", "after"), field(record, "after", "status")
    yield says(status == "completed", known, f"the status is {status}", exchange=after)


def _on_finished(seen: Seen) -> Turn | None:
    """The last turn of the owner's task, if the target accepts follow-ups after its final status."""
    rest = seen.rest_on_arrival()
    goes_on = {COMPLETED} | seen.model.choices.continued
    return rest if rest is not None and rest.over is not None and rest.over.status in goes_on else None


@check("SESSION-001", SAY, reason="expiry-error")
def follow_ups_after_expiry_are_taken(seen: Seen) -> Findings:
    """A sound follow-up is accepted after the session must have expired, if the task takes follow-ups.

    Not one in a urlencoded form, which a target may refuse (G-07).
    """
    body, rest = seen.body, _on_finished(seen)
    idle = seen.model.profile.session_expiry_seconds
    if rest is None or rest.over is None or idle is None or body.form is Form.URLENCODED:
        return
    if not is_sound(body, frozenset({"message"})):
        return
    if seen.began - rest.over.ended > idle * NANO and not may_be_large(seen):
        yield from is_accepted(
            seen, f"turn {rest.number} had ended as {rest.over.words} more than {idle:g} s before"
        )


@check("SESSION-002", HISTORY, STREAM, reason="history-lost")
def history_survives_a_restore(seen: Seen, task: Task, view: View, turn: Turn) -> Findings:
    """The messages in a view of the idle task before a restore are in every view after it."""
    if not seen.restored(turn):
        return
    settled = task.conversation.settled_before(turn.began)
    if settled is not None:
        lacking = missing(settled, view)
        if lacking and in_histories(seen, lambda view: not missing(settled, view)):
            return
        shown = plural(len(settled.messages), "message")
        known = f"{settled.by.exchange.label} had shown {shown} before the restore"
        shown = f"{len(lacking)} are missing or other" if lacking else order_of(settled, view)
        yield says(not lacking and in_order(settled, view), known, shown)


def _idle(seen: Seen, turn: Turn) -> float | None:
    """The seconds without a request to the agent before a turn, if waiting ends a session."""
    task = seen.task
    if task is None or turn.number == 1 or seen.model.profile.session_expiry_by != WAITING:
        return None
    over = task.turns[turn.number - 2].over
    return None if over is None else (turn.began - over.ended) / NANO


def _session(seen: Seen) -> tuple[Turn, str] | None:
    """The turn of an answer, and its session id."""
    turn = seen.turn
    told = seen.fields.get("sessionId")
    if (
        turn is None
        or not turn.is_clear
        or not turn.holds(seen.began, seen.ended)
        or not isinstance(told, str)
    ):
        return None
    return turn, told


def _told(seen: Seen, turn: Turn) -> list[tuple[Exchange, str]]:
    """The session ids in the answers of get_task in a turn so far, with these answers."""
    return [
        (each, session)
        for each, session in (seen.task.sessions if seen.task else ())
        if each.ended <= seen.began and turn.holds(each.started, each.ended)
    ]


def _after_expiry(seen: Seen) -> tuple[str, str, str] | None:
    """For a turn that started after the session must have expired: what is known, and both session ids."""
    found, expiry = _session(seen), seen.model.profile.session_expiry_seconds
    turn, task = (found[0] if found else None), seen.task
    # Until its agent is running, a turn may show the session of the one before.
    begun = turn is not None and (turn.was_over(seen.began) or seen.fields.get("status") == AWAITING)
    if found is None or turn is None or task is None or expiry is None or not begun:
        return None
    idle, before = _idle(seen, turn), _told(seen, task.turns[turn.number - 2]) if turn.number > 1 else []
    if idle is None or idle <= expiry or not before:
        return None
    return f"{idle:.1f} s idle before the turn", before[-1][1], found[1]


@check("SESSION-002", GET, reason="history-lost")
@check("SESSION-004", GET, reason="files-lost")
@check("SESSION-005", GET, reason="not-readable")
@check("SESSION-006", GET, reason="id-changed")
@check("SESSION-008", GET, reason="not-asked-again")
@check("SESSION-013", GET, reason="workspace-changed")
def the_same_session_shows_no_restore(seen: Seen) -> Findings:
    """What a restore keeps stays open when the session has the same id after it must have expired."""
    found = _after_expiry(seen)
    if found and found[1] == found[2]:
        known, _, now = found
        yield left_open(
            Unproven.STIMULUS_NOT_REACHED, known, f"sessionId {now} as before: no restore is shown"
        )


@check("SESSION-003", reason="forgotten")
def codeword_is_known(record: Record) -> Findings:
    check_expired(record)
    first = "restored: stream"
    for label, fact in RECALLS.items():
        if label != first and not record.labelled("restore", label):
            continue
        if fact == LATEST and not knows_keywords(record):
            continue
        labels = (label, *AGAIN) if fact == "word" else (label,)
        known = f"an answer that contains {spelled(record.fact('restore', fact))}, from before the expiry"
        found = answered(record, "restore", labels, record.fact("restore", fact), known)
        yield from (each for each in found if label == first or each.held is False)


@check("SESSION-004", DOWNLOAD, reason="files-lost")
def files_survive_a_restore(seen: Seen) -> Findings:
    """A file downloads after a restore as before, if no call can have changed it."""
    if was_restored(seen):
        yield from same_bytes(seen)


def _is_later(task: Task, call: Call, seen: Seen) -> bool:
    """Whether a call belongs to a turn whose message was sent after an observation."""
    turn = task.turns.at(call.first.at) if call.first is not None else None
    return turn is not None and turn.began > seen.ended


def _is_kept(task: Task, path: str, listing: Listing, seen: Seen) -> bool:
    """Whether no known call can have removed a file since it was listed."""
    name = posixpath.basename(path)
    if path.startswith(UPLOADS):
        return not touched(task, name, seen.ended)
    calls = [call for call in task.calls.values() if not _is_later(task, call, seen)]
    makers = [call for call in calls if name in call.words]
    since = listing.exchange.started if makers else 0
    heard = all(task.readers.of_all(turn) for turn in task.turns if since <= turn.began <= seen.ended)
    later = (call for call in calls if any(since <= each.at <= seen.ended for each in call.events))
    is_made = all(made(call) == name or written(call) == path for call in makers)
    rested = task.turns.at_rest(listing.exchange.started, listing.exchange.ended) is not None
    if may_be_own(task, path):
        return False
    return rested and heard and is_made and not any(may_touch(call, name) for call in later)


@check("SESSION-004", FILES, reason="files-lost")
def lists_survive_a_restore(seen: Seen, task: Task, listing: Listing) -> Findings:
    """What was listed before a restore is listed after it, and what had gone is not, if no call changed that.

    Only a known call that names an upload can remove it; for other files every turn must have had a reader.
    """
    restored = restored_at(seen)
    before = [each for each in task.listings if restored and each.exchange.ended <= restored]
    if not before:
        return
    last = before[-1]
    for path in {path for each in before for path in each.files}:
        name = posixpath.basename(path)
        shown = "it is listed" if path in listing.files else "it is not listed"
        if path in last.files:
            if path in listing.files or _is_kept(task, path, last, seen):
                yield says(path in listing.files, f"{path} was listed before the restore", shown)
        elif not (
            uploads_since(task, last.exchange, seen) or may_have_changed(task, name, last.exchange, seen)
        ):
            known = f"{path} had been listed, and was no longer before the restore"
            yield says(path not in listing.files, known, shown, reason="file-returned")


@check("SESSION-004", DOWNLOAD, reason="files-lost")
def uploads_are_delivered_after_a_restore(seen: Seen, task: Task, download: Download) -> Findings:
    """A file that was listed and delivered before a restore is not reported as missing to the owner."""
    restored = restored_at(seen)
    if download.path is None or restored is None or not seen.is_own:
        return
    before = [each for each in task.listings if each.exchange.ended <= restored]
    delivered = any(
        each.path == download.path and each.exchange.ok and each.exchange.ended <= restored
        for each in task.downloads
    )
    listed = delivered and bool(before) and download.path in before[-1].files
    if listed and seen.was_answered and _is_kept(task, download.path, before[-1], seen):
        known = f"{download.path} was delivered before the restore"
        gone = seen.exchange.status in {404, 410}
        yield says(not gone, known, summary(seen.exchange))


@check("SESSION-004", STREAM, GET, reason="files-lost")
def hidden_files_survive_a_restore(seen: Seen, task: Task) -> Findings:
    """A list names all earlier files if it names some; their kinds, and links, are left open."""
    for before, after, result in _relisted(seen, task):
        files, found = ({each.rstrip("*") for each in names} for names in (before, after))
        files = {each for each in files if not each.endswith(("/", "@"))}
        if files & found:
            shown = f"missing are {spelled(sorted(files - found)) if files - found else 'none'}"
            yield says(files <= found, f"there were {spelled(sorted(files))}", shown, offset=result.offset)


def _is_plain(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path.startswith("uploads/") and path.isascii() and not name.startswith(".") and "'" not in name


def _may_be_gone(seen: Seen, path: str, at: int) -> bool:
    return seen.task is None or touched(seen.task, path.rpartition("/")[2], at)


@check("SESSION-005", STREAM, GET, reason="not-readable")
def restored_tools_find_the_files(seen: Seen, task: Task) -> Findings:
    """In a restored session a command that looks for uploads finds those of before by name.

    An output is known to be complete if it has the command's last word; without one, if a stream has it.
    Another tool may have received the command, and print something else.
    """
    for result in good_results(seen):
        turn, output = task.turns.at(result.at), result.output or ""
        if turn is None or not seen.restored(turn):
            continue
        said = result.call.words
        ends = "; echo done" in said
        whole = went_on(output) if ends else seen.stream is not None
        if "find uploads -type f" not in said or not whole:
            continue
        listed = [each for each in task.listings if each.exchange.ended <= turn.began]
        names = [path for path in (listed[-1].files if listed else ()) if _is_plain(path)]
        wanted = [path for path in names if not _may_be_gone(seen, path, result.at)]
        gone = [path for path in wanted if path not in output]
        if wanted and "…" not in output and not lacks_uploads(said, output):
            yield says(
                not gone,
                f"{plural(len(wanted), 'upload was', 'uploads were')} listed before",
                f"the command misses {named(gone)}",
            )


def _delivered(task: Task, result: Result, turn: Turn, path: str) -> str | None:
    """The text of a file in a download before a turn, if no call can have changed it until a result."""
    name = posixpath.basename(path)
    plain = [
        each
        for each in task.downloads
        if each.path == path and each.is_plain and each.exchange.ended <= turn.began
    ]
    if not plain or result.call.first is None:
        return None
    since = plain[-1].exchange.started
    heard = all(task.readers.of_all(each) for each in task.turns if since <= each.began <= turn.began)
    others = (call for call in task.calls.values() if call is not result.call and may_touch(call, name))
    changed = any(since <= each.at <= result.at for call in others for each in call.events)
    sent = any(since <= said.sent <= result.at and said.asked.files for said in task.messages)
    if changed or sent or not heard:
        return None
    return plain[-1].exchange.body.decode("utf-8", "replace").strip()


@check("SESSION-005", STREAM, GET, reason="not-readable")
def restored_tools_read_the_files(seen: Seen, task: Task) -> Findings:
    """In a restored session a command that prints one file prints the bytes that were delivered before."""
    for result in results(seen):
        turn, said = task.turns.at(result.at), _PRINTS.fullmatch(result.call.command)
        if turn is None or said is None or result.is_left_out or not seen.restored(turn):
            continue
        content = _delivered(task, result, turn, said[1])
        if content and len(content) <= SHORT:
            read = result.status == SUCCESS and content in (result.output or "")
            shown = f"{result.status}: {spelled(brief(result.output or ''))}"
            yield says(read, f"{said[1]} was delivered before the restore", shown, offset=result.offset)


@check("SESSION-006", GET, reason="id-changed")
def restore_keeps_the_conversation(seen: Seen, turn: Turn) -> Findings:
    """ConversationId is the same after a restore."""
    if seen.restored(turn):
        yield from agrees(seen, GET, GET, facts=["conversationId"])


@check("SESSION-008", STREAM, reason="not-asked-again")
def restored_sessions_ask_again(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The first call of a tool in a restored session asks, even after earlier approvals for always."""
    if not task.asks:
        return
    for call in task.calls.values():
        first = call.first
        turn = task.turns.at(first.at) if first else None
        if (
            first is None
            or turn is None
            or first.stream is not stream
            or first.is_result
            or call.tool is None
        ):
            continue
        always = [
            each
            for other in task.calls.values()
            for each in other.decisions
            if other.tool in {call.tool, None}
            and each.outcome in {PROCEED_ALWAYS, None}
            and each.certainty is not Certainty.REFUSED
            and each.sent < first.at
        ]
        turns = [task.turns.at(each.sent) for each in always]
        earlier = [each for each in turns if each is not None and seen.restored(each) < seen.restored(turn)]
        if always and len(earlier) == len(always):
            shown = f"{call.id} {'asks' if call.asked else 'does not ask'}"
            yield says(call.asked is not None, f"{call.tool} was approved in an earlier session", shown)


@check("SESSION-008", GET, reason="not-asked-again")
def restored_sessions_run_nothing_unasked(seen: Seen, task: Task) -> Findings:
    """A call is not reported as run unasked because of an approval for always in an earlier session."""
    rest = completed_turn(seen)
    if rest is None or not task.asks or not seen.restored(rest):
        return
    always = [
        (call.tool, task.turns.at(each.sent))
        for call in task.calls.values()
        for each in call.decisions
        if each.outcome in {PROCEED_ALWAYS, None} and may_count(each)
    ]
    if any(turn is None or seen.restored(turn) >= seen.restored(rest) for _, turn in always):
        return
    for result in results(seen):
        if result.status == SUCCESS and result.call.tool in {tool for tool, _ in always if tool is not None}:
            answered = any(map(may_count, result.call.decisions))
            shown = f"{result.call.id} ran, {'answered' if answered else 'and no approval was requested'}"
            yield says(answered, f"{result.call.tool} was approved for always in an earlier session", shown)


def _received_until(task: Task, turn: Turn) -> int:
    """Until when a turn was certainly running, by its events, less a possible delay of their arrival."""
    heard = task.readers.worked_at
    before = len(heard) if turn.until is None else bisect_left(heard, turn.until)
    last = heard[before - 1] if before else 0
    return last - HELD if last > turn.taken else 0


def _within_its_life(seen: Seen, *, worked_longer: bool = False) -> Findings:
    """A turn that started well within the idle time has the session of the one before.

    Assumes the longest possible idle time: work may end immediately, and a large upload takes time. An answer
    that shows the last turn as running proves that the session was in use until then. `worked_longer` limits
    the check to turns that ran for longer than they can have been idle, and to targets that keep a session
    after a turn.
    """
    found, expiry = _session(seen), seen.model.profile.session_expiry_seconds
    turn, task = (found[0] if found else None), seen.task
    if found is None or turn is None or task is None or expiry is None or turn.number == 1:
        return
    last = task.turns[turn.number - 2]
    before = _told(seen, last)
    at_work = (each for each, _ in before if json_values.one_of(each.fields.get("status"), AT_WORK))
    used = max([last.taken, *(each.started for each in at_work)])
    used = max(used, _received_until(task, last))
    idle, worked = (turn.taken - used) / NANO, (used - last.taken) / NANO
    by_waiting = seen.model.profile.session_expiry_by == WAITING
    # Whether a session ends by anything but a completed turn (e.g. a killed command) is a choice.
    ended = last.over is not None and last.over.status == COMPLETED and turn.was_over(seen.began)
    # The profile says when a session has certainly expired, which is later than when it may expire. Only
    # until then does a session that is unchanged show anything.
    if worked_longer and (worked < idle or not seen.model.choices.keeps_sessions):
        return
    same = bool(before) and found[1] == before[-1][1]
    if before and by_waiting and ended and idle < (expiry if same else expiry / 3):
        yield says(same, f"{idle:.1f} s idle at most before the turn", f"sessionId {found[1]}")


@check("SESSION-010", HISTORY, FILES, STREAM, reason="refused")
def readable_after_expiry(seen: Seen, rest: Turn) -> Findings:
    """The owner can read a task that was idle for longer than a session lives."""
    idle = seen.model.profile.session_expiry_seconds
    if rest.over is None or not idle or seen.began - rest.over.ended <= idle * NANO:
        return
    # No page says how long files of a cancelled task last (G-75), or whether it has a conversation.
    if seen.operation == STREAM or rest.over.status == COMPLETED:
        yield from not_refused(seen)


@check("SESSION-010", GET, reason="restored-by-reading")
def reading_restores_nothing(seen: Seen, task: Task, rest: Turn) -> Findings:
    """The sessionId of an idle task is the one that was reported before, while it was idle."""
    found = _session(seen)
    if found is None:
        return
    before = [
        (each, told)
        for each, told in _told(seen, rest)
        if task.turns.at_rest(each.started, seen.ended) is rest
    ]
    if before:
        known = f"{before[0][0].label} had shown {before[0][1]} of the task at rest"
        yield says(found[1] == before[0][1], known, f"sessionId {found[1]}")


def _before(seen: Seen, turn: Turn) -> set[str] | None:
    """The session ids in the turns before; None if the last of these turns was not read."""
    if turn.number == 1 or seen.task is None:
        return set()
    told = [{session for _, session in _told(seen, each)} for each in seen.task.turns[: turn.number - 1]]
    return set().union(*told) if told[-1] else None


@check("SESSION-011", GET, reason="expired-at-work")
def sessions_outlast_their_turn(seen: Seen, task: Task) -> Findings:
    """The sessionId of a running turn is unchanged until the turn is over.

    An unchanged id is only evidence if the turn ran for longer than the idle time.
    """
    found, expiry = _session(seen), seen.model.profile.session_expiry_seconds
    before = _told(seen, found[0]) if found else []
    old = _before(seen, found[0]) if found else set()
    at_work = [
        (each, told)
        for each, told in before
        if each.fields.get("status") in (AT_WORK if old is not None and told not in old else {AWAITING})
    ]
    if found is None or not at_work:
        return
    last, told = at_work[-1]
    worked = max(last.started, _received_until(task, found[0])) - found[0].taken
    if told != found[1] or (expiry is not None and worked > expiry * NANO):
        yield says(
            told == found[1], f"{last.label} had shown {told} while it worked", f"sessionId {found[1]}"
        )


@check("SESSION-011", STREAM, GET, reason="expired-at-work")
def work_outlasts_the_idle_time(seen: Seen, task: Task) -> Findings:
    """A command that sleeps for longer than the idle time still finds the file that it wrote."""
    expiry = seen.model.profile.session_expiry_seconds
    for result in results(seen):
        said, turn = _OUTLASTS.fullmatch(result.call.command), task.turns.at(result.at)
        if turn is None or said is None or expiry is None or float(said[3]) <= expiry:
            continue
        if not task.may_be_cancelled(turn.began, seen.ended) and result.output is not None:
            known = f"the command sleeps for {said[3]} s and prints {said[1]}"
            yield says(said[1] in result.output, known, f"it printed {spelled(brief(result.output))}")


@check("SESSION-011", GET, reason="expired-at-work")
def work_keeps_the_session(seen: Seen) -> Findings:
    """A session that worked longer than its life has not expired."""
    return _within_its_life(seen, worked_longer=True)


@check("SESSION-012", STREAM, GET, reason="two-readings")
def secrets_after_a_restore_by_one_rule(seen: Seen, task: Task) -> Findings:
    """Whether a secret of the creation is set in a restored session is the same in the whole run.

    If it is unset, its name has the value from env. Whether env still applies is open (G-62).
    """
    secret = given(task, "secrets")
    for each in printed_variables(seen):
        turn = task.turns.at(each.at)
        if each.name not in secret or each.plain or turn is None:
            continue
        if not seen.restored(turn):
            seen.model.first_digest("SESSION-012", task, each.name, each.shown)
            continue
        before = seen.model.first_digest("SESSION-012", task, each.name)
        if before in {None, NOTHING}:
            continue
        named = given(task, "env").get(each.name)
        gone = each.shown == NOTHING or (named is not None and each.is_of(named))
        reading = "gone" if gone else "kept" if each.shown == before else "another value"
        first = seen.model.first_reading("SESSION-012", reading)
        yield says(
            reading == first != "another value", f"secrets were {first} before", f"{each.name} is {reading}"
        )


@check("SESSION-012", reason="no-reading")
def secrets_after_a_restore(record: Record) -> Findings:
    followed = Reading(gone="the variable is unset after a restore", kept="the variable is set as before")
    probe = "secrets_restored"
    kept = record.fact(probe, "kept")
    readings = {record.fact(probe, "gone"): "gone", kept: "kept"}
    for name in ("one", "two"):
        before = record.stream(probe, f"{record.fact(probe, f'{name}: first')}: stream")
        if kept not in printed(before, "KEPT_WORD"):
            yield control_failed(before.exchange, "the secret was not set before the expiry")
            return
        stream = record.stream(probe, f"{record.fact(probe, f'{name}: restored')}: stream")
        for digest in printed(stream, "KEPT_WORD"):
            followed.add(readings.get(digest), stream.exchange, f"task {name}: sha256 {digest[:16]}…")
    yield from followed.findings()


def _relisted(seen: Seen, task: Task) -> Iterator[tuple[list[str], list[str], Result]]:
    """Lists of names with their kinds before and after a restore, if no call in between named one."""
    for result in results(seen):
        turn, asked_for = task.turns.at(result.at), _KINDS.fullmatch(result.call.command)
        if turn is None or asked_for is None or result.is_left_out or not seen.restored(turn):
            continue
        for call in task.calls.values():
            listed = call.result if call.command == result.call.command else None
            earlier = task.turns.at(listed.at) if listed is not None else None
            if listed is None or earlier is None or listed.status != SUCCESS or seen.restored(earlier):
                continue
            others = [
                other
                for other in task.calls.values()
                if other.first and other is not result.call and listed.at < other.first.at < result.at
            ]
            if any(may_touch(other, name) for other in others for name in asked_for[1].split()):
                continue
            before, after = (sorted((text or "").split()) for text in (call.output, result.output))
            yield before, after, result


@check("SESSION-013", STREAM, GET, reason="workspace-changed")
def restored_workspaces_are_as_before(seen: Seen, task: Task) -> Findings:
    """A list of names with their kinds is the same after a restore."""
    for before, after, result in _relisted(seen, task):
        known = f"a list before the restore was {spelled(before)}"
        yield says(before == after, known, f"it is {spelled(after)}", offset=result.offset)
