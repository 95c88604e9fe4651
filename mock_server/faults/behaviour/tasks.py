"""Use cases that take what they must refuse, and change what they must keep."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.event_log import EventLog
from sigmic_conformance.mock_server.domain.lifecycle import IllegalTransition, Input
from sigmic_conformance.mock_server.domain.model import (
    AttachedFile,
    Message,
    MessageRole,
    Principal,
    Task,
    TaskStatus,
)
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.accounts import ExchangedVariables, VariablesAsExchanged
from sigmic_conformance.mock_server.faults.behaviour.runs import FaultyRuns
from sigmic_conformance.mock_server.faults.behaviour.task_reads import FaultyTaskReads
from sigmic_conformance.mock_server.faults.behaviour.task_store import FaultyTaskStore
from sigmic_conformance.mock_server.faults.behaviour.workspaces import holds_files
from sigmic_conformance.mock_server.faults.engine import ALWAYS, Faults
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.ports import Upload
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.sessions import Session, SessionVariables
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.tasks import CreateTask
from sigmic_conformance.mock_server.service.variables import session_variables

_BASIC_PLANE = 0xFFFF
_ASKS_FOR = re.compile(r"\b(?:list|names?|what|which)\b", re.IGNORECASE)
_FILES = re.compile(r"\bfiles?\b", re.IGNORECASE)


class UncheckedTask(CreateTask):
    """A new task whose message is taken as it is, however long or blank."""


class FaultyTasks(FaultyTaskReads):
    """Every use case with its faults, and the half effects that faults of the HTTP server ask for."""

    def __init__(
        self,
        deps: TaskDependencies,
        runs: FaultyRuns,
        accounts: ExchangedVariables,
        *,
        store: FaultyTaskStore,
        faults: Faults,
    ) -> None:
        super().__init__(deps, runs, accounts, faults=faults)
        self._accounts = accounts
        self._faulty_runs = runs
        self._faulty_store = store
        self._of_names: dict[str, list[Callable[[Acts], None]]] = {}
        """By task whom to tell when its message asks for the names of the files that came with it."""

    async def create(self, principal: Principal, request: CreateTask) -> Task:
        """Create a task; answer only when the agent is done, if a fault wants it so."""
        task = await super().create(principal, request)
        await self._answer_last(principal, task.id, "create_task")
        return task

    async def _answer_last(self, principal: Principal, task_id: str, operation: str) -> None:
        asker = Asker(self._faults, principal.project_id, task=task_id, operation=operation)
        if asker.is_idle("answer-last"):
            return
        # Nobody can tell when a run was answered that is over at once.
        self._faulty_runs.tell_of_a_long_run(task_id, asker.rehearsed("answer-last"))
        if asker.parameters_unrehearsed("answer-last") is not None:
            await self._faulty_runs.finished(task_id)

    async def _create(self, principal: Principal, task_id: str, request: CreateTask) -> Task:
        asker = Asker(self._faults, principal.project_id, task=task_id)
        request = _misread(request, asker)
        self._check(request)
        if request.secrets and asker.wanted("secrets.in-env"):
            shown = {name: each.reveal() for name, each in request.secrets.items()}
            request = replace(request, env={**(request.env or {}), **shown})
        return await super()._create(principal, task_id, await self._with_exchange(principal, request, asker))

    def _check(self, request: CreateTask) -> None:
        if not isinstance(request, UncheckedTask):
            super()._check(request)

    async def _with_exchange(self, principal: Principal, request: CreateTask, asker: Asker) -> CreateTask:
        """Return the request with the variables of the token exchange in its `env`, which the task shows."""
        if principal.token_id is None or asker.is_idle("variables.exchange-shown"):
            return request
        variables = await session_variables(
            self._tokens, token_id=principal.token_id, env=request.env, secrets=request.secrets
        )
        is_hidden = bool(variables.env.keys() - (request.env or {}).keys())
        if is_hidden and asker.wanted("variables.exchange-shown"):
            return replace(request, env=variables.env)
        return request

    async def _variables(
        self,
        task: Task,
        token_id: str | None,
        secrets: Mapping[str, Secret],
        lost: tuple[str, ...] = (),
    ) -> SessionVariables:
        """Return the variables of a token's own exchange for its new task, not those of the newest one."""
        asker = self._asker(task)
        if task.status.is_final or asker.is_idle("variables.as-exchanged"):
            return await super()._variables(task, token_id, secrets, lost)
        exchanged = VariablesAsExchanged(self._accounts, lambda: asker.wanted("variables.as-exchanged"))
        return await session_variables(exchanged, token_id=token_id, env=task.env, secrets=secrets, lost=lost)

    async def _place(
        self, task: Task, upload: Upload | None, number: int | None = None
    ) -> tuple[AttachedFile, ...]:
        if upload is None or not upload.files:
            return ()
        asker, is_follow_up = self._asker(task), task.status is not TaskStatus.PENDING
        if is_follow_up and asker.wanted("follow-up.files-lost"):
            await upload.discard()
            return tuple(AttachedFile(name, path) for name, path in upload.files)
        attached = await super()._place(task, upload, number)
        if asker.wanted("upload.unattached"):
            attached = ()
        if is_follow_up and asker.wanted("follow-up.files-empty"):
            await asyncio.to_thread(_empty, self._workspaces.path(task.id), attached)
        told = list[Callable[[Acts], None]]()
        misnamed = is_follow_up and asker.wanted_for_later("follow-up.files-misnamed", told)
        if told:
            self._of_names[task.id] = told
        if misnamed:
            names = [f"upload-{number}" for number, _ in enumerate(attached, 1)]
            return tuple(AttachedFile(name, f"uploads/{name}") for name in names)
        return attached

    def _user_message(self, task: Task, text: str, attached: tuple[AttachedFile, ...]) -> Message:
        told = self._of_names.pop(task.id, ())
        if told and asks_for_files(text):
            for tell in told:
                tell(ALWAYS)
        if attached and self._asker(task).wanted("message.with-files"):
            names = "".join(f"- {file.path}\n" for file in attached)
            text = f"Attached files:\n{names}\n{text}"
        if self._faults.is_confined:
            self._faults.note_message(task.id, tuple(file.path for file in attached))
        return super()._user_message(task, text, attached)

    async def send_message(
        self, principal: Principal, id: str, text: str, upload: Upload | None = None
    ) -> None:
        """Save a follow-up; answer only when the agent is done, if a fault wants it so."""
        await super().send_message(principal, id, text, upload)
        await self._answer_last(principal, id, "send_message")

    def _check_sendable(self, task: Task) -> None:
        """Refuse also a task that ended badly."""
        super()._check_sendable(task)
        ended_badly = task.status in {TaskStatus.FAILED, TaskStatus.CANCELLED}
        if ended_badly and self._asker(task).wanted("follow-up.refused-after", task.status.value):
            raise IllegalTransition(task.status, Input.FOLLOW_UP).as_conflict()

    def _continued(self, task: Task, now: int) -> Task:
        """Keep what a follow-up clears, or clear what it keeps."""
        continued, asker = super()._continued(task, now), self._asker(task)
        if task.completed_at is not None and asker.wanted("follow-up.keeps-completion"):
            continued = replace(continued, completed_at=task.completed_at)
        has_options = task.env is not None or task.system_prompt is not None or not task.auto_execute
        if has_options and asker.wanted("follow-up.resets-options"):
            continued = replace(continued, env=None, system_prompt=None, auto_execute=True)
        return continued

    def _conversation(self, task: Task, now: int) -> str:
        """Begin a new conversation, where the session is live or where it was restored."""
        session = self._sessions.of(task.id)
        is_live = session is not None and session.id == task.session_id
        code = "live" if is_live else "restored"
        if task.conversation_id is not None and self._asker(task).wanted("follow-up.new-conversation", code):
            task = replace(task, conversation_id=None)
        return super()._conversation(task, now)

    async def _session(self, principal: Principal, cached: CachedTask) -> Session:
        """Lose the first message of the conversation for good."""
        live = self._sessions.of(cached.task.id)
        if live is not None:
            self._faulty_runs.follow_up_comes(live)
        if self._asker(cached.task).wanted("history.forget"):
            await self._forget_beginning(cached)
        return await super()._session(principal, cached)

    async def _restore(self, principal: Principal, cached: CachedTask) -> Session:
        """Refuse a restore, or lose files or history in it. Raises NOT_FOUND."""
        asker = self._asker(cached.task)
        if asker.wanted("restore.refused"):
            raise ApiError(ErrorCode.NOT_FOUND, "The session has expired")
        folder = self._workspaces.path(cached.task.id)
        if (
            not asker.is_idle("restore.loses-files")
            and holds_files(folder)
            and asker.wanted("restore.loses-files")
        ):
            await self._workspaces.remove(cached.task.id)
        if asker.wanted("restore.loses-history"):
            await self._forget_beginning(cached)
        return await super()._restore(principal, cached)

    async def _forget_beginning(self, cached: CachedTask) -> None:
        await self._faulty_store.forget_beginning(cached.task.id)
        cached.event_log = EventLog(await self._store.messages(cached.task.id))

    async def known(self, id: str) -> Task | None:
        """Return a task, whoever asks; None when there is no such task."""
        cached = await self._cache.find(id)
        return None if cached is None else cached.task

    async def project_of(self, id: str) -> str | None:
        """Return the project of a task, whoever asks; None when there is no such task."""
        task = await self.known(id)
        return None if task is None else task.project_id

    async def keep_refused_message(self, task_id: str, text: str) -> None:
        """Save the message of a refused follow-up, without a run."""
        cached = await self._cache.find(task_id)
        if cached is None:
            return
        message = Message(
            id=self._deps.ids.of(cached.task.project_id).message(task_id),
            role=MessageRole.USER,
            content=text,
            created_at=self._now(cached.task),
        )
        async with cached.lock:
            await self._cache.save(cached, cached.task, message=message)
            cached.event_log.save(message)

    async def keep_refused_files(self, task_id: str, upload: Upload) -> None:
        """Keep the files of a refused follow-up."""
        await upload.commit(await asyncio.to_thread(self._workspaces.create, task_id))


def _misread(request: CreateTask, asker: Asker) -> CreateTask:
    """Return the request as it is understood: options ignored, text outside the basic plane lost."""
    options = asker.parameters("create.options", acts=lambda spec: _differs(request, spec.params))
    if options is not None:
        request = replace(request, **options)
    if request.message.isascii():
        return request
    text = "".join("?" if ord(sign) > _BASIC_PLANE else sign for sign in request.message)
    if text != request.message and asker.wanted("text.basic-plane"):
        request = replace(request, message=text)
    return request


def _differs(request: CreateTask, options: Mapping[str, Any]) -> bool:
    """Whether a request is misread. What is empty stands for what was not given (CREATE-012, CREATE-018)."""
    given = {name: getattr(request, name) for name in options}
    return any(
        given[name] != value and (given[name] is None or value not in ("", {}))
        for name, value in options.items()
    )


def asks_for_files(text: str) -> bool:
    """Return whether a line of a message asks for the names of files."""
    for line in text.splitlines():
        asks = _ASKS_FOR.search(line)
        if asks is not None and _FILES.search(line, asks.end()) is not None:
            return True
    return False


def _empty(workspace: Path, files: Sequence[AttachedFile]) -> None:
    for file in files:
        (workspace / file.path).write_bytes(b"")
