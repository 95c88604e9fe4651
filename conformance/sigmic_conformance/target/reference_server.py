"""Starts the reference platform as a separate process, with credentials generated for one run.

The suite connects to its port as to any other target; nothing of the mock is imported here.
"""

import contextlib
import secrets
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sigmic_conformance.target.mcp_server import configuration
from sigmic_conformance.target.mcp_server.over_http import over_http
from sigmic_conformance.target.profile import Credentials, Profile, ProfileError
from sigmic_conformance.target.served import serving
from sigmic_spec.extras import companion_command

SESSION_IDLE_SECONDS = 2.5
EXPIRY_MARGIN_SECONDS = 1.5
START_SECONDS = 20.0
COMMAND = "sigmic-mock"
ORIGIN = "https://widget.example"


@contextlib.contextmanager
def reference_platform(*, heartbeat_seconds: float = 15.0) -> Iterator[tuple[Profile, Credentials]]:
    """Run the mock for one run; yield its profile and credentials. Raises ProfileError, as `mock_process`."""
    credentials = Credentials(
        api_key=f"sigmic_{secrets.token_hex(32)}",
        second_api_key=f"sigmic_{secrets.token_hex(32)}",
        roles={role: f"sigmic_{secrets.token_hex(32)}" for role in ("viewer", "another", "mcp")},
        app_id=f"app_{secrets.token_hex(8)}",
        app_secret=secrets.token_hex(32),
        mcp_app_id=f"app_{secrets.token_hex(8)}",
        mcp_app_secret=secrets.token_hex(32),
    )
    flags = ("--session-idle", str(SESSION_IDLE_SECONDS), "--heartbeat", str(heartbeat_seconds))
    with contextlib.ExitStack() as stack:
        mcp = stack.enter_context(mcp_settings())
        ready = stack.enter_context(
            mock_process(_configuration(credentials, mcp), *flags, environment=_secrets(credentials))
        )
        profile = reference_profile(
            str(ready["base_url"]), supports_mcp=bool(ready.get("mcp")), heartbeat_seconds=heartbeat_seconds
        )
        yield profile, credentials


@contextlib.contextmanager
def mcp_settings() -> Iterator[dict[str, Any]]:
    """Serve the suite's MCP server; yield the settings of a project that is configured to use it."""
    with over_http("127.0.0.1", 0) as base_url:
        yield configuration.settings(base_url, program=configuration.embedded())


def reference_profile(
    base_url: str, *, supports_mcp: bool = True, heartbeat_seconds: float = 15.0
) -> Profile:
    """The profile of the mock that `reference_platform` starts."""
    return Profile(
        base_url=base_url,
        reference=True,
        without=frozenset() if supports_mcp else frozenset({"mcp"}),
        heartbeat_seconds=heartbeat_seconds,
        session_expiry_seconds=SESSION_IDLE_SECONDS + EXPIRY_MARGIN_SECONDS,
        allowed_origin=ORIGIN,
        has_second_key=True,
        roles=frozenset({"viewer", "another", "mcp"}),
        has_widget=True,
        has_mcp_widget=True,
        concurrency=12,
        task_seconds=60.0,
    )


@contextlib.contextmanager
def mock_process(
    configuration: Mapping[str, object], *flags: str, environment: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """Run `sigmic-mock` on a free port; yield its ready file's content; end it with all it started.

    Raises ProfileError if it is not installed, or with its output if it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="sigmic-conformance-") as folder:
        config = Path(folder) / "mock.yaml"
        config.write_text(yaml.safe_dump(configuration), encoding="utf-8")
        words = [
            *(_mock_command(), "--ephemeral", "--port", "0", *flags),
            *("--config", str(config), "--until-stdin-ends"),
        ]
        command = f"exec {shlex.join(words)} --ready-file {{ready_file}}"
        with serving(
            command, seconds=START_SECONDS, who="the reference platform", environment=environment
        ) as served:
            yield served.ready


def _mock_command() -> str:
    """The mock of this environment, or else that of PATH. Raises ProfileError."""
    found = shutil.which(COMMAND, path=Path(sys.executable).parent) or shutil.which(COMMAND)
    if found is None:
        line = companion_command(COMMAND, "mock_server", "sigmic-conformance")
        raise ProfileError(f"{COMMAND} is not installed: --mock needs it; run: {line}")
    return found


def _configuration(credentials: Credentials, mcp: Mapping[str, Any]) -> dict[str, object]:
    """Projects with one key each; a second one, a viewer and a widget app in the first. Secrets are named."""

    def app(app_id: str | None, secret: str) -> dict[str, Any]:
        return {"app_id": app_id, "app_secret_env": secret, "allowed_origins": [ORIGIN]}

    judged_app = app(credentials.app_id, "SIGMIC_REFERENCE_APP_SECRET")
    mcp_app = app(credentials.mcp_app_id, "SIGMIC_REFERENCE_MCP_APP_SECRET")
    mcp_keys = [{"key_env": "SIGMIC_REFERENCE_MCP_KEY"}]
    keys = [{"key_env": f"SIGMIC_REFERENCE_{name}"} for name in ("KEY", "ANOTHER_KEY")]
    keys.append({"key_env": "SIGMIC_REFERENCE_VIEWER_KEY", "role": "viewer"})
    return {
        "default_accounts": False,
        "projects": [
            {"id": "judged", "api_keys": keys, "widget_apps": [judged_app]},
            {"id": "stranger", "api_keys": [{"key_env": "SIGMIC_REFERENCE_SECOND_KEY"}]},
            {"id": "mcp", "api_keys": mcp_keys, "widget_apps": [mcp_app], **mcp},
        ],
    }


def _secrets(credentials: Credentials) -> dict[str, str]:
    return {
        "SIGMIC_REFERENCE_KEY": credentials.api_key,
        "SIGMIC_REFERENCE_SECOND_KEY": credentials.second_api_key or "",
        "SIGMIC_REFERENCE_ANOTHER_KEY": credentials.roles["another"],
        "SIGMIC_REFERENCE_VIEWER_KEY": credentials.roles["viewer"],
        "SIGMIC_REFERENCE_MCP_KEY": credentials.roles["mcp"],
        "SIGMIC_REFERENCE_APP_SECRET": credentials.app_secret or "",
        "SIGMIC_REFERENCE_MCP_APP_SECRET": credentials.mcp_app_secret or "",
    }
