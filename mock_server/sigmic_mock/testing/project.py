"""One project of a running mock, as a test holds it: its key, its time, its faults, its playbooks.

Everything is one call of the control plane about this project, so nothing done here reaches another test.
Calls block, but may be made from a coroutine too: the server has its own thread or process.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from sigmic_mock.control.table import CONTROL_PATH
from sigmic_mock.domain.secret import Secret
from sigmic_mock.testing import control_answers as answers
from sigmic_mock.testing.control_client import ControlClient, MockRefused


class NotFired(AssertionError):
    """A fault was armed and never fired: the test did not see its effect."""


class ArmedFault:
    """A fault armed for one project. As a context manager it is disarmed at the end."""

    def __init__(self, project: "Project", number: int, id: str) -> None:
        self._project = project
        self.number = number
        self.id = id
        self._fired = 0

    @property
    def fired(self) -> int:
        """How often it has fired; once it is disarmed, how often it was last known to have."""
        for armed in self._project.faults.active():
            if armed["number"] == self.number:
                self._fired = int(armed["fired"])
        return self._fired

    def disarm(self) -> None:
        """Disarm it, and every other one of the same id in this project."""
        _ = self.fired
        self._project.ask("clear_faults", fault=self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.disarm()

    def __repr__(self) -> str:
        return f"<fault {self.id}, number {self.number}>"


class Breakpoint:
    """A breakpoint of a project. As a context manager it is released at the end."""

    def __init__(self, project: "Project", number: int) -> None:
        self._project = project
        self.number = number

    def wait(self, timeout: str = "10s") -> answers.Breakpoint:
        """Wait until it has paused a task; return it: `task`, `before`, `state`. Raises `MockRefused`."""
        return self._project.ask("wait_for_breakpoint", number=self.number, timeout=timeout)

    def release(self) -> None:
        """Let the task continue. Raises `MockRefused` if the limit has ended it."""
        self._project.ask("release_breakpoint", number=self.number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class ProjectFaults:
    """The faults of one project."""

    def __init__(self, project: "Project") -> None:
        self._project = project

    def active(self) -> list[answers.Armed]:
        """Return the armed faults: number, fault, class, parameters, where, seen, fired."""
        return self._project.ask("list_armed_faults")["active"]

    def unfired(self) -> list[str]:
        """Return the ids of those armed for this project that never fired, in the order of arming."""
        own = (armed for armed in self.active() if armed["project"] == self._project.id)
        return [armed["fault"] for armed in own if not armed["fired"]]

    def clear(self) -> None:
        """Disarm all."""
        self._project.ask("clear_faults")

    def assert_all_fired(self) -> None:
        """Raise `NotFired` naming every armed fault that never fired."""
        if unfired := self.unfired():
            raise NotFired(f"these faults were armed but never fired: {', '.join(unfired)}")


class Project(answers.Asks):
    """A project: hand `base_url` and `api_key` to the client under test."""

    def __init__(self, client: ControlClient, made: Mapping[str, Any], api_key: Secret) -> None:
        self._client = client
        self._api_key = api_key
        self._app_secret = Secret(str(made.get("app_secret", "")))
        self.id = str(made["project"])
        self.app_id = str(made.get("app_id", ""))
        self.faults = ProjectFaults(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} at {self.base_url}>"

    # --- for the client under test ------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """Where the platform is, without a slash at the end."""
        return self._client.control_url.rstrip("/").removesuffix(CONTROL_PATH)

    @property
    def api_key(self) -> str:
        """A key of this project, with every right."""
        return self._api_key.reveal()

    @property
    def app_secret(self) -> str:
        """The secret of the project's widget app, empty when it is not known here."""
        return self._app_secret.reveal()

    @property
    def headers(self) -> dict[str, str]:
        """The header that a call of the platform carries."""
        return {"Authorization": f"Bearer {self.api_key}"}

    @property
    def environ(self) -> dict[str, str]:
        """The variables that clients read; `monkeypatch.setenv` them, or give them to a child process."""
        return {"SIGMIC_BASE_URL": self.base_url, "SIGMIC_API_KEY": self.api_key}

    def mint_token(self, end_user: str, **fields: Any) -> str:
        """Return a widget token for an end user; `expires_in` (seconds) and `app_id` may be given."""
        return self.ask("create_token", end_user=end_user, **fields)["token"]

    def mint_key(self, role: str = "member", **fields: Any) -> str:
        """Return another key of this project; `username` and `expires_in` (as in "1h") may be given."""
        return self.ask("create_key", **{"role": role, **fields})["api_key"]

    # --- time ---------------------------------------------------------------------------------------------

    def advance(self, by: str | float) -> answers.Advance:
        """Move a manual clock by "31m", "1h30m" or a number of seconds.

        Returns when everything due has been delivered: `now`, `fired`, `counts` by timer, `settled`.
        """
        return self.ask("advance_clock", by=by)

    def set_clock(self, mode: str | None = None, *, now: str | None = None) -> answers.Clock:
        """Set how time moves (real, scaled:N, manual, autojump), its calendar (ISO 8601), or both."""
        return self.ask("change_clock", mode=mode, now=now)

    @property
    def clock(self) -> answers.Clock:
        """The clock now: `mode`, `now`, number of `timers`, `busy`."""
        return self.ask("show_clock")

    # --- what goes wrong, and what the agent does ----------------------------------------------------------

    def fault(self, fault: str, /, **values: Any) -> ArmedFault:
        """Arm a fault of the catalogue; `values` are its parameters and conditions, such as `for_="5s"`."""
        named = {name.removesuffix("_"): value for name, value in values.items()}
        armed = self.ask("arm_fault", **{"fault": fault, "with": named})
        return ArmedFault(self, armed["number"], armed["fault"])

    def breakpoint(self, event: str, **options: Any) -> "Breakpoint":
        """Pause a task once, before an event; `task` and `limit` (real time, "60s") may be given."""
        return Breakpoint(self, self.ask("set_breakpoint", event=event, **options)["number"])

    def playbook(self, source: Mapping[str, Any] | str | Path) -> str:
        """Add a playbook to this project: a mapping, YAML text, or a file. Returns its name."""
        if isinstance(source, Mapping):
            given: dict[str, Any] = {"playbook": source}
            name = str(source.get("name", ""))
        else:
            text = _text(source)
            name, given = _name(text), {"yaml": text}
        return self.ask("put_playbook", name=name or "unnamed", **given)["name"]

    def reply(self, text: str = "", *, tools: Iterable[Mapping[str, Any]] = ()) -> int:
        """Give the agent its answer to the next message of the project; several are used in their order.

        `text` is a template, such as "You said {{message}}". `tools` are steps of a playbook that come before
        it: `[{"read": {"path": "a.txt"}}]`. Returns how many replies wait. Raises `MockRefused`.
        """
        return self.ask("add_reply", text=text or None, tools=list(tools) or None)["waiting"]

    def configure(self, **settings: Any) -> answers.Settings:
        """Give the project these settings and no others; return all its settings.

        `auto_execute`, `tool_policies`, `prompts` and `subagents`, as `mock.yaml` has them.
        """
        return self.ask("change_settings", **settings)

    def give_roles(self, members: Mapping[str, str]) -> answers.RolesByUser:
        """Set the roles of console users in the project, without any others; return every user's role.

        Users are those of the configuration, else `ada`, `grace`, `linus` and `vera`. Raises `MockRefused`.
        """
        given: Any = dict(members)
        return self.ask("give_roles", members=given)["members"]

    @property
    def members(self) -> answers.RolesByUser:
        """The role of every user of the console in the project."""
        return self.ask("show_members")["members"]

    @property
    def settings(self) -> answers.Settings:
        """The project's settings."""
        return self.ask("show_settings")

    def playbook_leftovers(self) -> answers.ListLeftoversAnswer:
        """Return which of this project's own playbooks and steps were never reached."""
        return self.ask("list_leftovers")

    # --- what happened ------------------------------------------------------------------------------------

    def journal(self, **query: str | int) -> list[answers.Entry]:
        """Return the journal's entries, oldest first; `kind`, `operation`, `status`, … select entries.

        With `limit` and `newest=True` only the last ones; without, all that are stored.
        """
        fields: dict[str, Any] = {**query}
        page = self.ask("list_entries", **fields)
        entries = page["entries"]
        while "limit" not in query and page.get("next") is not None:
            page = self.ask("list_entries", **fields | {"since": page["next"]})
            entries += page["entries"]
        return entries

    def wait_for(self, *, at_least: int = 1, timeout: str = "10s", **query: str | int) -> answers.Entry:
        """Wait until the journal holds `at_least` such entries; return the last, else raise `MockRefused`."""
        fields: dict[str, Any] = {**query, "at_least": at_least, "timeout": timeout}
        return self.ask("wait_for_entries", **fields)["entry"]

    def open_streams(self) -> list[str]:
        """Return the task of each stream that is still open."""
        return [stream["task"] for stream in self.ask("list_streams")["open"]]

    # --- state ----------------------------------------------------------------------------------------------

    def seed(self, seed: int | None) -> None:
        """Draw ids and random choices from `seed` from now on; None makes them random."""
        self.ask("change_seed", seed=seed)

    def reset(self, *scope: answers.Part) -> list[str]:
        """Reset the project, or only `scope` (state, faults, …) of it; returns the scopes that were reset."""
        return self.ask("reset", scope=list(scope) or None)["reset"]

    def expire_session(self, task: str) -> bool:
        """End an idle task's session now, like its idle time would; returns whether it had one."""
        return self.ask("expire_session", task=task)["expired"]

    def snapshot(self, name: str | None = None) -> answers.Snapshot:
        """Save the state of the project, once no turn is running; return its name and tasks.

        Without `name` it is snapshot-1, snapshot-2, …. Raises `MockRefused` if a turn doesn't end.
        """
        return self.ask("take_snapshot", name=name)

    def restore(self, name: str) -> answers.Snapshot:
        """Restore the state of the project from a snapshot; return it. Raises `MockRefused`."""
        return self.ask("restore_snapshot", name=name)

    @contextmanager
    def fork(self, name: str) -> Iterator["Fork"]:
        """Create a project from a snapshot; at the end it is emptied. Raises `MockRefused`."""
        (made,) = self.ask("fork_snapshot", name=name)["forks"]
        fork = Fork(self._client.about(made["project"]), made, Secret(made["api_key"]))
        try:
            yield fork
        finally:
            fork.reset()


class Fork(Project):
    """A project with the state of a snapshot. `tasks` has the id of each of its tasks, by the id there."""

    def __init__(self, client: ControlClient, made: Mapping[str, Any], api_key: Secret) -> None:
        super().__init__(client, made, api_key)
        self.tasks: Mapping[str, str] = dict(made["tasks"])


_Made = TypeVar("_Made", bound=Project)


@contextmanager
def made_project(
    client: ControlClient, kind: Callable[[ControlClient, Mapping[str, Any], Secret], _Made], **fields: Any
) -> Iterator[_Made]:
    """Create a project with these fields and yield it; at the end it is emptied."""
    made = client.ask("create_project", **fields)
    project = kind(client.about(made["project"]), made, Secret(made["api_key"]))
    try:
        yield project
    finally:
        project.reset()


def prepare(
    project: Project,
    *,
    settings: Mapping[str, Any] | None = None,
    members: Mapping[str, str] | None = None,
    faults: object = (),
    playbooks: object = (),
) -> None:
    """Apply settings and members, add playbooks and arm faults (ids, or pairs of an id and its values).

    One playbook or fault alone needs no list.
    """
    if settings is not None:
        project.configure(**settings)
    if members is not None:
        project.give_roles(members)
    for source in _listed(playbooks):
        project.playbook(source)
    for spec in _listed(faults):
        fault, values = (spec, {}) if isinstance(spec, str) else spec
        project.fault(fault, **values)


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return [given] if isinstance(given, str | Path | Mapping) else list(given)


def _text(source: str | Path) -> str:
    if not isinstance(source, str | Path):
        raise MockRefused(f"a playbook is a mapping, YAML text or a file, not {source!r:.80}")
    if isinstance(source, str) and "\n" in source:
        return source
    try:
        return Path(source).expanduser().read_text("utf-8")
    except OSError as problem:
        raise MockRefused(f"can't read the playbook {source}: {(problem.strerror or '').lower()}") from None


def _name(text: str) -> str:
    """Return the name that a playbook gives itself; the server refuses an invalid text with a message."""
    import yaml

    try:
        playbook = yaml.safe_load(text)
    except yaml.YAMLError:
        return ""
    return str(playbook.get("name", "")) if isinstance(playbook, dict) else ""
