"""A mock in a separate process and its control plane: accounts for each trial, faults armed for them.

All access is over HTTP; the proof uses only what is public about the mock.
"""

import contextlib
import http.client
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.target.reference_server import (
    EXPIRY_MARGIN_SECONDS,
    ORIGIN,
    mcp_settings,
    mock_process,
    reference_profile,
)
from sigmic_conformance.traffic.probe import Probe, Requires
from sigmic_conformance.wire.transcript import is_success

PREFIX = "/__mock/v1"
ANSWER_SECONDS = 20.0
IDLE_SECONDS = 3.0
TASK_SECONDS = 6.5
OPERATION_SECONDS = 8.0
TRIAL_SECONDS = 45.0
COMMONS_KEY = "SIGMIC_PROOF_KEY"
COMMONS: Mapping[str, object] = {
    "default_accounts": False,
    "projects": [{"id": "commons", "api_keys": [{"key_env": COMMONS_KEY}]}],
}


class ControlRefused(Exception):
    """The control plane refused a request; the text is its own message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A row of the mock's catalogue: `kind` is violation, transient or variation, `reason` the due claim."""

    id: str
    kind: str
    row: str
    effect: str
    parameters: Mapping[str, Any]
    where: Mapping[str, Any]
    learns: str
    breaks: Mapping[str, Any] = field(default_factory=dict)
    """The conditions under which it breaks its row; empty: whenever it fires."""
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """New projects: the tested one, one for another caller, and one with the suite's MCP server."""

    project: str
    stranger: str
    mcp: str
    profile: Profile
    credentials: Credentials

    def scope(self, probes: Iterable[Probe]) -> str:
        """The project in which these probes act."""
        return self.mcp if any(Requires.MCP in each.requires for each in probes) else self.project


class Platform:
    """One running mock."""

    def __init__(self, ready: Mapping[str, Any], heartbeat_seconds: float, mcp: Mapping[str, Any]) -> None:
        """`ready` is its ready file; `mcp` are the settings of a project with the suite's MCP server."""
        self._token = str(ready["control_token"])
        self._mcp = mcp
        self.profile = replace(
            reference_profile(
                str(ready["base_url"]),
                supports_mcp=bool(ready.get("mcp")),
                heartbeat_seconds=heartbeat_seconds,
            ),
            session_expiry_seconds=IDLE_SECONDS + EXPIRY_MARGIN_SECONDS,
            task_seconds=TASK_SECONDS,
            answer_seconds=OPERATION_SECONDS,
            wall_seconds=TRIAL_SECONDS,
        )

    def catalogue(self) -> tuple[Fault, ...]:
        """Every fault of the mock."""
        return tuple(
            Fault(
                id=row["id"],
                kind=row["class"],
                row=row["requirement"],
                effect=row["effect"],
                parameters=row["parameters"],
                where=row["where"],
                learns=row["learns"],
                breaks=row["breaks"],
                reason=row["reason"],
            )
            for row in self._call("GET", "/faults")["faults"]
        )

    def accounts(self) -> Accounts:
        """Create the projects with a key each; a second one, a viewer and a widget app in the first."""
        tested = self._call("POST", "/projects", {"name": "judged", "origins": [ORIGIN]})
        stranger = self._call("POST", "/projects", {"name": "stranger"})
        mcp = self._call("POST", "/projects", {"name": "mcp", "origins": [ORIGIN]})
        self._call("PUT", f"/settings?{_scope(mcp['project'])}", self._mcp)
        keys = f"/keys?{_scope(tested['project'])}"
        viewer, another = self._call("POST", keys, {"role": "viewer"}), self._call("POST", keys, {})
        return Accounts(
            project=tested["project"],
            stranger=stranger["project"],
            mcp=mcp["project"],
            profile=self.profile,
            credentials=Credentials(
                api_key=tested["api_key"],
                second_api_key=stranger["api_key"],
                roles={
                    "viewer": viewer["api_key"],
                    "another": another["api_key"],
                    "mcp": mcp["api_key"],
                },
                mcp_app_id=mcp["app_id"],
                mcp_app_secret=mcp["app_secret"],
                app_id=tested["app_id"],
                app_secret=tested["app_secret"],
            ),
        )

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[Accounts]:
        """Separate accounts for a trial; they are removed at the end, with all their running tasks."""
        accounts = self.accounts()
        try:
            yield accounts
        finally:
            for project in (accounts.project, accounts.stranger, accounts.mcp):
                self._call("DELETE", f"/projects/{quote(project, safe='')}")

    @contextlib.contextmanager
    def armed(
        self, faults: Mapping[str, Mapping[str, object]], projects: Iterable[str | None]
    ) -> Iterator[Counter[str]]:
        """Arm faults for these projects, None for every caller; at the end, count how often each fired."""
        scopes, fired = list(map(_scope, projects)), Counter[str]()
        try:
            for scope, (fault, values) in product(scopes, faults.items()):
                self._call("POST", f"/faults?{scope}", {"fault": fault, "with": values})
            yield fired
        finally:
            for scope in scopes:
                for each in self._call("DELETE", f"/faults?{scope}")["cleared"]:
                    fired[each["fault"]] += each["fired"]

    @contextlib.contextmanager
    def dry_run(self, kind: str, project: str) -> Iterator[list[tuple[str, dict[str, list[str]], int]]]:
        """Record where the faults of a class could fire in a project, without firing any.

        At the end, the result has each fault, each situation (values by dimension), and the count.
        """
        occasions: list[tuple[str, dict[str, list[str]], int]] = []
        path = f"/faults/dry-run?{_scope(project)}"
        self._call("POST", path, {"class": kind})
        yield occasions
        occasions += [
            (each["fault"], each["situation"], each["count"])
            for each in self._call("DELETE", path)["occasions"]
        ]

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection(
            urlsplit(self.profile.base_url).netloc, timeout=ANSWER_SECONDS
        )
        headers = {"Authorization": f"Bearer {self._token}", "Connection": "close"}
        headers |= {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, PREFIX + path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            status, said = answer.status, answer.read()
        except OSError as error:
            raise ControlRefused(f"{method} {path}: no answer ({error})") from error
        finally:
            connection.close()
        try:
            value = json.loads(said)
        except ValueError:
            value = None
        if not is_success(status) or not isinstance(value, dict):
            raise ControlRefused(f"{method} {path}: {status} {said[:200].decode('utf-8', 'replace')}")
        return value.get("data", value)


@contextlib.contextmanager
def platform(
    *, heartbeat_seconds: float, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Platform]:
    """Start a mock; end it and everything it started. Raises ProfileError.

    A fault assigns unknown callers to its one declared project.
    """
    flags = ("--heartbeat", str(heartbeat_seconds), "--session-idle", str(IDLE_SECONDS), "--journal", "0")
    own = {COMMONS_KEY: f"sigmic_{secrets.token_hex(32)}", **environment}
    with mcp_settings() as mcp, mock_process(COMMONS, *flags, environment=own) as ready:
        yield Platform(ready, heartbeat_seconds, mcp)


def _scope(project: str | None) -> str:
    return urlencode({"scope": "server"} if project is None else {"project": project})
