"""`mock_server()`: a new server in this process, or a project on one that runs already."""

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from sigmic_mock.control.table import CONTROL_PATH
from sigmic_mock.domain.secret import Secret
from sigmic_mock.testing.control_client import ControlClient, MockRefused
from sigmic_mock.testing.keywords import Fault, Flags, Playbook, Wishes
from sigmic_mock.testing.project import Project, made_project, prepare
from sigmic_spec import data
from sigmic_spec.nearest import hint_of_known

_URL = "SIGMIC_MOCK_CONTROL_URL"
_TOKEN = "SIGMIC_MOCK_CONTROL_TOKEN"  # noqa: S105 - the name of a variable


class Mock(Project):
    """A running mock with its first project; `project()` creates more."""

    def __init__(
        self,
        client: ControlClient,
        made: Mapping[str, Any],
        api_key: Secret,
        *,
        clock: str | None,
        server: Any,
    ) -> None:
        super().__init__(client, made, api_key)
        self._clock = clock
        self._server = server

    @contextmanager
    def project(
        self,
        name: str = "test",
        *,
        origins: Iterable[str] = (),
        seed: int | None = None,
        clock: str | None = None,
        **wishes: Unpack[Wishes],
    ) -> Iterator[Project]:
        """Create a fresh project with its own key, clock, faults, seed and tasks; at the end it is emptied.

        `clock` and the `wishes` are those of `mock_server`: `settings`, `members`, `faults`, `playbooks`.
        """
        for option in wishes.keys() - Wishes.__annotations__.keys():
            known = sorted({*Wishes.__annotations__, "name", "origins", "seed", "clock"})
            raise MockRefused(f"project() has no option {option!r}{hint_of_known(option, known)}")
        mode = clock or self._clock
        fields = {"name": name[-200:], "origins": list(origins), "clock": mode, "seed": seed}
        with made_project(self._client, Project, **fields) as project:
            prepare(project, **wishes)
            yield project

    @property
    def control_url(self) -> str:
        """Where the control plane is."""
        return self._client.control_url

    @property
    def control_token(self) -> str:
        """The token for calls of the control plane."""
        return self._client.token.reveal()

    @property
    def control_environ(self) -> dict[str, str]:
        """The variables for verbs of `sigmic-mock`, and for `mock_server()`, to find this server."""
        return {_URL: self.control_url, _TOKEN: self.control_token}

    @property
    def openapi(self) -> dict[str, Any]:
        """The platform's OpenAPI document."""
        from sigmic_spec import strict_yaml

        text = (data.FOLDER / "openapi.yaml").read_text("utf-8")
        return dict(strict_yaml.read(text))

    @property
    def sandbox(self) -> dict[str, Any]:
        """The properties of the agent's sandboxes: `backend`, `level`, `properties`; waits for the checks."""
        if self._server is None:
            raise MockRefused(
                "sandbox details are not available for a server in another process; see its /healthz"
            )
        report = self._server.sandbox()
        return {"backend": report.backend, "level": report.level, "properties": dict(report.properties)}


class mock_server:  # noqa: N801 - used as a function is
    """Run a mock for the length of a `with` or `async with` block; gives a `Mock`.

    With `url` and `control_token`, or SIGMIC_MOCK_CONTROL_URL and _TOKEN in the environment (as `sigmic-mock
    exec` sets them), no server is started: the block gets a fresh project on the one that runs.

    `clock` is real, scaled:N, manual or autojump. `settings` are those of the project, as `mock.yaml` has
    them: `{"tool_policies": {"write_file": "ask"}}`; `members` roles in it by user: `{"linus": "viewer"}`.
    `faults` are ids, or pairs of an id and its values; `playbooks` mappings, YAML texts or files; `seed`
    makes ids repeatable. `folder` is where the server's temporary data go. Every other keyword is a flag of
    `sigmic-mock` with `_` for `-`: `heartbeat=15`, `session_idle=60`, `jwt=False`, `check_responses=True`.
    Entering raises `MockRefused`.
    """

    def __init__(  # noqa: PLR0913 - each wish has its name
        self,
        *,
        url: str | None = None,
        control_token: str | None = None,
        clock: str | None = None,
        settings: Mapping[str, Any] | None = None,
        members: Mapping[str, str] | None = None,
        faults: Iterable[Fault] | str = (),
        playbooks: Iterable[Playbook] | Playbook = (),
        seed: int | None = None,
        folder: Path | None = None,
        **flags: Unpack[Flags],
    ) -> None:
        self._clock = clock
        self._wishes: Wishes = {
            "settings": settings,
            "members": members,
            "faults": faults,
            "playbooks": playbooks,
        }
        self._seed = seed
        self._folder = folder
        self._attached = None if is_own(flags, folder, url) else _attachment(url, control_token)
        self._flags = {name.replace("_", "-"): _flag_text(value) for name, value in flags.items()}
        self._resources = ExitStack()

    def __enter__(self) -> Mock:
        with ExitStack() as resources:
            mock = (
                self._start(resources) if self._attached is None else self._attach(resources, *self._attached)
            )
            prepare(mock, **self._wishes)
            self._resources = resources.pop_all()
        return mock

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    async def __aenter__(self) -> Mock:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.__exit__)

    def _start(self, resources: ExitStack) -> Mock:
        # Loads the server; a process that attaches does not need it.
        from sigmic_mock.config import defaults
        from sigmic_mock.testing.thread import ServerThread

        clock = {} if self._clock is None else {"clock": self._clock}
        server = ServerThread({**self._flags, **clock}, self._folder)
        client = server.start().about(defaults.PROJECT_ID)
        resources.callback(server.stop)
        made = {"project": defaults.PROJECT_ID, "app_id": defaults.APP_ID, "app_secret": defaults.APP_SECRET}
        mock = Mock(client, made, Secret(defaults.API_KEY), clock=self._clock, server=server)
        if self._seed is not None:
            mock.seed(self._seed)
        return mock

    def _attach(self, resources: ExitStack, url: str, token: Secret) -> Mock:
        if self._flags or self._folder:
            named = ", ".join([*self._flags, *(["folder"] if self._folder else [])])
            raise MockRefused(f"{named} can only be set at start, and {url} is already running")
        client = ControlClient(url, token)
        own = partial(Mock, clock=self._clock, server=None)
        fields = {"name": "mock_server()", "clock": self._clock, "seed": self._seed}
        return resources.enter_context(made_project(client, own, **fields))


def is_own(flags: Iterable[str], folder: Path | None, url: str | None) -> bool:
    """Return whether a test under `exec` or `gauntlet` needs its own server, which takes part in the run."""
    from sigmic_mock.config.settings import RUN_FOLDER

    return RUN_FOLDER in os.environ and url is None and (any(flags) or folder is not None)


def _attachment(url: str | None, control_token: str | None) -> tuple[str, Secret] | None:
    """Return the server to attach to, by the arguments, else by the environment; None to start one."""
    if url is None and control_token is None:
        url, control_token = os.environ.get(_URL), os.environ.get(_TOKEN)
        if not url and not control_token:
            return None
        if not url or not control_token:
            there, missing = (_URL, _TOKEN) if url else (_TOKEN, _URL)
            raise MockRefused(f"{there} is set and {missing} is not; set both, or neither")
    token = control_token or os.environ.get(_TOKEN)
    if not url or not token:
        raise MockRefused("to attach to a server give both url and control_token")
    url = url.rstrip("/")
    return (url if url.endswith(CONTROL_PATH) else url + CONTROL_PATH), Secret(token)


def _flag_text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
