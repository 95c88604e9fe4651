"""What armed faults make the service do wrong with sessions, variables, files and refused requests.

Rule: a deed is asked for only where it changes something, because a yes counts as fired.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sigmic_conformance.mock_server.domain.accounts import Variables
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.event_log import Journal
from sigmic_conformance.mock_server.domain.model import Message, MessageRole, Task, TaskStatus
from sigmic_conformance.mock_server.domain.redaction import Redactor
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.ports import Upload
from sigmic_conformance.mock_server.service.loaded import LoadedTask
from sigmic_conformance.mock_server.service.sessions import Session, SessionVariables
from sigmic_conformance.mock_server.service.variables import TokenVariables
from sigmic_conformance.mock_server.service.workplace import Workplace


class _AsExchanged:
    """What `faults.behaviour.accounts.VariablesAsExchanged` does, until this module is there too."""

    def __init__(self, accounts: Any, is_wanted: Callable[[], bool]) -> None:
        self._accounts = accounts
        self._is_wanted = is_wanted

    async def token_variables(self, token_id: str) -> Variables:
        variables: Variables
        if await self._accounts.has_newer_exchange(token_id) and self._is_wanted():
            variables = await self._accounts.own_variables(token_id)
        else:
            variables = await self._accounts.token_variables(token_id)
        return variables


class Misdeeds:
    """The wrong turns of the use cases; without an armed fault every method leaves things as they are."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._kept_secrets: dict[str, Mapping[str, Secret]] = {}
        self._kept_approvals: dict[str, set[str]] = {}
        place.sessions.at_expiry = self._at_expiry

    def _deviates(self, decision: str, task: Task, code: str | None = None) -> Mapping[str, Any] | None:
        return self._place.deviations.deviates(decision, task.project_id, task=task.id, code=code)

    # --- sessions ------------------------------------------------------------------------------------------

    def open(self, task: Task, variables: SessionVariables, *, restored: bool) -> Session:
        """Open a session, with what faults do to its variables and its sandbox."""
        sessions = self._place.sessions
        neighbour = sessions.neighbour(task)
        session = sessions.open(task, self._spoilt(task, variables, neighbour))
        if variables.secrets and self._deviates("secrets.shown", task) is not None:
            session.redactor = Redactor({})
        self._misplace(task, session, neighbour, restored=restored)
        session.always_allowed |= self._kept_approvals.pop(task.id, set())
        return session

    def _spoilt(self, task: Task, variables: SessionVariables, neighbour: Session | None) -> SessionVariables:
        if variables.env and self._deviates("variables.env-lost", task) is not None:
            variables = replace(variables, env={})
        if variables.secrets and self._deviates("variables.secrets-lost", task) is not None:
            variables = replace(variables, secrets={})
        twice = variables.env.keys() & variables.secrets.keys()
        if twice and self._deviates("variables.env-wins", task) is not None:
            secrets = {name: each for name, each in variables.secrets.items() if name not in twice}
            variables = replace(variables, secrets=secrets)
        foreign = None if neighbour is None else neighbour.variables
        if foreign and foreign.names - variables.names and self._deviates("variables.leak", task) is not None:
            variables = replace(
                variables,
                env={**foreign.env, **variables.env},
                secrets={**foreign.secrets, **variables.secrets},
            )
        return variables

    def _misplace(self, task: Task, session: Session, neighbour: Session | None, *, restored: bool) -> None:
        """Give the session's sandbox another folder than its own, or somebody else's processes."""
        if restored and self._deviates("restore.empty-sandbox", task) is not None:
            session.folder = f"{task.id}-restored"
        if not self._place.deviations.is_quiet("sandbox.without-files"):
            has_files = self._place.workspaces.path(task.id).exists()
            if has_files and self._deviates("sandbox.without-files", task) is not None:
                session.folder = f"{task.id}-apart"
        if neighbour is None:
            return
        if self._deviates("isolation.shared-workspace", task) is not None:
            session.folder = neighbour.folder
        if self._deviates("isolation.recycled-workspace", task) is not None:
            session.inherits = neighbour.folder
        if self._deviates("isolation.shared-sandbox", task) is not None:
            session.shares = neighbour

    def _at_expiry(self, session: Session) -> bool:
        """Keep what a session that expires had; tell whether its files are to go with it.

        Processes that are left running belong to the backend from then on, which ends them when it closes.
        """
        deviates = self._place.deviations.deviates
        project, task = session.project_id, session.task_id
        secrets = session.variables.secrets
        if secrets and deviates("session.keeps-secrets", project, task=task) is not None:
            self._kept_secrets[task] = secrets
        if session.always_allowed and deviates("session.keeps-approvals", project, task=task) is not None:
            self._kept_approvals[task] = set(session.always_allowed)
        is_alive = session.sandbox is not None and session.sandbox.alive
        if is_alive and deviates("session.leaves-processes", project, task=task) is not None:
            session.sandbox = None
        return deviates("session.takes-files", project, task=task) is not None

    async def before_restore(self, loaded: LoadedTask, variables: SessionVariables) -> SessionVariables:
        """Refuse a restore, lose files or history, or find secrets that should be gone. Raises NOT_FOUND."""
        task = loaded.task
        if self._deviates("restore.refused", task) is not None:
            raise ApiError(ErrorCode.NOT_FOUND, "The session has expired")
        if self._deviates("restore.loses-files", task) is not None:
            await self._place.workspaces.remove(task.id)
        if self._deviates("restore.loses-history", task) is not None:
            await self._place.store.forget_beginning(task.id)
            loaded.journal = Journal(await self._place.store.messages(task.id))
        kept = self._kept_secrets.pop(task.id, {})
        return replace(variables, secrets={**kept, **variables.secrets}, lost=variables.lost - kept.keys())

    # --- tasks ---------------------------------------------------------------------------------------------

    def ignores_cancellation(self, task: Task) -> bool:
        """True when a task that is not finished is to go on."""
        about = task.status.value
        return not task.status.is_final and self._deviates("cancel.ignored", task, about) is not None

    def cancels_as_failure(self, task: Task) -> bool:
        """True when a cancellation is to be saved as a failure."""
        return not task.status.is_final and self._deviates("cancel.as-failed", task) is not None

    async def cancel_finished(self, loaded: LoadedTask) -> bool:
        """Change the status of a finished task that is cancelled, when a fault wants it."""
        wrong = self._deviates("cancel.finished", loaded.task, code=loaded.task.status.value)
        if wrong is None:
            return False
        async with loaded.lock:
            changed = replace(loaded.task, status=TaskStatus(wrong["status"]))
            await self._place.tasks.save(loaded, changed)
        return True

    def shown_env(
        self, task_id: str, project_id: str, env: Mapping[str, str] | None, variables: SessionVariables
    ) -> Mapping[str, str] | None:
        """Return the env to save with a new task: that of the token exchange too, when a fault wants it."""
        hidden = variables.env.keys() - (env or {}).keys()
        if hidden:
            wrong = self._place.deviations.deviates("variables.exchange-shown", project_id, task=task_id)
            return env if wrong is None else variables.env
        return env

    def token_variables(self, accounts: TokenVariables, task_id: str, project_id: str) -> TokenVariables:
        """Return where a new task's token has its variables from: its own exchange, when a fault wants it."""
        if self._place.deviations.is_quiet("variables.as-exchanged"):
            return accounts

        def is_wanted() -> bool:
            wrong = self._place.deviations.deviates("variables.as-exchanged", project_id, task=task_id)
            return wrong is not None

        return _AsExchanged(accounts, is_wanted)

    # --- what a refused follow-up leaves -------------------------------------------------------------------

    async def leave_files(self, task_id: str, upload: Upload) -> None:
        """Keep the files of a refused follow-up."""
        workspace = await asyncio.to_thread(self._place.workspaces.create, task_id)
        await upload.commit(workspace)

    async def leave_message(self, task_id: str, text: str) -> None:
        """Save the message of a refused follow-up, without a run."""
        loaded = await self._place.tasks.find(task_id)
        if loaded is None:
            return
        project = loaded.task.project_id
        message = Message(
            id=self._place.ids.of(project).message(task_id),
            role=MessageRole.USER,
            content=text,
            created_at=self._place.clocks.of(project).now(),
        )
        async with loaded.lock:
            await self._place.tasks.save(loaded, loaded.task, message=message)
            loaded.journal.save(message)
