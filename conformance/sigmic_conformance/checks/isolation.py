"""Isolation of callers, projects and sandboxes from one another."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from sigmic_conformance.checks import check
from sigmic_conformance.model.belongings import (
    asked_text,
    belongings,
    errors_of,
    refused_text,
    sentences,
    words_of,
)
from sigmic_conformance.model.callers import Key, Owner, Relation, User
from sigmic_conformance.model.conversation import View, calls_in
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.results import good_results
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import successful_results
from sigmic_conformance.model.observation.seen_variables import given
from sigmic_conformance.model.operations import (
    CREATE,
    GET,
    HISTORY,
    LIST,
    OF_A_TASK,
    STREAM,
    TOKEN,
)
from sigmic_conformance.model.record.controls import control_failed
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, left_open, says
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.model.record.timing import NANO, Comparison, compare
from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.model.requests import Certainty
from sigmic_conformance.model.statuses import COMPLETED
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import names_of_one
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import named, spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_spec.plural import plural

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
SLOW_SECONDS = 5.0
READS = ("get_task", "get_task_history", "list_artifacts", "download_artifact")
CHANGES = ("send_message", "approve_tool_call", "cancel_task")
FORBIDDEN = frozenset({403, 404})
LONG_ENOUGH = 12
FIRST_LINES = 3
"""A command's own output may follow one or two lines of the shell."""
_PWD = re.compile(r"\s*pwd\s*(?:;.*)?", re.DOTALL)
_ROOT = re.compile(r"(?<!\S)/workspace$")
"""The root at the end of a line: a platform may put a word before what a command prints (G-46)."""
_PLACE = re.compile(r"^at=(.+)$", re.MULTILINE)
_COUNTED = re.compile(r"^keys=(\d+)$", re.MULTILINE)
_ASKED = re.compile(r'echo "variable=\[\$(\w+)\]"')
_SET = re.compile(r"^variable=\[(.*)\]$", re.MULTILINE)


def _denied(seen: Seen, of: Relation) -> Findings:
    """A caller with this relation to the task is refused, with one of the two statuses."""
    if seen.relation is not of or seen.task is None or seen.task.creation is None:
        return
    if seen.task.creation.answered <= seen.began and seen.was_answered:
        holds = seen.exchange.status in FORBIDDEN
        # A mistake in the request may be reported first (G-98), without effect or data of the task.
        if holds or seen.exchange.succeeded:
            whose = of.value.removeprefix("other_").replace("_", " ")
            yield says(holds, f"the task belongs to another {whose}", summary(seen.exchange))


def _listed(seen: Seen, of: Relation) -> Iterator[str]:
    for entry in seen.exchange.entries if seen.exchange.ok else ():
        name = entry.get("id")
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        if task is not None and seen.relation_to(task.owner) is of:
            yield task.id


@check("ISOLATION-001", *READS, reason="accepted")
def other_projects_cannot_read(seen: Seen) -> Findings:
    """No read of another project's task is accepted."""
    return _denied(seen, Relation.OTHER_PROJECT)


@check("ISOLATION-002", STREAM, reason="accepted")
def other_projects_cannot_stream(seen: Seen) -> Findings:
    """No stream of another project's task is opened."""
    return _denied(seen, Relation.OTHER_PROJECT)


@check("ISOLATION-003", *CHANGES, reason="accepted")
def other_projects_cannot_change(seen: Seen) -> Findings:
    """No change of another project's task is accepted."""
    return _denied(seen, Relation.OTHER_PROJECT)


@check("ISOLATION-004", LIST, reason="listed-to-a-stranger")
def lists_have_no_foreign_tasks(seen: Seen) -> Findings:
    """The list of a key has no task that was created with a key of another project."""
    if isinstance(seen.caller.owner, Key) and seen.exchange.ok:
        foreign = list(_listed(seen, Relation.OTHER_PROJECT))
        if foreign or any(_listed(seen, Relation.OWN)):
            known = "the caller's key is of one project"
            yield says(not foreign, known, f"foreign tasks: {named(foreign)}")


@check("ISOLATION-005", LIST, reason="accepted")
def lists_have_no_tasks_of_other_users(seen: Seen) -> Findings:
    """The list of an end user has no task of another one, nor of its namesake in another project."""
    if isinstance(seen.caller.owner, User) and seen.exchange.ok:
        others = (Relation.OTHER_END_USER, Relation.OTHER_PROJECT)
        foreign = [each for of in others for each in _listed(seen, of)]
        yield says(
            not foreign,
            f"the caller is {seen.caller.owner.name}",
            f"tasks of others: {named(foreign)}",
        )


def outputs(stream: Stream) -> str:
    """All outputs of the run's tools."""
    return "\n".join(str(event.get("output")) for event in stream.of("tool_result"))


@check("ISOLATION-005", *READS, STREAM, reason="accepted")
def other_users_cannot_read(seen: Seen) -> Findings:
    """No read of another end user's task is accepted."""
    return _denied(seen, Relation.OTHER_END_USER)


@check("ISOLATION-006", *CHANGES, reason="accepted")
def other_users_cannot_change(seen: Seen) -> Findings:
    """No change of another end user's task is accepted."""
    return _denied(seen, Relation.OTHER_END_USER)


@check("ISOLATION-008", reason="neighbour-read")
def neighbours_file(record: Record) -> Findings:
    word = record.fact("neighbours", "word")
    made = record.stream("neighbours", f"{record.fact('neighbours', 'mine')}: stream")
    outputs = " ".join(str(event.get("output")) for event in made.of("tool_result"))
    if f"SEEN-{word}" not in outputs:
        yield control_failed(made.exchange, "the owner's own command does not see the file")
        return
    stream = record.stream("neighbours", f"{record.fact('neighbours', 'search')}: stream")
    found = " ".join(str(event.get("output")) for event in stream.of("tool_result"))
    if "end-of-search" not in found:
        raise NotReached("the search did not run to its end")
    known, shown = (
        "another task has a file of that name",
        f"the search printed {spelled(found.strip()[-80:])}",
    )
    yield says(f"SEEN-{word}" not in found, known, shown, exchange=stream.exchange)


def _foreign(seen: Seen, names: Mapping[str, str]) -> Findings:
    """No result names a file that only another task has, unless a message of this task names it."""
    if seen.task is None:
        return
    commands = [result for result in good_results(seen) if result.call.command]
    if not commands:
        return
    asked = "".join(str(each.asked.message) for each in seen.task.messages)
    foreign = [name for name, owner in names.items() if owner != seen.task.id and name not in asked]
    for result in commands:
        output, called = result.output or "", str(result.call.args)
        found = [name for name in foreign if name in output and name not in called]
        yield says(not found, "other tasks have files", f"the output names {named(found, 'none of them')}")


def _file_names(model: Model) -> Mapping[str, str]:
    """Names of files that only one task has, long enough not to occur by chance, with that task."""
    owners: dict[str, set[str]] = {}
    for task in model.tasks.values():
        for said in task.messages:
            for file in said.asked.files:
                owners.setdefault(posixpath.basename(file.name), set()).add(task.id)
    return names_of_one(owners)


@check("ISOLATION-008", STREAM, GET, reason="foreign-file")
def no_file_of_another_task(seen: Seen) -> Findings:
    """No command finds a file or a name of another task."""
    return _foreign(seen, {**seen.model.derived(_file_names), **seen.model.made_names})


@check("ISOLATION-009", reason="process-seen")
def processes_of_a_neighbour(record: Record) -> Findings:
    stream = record.stream("parallel_commands", f"{record.fact('parallel_commands', 'looks')}: stream")
    found = outputs(stream)
    if "end-of-look" not in found or f"OWN-{record.fact('parallel_commands', 'other')}" not in found:
        yield control_failed(stream.exchange, "the command does not see its own process")
        return
    # The first mark may follow unterminated output of a process; in an echo more text follows it.
    lines = found.splitlines()
    seen = [mark for mark in ("found-process", "ended-process") if any(each.endswith(mark) for each in lines)]
    known = "another task's command runs: it is neither seen nor ended"
    yield says(not seen, known, f"the look printed {seen or 'nothing of it'}", exchange=stream.exchange)
    task = record.exchange("parallel_commands", "waiting: task")
    state = task.data.get("status") if isinstance(task.data, dict) else None
    if not seen and state != "running":
        shown = f"the other task was {state} by then"
        yield left_open(Unproven.STIMULUS_NOT_REACHED, known, shown, exchange=task)
        return
    went_on = record.fact("parallel_commands", "went on") is True
    yield says(went_on, known, f"the other task is {state}", exchange=task)


@check("ISOLATION-010", STREAM, GET, reason="left-behind")
def commands_find_no_variable_left_behind(seen: Seen, task: Task) -> Findings:
    """A variable that only the commands of another task have exported is not set."""
    for result in good_results(seen):
        named, told = _ASKED.search(result.call.command), _SET.search(result.output or "")
        if named is None or told is None:
            continue
        name = named[1]
        own = name in given(task, "env") or name in given(task, "secrets")
        here = any(f"{name}=" in call.words for call in task.calls.values())
        others = (each for each in seen.model.tasks.values() if each is not task)
        there = any(f"export {name}=" in call.words for each in others for call in each.calls.values())
        if there and not own and not here:
            yield says(not told[1], f"another task exported {name}", f"it is set to {spelled(told[1], 40)}")


@check("ISOLATION-010", STREAM, GET, reason="left-behind")
def nothing_is_left_behind(seen: Seen) -> Findings:
    """No command finds what only another task made."""
    return _foreign(seen, seen.model.made_names)


@check("ISOLATION-011", reason="server-seen")
def nothing_of_the_server(record: Record) -> Findings:
    stream = record.stream("left_behind", f"{record.fact('left_behind', 'looks')}: stream")
    found = outputs(stream)
    digests = set(DIGEST.findall(found))
    if record.fact("left_behind", "own digest") not in digests:
        yield control_failed(stream.exchange, "the look does not see its own variables")
        return
    leaked = digests.intersection(record.fact("left_behind", "digests"))
    shown = f"{plural(len(digests), 'value')}, {len(leaked)} of them credentials"
    yield says(not leaked, "no credential of the server's", shown, exchange=stream.exchange)
    files = [line for line in found.splitlines() if line.startswith("data-file=")]
    shown = f"data files: {named(files)}"
    yield says(not files, "no data file of the server's", shown, exchange=stream.exchange)


@check("ISOLATION-011", STREAM, GET, reason="server-seen")
def commands_find_no_key(seen: Seen) -> Findings:
    """A command that counts the variables with the form of an API key counts none."""
    for result in good_results(seen):
        counted = _COUNTED.search(result.output or "")
        if counted is not None and "keys=$(env | grep -cE '=sigmic_" in result.call.command:
            yield says(
                counted[1] == "0",
                "no variable was given that has the form of an API key",
                f"the command counts {counted[1]}",
                offset=result.offset,
            )


def _said_by(model: Model) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for task in model.tasks.values():
        for said in task.messages:
            if (text := said.asked.message) is not None:
                found.setdefault(text.strip(), []).append(task.id)
    return found


@check("ISOLATION-012", STREAM, HISTORY, reason="foreign-content")
def no_foreign_messages(seen: Seen, task: Task, view: View) -> Findings:
    """No view of a task has a message of the user that was only sent to another task."""
    if task.creation is None:
        return
    if any(each.asked.message is None for each in task.messages if each.certainty is not Certainty.REFUSED):
        return
    for message in view.of_user:
        text = message.get("content")
        if (
            not isinstance(text, str)
            or len(text) < LONG_ENOUGH
            or any(s.is_shown_as(text) for s in task.messages)
        ):
            continue
        others = [name for name in seen.model.derived(_said_by).get(text.strip(), []) if name != task.id]
        yield says(
            not others,
            "this task was never sent this",
            f"{spelled(text, 60)}, sent in {spelled(others[:2] or 'no task')}",
        )


@check("ISOLATION-012", STREAM, reason="foreign-content")
def no_foreign_calls(seen: Seen, task: Task, stream: Stream) -> Findings:
    """No stream of a task has the result of a call that only another task has."""
    if not stream.complete:
        return
    told = {event.call for event in stream.of("tool_call")}
    saved = calls_in(stream.messages)
    for event in stream.of("tool_result"):
        own = task.calls.get(event.call)
        if event.call in told or event.call in saved or (own is not None and own.tool is not None):
            continue
        tasks = (each for each in seen.model.tasks.values() if each is not task)
        others = [each.id for each in tasks if event.call in each.calls]
        yield says(
            not others,
            "the stream reported no call of this id",
            f"{event.call}, of {named(others, 'no task')}",
        )


def _dense(texts: Iterable[object]) -> str:
    """Texts without their white space, in which views may differ."""
    return "".join("".join(str(each).split()) for each in texts)


@check("ISOLATION-012", STREAM, reason="foreign-content")
def no_foreign_texts(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The text of a completed run after its last tool belongs to its own answer, by done and views.

    Nothing is known until a view shows the answer: `finalResponse` may be worded differently (X-04).
    """
    if not stream.complete or not stream.answer.closing:
        return
    done = stream.terminal if stream.terminal is not None and stream.terminal.type == "done" else None
    over = seen.turn.over if seen.turn is not None else None
    # Whether the text of a run that was cut off is saved is not documented (G-74).
    if stream.is_streaming is not False and (done is None or over is None or over.status != COMPLETED):
        return
    after = [each for view in task.views if view.began >= seen.ended for each in view.messages]
    if not any(each.get("role") == "assistant" for each in after):
        return
    shown = [each.get("content") for view in task.views for each in view.messages]
    own = _dense([*shown, done.get("finalResponse") if done else ""])
    called = max((each.offset for each in stream.of("tool_call")), default=0)
    for event, words in stream.answer.closing_words:
        text = json_values.word(event.get("text"))
        if (
            event.offset < called or "\ufffd" in text
        ):  # a rejected call may have no result; GET-033 judges damage
            continue
        known = all(_dense([each]) in own for each in words)
        told = f"{spelled(text, 40)} is {'' if known else 'not '}of its own conversation"
        yield says(known, f"shown: {plural(len(shown), 'message')} of the task", told, offset=event.offset)


@check("ISOLATION-013", STREAM, reason="other-root")
def commands_run_in_the_workspace(seen: Seen) -> Findings:
    """A command that starts with `pwd` prints the workspace root first."""
    for call, event in successful_results(seen):
        if _PWD.fullmatch(call.command):
            output = str(event.get("output"))
            yield says(
                any(_ROOT.search(line) for line in output.splitlines()[:FIRST_LINES]),
                "the command begins with pwd",
                f"it prints {spelled(output, 40)}",
                offset=event.offset,
            )


@check("ISOLATION-013", STREAM, GET, reason="other-root")
def commands_say_that_they_run_in_the_workspace(seen: Seen) -> Findings:
    """A command that prints its directory, among other things, prints the workspace root."""
    for result in good_results(seen):
        told = _PLACE.search(result.output or "")
        if told is not None and "echo at=$(pwd)" in result.call.command:
            shown = f"it runs in {spelled(told[1], 40)}"
            yield says(told[1] == "/workspace", "the command asks pwd", shown, offset=result.offset)


@check("ISOLATION-014", reason="still-running")
def processes_end_with_the_session(record: Record) -> Findings:
    probe = "secrets_restored"
    first = record.exchange(probe, "beat at first")
    if not first.ok or b"beat" not in first.body:
        yield control_failed(first, "the process left nothing in its file")
        return
    one, two = record.accepted(probe, "beat expired"), record.accepted(probe, "beat still expired")
    known = "the session has ended"
    shown = f"{plural(one.size, 'byte')}, 1.5 s later {plural(two.size, 'byte')}"
    yield says(one.body == two.body, known, shown, exchange=two)


@check("ISOLATION-015", reason="unreachable")
def greed_harms_no_other(record: Record) -> Findings:
    known = "others are answered within 5 s, and their tasks end"
    for exchange in record.labelled("resource_limits", "concurrent task"):
        took = exchange.ended - exchange.started
        compared = compare(record, took, "resource_limits", over=round(SLOW_SECONDS * NANO))
        shown = f"{summary(exchange)} after {took / NANO:.2f} s"
        if exchange.ok and compared is Comparison.UNDECIDED:
            yield left_open(Unproven.TIMING_NOISE, known, f"{shown}, in a noisy run", exchange=exchange)
            return
        yield says(exchange.ok and compared is Comparison.WITHIN, known, shown, exchange=exchange)
    task = record.exchange("resource_limits", "bystander: task")
    status = task.data.get("status") if isinstance(task.data, dict) else None
    yield says(status == "completed", known, f"a concurrent task is {status}", exchange=task)


def _may_not_read(seen: Seen, owner: Owner | None) -> bool:
    """Whether the caller has no access to the tasks of an owner."""
    if owner is None:
        return False
    outside = seen.caller.is_nobody or seen.caller.is_invalid
    return outside or seen.relation_to(owner) in {Relation.OTHER_PROJECT, Relation.OTHER_END_USER}


def _belongings(model: Model) -> Mapping[str, Owner]:
    return belongings(model.tasks.values())


def _sentences(model: Model) -> Mapping[str, frozenset[str]]:
    """The decoded messages and answers of each task."""
    return {task.id: frozenset(sentences(task)) for task in model.tasks.values()}


@check("ISOLATION-016", TOKEN, CREATE, LIST, *OF_A_TASK, reason="revealed")
def refusals_reveal_nothing(seen: Seen) -> Findings:
    """A refusal or an error event has no text that belongs to others' tasks, unless the request had it."""
    refused = refused_text(seen.exchange) if (seen.exchange.status or 0) >= 400 else ""
    said = refused or (errors_of(seen.stream) if seen.stream is not None else "")
    owner = seen.task.owner if seen.task is not None else None
    is_foreign = bool(refused) and _may_not_read(seen, owner)
    texts = seen.model.derived(_belongings)
    found = [word for word in words_of(said) if word in texts and _may_not_read(seen, texts[word])]
    if seen.task is not None and is_foreign:
        found += [each for each in seen.model.derived(_sentences)[seen.task.id] if each in said]
    asked = asked_text(seen.exchange) if found else ""
    found = [each for each in found if each not in asked]
    if found or is_foreign:
        shown = f"it has {spelled(found[0], 60)}" if found else "nothing of a task is shown"
        yield says(not found, "the caller may not read the task that has this", shown)
