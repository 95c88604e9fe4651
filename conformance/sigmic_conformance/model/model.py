"""The model of a run: folds all exchanges, in order of time, into the known state of each task.

It is written from the ledger, independently of any target. It does not predict the agent's answers.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from sigmic_conformance.model import secrets, sessions
from sigmic_conformance.model.callers import OWNER, Callers, Key, Owner, User
from sigmic_conformance.model.choices import Choices
from sigmic_conformance.model.folding import fold
from sigmic_conformance.model.pages import Pages
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.requests import (
    operation_of,
)
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import digests_read, names_of_one
from sigmic_conformance.target.profile import WAITING
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange

Value = TypeVar("Value")
_WRITTEN = re.compile(r"(?<![<>&0-9])>{1,2} ?([A-Za-z0-9_][A-Za-z0-9_.-]*)")
"""The target file of a command's output redirection, in the current directory."""


class Model:
    """All knowledge about a run. `exchanges` are those that the API itself answered, in order of start."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.profile = record.profile
        self.exchanges = tuple(sorted(record.exchanges(), key=lambda each: (each.started, each.ended)))
        self._operations: dict[int, str | None] = {}
        self.callers = Callers(self.exchanges, self.profile.artifact_download_path)
        self._derived: dict[Callable[[Model], Any], Any] = {}
        folded = fold(record, self.exchanges, self.callers, self.operation)
        self.tasks, self.shown = folded.tasks, folded.shown

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The values that were sent as secrets."""
        return secrets.given(self.exchanges)

    @cached_property
    def choices(self) -> Choices:
        """The observed choices of the target."""
        pages = (each for each in self.exchanges if self.operation(each) == "list_tasks" and each.ok)
        return Choices(tuple(self.tasks.values()), tuple(pages))

    @cached_property
    def credentials(self) -> frozenset[str]:
        """The run's own credentials in their recorded form: keys and the secrets of apps."""
        return secrets.credentials(self.exchanges)

    def derived(self, make: "Callable[[Model], Value]") -> Value:
        """The result of a pure function on this model, computed once and cached."""
        if make not in self._derived:
            self._derived[make] = make(self)
        found: Value = self._derived[make]
        return found

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
        return self.readings.setdefault(of, reading)

    @cached_property
    def readings(self) -> dict[str, str]:
        """The first interpretation of each row that was evaluated."""
        return {}

    @cached_property
    def made_names(self) -> Mapping[str, str]:
        """Names of files that only the commands and tools of one task were asked to write, with that task."""
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
    def foreign_apps(self) -> frozenset[str]:
        """The widget apps of other projects: the owner's key can read tasks of an app, but none of theirs."""
        denied = (
            self.tasks[each.task].owner
            for each in self.exchanges
            if each.status in {403, 404} and self.operation(each) == "get_task" and each.task in self.tasks
            if self.callers.of(each).owner == Key(OWNER)
        )
        apps = {owner.app for owner in denied if isinstance(owner, User)}
        return frozenset(apps - self.owners_apps if self.owners_apps else ())

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
