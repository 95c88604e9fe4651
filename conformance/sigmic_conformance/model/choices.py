"""The observed choices of a target in matters that the documentation leaves open. Pure.

Checks read them from `Choices`, so that they demand nothing else. The functions of `OBSERVED` answer those
questions of spec/choices.yaml that no single exchange answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sigmic_conformance.model.outputs import accumulates, pairs_of_outputs
from sigmic_conformance.model.requests import Certainty
from sigmic_conformance.model.sessions import session_shown
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import UPLOADS, is_plain_archive
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange

MALFORMED = frozenset({400, 422})
Answers = Iterator[tuple[str, Exchange]]
"""The answers of a target to one question, each with an exchange that shows it."""


@dataclass(frozen=True)
class Choices:
    """The choices that the tasks of a run show."""

    tasks: tuple[Task, ...]
    pages: tuple[Exchange, ...] = ()
    """The accepted answers of list_tasks."""

    @cached_property
    def _has_uuids(self) -> bool:
        made = [task.id for task in self.tasks if task.creation is not None]
        return all(json_values.UUID.fullmatch(each) for each in made)

    def takes_for_malformed(self, status: int | None) -> bool:
        """Whether a UUID may be refused with this status because ids have another form (C-05, G-40)."""
        return status in MALFORMED and not self._has_uuids

    @cached_property
    def accumulates(self) -> bool | None:
        """Whether outputs contain the text of all turns of a task (G-44); None while nothing shows it."""
        return accumulates(self.tasks)

    @cached_property
    def keeps_sessions(self) -> bool:
        """Whether two turns of a task were in one session: each may have its own (G-63).

        Not if the second message was sent during the first turn: they may be one piece of work (G-59).
        """
        return any(
            other.is_clear and session_shown(one, task.read) == session_shown(other, task.read) is not None
            for task in self.tasks
            for one, other in pairwise(task.turns)
        )

    @cached_property
    def tells_errors_as_streamed(self) -> bool:
        """Whether get_task repeats the text of the error that ended a run's stream."""
        return any(
            each.fields.get("error") == text
            for task in self.tasks
            for turn in task.turns
            if (text := task.readers.broke_off(turn))
            for each in task.read
            if turn.holds(each.started, each.ended)
        )

    @cached_property
    def refuses_early(self) -> bool:
        """Whether follow-ups on running tasks were refused as conflicts, and none was accepted (G-59).

        Of two that were sent at the same time, either may have come first.
        """
        refused = any(each.exchange.code == "CONFLICT" for task in self.tasks for each in task.refusals)
        taken = any(
            not other.is_clear
            and one.is_clear
            and one.taken <= other.began
            and other.message.certainty is Certainty.ACCEPTED
            for task in self.tasks
            for one, other in pairwise(task.turns)
        )
        return refused and not taken

    @cached_property
    def continued(self) -> frozenset[str]:
        """The final statuses after which a follow-up was accepted (G-60)."""
        pairs = [pair for task in self.tasks for pair in pairwise(task.turns)]
        return frozenset(
            one.over.status
            for one, other in pairs
            if one.over is not None and one.over.status is not None and other.is_clear
        )


def _hidden_in_lists(choices: Choices) -> Answers:
    """Whether the list that a client requested after it had created a hidden task has that task."""
    for task in choices.tasks:
        if task.creation is None or not task.is_hidden:
            continue
        for page in choices.pages:
            if page.probe == task.creation.exchange.probe and page.started > task.creation.answered:
                listed = any(each.get("id") == task.id for each in page.entries)
                yield "listed" if listed else "hidden", page


def _message_after_follow_up(choices: Choices) -> Answers:
    """Which message get_task shows while a later turn is at rest."""
    for task in choices.tasks:
        for exchange in task.read:
            turn = task.turns.at_rest(exchange.started, exchange.ended)
            if turn is None or turn.number == 1:
                continue
            shown = exchange.fields.get("message")
            first, last = (each.message.is_shown_as(shown) for each in (task.turns[0], turn))
            if first != last:
                yield "first" if first else "last", exchange


def _output_of_turns(choices: Choices) -> Answers:
    for _, later in pairs_of_outputs(choices.tasks):
        yield "every" if choices.accumulates else "last", later


def _session_of_turns(choices: Choices) -> Answers:
    """Whether two turns of a task shared a session, or never did although both showed theirs."""
    for task in choices.tasks:
        for one, other in pairwise(task.turns):
            sessions = session_shown(one, task.read), session_shown(other, task.read)
            if None not in sessions and other.is_clear:
                yield "shared" if choices.keeps_sessions else "own", other.message.exchange


def _final_response(choices: Choices) -> Answers:
    """How finalResponse relates to the content of its turn, without outer white space."""
    for task in choices.tasks:
        for stream in task.streams:
            answer = stream.answer
            for done in stream.of("done") if answer.pieces else ():
                said = json_values.word(done.get("finalResponse")).strip()
                closing = "".join(json_values.word(each.get("text")) for each in answer.closing)
                possible = {"content": answer.sent, "closing": closing, "last": answer.pieces[-1]}
                fits = [name for name, text in possible.items() if text.strip() == said]
                if len(fits) < len(possible):  # a turn with one content event shows nothing
                    yield fits[0] if fits else "other", stream.exchange


def _saved_calls(choices: Choices) -> Answers:
    for task in choices.tasks:
        for view in task.views:
            for message in view.messages:
                for call in json_values.objects(message.get("toolCalls")):
                    has = len({"args", "output"} & set(call))
                    yield ("short", "mixed", "full")[has], view.exchange


def _archive_place(choices: Choices) -> Answers:
    """Where the entries of an archive are listed that has several top directories."""
    for task in choices.tasks:
        for each in task.attachments:
            entries = [entry.name for entry in each.file.entries or ()]
            tops = {name.partition("/")[0] for name in entries}
            if len(tops) == 1 or not is_plain_archive(each.file):
                continue
            own = f"{UPLOADS}{each.file.name.removesuffix('.zip')}/"
            for listing in task.listings:
                for answer, place in ("own", own), ("loose", UPLOADS):
                    if all(place + name in listing.files for name in entries):
                        yield answer, listing.exchange


def _archive_attached(choices: Choices) -> Answers:
    """Which files are attached to the only message with one archive and no other file."""
    for task in choices.tasks:
        for view in task.views:
            for each in task.attachments:
                same = [one for one in view.of_user if each.message.is_shown_as(one.get("content"))]
                if len(same) != 1 or len(each.message.asked.files) != 1 or not is_plain_archive(each.file):
                    continue
                attached = json_values.objects(same[0].get("attachedFiles"))
                names = {json_values.word(one.get("name")) for one in attached}
                itself = "itself" if each.file.name in names else "entries"
                yield itself if names else "none", view.exchange


def _heartbeat(choices: Choices) -> Answers:
    for task in choices.tasks:
        for stream in task.streams:
            for beat in stream.heartbeats:
                yield ":" + beat.text, stream.exchange


OBSERVED: Mapping[str, Callable[[Choices], Answers]] = {
    "hidden-in-lists": _hidden_in_lists,
    "message-after-follow-up": _message_after_follow_up,
    "output-of-turns": _output_of_turns,
    "session-of-turns": _session_of_turns,
    "final-response": _final_response,
    "saved-calls": _saved_calls,
    "archive-place": _archive_place,
    "archive-attached": _archive_attached,
    "heartbeat": _heartbeat,
}
