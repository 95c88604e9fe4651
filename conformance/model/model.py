"""The model of a run: folds all exchanges, in order of time, into the known state of each task.

It is written from the ledger, independently of any target. It does not predict the agent's answers.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.model import secrets, sessions
from sigmic_conformance.conformance.model.belongings import belongings, sentences
from sigmic_conformance.conformance.model.callers import OWNER, Callers, Key, Owner, User
from sigmic_conformance.conformance.model.calls import Decision
from sigmic_conformance.conformance.model.choices import Choices
from sigmic_conformance.conformance.model.conversation import Said, View
from sigmic_conformance.conformance.model.pages import Pages
from sigmic_conformance.conformance.model.requests import (
    Asked,
    asked,
    call_of,
    certainty,
    is_well_formed,
    operation_of,
)
from sigmic_conformance.conformance.model.shown import Shown, shown_in
from sigmic_conformance.conformance.model.statuses import Told
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.workspace import Download, Listing, digests_read, names_of_one
from sigmic_conformance.conformance.target.profile import WAITING
from sigmic_conformance.conformance.transcript import json_values
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange

_WRITTEN = re.compile(r"(?<![<>&0-9])>{1,2} ?([A-Za-z0-9_][A-Za-z0-9_.-]*)")
"""The target file of a command's output redirection, in the current directory."""
_OF_THIS_RUN = re.compile(r"\bn[0-9a-f]{12}\b")
"""A word that a probe generated, so that no task of another run has it."""


class Model:
    """All knowledge about a run. `exchanges` are those that the API itself answered, in order of start."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.profile = record.profile
        self.exchanges = tuple(sorted(record.exchanges(), key=lambda each: (each.started, each.ended)))
        self._operations: dict[int, str | None] = {}
        self.callers = Callers(self.exchanges, self.profile.artifact_download_path)
        self.tasks: dict[str, Task] = {}
        self.shown: dict[tuple[int, str], list[Shown]] = {}
        """The facts that each exchange showed to owners about their tasks, by place."""
        for exchange in self.exchanges:
            self._fold(exchange)
        for task in self.tasks.values():
            task.views.sort(key=lambda view: view.ended)
            task.told.sort(key=lambda told: told.ended)
            for shown in task.shown.values():
                shown.sort(key=lambda each: each.ended)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The values that were sent as secrets."""
        return secrets.given(self.exchanges)

    @cached_property
    def any_secret(self) -> re.Pattern[str]:
        """Matches the values that were sent as secrets; of those with the same beginning, the longest."""
        return re.compile("|".join(map(re.escape, sorted(self.secrets, key=len, reverse=True))))

    @cached_property
    def choices(self) -> Choices:
        """The observed choices of the target."""
        return Choices(tuple(self.tasks.values()))

    @cached_property
    def credentials(self) -> frozenset[str]:
        """The run's own credentials in their recorded form: keys and the secrets of apps."""
        return secrets.credentials(self.exchanges)

    def first_digest(self, of: str, task: Task, name: str, digest: str | None = None) -> str | None:
        """The first digest of a task's variable that a row received: this one, if there was none before."""
        if digest is not None:
            self._digests.setdefault((of, task.id, name), digest)
        return self._digests.get((of, task.id, name))

    @cached_property
    def _digests(self) -> dict[tuple[str, str, str], str]:
        return {}

    def first_reading(self, of: str, reading: str) -> str:
        """A row's first interpretation that the run followed: this one, if there was none before."""
        return self._readings.setdefault(of, reading)

    @cached_property
    def _readings(self) -> dict[str, str]:
        return {}

    def refused_as(
        self, operation: str, headers: tuple[tuple[str, str], ...], *, well_formed: bool = True
    ) -> Iterator[Exchange]:
        """Refusals of an operation on tasks that were never created, to the same credential headers."""
        for each in self.exchanges:
            told = [(name.lower(), value) for name, value in each.sent.headers]
            sent = tuple(pair for pair in told if pair[0] in {"authorization", "x-api-key"})
            if each.refused and sent == headers and self.operation(each) == operation:
                task = self.tasks.get(each.task)
                unknown = (task is None or task.creation is None) and json_values.UUID.fullmatch(each.task)
                if unknown and is_well_formed(operation, each) is well_formed:
                    yield each

    @cached_property
    def made_with(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """The created tasks by message and system prompt, for texts that only this run uses.

        A text is missing if one of its creations was not answered, because that may have created a task.
        """
        found: dict[tuple[str, str], set[str]] = {}
        unsure: set[tuple[str, str]] = set()
        for exchange in self.exchanges:
            if self.operation(exchange) == "create_task":
                body = asked(exchange.sent)
                for name in ("message", "systemPrompt"):
                    if isinstance(value := body.fields.get(name), str) and _OF_THIS_RUN.search(value):
                        ids = found.setdefault((name, value.strip()), set())
                        if exchange.ok:
                            ids.add(json_values.word(exchange.fields.get("id")))
                        elif not exchange.refused:
                            unsure.add((name, value.strip()))
        return {text: frozenset(ids) for text, ids in found.items() if text not in unsure}

    @cached_property
    def belongings(self) -> Mapping[str, Owner]:
        """The texts that only one owner's tasks have, with that owner."""
        return belongings(self.tasks.values())

    def sentences(self, task: Task) -> frozenset[str]:
        """The decoded messages and answers of a task."""
        if task.id not in self._sentences:
            self._sentences[task.id] = frozenset(sentences(task))
        return self._sentences[task.id]

    @cached_property
    def _sentences(self) -> dict[str, frozenset[str]]:
        return {}

    def said_by(self, text: str) -> list[str]:
        """The tasks that were sent a message of this text."""
        return self._said_by.get(text.strip(), [])

    @cached_property
    def _said_by(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for task in self.tasks.values():
            for said in task.said:
                if (text := said.asked.message) is not None:
                    found.setdefault(text.strip(), []).append(task.id)
        return found

    @cached_property
    def file_names(self) -> Mapping[str, str]:
        """Names of files that only one task has, long enough not to occur by chance, with that task."""
        owners: dict[str, set[str]] = {}
        for task in self.tasks.values():
            for said in task.said:
                for file in said.asked.files:
                    owners.setdefault(posixpath.basename(file.name), set()).add(task.id)
        return names_of_one(owners)

    @cached_property
    def made_names(self) -> Mapping[str, str]:
        """Like the above for files that commands and tools were asked to write: name to owning task."""
        owners: dict[str, set[str]] = {}
        for task in self.tasks.values():
            for call in task.calls.values():
                names = _WRITTEN.findall(call.command)
                if call.tool == "write_file":
                    names.append(posixpath.basename(json_values.word(call.args.get("path", ""))))
                for name in names:
                    owners.setdefault(name, set()).add(task.id)
        return names_of_one(owners)

    @cached_property
    def pages(self) -> Pages:
        """The list pages in the answers to callers."""
        found = (each for each in self.exchanges if self.operation(each) == "list_tasks")
        return Pages([each for each in found if each.ok and isinstance(each.data, list)], self.callers)

    def is_quiet(self, owner: Owner, began: int, ended: int) -> bool:
        """Whether no request of this run can have moved one of an owner's own tasks between two times."""
        tasks = [task for task in self.tasks.values() if task.owner == owner and task.creation is not None]
        begun = [task for task in tasks if task.creation is not None and task.creation.sent < ended]
        makes = any(
            began <= each.ended and each.started <= ended and self.callers.of(each).owner == owner
            for each in self._creations
        )
        return not makes and all(task.at_rest(began, ended) is not None for task in begun)

    @cached_property
    def _creations(self) -> list[Exchange]:
        """The creations that may have created a task."""
        return [each for each in self.exchanges if self.operation(each) == "create_task" and not each.refused]

    def created_before(self, owner: Owner | None, at: int, *, hidden: bool = False) -> list[Task]:
        """The tasks that an owner's requests had created before a time: visible ones, or hidden ones.

        That those with `showInHistory` false are in lists as well is a premise (G-22).
        """
        return [
            task
            for task in self.tasks.values()
            if task.owner == owner and task.creation is not None and task.creation.answered <= at
            if task.is_hidden is hidden or (task.is_hidden and task.admits(Premise.HIDDEN_LISTED))
        ]

    @cached_property
    def prompts(self) -> Mapping[str, tuple[Exchange, ...]]:
        """The system prompts that were sent, with the creations that had each."""
        sent: dict[str, list[Exchange]] = {}
        for each in self.exchanges:
            if self.operation(each) == "create_task":
                prompt = asked(each.sent).fields.get("systemPrompt")
                if isinstance(prompt, str) and prompt.strip():
                    sent.setdefault(prompt.strip(), []).append(each)
        return {prompt: tuple(creations) for prompt, creations in sent.items()}

    @cached_property
    def exchange_values(self) -> frozenset[str]:
        """The values of `env` and `secrets` that were sent in token exchanges only."""
        exchanges = [each for each in self.exchanges if self.operation(each) == "create_token"]
        return secrets.given_to_exchanges(exchanges, self.exchanges)

    @cached_property
    def reads_uploads(self) -> bool:
        """Whether a command of the run printed the digest of an upload: the sandbox has the tools for it."""
        return any(
            digests_read(call.command, json_values.word(call.result.event.get("output")))
            for task in self.tasks.values()
            for call in task.calls.values()
            if call.result is not None
        )

    @cached_property
    def gives_tokens(self) -> bool:
        """Whether a token exchange was accepted."""
        return any(each.ok and self.operation(each) == "create_token" for each in self.exchanges)

    @cached_property
    def _users(self) -> list[tuple[User, Asked]]:
        """Each request for a token of an end user, with that user."""
        bodies = [asked(each.sent) for each in self.exchanges if self.operation(each) == "create_token"]
        named = [(body.fields.get("appId"), body.fields.get("endUserId"), body) for body in bodies]
        return [
            (User(app, user), body)
            for app, user, body in named
            if isinstance(app, str) and isinstance(user, str)
        ]

    @cached_property
    def users_with_variables(self) -> frozenset[Owner]:
        """End users whose token exchange had, or may have had, `env` or `secrets`."""
        return frozenset(
            user
            for user, body in self._users
            if not body.known or body.fields.get("env") or body.fields.get("secrets")
        )

    def given_to_users(self, name: str) -> list[tuple[User, str]]:
        """The values in `env` of token exchanges for a variable of this name, with their end users."""
        values = [(user, json_values.fields(body.fields.get("env")).get(name)) for user, body in self._users]
        return [(user, value) for user, value in values if isinstance(value, str)]

    @cached_property
    def _restores(self) -> dict[str, tuple[int, ...]]:
        return {}

    @cached_property
    def owners_apps(self) -> frozenset[str]:
        """The widget apps of the owner's project: those with a task that the owner's key has read."""
        return frozenset(
            task.owner.app
            for task in self.tasks.values()
            if isinstance(task.owner, User)
            and any(each.ok and self.callers.of(each).owner == Key(OWNER) for each in task.read)
        )

    @cached_property
    def streams_without_head(self) -> Mapping[str, list[Exchange]]:
        """The streams of each task without a response in time, in order of start."""
        found: dict[str, list[Exchange]] = {}
        for each in self.exchanges:
            late = each.status is None and each.closed is Closed.DEADLINE
            if late and self.operation(each) == "stream_task":
                found.setdefault(each.task, []).append(each)
        return found

    @cached_property
    def key_ids(self) -> Mapping[Key, str]:
        """The apiKeyId of each key, from the first answer about one of its tasks."""
        found: dict[Key, str] = {}
        for task in self.tasks.values():
            for exchange in task.read:
                if isinstance(task.owner, Key) and isinstance(told := exchange.fields.get("apiKeyId"), str):
                    found.setdefault(task.owner, told)
        return found

    @cached_property
    def late(self) -> int:
        """The largest delay between an event and its arrival in this run, in nanoseconds."""
        return self.record.jitter(*self.record.probes)

    def operation(self, exchange: Exchange) -> str | None:
        """The documented operation of a request."""
        if id(exchange) not in self._operations:
            self._operations[id(exchange)] = operation_of(exchange.sent, self.profile.artifact_download_path)
        return self._operations[id(exchange)]

    def restores(self, task: Task) -> tuple[int, ...]:
        """For each turn of a task: how often its session had been restored."""
        if task.id not in self._restores:
            waits = self.profile.session_expiry_by == WAITING
            idle = self.profile.session_expiry_seconds if waits else None
            self._restores[task.id] = sessions.restores(
                task.turns, task.read, idle, self.record.sessions_ended(task.id), self.record.admits
            )
        return self._restores[task.id]

    def _task(self, name: str) -> Task:
        return self.tasks.setdefault(name, Task(name, self.record.admits))

    def _fold(self, exchange: Exchange) -> None:
        match self.operation(exchange):
            case "create_task":
                self._created(exchange)
            case "send_message":
                task = self._task(exchange.task)
                task.said.append(self._said(exchange))
            case "approve_tool_call":
                self._decided(exchange)
            case "cancel_task":
                self._task(exchange.task).cancellations.append(exchange)
            case "get_task" | "get_task_history" | "list_tasks" if exchange.ok:
                self._told(exchange)
                self._shown(exchange)
            case "stream_task" if exchange.is_told_stream:
                self._streamed(exchange)
                self._shown(exchange, self.record.read(exchange))
            case "list_artifacts" if exchange.ok:
                self._task(exchange.task).listings.append(Listing.of(exchange))
            case "download_artifact":
                self._task(exchange.task).downloads.append(Download.of(exchange))
            case _:
                pass

    def _said(self, exchange: Exchange) -> Said:
        return Said(exchange=exchange, asked=asked(exchange.sent), certainty=certainty(exchange))

    def _created(self, exchange: Exchange) -> None:
        name = exchange.fields.get("id")
        if not exchange.ok or not isinstance(name, str) or not name:
            return
        task = self._task(name)
        if task.creation is None:
            task.creation = self._said(exchange)
            task.said.insert(0, task.creation)
            task.owner = self.callers.of(exchange).owner

    def _decided(self, exchange: Exchange) -> None:
        body = asked(exchange.sent)
        outcome = body.fields.get("outcome") if body.known else None
        self._task(exchange.task).decisions.append(
            Decision(
                exchange=exchange,
                call=call_of(exchange.sent),
                outcome=outcome if isinstance(outcome, str) else None,
                certainty=certainty(exchange),
            )
        )

    def _told(self, exchange: Exchange) -> None:
        operation = self.operation(exchange) or ""
        for name, told in _objects(exchange, operation):
            task = self._task(name)
            if isinstance(status := told.get("status"), str):
                task.told.append(Told(exchange=exchange, operation=operation, status=status))
            if operation == "get_task":
                task.read.append(exchange)
            if operation == "get_task_history":
                messages = tuple(json_values.objects(told.get("messages")))
                task.views.append(
                    View(
                        exchange=exchange,
                        began=exchange.started,
                        ended=exchange.ended,
                        messages=messages,
                        status=status if isinstance(status, str) else None,
                    )
                )

    def _shown(self, exchange: Exchange, stream: Stream | None = None) -> None:
        owner = self.callers.of(exchange).owner
        for each in shown_in(exchange, self.operation(exchange) or "", stream):
            task = self.tasks.get(each.task)
            if task is not None and task.owner is not None and task.owner == owner:
                task.shown.setdefault((each.place, each.key), []).append(each)
                self.shown.setdefault((id(exchange), each.place), []).append(each)

    def _streamed(self, exchange: Exchange) -> None:
        stream = self.record.read(exchange)
        task = self._task(exchange.task)
        task.streams.append(stream)
        if stream.marker is not None:
            messages = tuple(
                event.payload
                for event in stream.history
                if event.type == "history_message" and event.payload is not None
            )
            task.views.append(
                View(exchange=exchange, began=exchange.started, ended=stream.marker.at, messages=messages)
            )


def _objects(exchange: Exchange, operation: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tasks in an answer, by id."""
    if operation == "list_tasks":
        for entry in exchange.entries:
            if isinstance(name := entry.get("id"), str) and name:
                yield name, entry
    else:
        yield exchange.task, exchange.fields
