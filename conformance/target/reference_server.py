"""Starts the reference platform as a process of its own, with credentials made for one run.

The suite talks to it over its port like to any other target; nothing of the mock is imported here.
"""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sigmic_conformance.conformance.target.profile import Credentials, Profile, ProfileError

SESSION_IDLE_SECONDS = 2.5
EXPIRY_MARGIN_SECONDS = 1.5
START_SECONDS = 20.0
STOP_SECONDS = 10.0
ORIGIN = "https://widget.example"


@contextlib.contextmanager
def reference_platform(*, heartbeat_seconds: float = 15.0) -> Iterator[tuple[Profile, Credentials]]:
    """Run the mock for one judgement; yield how to reach it. Raises ProfileError as `mock_process` does."""
    credentials = Credentials(
        api_key=f"sigmic_{secrets.token_hex(32)}",
        second_api_key=f"sigmic_{secrets.token_hex(32)}",
        roles={"viewer": f"sigmic_{secrets.token_hex(32)}"},
        app_id=f"app_{secrets.token_hex(8)}",
        app_secret=secrets.token_hex(32),
    )
    flags = ("--session-idle", str(SESSION_IDLE_SECONDS), "--heartbeat", str(heartbeat_seconds))
    with mock_process(_configuration(credentials), *flags, environment=_secrets(credentials)) as ready:
        yield reference_profile(str(ready["base_url"]), heartbeat_seconds=heartbeat_seconds), credentials


def reference_profile(base_url: str, *, heartbeat_seconds: float = 15.0) -> Profile:
    """What is known about the mock as `reference_platform` starts it."""
    return Profile(
        base_url=base_url,
        reference=True,
        heartbeat_seconds=heartbeat_seconds,
        session_expiry_seconds=SESSION_IDLE_SECONDS + EXPIRY_MARGIN_SECONDS,
        allowed_origin=ORIGIN,
        has_second_key=True,
        roles=frozenset({"viewer"}),
        has_widget=True,
        concurrency=12,
        task_seconds=60.0,
    )


@contextlib.contextmanager
def mock_process(
    configuration: Mapping[str, object], *flags: str, environment: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Run `python -m mock_server` on a free port; yield what its ready file says; end it with all it started.

    Raise ProfileError with what it printed when it does not come up.
    """
    with tempfile.TemporaryDirectory(prefix="sigmic-conformance-") as folder:
        ready_file = Path(folder) / "ready.json"
        log = Path(folder) / "mock.log"
        config = Path(folder) / "mock.yaml"
        config.write_text(yaml.safe_dump(configuration), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "sigmic_conformance.mock_server", "--ephemeral", "--port", "0", *flags),
            *("--ready-file", str(ready_file), "--config", str(config), "--until-stdin-ends"),
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.PIPE,
                env=os.environ | environment,
                start_new_session=True,
            )
        try:
            yield _wait(process, ready_file, log)
        finally:
            _stop(process)


def _configuration(credentials: Credentials) -> dict[str, object]:
    """Two projects with a key each, a viewer and a widget app in the first; secrets are only named."""
    app = {
        "app_id": credentials.app_id,
        "app_secret_env": "SIGMIC_REFERENCE_APP_SECRET",
        "allowed_origins": [ORIGIN],
    }
    keys = [{"key_env": "SIGMIC_REFERENCE_KEY"}, {"key_env": "SIGMIC_REFERENCE_VIEWER_KEY", "role": "viewer"}]
    return {
        "default_accounts": False,
        "projects": [
            {"id": "judged", "api_keys": keys, "widget_apps": [app]},
            {"id": "stranger", "api_keys": [{"key_env": "SIGMIC_REFERENCE_SECOND_KEY"}]},
        ],
    }


def _secrets(credentials: Credentials) -> dict[str, str]:
    return {
        "SIGMIC_REFERENCE_KEY": credentials.api_key,
        "SIGMIC_REFERENCE_SECOND_KEY": credentials.second_api_key or "",
        "SIGMIC_REFERENCE_VIEWER_KEY": credentials.roles["viewer"],
        "SIGMIC_REFERENCE_APP_SECRET": credentials.app_secret or "",
    }


def _wait(process: "subprocess.Popen[bytes]", ready_file: Path, log: Path) -> dict[str, Any]:
    """Wait for the ready file and return what it says."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ready_file.exists():
            return dict(json.loads(ready_file.read_text(encoding="utf-8")))
        if process.poll() is not None:
            break
        time.sleep(0.02)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
    raise ProfileError("the reference platform did not start: " + (" / ".join(said) or "it said nothing"))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end, and end it when it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
